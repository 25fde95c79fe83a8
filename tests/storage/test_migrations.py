"""Data folders of earlier versions open with everything in them, whatever was damaged and whenever the power went."""

import asyncio
import contextlib
import fcntl
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.storage.histories import change, edit, message
from tornado_chat.auth.accounts import Accounts, make_hash, session_of
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.moderation import Moderation
from tornado_chat.storage.sqlite.backups import backup, restore
from tornado_chat.storage.sqlite.compaction import compact
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.files import APPLICATION, DatabaseError
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check, export
from tornado_chat.storage.sqlite.migrations import accounts as accounts_step
from tornado_chat.storage.sqlite.migrations.messages import SQL
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database

CHEAP = (2**4, 8, 1)
WORD = "correct horse"
MONTH = 30 * 86_400
BEGAN = 1_700_000_000_000
SPACES = ("users", "names", "keys", "sessions", "signed-in", "roles", "changed", "proxy", "bans", "audit")

Spaces = Mapping[str, Mapping[Any, Any]]


def version_1(folder: Path, spaces: Spaces) -> Path:
    """Make a data folder as version 1 of the schema left it. Text is kept as it is, other values as JSON."""
    folder.mkdir(exist_ok=True)
    path = folder / "chat.db"
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.executescript(f"{SQL}; PRAGMA application_id={APPLICATION}; PRAGMA user_version=1")
        file.execute("INSERT INTO facts VALUES ('epoch', 'e1')")
        file.execute("INSERT INTO channels VALUES (1, 'general', 12)")
        for space, items in spaces.items():
            for key, value in items.items():
                text = value if isinstance(value, str | bytes) else json.dumps(value, ensure_ascii=False)
                row = (space, key, text) if isinstance(key, str) else (space, *map(bytes, (key, text.encode())))
                file.execute("INSERT INTO store VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT))", row)
    return path


def version_2(folder: Path) -> Path:
    """Make a data folder as version 2 left it, with messages: those up to 2 of the channel den are trimmed."""
    folder.mkdir(exist_ok=True)
    path = folder / "chat.db"
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.executescript(f"{SQL}{accounts_step.SQL}; PRAGMA application_id={APPLICATION}; PRAGMA user_version=2")
        file.execute("INSERT INTO facts VALUES ('epoch', 'e2')")
        channels = [(1, "den", 2), (2, "attic", 0), (3, "old", 9)]
        file.executemany("INSERT INTO channels (no, name, floor) VALUES (?, ?, ?)", channels)
        file.executemany("INSERT INTO senders VALUES (?, ?)", [(1, "a:1"), (2, "g:2")])
        rows = [
            ((1 << 40) + 3, 1, "Ann", "hello", BEGAN, "r"),
            ((1 << 40) + 4, 2, "Bob", "more\nlines", BEGAN + 1_000, None),
            ((1 << 40) + 5, None, None, "from the server", BEGAN + 2_000, None),
            ((2 << 40) + 1, 1, "Ann", "attic", BEGAN, "s"),
        ]
        file.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)", rows)
    return path


def exported(folder: Path, format: str = "jsonl") -> list[str]:
    out = io.StringIO()
    export(folder, out, format=format)
    return out.getvalue().splitlines()


def test_messages_of_version_2_are_exported_and_checked_before_and_after_the_first_start(tmp_path: Path) -> None:
    version_2(tmp_path)
    before = exported(tmp_path)
    assert [json.loads(line)["message"] for line in before] == ["attic", "hello", "more\nlines", "from the server"]
    assert exported(tmp_path, "txt")[1] == "2023-11-14 22:13:20Z [den] Ann: hello"
    assert check(tmp_path) == []
    assert not list(tmp_path.glob("*.bak"))

    async def main(database: Database) -> None:
        log = SqliteHistory(database)
        assert database.epoch == "e2"
        assert [await log.last(name) for name in ("den", "attic", "old")] == [5, 1, 9]
        assert [await log.floor(name) for name in ("den", "attic", "old")] == [2, 0, 9]
        assert [one.line().decode() for one in (await log.read("den", limit=9))[0]] == before[1:]
        assert await log.changes("den", 3, 9) == ((await log.read("den", after=3, limit=9))[0], 5, False)

    on_database(tmp_path, main)
    assert exported(tmp_path) == before
    assert check(tmp_path) == []

    async def go_on(database: Database) -> None:
        log = SqliteHistory(database)
        assert (await log.append(message("hello", "r", User("a:1", "Ann")))).seq == 3
        assert await log.change(edit(3, "hello again", user=User("a:1", "Ann"))) == 6
        assert (await log.append(message("hello", "r", User("a:1", "Ann")))).seq == 3
        assert (await log.append(message(channel="old"))).seq == 10
        assert await log.change(change("reacted", 1, channel="attic", key="+")) == 2

    on_database(tmp_path, go_on)
    assert check(tmp_path) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db.v2.bak")) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (2,)
        assert kept.execute("SELECT count(*) FROM messages").fetchone() == (4,)
    restore(tmp_path, tmp_path / "chat.db.v2.bak")  # as for going back to the version before
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (2,)
    assert exported(tmp_path) == before


def test_a_gap_in_a_file_of_version_2_is_found_before_the_first_start(tmp_path: Path) -> None:
    path = version_2(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM messages WHERE text LIKE 'more%'")
    assert check(tmp_path) == ['channel "den": 1 missing between 3 and 5']


def test_a_file_of_version_2_is_compacted(tmp_path: Path) -> None:
    version_2(tmp_path)
    before = exported(tmp_path)
    compact(tmp_path)
    assert exported(tmp_path) == before
    assert check(tmp_path) == []
    assert (tmp_path / "chat.db.v2.bak").exists()


def quoted(text: str) -> str:
    return json.dumps(text)


def everything(now: float) -> Spaces:
    """Return what a server of version 1 had after a few weeks."""
    people = {"a:1": "Ann", "a:2": "Bob", "a:3": "Zoë"}
    sessions = {session_of(f"token {number}"): number for number in range(5)}
    return {
        "users": {key: {"name": name, "password": make_hash(WORD + key, CHEAP)} for key, name in people.items()},
        "names": {name.casefold(): quoted(key) for key, name in people.items()},
        "keys": {"old": 0},
        "sessions": {
            key: {"user": f"a:{1 + number // 4}", "until": int(now) + MONTH} for key, number in sessions.items()
        },
        "signed-in": {"a:1": list(sessions)[:4], "a:2": list(sessions)[4:]},
        "roles": {
            "a:1": quoted("admin"),
            "h:Eve": quoted("admin"),
            "h:EVE": quoted("member"),
            "h:dan": quoted("admin"),
            "h:Dan": quoted("member"),
        },
        "changed": {"a:2": True},
        "proxy": {"h:ann%20lee": quoted("h:Ann%20Lee")},
        "read": {"h:Ann%20Lee general": 7, "h:Kim%20Poe general": 3, "a:1 general": 12},
        "bans": {
            "a:2": {"until": now + 60, "reason": "spam", "by": "Ann", "name": "Bob"},
            "h:Bob": {"until": now + 60, "reason": "no", "by": "Ann"},
            "192.0.2.0/24": {"until": now + 60, "reason": "a flood", "by": "Ann", "name": ""},
        },
        "audit": {
            f"{10**13 - BEGAN - number}-{number:08x}": {
                "time": BEGAN + number,
                "by": {"id": "a:1", "name": "Ann"},
                "power": "ban",
                "about": {"whom": "a:2", "reason": str(number)},
            }
            for number in range(3)
        },
        "plugin:remind": {"1 x": {"user": "a:1", "text": "tea"}},
        "plugins": {"poll": {"state": "on"}},
    }


async def is_all_there(database: Database | DirectDatabase) -> None:
    """Assert that what `everything` names is where it belongs."""
    kept = sqlite_repositories(database)
    accounts, moderation, store = Accounts(kept.accounts, CHEAP), Moderation(kept), SqliteStore(database)
    listed = [(user.id, user.name, user.role) async for user in accounts.all()]
    assert listed == [("a:1", "Ann", "admin"), ("a:2", "Bob", "member"), ("a:3", "Zoë", "member")]
    assert [await accounts.check(name, WORD + key) for key, name, _ in listed] == [
        one async for one in accounts.all()
    ]
    owners = [found[0].id for number in range(5) if (found := await accounts.resume(f"token {number}"))]
    assert owners == ["a:1"] * 4 + ["a:2"]
    assert [await accounts.role(one) for one in ("h:eve", "h:Eve", "h:dan", "h:Dan")] == ["admin"] * 4
    for name in ("Ann Lee", "ann lee", "ANN  LEE"):
        assert await accounts.proxy_id(name) == "h:Ann%20Lee"
    assert [await accounts.proxy_id(name) for name in ("Kim Poe", "kim poe")] == ["h:Kim%20Poe"] * 2
    assert [await accounts.proxy_id(name) for name in ("Kim", "KIM")] == ["h:kim"] * 2
    await moderation.load()
    assert [moderation.ban_on(one, "") for one in ("a:2", "h:bob", "h:Bob", "a:1")] == ["spam", "no", "no", None]
    assert moderation.ban_on("", "192.0.2.7") == "a flood"
    entries = await moderation.recorded()
    assert [entry["about"]["reason"] for entry in entries] == ["2", "1", "0"]
    newest = {"time": BEGAN + 2, "by": {"id": "a:1", "name": "Ann"}, "power": "ban"}
    assert entries[0] == {"key": f"{10**13 - BEGAN - 2}-{2:08x}", **newest, "about": {"whom": "a:2", "reason": "2"}}
    assert await moderation.recorded(after=entries[1]["key"]) == entries[2:]
    read = [await kept.memberships.of_user(user) for user in ("a:1", "h:Ann%20Lee", "h:Kim%20Poe", "a:2")]
    assert [(one.record.name, one.read) for some in read for one in some] == [
        *(("general", 12), ("general", 7), ("general", 3))
    ]
    assert await store.items("read") == []
    assert await store.items("plugin:remind") == [("1 x", {"user": "a:1", "text": "tea"})]
    assert [await store.items(space) for space in SPACES] == [[]] * len(SPACES)


def test_a_data_folder_of_version_1_opens_with_everything_in_it(tmp_path: Path) -> None:
    version_1(tmp_path, everything(time.time()))
    before = (tmp_path / "chat.db").read_bytes()
    assert check(tmp_path) == []

    async def main(database: Database) -> None:
        await is_all_there(database)
        accounts = Accounts(sqlite_repositories(database).accounts, CHEAP)
        assert database.epoch == "e1"
        assert await accounts.changed() == ["a:2"]
        assert await accounts.changed() == []

    on_database(tmp_path, main)
    on_database(tmp_path, is_all_there)
    assert check(tmp_path) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db.v1.bak")) as kept:
        assert kept.execute("SELECT count(*) FROM store WHERE space = 'users'").fetchone() == (3,)
    assert before != (tmp_path / "chat.db").read_bytes()
    with DirectDatabase(tmp_path) as file:
        asyncio.run(is_all_there(file))


def test_messages_of_version_1_are_exported_before_the_server_was_started(tmp_path: Path) -> None:
    path = version_1(tmp_path, {})
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE channels SET floor = 0")
        file.execute("INSERT INTO senders VALUES (1, 'a:1')")
        file.execute("INSERT INTO messages VALUES ((1 << 40) + 1, 1, 'Ann', 'hello', 0, 'r')")
    out = io.StringIO()
    assert export(tmp_path, out, format="txt") == 1
    assert out.getvalue() == "1970-01-01 00:00:00Z [general] Ann: hello\n"
    assert not list(tmp_path.glob("*.bak"))


def test_a_backup_of_version_1_is_restored_and_a_command_may_be_the_first_to_open_it(tmp_path: Path) -> None:
    version_1(tmp_path / "old", everything(time.time()))
    backup(tmp_path / "old", tmp_path / "file")
    on_database(tmp_path / "new", lambda database: SqliteStore(database).set("x", "y", 1))
    restore(tmp_path / "new", tmp_path / "file")
    assert check(tmp_path / "new") == []
    with DirectDatabase(tmp_path / "new") as file:
        asyncio.run(is_all_there(file))
    backup(tmp_path / "new", tmp_path / "second")
    restore(tmp_path / "old", tmp_path / "second")
    on_database(tmp_path / "old", is_all_there)


def enumerate_damaged() -> Iterator[tuple[Any, Any]]:
    whole = {"user": "a:1", "until": 9e9}
    values = (None, {}, "{", [], {**whole, "user": 5}, '{"user": "\\ud800", "until": 1}', {**whole, "until": 10**30})
    yield from ((str(number), value) for number, value in enumerate(values))
    yield from (("7", '{"user": "a:1", "until": 1e999}'), ("8", {**whole, "until": "x"}), (b"\xff", whole))


def test_sessions_keep_the_order_in_which_they_began(tmp_path: Path) -> None:
    until = int(time.time()) + MONTH
    names = [session_of(str(number)) for number in range(100)]  # of one second: their hashes say nothing
    sessions = {name: {"user": "a:1", "until": until} for name in names}
    hashed = make_hash(WORD, CHEAP)
    version_1(
        tmp_path,
        {
            "users": {"a:1": {"name": "Ann", "password": hashed}},
            "names": {"ann": quoted("a:1")},
            "sessions": {**sessions, "old": {"user": "a:1", "until": until + 5}, **dict(enumerate_damaged())},
            "signed-in": {"a:1": names, "a:2": None, "a:3": [[]], "a:4": 5, "a:5": "["},
        },
    )

    async def main(database: Database) -> None:
        accounts = Accounts(sqlite_repositories(database).accounts, CHEAP)
        ann = await accounts.find("Ann")
        await accounts.begin(ann)
        assert [await accounts.stands(one) for one in ("old", "bad", names[0], names[1])] == [
            False,
            False,
            False,
            True,
        ]
        await accounts.begin(ann)
        assert [await accounts.stands(one) for one in names[1:3]] == [False, True]

    on_database(tmp_path, main)


def test_accounts_of_an_earlier_version_sign_in_though_two_of_them_look_the_same(tmp_path: Path) -> None:
    plain, dressed, private = "Ann\U0001f600", "Ann\U0001f600\ufe0f", "Ann\ue000"
    names = {f"a:{number}": name for number, name in enumerate((dressed, plain, private, "Zoe\u2764\ufe0f"))}
    users = {key: {"name": name, "password": make_hash(WORD + key[2:], CHEAP)} for key, name in names.items()}
    version_1(tmp_path, {"users": users, "names": {name.casefold(): quoted(key) for key, name in names.items()}})

    async def main(database: Database) -> None:
        house = Accounts(sqlite_repositories(database).accounts, CHEAP)
        for number, name in enumerate((dressed, plain, private, "zoe\u2764")):
            found = await house.check(name, WORD + str(number))
            assert found is not None
            assert found.id == f"a:{number}"
        for name in (dressed, plain, plain + "\ufe0e", "ZOE\u2764"):
            with pytest.raises(Refused, match="taken"):
                await house.register(name, WORD)
        one, other, third = [await house.find(name) for name in (dressed, plain, private)]
        with pytest.raises(Refused, match="taken"):
            await house.rename(third, plain)
        await house.rename(third, "Ann")  # from a name that nobody can take any more
        assert await house.check("Ann", WORD + "2") == third
        await house.rename(other, "Bob")
        for name in (plain, dressed):
            with pytest.raises(Refused, match="taken"):
                await house.register(name, WORD)
            assert await house.find(name) == one
        await house.rename(one, "Eve")
        assert (await house.register(plain, WORD)).name == plain
        assert await house.check("Eve", WORD + "0") == one

    on_database(tmp_path, main)


DAMAGED: list[tuple[str, Any, Any]] = [
    *(("users", "a:9", value) for value in ("{", "[]", "null", {"name": "Eve"}, {"name": 5, "password": ""})),
    *(("users", "a:9", value) for value in ('{"name": "\\ud800", "password": ""}', "[" * 100_000, b"\xff\xfe")),
    *(("names", "eve", value) for value in (None, 5, "", b"\xff")),
    *(("roles", "a:9", value) for value in (None, [], "")),
    *(("proxy", "h:eve", value) for value in (None, "x")),
    *(("bans", "h:eve", value) for value in (None, [], {}, {"until": "soon", "reason": ""}, {"until": 9e9}, "{")),
    *(("bans", "h:eve", value) for value in ({"until": 10**400, "reason": ""}, '{"until": 1e999, "reason": ""}')),
    *(("audit", "1", value) for value in (None, 5, {}, {"time": 1, "by": None, "power": "ban", "about": {}}, "")),
    *((space, b"\xff", {}) for space in ("users", "names", "bans", "audit")),
]


@pytest.mark.parametrize(("space", "key", "value"), DAMAGED, ids=lambda value: ascii(value)[:40])
def test_what_cannot_be_read_is_said_and_left_where_it_is_and_the_rest_comes_along(
    space: str, key: Any, value: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spaces = {name: dict(items) for name, items in everything(time.time()).items()}
    spaces[space][key] = value
    version_1(tmp_path, spaces)

    async def main(database: Database) -> None:
        asked = "SELECT count(*) FROM store WHERE space = ?"
        left = await database.read(lambda connection: connection.execute(asked, (space,)).fetchone()[0])
        assert left == 1
        await database.write(
            lambda connection: connection.execute("DELETE FROM store WHERE space = ?", (space,)) and None
        )
        await is_all_there(database)

    on_database(tmp_path, main)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "cannot be read" in record.getMessage()
    assert ("ban them again" in record.getMessage()) == (space == "bans")


def test_a_migration_that_is_killed_is_done_by_the_next_start(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tornado_chat.storage.sqlite import files\n"
        "from tornado_chat.storage.sqlite.migrations import accounts, MOVES\n"
        "def stop(connection):\n"
        "    accounts.move(connection)\n"
        "    connection.execute('PRAGMA cache_size=0')\n"  # so that pages of it are in the log already
        "    connection.execute('UPDATE store SET value = value')\n"
        "    print('moved', flush=True); sys.stdin.read()\n"
        "MOVES[2] = stop; files.open_file(Path(sys.argv[1]))\n"
    )
    version_1(tmp_path, everything(time.time()))
    for _ in range(2):
        command = [sys.executable, "-c", program, str(tmp_path / "chat.db")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"moved\n"
            os.kill(process.pid, signal.SIGKILL)
        with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file:
            assert file.execute("PRAGMA user_version").fetchone() == (1,)
            assert file.execute("SELECT count(*) FROM store WHERE space = 'users'").fetchone() == (3,)
    on_database(tmp_path, is_all_there)
    assert check(tmp_path) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db.v1.bak")) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_command_beside_a_server_of_version_1_changes_nothing(tmp_path: Path) -> None:
    version_1(tmp_path, everything(time.time()))
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(DatabaseError, match="older server"):
        DirectDatabase(tmp_path)
    os.close(lock)
    assert not list(tmp_path.glob("*.bak"))
