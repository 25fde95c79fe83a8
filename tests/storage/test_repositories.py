"""What holds for accounts, bans and the audit in memory, in a file, and in a file beside a server."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.postgres import on_postgres
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Ban, Repositories
from tornado_chat.storage.postgres.moderation import postgres_repositories
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.writer import Database

Main = Callable[[Repositories], Awaitable[Any]]
ANN, BOB = User("a:1", "Ann"), User("a:2", "Bob")
NO_FILES: Any = None  # no test here asks for a file


@pytest.fixture(params=["memory", "sqlite", "offline", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Main], None]:
    def go(main: Main) -> None:
        async def in_memory() -> None:
            await main(sqlite_repositories(DirectDatabase()))

        if request.param == "memory":
            asyncio.run(in_memory())
        elif request.param == "sqlite":
            on_database(tmp_path, lambda database: main(sqlite_repositories(database)))
            assert check(tmp_path) == []
        elif request.param == "postgres":
            on_postgres(lambda engine: main(postgres_repositories(engine, NO_FILES)))
        else:
            with DirectDatabase(tmp_path) as file:
                asyncio.run(main(sqlite_repositories(file)))  # type: ignore[arg-type]

    return go


def test_a_name_has_one_account_and_what_is_refused_leaves_nothing(run: Any) -> None:
    async def main(kept: Repositories) -> None:
        accounts = kept.accounts
        outcomes = await asyncio.gather(
            *(accounts.add(User(f"a:{number}", "Ann"), "ann", "hash") for number in range(9))
        )
        assert sorted(outcomes) == [False] * 8 + [True]
        ((user),) = await accounts.accounts()
        found = await accounts.named("ann", "ann")
        assert found == (user, "hash") == await accounts.account(user.id)
        for key, look in (("ANN", "ANN"), ("", "")):
            assert await accounts.named(key, look) is None
        assert await accounts.account("a:none") is None

    run(main)


def test_a_rename_frees_the_old_name_and_takes_nobodys(run: Any) -> None:
    async def main(kept: Repositories) -> None:
        accounts = kept.accounts
        await accounts.add(ANN, "ann", "1")
        await accounts.add(BOB, "bob", "2")
        assert not await accounts.rename("a:1", "BOB", "bob")
        found = await accounts.account("a:1")
        assert found is not None
        assert found.user.name == "Ann"
        assert await accounts.rename("a:1", "ANN", "ann")
        assert await accounts.rename("a:1", "Zoe", "zoe")
        assert await accounts.rename("a:2", "Ann", "ann")
        owners = [found and (found.user.id, found.user.name) for key in ("zoe", "ann", "bob")
                  for found in [await accounts.named(key, key)]]  # fmt: skip
        assert owners == [("a:1", "Zoe"), ("a:2", "Ann"), None]

        found = [(one.user.id, one.user.name) for one in (await kept.memberships.people())[0]]
        assert found == [("a:1", "Zoe"), ("a:2", "Ann")]  # whom others can write to, though they never came

    run(main)


def test_a_changed_password_ends_the_other_sessions_of_its_account_alone(run: Any) -> None:
    async def main(kept: Repositories) -> None:
        accounts = kept.accounts
        for user in (ANN, BOB):
            await accounts.add(user, user.name, "old")
            for number in range(3):
                await accounts.begin(f"{user.name} {number}", user.id, 100, 9)
        await accounts.set_password("a:1", "new", "Ann 1")
        sessions = [f"{name} {number}" for name in ("Ann", "Bob") for number in range(3)]
        assert [bool(await accounts.session(one)) for one in sessions] == [False, True, False, True, True, True]
        assert await accounts.session("Ann 1") == (ANN, 100)
        assert [one.password for user in (ANN, BOB) if (one := await accounts.account(user.id))] == ["new", "old"]
        assert await accounts.take_changed() == ["a:1"]
        assert list(await accounts.take_changed()) == []
        await accounts.end("Ann 1")
        await accounts.end("nothing")
        assert await accounts.session("Ann 1") is None

    run(main)


def test_the_oldest_sessions_make_room_and_those_that_are_over_go(run: Any) -> None:
    async def main(kept: Repositories) -> None:
        accounts = kept.accounts
        for user in (ANN, BOB):
            await accounts.add(user, user.name, "")
        await accounts.begin("Bob", "a:2", 50, 3)
        for number in range(5):
            await accounts.begin(str(9 - number), "a:1", 100 - number, 3)
        assert [bool(await accounts.session(str(9 - number))) for number in range(5)] == [False] * 2 + [True] * 3
        await accounts.end("5")  # the newest: the next one is newer than the others
        await accounts.begin("4", "a:1", 10, 3)
        assert [bool(await accounts.session(one)) for one in ("7", "6", "4", "Bob")] == [True] * 4
        await accounts.begin("3", "a:1", 200, 3)
        assert [bool(await accounts.session(one)) for one in ("7", "6", "4", "3", "Bob")] == [False] + [True] * 4
        await accounts.trim(97)
        assert [bool(await accounts.session(one)) for one in ("6", "4", "3", "Bob")] == [False, False, True, False]

    run(main)


def test_roles_are_listed_with_the_accounts_and_others_have_them_too(run: Any) -> None:
    async def main(kept: Repositories) -> None:
        accounts = kept.accounts
        for number in range(5):
            await accounts.add(User(f"a:{number}", f"N{number}"), f"n{number}", "")
        for user_id in ("a:3", "h:boss"):
            await accounts.set_role(user_id, "admin")
        await accounts.set_role("a:1", "admin")
        await accounts.set_role("a:1", "member")
        first = await accounts.accounts(limit=2)
        rest = await accounts.accounts(after=first[-1].id)
        listed = [(user.id, user.name, user.role) for user in (*first, *rest)]
        assert listed == [(f"a:{n}", f"N{n}", "admin" if n == 3 else "member") for n in range(5)]
        assert [await accounts.role(one) for one in ("h:boss", "a:1", "a:0")] == ["admin", "member", None]
        found = await accounts.account("a:3")
        assert found is not None
        assert found.user.may("ban")
        await accounts.begin("one", "a:1", 100, 9)
        standing = await accounts.standing(["a:1", "a:2", "a:9", "h:boss"], ["one", "two", ""])
        assert standing == ({"a:1": "N1", "a:2": "N2"}, {"a:1": "member", "h:boss": "admin"}, {"one"})
        assert sorted(await accounts.take_changed()) == ["a:1", "a:3", "h:boss"]

    run(main)


def test_a_ban_replaces_an_earlier_one_on_the_same(run: Any) -> None:
    async def main(kept: Repositories) -> None:
        first, second = Ban("a:1", "Boss", "Ann", 10.5, "spam"), Ban("a:1", "Zoe", "Ann", 1e10, "more spam")
        await kept.bans.put(first)
        assert list(await kept.bans.all()) == [first]
        await kept.bans.put(second)
        await kept.bans.put(Ban("192.0.2.0/24", "", "", 5.0, ""))
        assert sorted(await kept.bans.all()) == [Ban("192.0.2.0/24", "", "", 5.0, ""), second]
        assert [await kept.bans.delete(one) for one in ("a:1", "a:1", "192.0.2.0/24")] == [True, False, True]
        assert list(await kept.bans.all()) == []
        for until in (5.0, 5.5, 6.0):
            await kept.bans.put(Ban(f"a:{until}", "", "", until, ""))
        await kept.bans.trim(5.5)
        assert [one.whom for one in await kept.bans.all()] == ["a:6.0"]

    run(main)


def test_the_audit_is_read_in_pages_in_the_order_of_its_keys(run: Any) -> None:
    async def main(kept: Repositories) -> None:
        about = {"whom": "a:1", "reason": "naïve \u2764 \0", "n": [1.5, None, {"x": True}]}
        for key in ("3", "1", "2"):
            await kept.audit.add(key, int(key), ANN, "ban", about)
        about["whom"] = "changed"  # what is kept is a copy
        entries = [entry for after in ("", "1", "2", "3") for entry in await kept.audit.entries(after, 1)]
        assert [entry["key"] for entry in entries] == ["1", "2", "3"]
        assert entries[0] == {"key": "1", "time": 1, "by": {"id": "a:1", "name": "Ann"}, "power": "ban",
                              "about": {**about, "whom": "a:1"}}  # fmt: skip
        for wrong in ({"x": float("nan")}, {"x": "\ud800"}, {"x": {1}}):
            with pytest.raises((TypeError, ValueError)):
                await kept.audit.add("9", 9, ANN, "ban", wrong)
        assert len(await kept.audit.entries("", 10)) == 3

    run(main)


def test_a_proxys_user_is_known_by_the_id_under_which_they_have_memberships(run: Any) -> None:
    async def main(kept: Repositories) -> None:
        general = ChannelRecord("general")
        accounts = kept.accounts
        await kept.memberships.put([Membership(general, user) for user in ("h:Ann", "h:Bob%20Lee", "h:Bobby")])
        assert await accounts.proxy_id("h:ann", "h:Ann") == "h:Ann"
        assert await accounts.proxy_id("h:ann", "h:ANN") == "h:Ann"
        assert await accounts.proxy_id("h:bob", "h:Bob") == "h:bob"  # that was somebody else
        assert await accounts.proxy_id("h:bob", "h:Bob") == "h:bob"

    run(main)


def test_a_disk_that_fails_is_told_and_nothing_is_half_done(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        accounts = sqlite_repositories(database).accounts
        await accounts.add(ANN, "ann", "old")
        await accounts.begin("session", "a:1", 100, 9)
        await database.write(lambda connection: connection.execute("DROP TABLE changed_users") and None)
        for call in (accounts.set_password("a:1", "new"), accounts.set_role("a:1", "admin")):
            with pytest.raises(Refused, match="not available"):
                await call
        found = await accounts.account("a:1")
        assert found == (ANN, "old")
        assert found.user.role == "member"
        assert await accounts.session("session")

    on_database(tmp_path, main)


def test_a_table_that_is_missing_or_was_changed_is_found(tmp_path: Path) -> None:
    on_database(tmp_path, lambda database: asyncio.sleep(0))
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file:
        file.executescript("DROP INDEX sessions_by_account; ALTER TABLE bans ADD COLUMN more TEXT")
    assert check(tmp_path) == [
        "the index sessions_by_account is missing",
        "the table bans is not as this server makes it",
    ]
