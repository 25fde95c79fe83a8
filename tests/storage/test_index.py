"""The index of search on the disk: what builds it, what it keeps and reads, what is left of what was deleted."""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.storage.histories import ANN, change, edit, message
from tornado_chat.__main__ import main as command
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.chat.search import Found, Phrase, Place, Query
from tornado_chat.chat.threads import Sees
from tornado_chat.chat.words import words_of
from tornado_chat.storage.sqlite import (
    clock,
    deletion,
    files,
    index_building,
    index_merging,
    indexing,
    search_index,
    writer,
)
from tornado_chat.storage.sqlite.backups import backup, restore
from tornado_chat.storage.sqlite.compaction import compact
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.files import DatabaseError, connect
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.index_building import reindex
from tornado_chat.storage.sqlite.indexing import FORM
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.migrations import MIGRATIONS
from tornado_chat.storage.sqlite.queries import SHIFT
from tornado_chat.storage.sqlite.search_index import SqliteSearch
from tornado_chat.storage.sqlite.writer import Database

PAGE = 2048  # bytes of the file
ALL: Sees = {"den": None, "hall": None}


def looking_for(text: str, **rest: Any) -> Query:
    return Query((Phrase(tuple(words_of(text))),), **rest)


async def find(database: Database, text: str, sees: Sees = ALL) -> list[int]:
    """Return the numbers of the messages with a phrase."""
    found = await SqliteSearch(database).search(looking_for(text), sees, None, 50)
    assert found.complete
    return [one.seq for one in found.messages]


def on(folder: Path, main: Callable[[SqliteHistory], Awaitable[Any]]) -> Any:
    return on_database(folder, lambda database: main(SqliteHistory(database)))


def found(folder: Path, text: str) -> list[int]:
    """Return what is found at the next start."""
    numbers: list[int] = on_database(folder, lambda database: find(database, text))
    assert check(folder) == []
    return numbers


def say(*texts: str, channel: str = "den") -> Callable[[SqliteHistory], Awaitable[None]]:
    async def main(log: SqliteHistory) -> None:
        for text in texts:
            await log.append(message(text, channel=channel))

    return main


def facts(folder: Path) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file:
        return dict(file.execute("SELECT name, value FROM facts WHERE name LIKE 'search%'"))


def forget_index(folder: Path, **facts: str) -> None:
    """Empty the index, as a folder has none that comes from an earlier version or a backup."""
    with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file, file:
        indexing.clear(file)
        file.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())


# Building


def test_a_missing_index_is_built_at_the_start_and_one_of_another_kind_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tornado_chat")
    monkeypatch.setattr(index_building, "PIECE", 3)
    on(tmp_path, say(*(f"number {number}" for number in range(10)), "上海 Café"))
    assert caplog.records == []
    forget_index(tmp_path)
    assert check(tmp_path) == []  # the next start builds it
    assert found(tmp_path, "number") == [*range(10, 0, -1)]
    assert found(tmp_path, "海 cafe") == [11]
    assert facts(tmp_path) == {"search": FORM}
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "the index of search is built from 11 messages; the server starts after that"
    assert lines[1].startswith("the index of search is built, in ")
    assert len(lines) == 2
    with monkeypatch.context() as patched:
        patched.setattr(indexing, "FORM", "another")
        patched.setattr(index_building, "FORM", "another")
        assert found(tmp_path, "number") == [*range(10, 0, -1)]
        assert facts(tmp_path) == {"search": "another"}
    assert len(caplog.records) == 4
    assert found(tmp_path, "number") == [*range(10, 0, -1)]
    assert len(caplog.records) == 6


def test_a_file_of_the_version_without_an_index_is_indexed_and_its_clock_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(log: SqliteHistory) -> None:
        for sent in (10, 30, 20, 20, 40, 5):
            await log.append(Message("den", f"word {sent}", ANN, sent))
        await log.append(message("another", channel="hall"))
        await log.change(edit(2, "changed 30"))
        await log.change(change("deleted", 1))

    with monkeypatch.context() as patched:
        patched.setattr(files, "MIGRATIONS", MIGRATIONS[:6])
        patched.setattr(writer, "build", lambda connection: 0)
        patched.setattr(clock, "note_steps", lambda connection, late: None)
        on(tmp_path, main)
    assert check(tmp_path) == []
    assert facts(tmp_path) == {}
    assert found(tmp_path, "word") == [5, 4, 3, 6]
    assert found(tmp_path, "changed") == [2]
    assert facts(tmp_path) == {"search": FORM}
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file:
        assert file.execute("SELECT seq FROM clock_steps").fetchall() == [(3,), (6,)]
    assert (tmp_path / "chat.db.v6.bak").exists()


class Killed(BaseException):
    pass


def killed_while_building(folder: Path, monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    """Build the index up to a piece, as a process that is killed in the transaction of the next."""
    left = iter(range(pieces))

    def insert(*about: Any) -> None:
        indexing.insert(*about)
        if next(left, None) is None:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(index_building, "insert", insert)
        with pytest.raises(Killed):
            on_database(folder, lambda database: asyncio.sleep(0))


def test_a_building_that_is_killed_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_building, "PIECE", 3)
    on(tmp_path, say(*(f"number {number}" for number in range(10))))
    forget_index(tmp_path)
    for _ in range(2):
        killed_while_building(tmp_path, monkeypatch, 1)
        assert check(tmp_path) == []
    done = facts(tmp_path)["search-built"].partition(" ")
    assert (int(done[0]) & 2**SHIFT - 1, done[2]) == (6, FORM)
    read: list[int] = []

    def insert(connection: sqlite3.Connection, entries: list[indexing.Entry]) -> None:
        read.extend(seq for seq, _ in entries)
        indexing.insert(connection, entries)

    monkeypatch.setattr(index_building, "insert", insert)
    assert found(tmp_path, "number") == [*range(10, 0, -1)]
    assert read == [7, 8, 9, 10]
    assert facts(tmp_path) == {"search": FORM}


@pytest.mark.parametrize("why", ["messages were deleted", "it was of another kind"])
def test_a_building_that_is_killed_begins_anew_where_it_must(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(index_building, "PIECE", 2)
    on(tmp_path, say(*(f"number {number}" for number in range(5))))
    on(tmp_path, say("number", channel="hall"))
    forget_index(tmp_path)
    if why == "messages were deleted":
        killed_while_building(tmp_path, monkeypatch, 2)
        with DirectDatabase(tmp_path) as database:
            asyncio.run(deletion.SqliteMessages(database).forget("hall"))
        assert found(tmp_path, "number") == [5, 4, 3, 2, 1]
    else:
        with monkeypatch.context() as patched:
            patched.setattr(index_building, "FORM", "another")
            killed_while_building(tmp_path, monkeypatch, 2)
        assert sorted(found(tmp_path, "number")) == [1, 1, 2, 3, 4, 5]


def test_reindex_builds_it_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    on(tmp_path, say("one", "two"))
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file, file:
        file.execute("DELETE FROM search_index_data WHERE id > 10")
    assert check(tmp_path) == ["the index of search cannot be read; build it anew: python -m tornado_chat reindex"]
    assert command(["reindex", "--data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"the index of search in {tmp_path} is built anew, from 2 messages\n"
    assert found(tmp_path, "two") == [2]


def test_reindex_is_refused_while_a_server_runs_and_where_there_is_none(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        with pytest.raises(DatabaseError, match="in use by another server"):
            reindex(tmp_path)

    on_database(tmp_path, main)
    with pytest.raises(DatabaseError, match="is not there"):
        reindex(tmp_path / "nowhere")


# Keeping it


def test_every_change_is_in_the_index_at_once(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        log, engine = SqliteHistory(database), SqliteSearch(database)

        async def marked(mark: str) -> list[int]:
            found = await engine.search(Query(marks=frozenset({mark})), ALL, None, 50)
            return [one.seq for one in found.messages]

        posted = [log.append(message(text)) for text in ("first", "second", "third")]
        await posted[-1]
        await asyncio.gather(
            log.append(message("fourth https://x.de")),
            log.change(edit(1, "changed")),
            log.change(change("deleted", 2)),
            log.append(message("answer", thread=3)),
            log.change(change("pinned", 3)),
        )
        assert [await find(database, text) for text in ("first", "second")] == [[], []]
        assert await find(database, "changed") == [1]
        (answer,) = await find(database, "answer")
        assert await marked("thread") == [answer, 3]
        assert await marked("pinned") == [3]
        assert await marked("link") == await find(database, "fourth")
        await log.change(change("deleted", answer))
        await log.change(change("pinned", 3, on=False))
        assert [await marked(mark) for mark in ("thread", "pinned")] == [[], []]
        growing = (await log.append(message("once", growing=True))).seq
        await log.change(change("grown", growing, text="once upon"))
        assert await find(database, "once upon") == [growing]
        await log.change(change("grown", growing, text="once more", on=False))
        assert [await find(database, text) for text in ("upon", "more")] == [[], [growing]]

    on_database(tmp_path, main)
    assert check(tmp_path) == []


@pytest.mark.interpreted  # it replaces a function that is called directly
def test_a_transaction_that_fails_leaves_nothing_in_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(database: Database) -> None:
        log = SqliteHistory(database)
        await log.append(message("kept"))

        def insert(*about: Any) -> None:
            original(*about)
            raise sqlite3.OperationalError

        original = indexing.insert
        with monkeypatch.context() as patched:
            patched.setattr(indexing, "insert", insert)
            changed = asyncio.ensure_future(log.change(edit(1, "lost, too")))
            await asyncio.sleep(0)
            with pytest.raises(Refused):
                await log.append(message("lost"))
            await asyncio.gather(changed, return_exceptions=True)
        assert await find(database, "lost") == ([1] if changed.exception() is None else [])
        await log.append(message("again"))
        assert [await find(database, text) for text in ("kept", "again")] == [[1], [2]]

    on_database(tmp_path, main)
    assert check(tmp_path) == []


@pytest.mark.usefixtures("no_rest")
def test_what_is_trimmed_or_forgotten_is_not_in_the_index(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        log = SqliteHistory(database, keep_messages=100)
        for channel in ("den", "hall"):
            posted = [log.append(message(f"number {number}", channel=channel)) for number in range(1, 2_001)]
            await posted[-1]
        assert await log.trim() == 3_800
        assert await find(database, "number 1900") == []
        assert sorted(await find(database, "number 1901")) == [1901, 1901]
        await log.forget("hall")
        assert await find(database, "number 1901") == [1901]
        await log.forget("den")
        assert await database.read(partial(words_left)) == []
        await log.append(message("after that"))
        assert await find(database, "after") == [2001]

    on_database(tmp_path, main)
    assert check(tmp_path) == []


def words_left(connection: sqlite3.Connection) -> list[str]:
    with contextlib.closing(sqlite3.connect(connection.execute("PRAGMA database_list").fetchone()[2])) as other:
        other.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'search_index', 'row')")
        return [word for (word,) in other.execute("SELECT term FROM words")]


def test_a_damaged_index_costs_no_message_and_is_built_anew_at_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(database: Database) -> None:
        log = SqliteHistory(database)
        await say("one", "two")(log)
        await database.write(
            lambda connection: connection.execute("UPDATE search_index_data SET block = x'00' WHERE id = 1") and None
        )
        await log.append(message("three"))
        for seq in (1, 2, 3):
            await log.change(change("deleted", seq))
        assert [one.text for one in (await log.read("den", limit=9))[0]] == ["", "", ""]
        await log.append(message("four"))
        with pytest.raises(Refused, match="search is not available until the server is started again"):
            await find(database, "four")
        assert database.state is None

    on_database(tmp_path, main)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert found(tmp_path, "four") == [7]


DAMAGES = [
    "UPDATE search_index_data SET block = x'00' WHERE id = 1",
    "UPDATE search_index_data SET block = randomblob(20) WHERE id > 10",
    "DELETE FROM search_index_data WHERE id > 10",
    "DELETE FROM search_index_data WHERE id <= 10",
    "UPDATE search_index_data SET block = randomblob(40) WHERE id = 10",
    # one level, of 2,147,483,647 segments: for which SQLite has no memory
    "UPDATE search_index_data SET block = x'000000000101010087FFFFFF7F00000000' WHERE id = 10",
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("first", ["search", "post"])
def test_whoever_meets_a_damaged_index_first_has_it_built_anew(tmp_path: Path, damage: str, first: str) -> None:
    texts = [f"word {number}" for number in range(30)]
    on(tmp_path, say(*texts))
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file, file:
        file.execute(damage)
    stored = list(range(1, 31))

    async def main(database: Database) -> None:
        log = SqliteHistory(database)
        for what in (first, "search", "post", "post"):
            with contextlib.suppress(Refused):
                if what == "search":
                    await find(database, "word")
                else:
                    stored.append((await log.append(message("word"))).seq)
        assert len(stored) >= 32
        await log.change(change("deleted", stored.pop()))
        assert database.state is None

    on_database(tmp_path, main)
    assert found(tmp_path, "word") == sorted(stored, reverse=True)
    on(tmp_path, say("again"))
    assert len(found(tmp_path, "again")) == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_upkeep_does_without_a_damaged_index(tmp_path: Path, damage: str) -> None:
    def damaged() -> Path:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        on(folder, say("one", "two"))
        with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file, file:
            file.execute(damage)
        return folder

    async def trim(database: Database) -> None:
        with contextlib.suppress(Refused):  # of which the index is a part
            await SqliteHistory(database).trim()
        assert database.state is None

    for keep in (compact, reindex, lambda folder: on_database(folder, trim)):
        folder = damaged()
        keep(folder)
        with contextlib.suppress(Refused):
            found(folder, "one")  # may be the first to meet the damage: the next start builds the index anew
        assert found(folder, "one") == [1]
        assert check(folder) == []


def test_check_names_what_is_wrong_in_the_index(tmp_path: Path) -> None:
    on(tmp_path, say("one", "two", "three"))
    no = on(tmp_path, lambda log: log._database.read(lambda c: c.execute("SELECT no FROM channels").fetchone()[0]))
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file, file:
        sender = file.execute("SELECT no FROM senders").fetchone()[0]
        begin = indexing.scope(no)
        indexing._remove(file, [(2, f"{begin}two {begin}#{sender}")])
        indexing.insert(file, [(3, f"{begin}else"), (9, "zzzzzelse")])
    cure = "build it anew: python -m tornado_chat reindex"
    assert check(tmp_path) == [
        f'channel "den": message 2 is not in the index of search as it is; {cure}',
        f'channel "den": message 3 is not in the index of search as it is; {cure}',
        f"the index of search has words of channels that are not there; {cure}",
    ]
    reindex(tmp_path)
    assert check(tmp_path) == []


def test_check_finds_a_clock_that_was_set_back_unseen(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        for sent in (5, 3, 4):
            await log.append(Message("den", "a", ANN, sent))

    on(tmp_path, main)
    assert check(tmp_path) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file, file:
        file.execute("DELETE FROM clock_steps")
    assert check(tmp_path) == [
        'channel "den": message 2 was sent before the one in front of it, and its channel does not say so'
    ]


# What is left of it elsewhere


async def with_a_secret(log: SqliteHistory) -> None:
    await say("the xyzzyone", "xyzzytwo stays not", "plain words")(log)
    await log.change(edit(1, "mended"))
    await log.change(change("deleted", 2))


def test_a_backup_has_no_word_of_what_was_deleted_and_what_is_restored_is_indexed(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    on(data, with_a_secret)
    assert b"xyzzy" in (data / "chat.db").read_bytes()  # in parts of the index that nothing reads
    backup(data, file)
    content = file.read_bytes()
    assert b"xyzzy" not in content
    assert content.count(b"plain") == 1  # nor the index
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    restore(tmp_path / "new", file)
    assert check(tmp_path / "new") == []
    assert found(tmp_path / "new", "plain words") == [3]
    assert found(tmp_path / "new", "xyzzyone") == []


def test_no_byte_of_what_was_deleted_is_left_after_compacting(tmp_path: Path) -> None:
    on(tmp_path, with_a_secret)
    assert b"xyzzy" in (tmp_path / "chat.db").read_bytes()
    compact(tmp_path)
    assert {path.name: b"xyzzy" in path.read_bytes() for path in tmp_path.iterdir()} == {
        "chat.db": False,
        "lock": False,
    }
    assert facts(tmp_path) == {"search": FORM}
    assert found(tmp_path, "plain words") == [3]


def segments(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file:
        count: int = file.execute("SELECT count(DISTINCT segid) FROM search_index_idx").fetchone()[0]
        return count


def test_trimming_merges_the_segments_of_the_index(tmp_path: Path) -> None:
    on(tmp_path, say(*(f"number {number}" for number in range(12))))
    assert segments(tmp_path) == 12
    on(tmp_path, lambda log: log.trim())
    assert segments(tmp_path) == 1
    assert found(tmp_path, "number") == [*range(12, 0, -1)]


def test_what_was_deleted_leaves_the_index_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_merging, "PAGES", 1)
    monkeypatch.setattr(index_merging, "REST", 0)
    on(tmp_path, say(*(f"{number} {'word ' * 100}" for number in range(20)), *["the xyzzyone"] * 3))
    on(tmp_path, lambda log: log.trim())
    on(tmp_path, lambda log: log.change(change("deleted", 21)))
    on(tmp_path, lambda log: log.change(edit(22, "mended")))
    on(tmp_path, lambda log: log.trim())
    assert b"xyzzyone" in (tmp_path / "chat.db").read_bytes()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_401)
    on(tmp_path, lambda log: log.change(change("deleted", 23)))
    assert found(tmp_path, "xyzzyone") == []

    async def killed(database: Database) -> None:
        await database.write(partial(index_merging._begin, now=int(time.time() * 1000)))

    on_database(tmp_path, killed)
    assert facts(tmp_path).keys() == {"search", "search-purge"}
    on(tmp_path, lambda log: log.trim())
    assert b"xyzzyone" not in (tmp_path / "chat.db").read_bytes()
    assert facts(tmp_path) == {"search": FORM}
    assert found(tmp_path, "mended") == [22]


# What a search reads


def pages_read(
    folder: Path, query: Query, sees: Sees, before: Place | None = None, limit: int = 20
) -> tuple[int, Found]:
    """Return how many pages of the file a search reads that keeps none of them in memory."""
    counter = Path("/proc/self/io")
    if not counter.exists():
        pytest.skip("this system does not count what a process reads")
    with contextlib.closing(connect(folder / "chat.db", "ro")) as connection:
        connection.execute("PRAGMA cache_size=1")
        look = partial(search_index._search, query, sees, before, limit, threading.Event(), connection)
        look()  # prepares the statements
        start = int(counter.read_text().split()[1])
        found = look()
        return (int(counter.read_text().split()[1]) - start) // PAGE, found


def test_a_word_of_channels_that_one_may_not_see_costs_what_one_costs_that_is_nowhere(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        posted = []
        for number in range(6_000):
            posted.append(log.append(message(f"xyzzyone {number}", channel="vault")))
            posted.append(log.append(message(f"open {number}")))
        await posted[-1]

    on(tmp_path, main)
    sees: Sees = {"den": None, "vault": [(0, 10)], "nowhere": None}
    hidden, nowhere = (Query((Phrase((word,)),)) for word in ("xyzzyone", "xyzzytwo"))
    (cost, found), (usual, _) = (pages_read(tmp_path, query, {"den": None}) for query in (hidden, nowhere))
    assert (found.messages, cost) == ([], usual)
    assert len(pages_read(tmp_path, hidden, sees)[1].messages) == 10
    begun = Query((Phrase(("xyzzyo",), starts=True),)), Query((Phrase(("xyzzyt",), starts=True),))
    assert len({pages_read(tmp_path, query, {"den": None})[0] for query in begun}) == 1
    without = Query(without=hidden.phrases), Query(without=nowhere.phrases)
    assert len({pages_read(tmp_path, query, {"den": None})[0] for query in without}) == 1


def test_a_page_of_a_word_that_is_everywhere_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    costs = []
    for folder, count in ((tmp_path / "few", 2_000), (tmp_path / "many", 20_000)):

        async def main(log: SqliteHistory, count: int = count) -> None:
            await [log.append(message(f"word {number}")) for number in range(count)][-1]

        on(folder, main)
        cost, found = pages_read(folder, looking_for("word"), ALL)
        assert [one.seq for one in found.messages] == [*range(count, count - 20, -1)]
        assert found.more
        costs.append(cost)
    assert costs[1] < 3 * costs[0]


def test_a_thousand_channels_of_one_person_are_searched_newest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "AT_MOST", 60.0)

    names = [f"channel {number}" for number in range(1_000)]

    async def main(database: Database) -> None:
        log = SqliteHistory(database)
        posted = [log.append(Message(name, "word", ANN, 1_000 + at)) for at, name in enumerate(names)]
        posted += [log.append(Message(names[at], "rare word", ANN, 3_000 + at)) for at in (7, 3)]
        await posted[-1]
        engine, sees = SqliteSearch(database), dict.fromkeys(names)
        assert [one.channel for one in (await engine.search(looking_for("rare"), sees, None, 9)).messages] == [
            "channel 7",
            "channel 3",
        ]
        found, before = list[Message](), None
        while not found or before is not None:
            page = await engine.search(looking_for("word"), sees, before, 50)
            assert page.complete
            found += page.messages
            before = page.place
        assert [one.time for one in found] == [3_007, 3_003, *range(1_999, 999, -1)]

    on_database(tmp_path, main)


def test_what_the_time_does_not_suffice_for_is_found_by_going_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AT_MOST": 0, "FIRST": 4, "MOST": 8, "FEW": 1}.items():
        monkeypatch.setattr(search_index, name, value)

    async def main(database: Database) -> None:
        log, engine = SqliteHistory(database), SqliteSearch(database)
        for number in range(60):
            channel = ("den", "hall")[number % 3 == 0]
            await log.append(Message(channel, "rare" if number % 10 == 0 else "word", ANN, number // 2))
        found, before, parts = list[Message](), None, 0
        while not parts or before is not None:
            page = await engine.search(looking_for("rare"), ALL, before, 2)
            assert page.complete or page.more
            found += page.messages
            before, parts = page.place, parts + 1
        assert [one.time for one in found] == [25, 20, 15, 10, 5, 0]
        assert parts > 5

    on_database(tmp_path, main)


def test_a_search_that_nobody_waits_for_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "AT_MOST", 60)
    for name in ("FIRST", "MOST", "FEW", "MANY"):
        monkeypatch.setattr(search_index, name, 1)
    looked = threading.Event()
    go_on = threading.Event()
    parts: list[int] = []

    def look(self: Any, some: Any) -> None:
        parts.append(len(some))
        looked.set()
        go_on.wait()
        original(self, some)

    original = search_index._Looking._look
    monkeypatch.setattr(search_index._Looking, "_look", look)

    async def main(database: Database) -> None:
        await say(*["word"] * 50)(SqliteHistory(database))
        task = asyncio.ensure_future(SqliteSearch(database).search(looking_for("nothing"), ALL, None, 5))
        await asyncio.to_thread(looked.wait)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        go_on.set()
        await database.search(lambda connection: None)  # comes after it
        assert parts == [1]

    on_database(tmp_path, main)
