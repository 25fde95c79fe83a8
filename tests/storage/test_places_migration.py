"""A data folder of the version before places: its channels, read positions and names come along."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.storage.histories import change, edit, message
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.history import Unread
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import User
from tornado_chat.storage.sqlite import clock, files, writer
from tornado_chat.storage.sqlite.backups import restore
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check, export
from tornado_chat.storage.sqlite.memberships import SqliteMemberships
from tornado_chat.storage.sqlite.migrations import MIGRATIONS
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database

ANN, BOB, EVE, GUEST, BOT = (
    *(User("a:1", "Ann"), User("h:bob%20lee", "Bob Lee"), User("t:eve", "Eve"), User("g:4", "Guest 4")),
    User("p:poll", "Poll"),
)
SECRET = f"p:{'x' * 22}"
DAY = 86_400_000


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that the version before left after some traffic."""

    async def main(database: Database) -> None:
        log, store = SqliteHistory(database), SqliteStore(database)
        for channel in ("den", "attic", SECRET, "dm:x"):
            for number, user in enumerate((ANN, BOB, EVE, GUEST, BOT, None)):
                await log.append(message(f"number {number}", str((channel, number)), user, channel))
        await log.append(message("the first name", None, User("g:5", "Old"), "den"))
        later = message("the second name", None, User("g:5", "New"), "den")
        later.time += 1_000
        await log.append(later)
        await log.append(message("alone", None, User("g:6", "Alone"), "hall"))
        await log.change(edit(1, "edited", "e", ANN))
        await log.change(change("reacted", 2, key="👍"))
        await log.change(change("deleted", 3, user=EVE))
        for key, seq in {
            **{"a:1 den": 4, "a:1 attic": 6, "h:bob%20lee den": 99, "g:5 den": 2, f"a:1 {SECRET}": 1},
            **{"t:unknown%20one den": 1, "h:sha256:" + "0" * 64 + " den": 1, "g:never den": 1},
        }.items():
            await store.set("read", key, seq)
        await store.set("read", "a:9 den", {"no": "number"})
        await store.set("read", "a:9 nowhere", 5)
        for user, day in {"a:1": 20_000, "g:5": 2, "*": 20_000, "g:never": "x"}.items():
            await store.set("readers", user, day)
        await database.write(
            lambda connection: (
                connection.execute(
                    "INSERT INTO accounts VALUES ('a:1', 'Ann Account', ''), ('a:2', 'Never Came', '')"
                )
                and None
            )
        )

    with monkeypatch.context() as patched:
        patched.setattr(files, "MIGRATIONS", MIGRATIONS[:3])
        patched.setattr(writer, "build", lambda connection: 0)  # of the index, which that version did not have
        patched.setattr(clock, "note_steps", lambda connection, late: None)
        on_database(tmp_path, main)
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file, file:
        file.execute("INSERT INTO store VALUES ('read', CAST(x'ff' AS TEXT), '1')")
    assert check(tmp_path) == []
    return tmp_path


async def is_all_there(database: Database) -> None:
    kept, log = SqliteMemberships(database), SqliteHistory(database)
    records = {name: await kept.record(name) for name in ("den", "attic", "hall", "nowhere", SECRET, "dm:x")}
    for name, record in records.items():
        prefixed = name[1:3] == "m:" or name == SECRET
        expected = ChannelRecord(name, "private", name) if prefixed else ChannelRecord(name)
        expected.listed = False
        assert record == expected
    assert await kept.browse("a:2", "", "", 50) == ([], False)
    found = await kept.of_user("a:1")
    assert {one.record.name: one.read for one in found} == {"den": 4, "attic": 6, SECRET: 1}
    den = records["den"]
    assert den
    assert found[[one.record.name for one in found].index("den")] == Membership(den, "a:1", read=4)
    people, _ = await kept.people()
    newest = {one.user.id: (one.user.name, one.seen) for one in people}
    assert {user: name for user, (name, _) in newest.items()} == {
        **{"a:1": "Ann Account", "a:2": "Never Came", "a:9": "Someone", "h:bob%20lee": "Bob Lee", "t:eve": "Eve"},
        **{"g:5": "New", "g:never": "Someone", "t:unknown%20one": "unknown one", "h:sha256:" + "0" * 64: "Someone"},
    }
    assert newest["a:2"][1] == 0
    assert newest["a:1"][1] >= 20_000 * DAY
    assert newest["g:never"][1] > 20_000 * DAY  # so that the next trim does not take them
    assert [one.user.id for one in (await kept.members("den"))[0]] == sorted(
        ["a:1", "a:9", "h:bob%20lee", "g:5", "g:never", "t:unknown%20one", "h:sha256:" + "0" * 64]
    )
    assert [user.id for user in await kept.named("den", ["someone", "new"])] == ["g:5"]
    assert (await log.unread("h:bob%20lee", {"den": 2, "attic": 6}))["den"] == Unread(5, 0, 11)
    assert [len(await SqliteStore(database).items(space)) for space in ("read", "readers")] == [0, 0]


def test_a_data_folder_of_the_version_before_opens_with_everything_in_it(
    before: Path, caplog: pytest.LogCaptureFixture
) -> None:
    on_database(before, is_all_there)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert check(before) == []
    on_database(before, is_all_there)
    assert check(before) == []
    assert (before / "chat.db.v3.bak").exists()


def test_going_back_to_the_version_before_is_a_restore(
    before: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    on_database(before, lambda database: asyncio.sleep(0))
    restore(before, before / "chat.db.v3.bak")
    with contextlib.closing(sqlite3.connect(before / "chat.db")) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (3,)
        assert file.execute("SELECT count(*) FROM store WHERE space = 'read'").fetchone() == (11,)
    assert check(before) == []


def test_messages_are_exported_before_and_after_alike(before: Path) -> None:
    def exported() -> list[str]:
        lines: list[Any] = []
        out = type("Out", (), {"write": staticmethod(lines.append)})()
        export(before, out)
        return lines

    first = exported()
    assert len(first) == 27
    on_database(before, lambda database: asyncio.sleep(0))
    assert exported() == first
