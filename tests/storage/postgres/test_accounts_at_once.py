"""Two servers that change accounts, bans, the audit and the store at once, and wait for each other."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests import postgres
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Ban, Repositories
from tornado_chat.storage.postgres import engine as engines
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.moderation import postgres_repositories
from tornado_chat.storage.postgres.store import PostgresStore

Job = Callable[[Connection], Awaitable[None]]

NO_FILES: Any = None
ANN = User("a:1", "Ann")
LONG = "\U00020000" * 1_000  # more bytes than a row of a tree has room for


def on_two(main: Callable[[Engine, Engine], Awaitable[Any]]) -> None:
    async def whole(url: str, name: str) -> None:
        async with postgres.engine(url, name) as one, postgres.engine(url, name) as two:
            await main(one, two)

    with postgres.schema() as (url, name):
        asyncio.run(whole(url, name))


def on_repositories(main: Callable[[Repositories, Repositories], Awaitable[Any]]) -> None:
    on_two(lambda *nodes: main(*(postgres_repositories(one, NO_FILES) for one in nodes)))


def test_of_those_who_take_the_same_name_at_once_one_has_it() -> None:
    async def main(*nodes: Repositories) -> None:
        async def add(number: int, by: int) -> bool:
            user = User(f"a:{number}-{by}", f"Ann {number}")
            return await nodes[by % 2].accounts.add(user, f"ann {number}", "hash")

        numbers = range(20)
        added = await asyncio.gather(*(add(number, by) for number in numbers for by in range(4)))
        assert [sum(added[4 * number : 4 * number + 4]) for number in numbers] == [1] * len(numbers)
        users = await nodes[0].accounts.accounts()
        assert len(users) == len(numbers)
        renamed = await asyncio.gather(
            *(
                nodes[at % 2].accounts.rename(user.id, f"Zoe {at // 4}", f"zoe {at // 4}")
                for at, user in enumerate(users)
            )
        )
        assert sum(renamed) == len(users) // 4
        assert {user.name for user in await nodes[1].accounts.accounts() if user.name.startswith("Zoe")} == {
            f"Zoe {number}" for number in range(5)
        }
        for number in range(5):
            found = await nodes[0].accounts.named(f"zoe {number}", f"zoe {number}")
            assert found is not None
            assert found.user.name == f"Zoe {number}"

    on_repositories(main)


def test_an_account_that_two_rename_at_once_has_one_name_and_one_that_is_gone_takes_none() -> None:
    async def main(one: Repositories, two: Repositories) -> None:
        await one.accounts.add(ANN, "ann", "hash")
        for number in range(10):
            names = [f"x{number}", f"y{number}"]
            await asyncio.gather(
                one.accounts.rename("a:1", names[0], names[0]), two.accounts.rename("a:1", names[1], names[1])
            )
            found = await one.accounts.account("a:1")
            assert found is not None
            by_name = {name: await two.accounts.named(name, name) for name in names}
            assert [name for name, account in by_name.items() if account] == [found.user.name]
        await two.accounts.remove("a:1")
        assert await one.accounts.rename("a:1", "Zoe", "zoe")
        assert await one.accounts.add(User("a:2", "Zoe"), "zoe", "hash")

    on_repositories(main)


def test_a_session_more_than_there_may_be_ends_the_oldest_wherever_it_begins() -> None:
    async def main(one: Repositories, two: Repositories) -> None:
        await one.accounts.add(ANN, "ann", "hash")
        names = [str(number) for number in range(40)]
        await asyncio.gather(
            *((one, two)[number % 2].accounts.begin(name, "a:1", 100, 5) for number, name in enumerate(names))
        )
        found = [await one.accounts.session(name) for name in names]
        assert sum(one is not None for one in found) == 5

    on_repositories(main)


def test_whoever_was_changed_is_looked_at_by_one_server() -> None:
    async def main(one: Repositories, two: Repositories) -> None:
        for number in range(10):
            await one.accounts.set_role(f"a:{number}", "admin")
            await two.accounts.set_role(f"a:{number}", "member")
        taken = await asyncio.gather(*(node.accounts.take_changed() for node in (one, two) * 3))
        assert sorted(user for users in taken for user in users) == [f"a:{number}" for number in range(10)]
        await one.accounts.remove(LONG)
        assert await two.accounts.take_changed() == [LONG]

    on_repositories(main)


def test_a_proxys_user_has_one_id_whichever_server_asks_first() -> None:
    async def main(one: Repositories, two: Repositories) -> None:
        await one.memberships.put([Membership(ChannelRecord("den"), "h:Ann")])
        calls = [node.accounts.proxy_id("h:ann", before) for before in ("h:Ann", "h:ANN") for node in (one, two) * 3]
        assert len(set(await asyncio.gather(*calls))) == 1

    on_repositories(main)


def test_a_ban_may_be_on_an_id_of_any_length_and_entries_of_one_key_are_all_kept() -> None:
    async def main(one: Repositories, two: Repositories) -> None:
        await asyncio.gather(
            *(node.bans.put(Ban(LONG, by, "", 5.0, "")) for by, node in (("x", one), ("y", two)) * 5)
        )
        (ban,) = await one.bans.all()
        assert ban.whom == LONG
        assert await two.bans.delete("\ud800") is False
        assert await two.bans.delete(LONG) is True
        await asyncio.gather(*(node.audit.add("5", 1, ANN, "ban", {}) for node in (one, two) * 5))
        entries = await one.audit.entries("", 100)
        assert len(entries) == 10
        assert entries[0]["key"] == "5"

    on_repositories(main)


def test_updates_of_one_value_by_two_servers_are_all_done() -> None:
    async def main(*engines: Engine) -> None:
        stores = [PostgresStore(engine) for engine in engines]
        calls = [store.update("s", "k", lambda count: count + 1, 0) for store in stores for _ in range(50)]
        assert sorted(await asyncio.gather(*calls)) == list(range(1, 101))
        await asyncio.gather(*(store.set("s", "new", 1) for store in stores * 5))
        assert await stores[0].items("s") == [("k", 100), ("new", 1)]

    on_two(main)


def waiting(
    first: str, second: str, both: asyncio.Barrier, runs: list[str]
) -> Callable[[Connection], Awaitable[None]]:
    """Return a job that locks two keys; when it runs first, not before another one has locked its own."""

    async def job(connection: Connection) -> None:
        runs.append(first)
        await connection.execute("UPDATE store SET value = value || $2 WHERE key = $1", first.encode(), first)
        if runs.count(first) == 1:
            await both.wait()
        await connection.execute("UPDATE store SET value = value || $2 WHERE key = $1", second.encode(), first)

    return job


def test_two_transactions_that_wait_for_each_other_are_both_done() -> None:
    async def main(one: Engine, two: Engine) -> None:
        both, runs = asyncio.Barrier(2), list[str]()
        store = PostgresStore(one)
        for key in "ab":
            await store.set("s", key, 7)
        await asyncio.gather(one.write(waiting("a", "b", both, runs)), two.write(waiting("b", "a", both, runs)))
        # One of them twice, or more often: the one that begins again may lock its key before the other one wakes.
        assert 2 < len(runs) <= engines.TRIES
        values = await one.read(lambda connection: connection.fetch("SELECT value FROM store"))
        assert {"".join(sorted(row[0])) for row in values} == {"7ab"}

    on_two(main)


def test_one_that_is_undone_again_and_again_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "TRIES", 3)
    runs = []

    async def job(connection: Connection) -> None:
        runs.append(1)
        await connection.execute("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure'; END $$")

    async def main(one: Engine, two: Engine) -> None:
        with pytest.raises(Refused) as refused:
            await one.write(job)
        assert refused.value.code == "history-unavailable"
        assert len(runs) == 3

    on_two(main)
