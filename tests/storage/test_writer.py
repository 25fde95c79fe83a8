"""The database of a data folder: opening, migrating, grouping, failing disks, ending."""

import asyncio
import contextlib
import logging
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.sqlite import checkpoints, files
from tornado_chat.storage.sqlite import writer as module
from tornado_chat.storage.sqlite.files import DatabaseError
from tornado_chat.storage.sqlite.jobs import WEIGHT, Job
from tornado_chat.storage.sqlite.writer import Database


def put(key: str) -> Callable[[sqlite3.Connection], None]:
    def run(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO store VALUES ('s', ?, '1')", (key,))

    return run


def keys(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT key FROM store ORDER BY key")]


async def nothing(database: Database) -> None:
    assert database.state is None


async def until(condition: Callable[[], Any]) -> None:
    for _ in range(5_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not come to that")


def refused(folder: Path) -> str:
    """Return the one line with which this folder is refused."""
    with pytest.raises(DatabaseError) as error:
        Database(folder)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


# Opening


def test_a_new_folder_is_for_its_user_alone_and_the_file_is_durable(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"

    async def main(database: Database) -> None:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert database.path.stat().st_mode & 0o777 == 0o600
        connection = database._writing
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert await database.write(lambda c: files.pragma(c, "synchronous")) == 2
        assert await database.write(lambda c: files.pragma(c, "wal_autocheckpoint")) == 0
        assert await database.write(lambda c: files.pragma(c, "user_version")) == len(files.MIGRATIONS)

    on_database(folder, main)


def test_a_folder_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        assert "in use by another server" in refused(tmp_path)

    on_database(tmp_path, main)
    on_database(tmp_path, nothing)


def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, tornado_chat.storage.sqlite.writer as d;"
        "d.Database(pathlib.Path(sys.argv[1])); print('up', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert "in use" in refused(tmp_path)
        process.kill()
        process.wait()
    on_database(tmp_path, nothing)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--data-dir" in refused(tmp_path / "file" / "folder")
    assert "--data-dir" in refused(tmp_path / "file")


@pytest.mark.parametrize("kind", ["text", "cut", "header", "schema"])
def test_a_damaged_file_is_refused_with_what_to_do_and_left_as_it_is(tmp_path: Path, kind: str) -> None:
    on_database(tmp_path, nothing)
    path = tmp_path / "chat.db"
    content = path.read_bytes()
    harmed = {
        "text": b"this is no database\n" * 500,
        "cut": content[:5_000],
        "header": content[:16] + b"\xff" * 84 + content[100:],
        "schema": content[:100] + b"\xff" * 3_996 + content[4_096:],
    }[kind]
    path.write_bytes(harmed)
    words = refused(tmp_path)
    assert str(path) in words
    assert "restore FILE" in words
    assert path.read_bytes() == harmed


@pytest.mark.parametrize(
    ("pragma", "words"), [("user_version = 99", "newer server"), ("application_id = 7", "no history of this server")]
)
def test_a_file_of_a_newer_or_another_program_is_refused(tmp_path: Path, pragma: str, words: str) -> None:
    on_database(tmp_path, nothing)
    with sqlite3.connect(tmp_path / "chat.db") as other:
        other.execute(f"PRAGMA {pragma}")
    other.close()
    before = (tmp_path / "chat.db").read_bytes()
    assert words in refused(tmp_path)
    assert (tmp_path / "chat.db").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chat.db", "lock"]


@pytest.mark.parametrize(
    ("harm", "words"), [("DROP TABLE messages", "no table messages"), ("DELETE FROM facts", "no epoch")]
)
def test_a_file_that_lacks_something_is_refused_with_what_to_do(tmp_path: Path, harm: str, words: str) -> None:
    on_database(tmp_path, nothing)
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as other:
        other.executescript(harm)
    said = refused(tmp_path)
    assert words in said
    assert "restore FILE" in said


def test_an_older_file_is_copied_and_then_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_database(tmp_path, lambda database: database.write(put("old")))
    version = len(files.MIGRATIONS)
    monkeypatch.setattr(
        files, "MIGRATIONS", [*files.MIGRATIONS, "CREATE TABLE more (a); INSERT INTO more VALUES (1);"]
    )

    async def main(database: Database) -> str:
        assert await database.read(keys) == ["old"]
        assert await database.read(lambda c: c.execute("SELECT a FROM more").fetchall()) == [(1,)]
        return database.epoch

    assert on_database(tmp_path, main) == on_database(tmp_path, main)
    (copy,) = tmp_path.glob("*.bak")
    assert copy.name == f"chat.db.v{version}.bak"
    with sqlite3.connect(copy) as old:
        assert keys(old) == ["old"]
        assert old.execute("PRAGMA user_version").fetchone() == (version,)
    old.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_database(tmp_path, lambda database: database.write(put("old")))
    with monkeypatch.context() as patch:
        patch.setattr(files, "MIGRATIONS", [*files.MIGRATIONS, "CREATE TABLE more (a); CREATE TABLE more (a);"])
        assert "cannot be opened" in refused(tmp_path)
    on_database(tmp_path, nothing)


def test_a_disk_without_a_write_ahead_log_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pragma(connection: sqlite3.Connection, words: str) -> Any:
        return "delete" if words == "journal_mode=WAL" else real(connection, words)

    real = files.pragma
    monkeypatch.setattr(files, "pragma", pragma)
    assert "write-ahead log" in refused(tmp_path)


# Transactions


def test_what_is_submitted_during_a_commit_forms_the_next_and_is_told_at_once(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        begun, go = threading.Event(), threading.Event()

        def slow(connection: sqlite3.Connection) -> None:
            begun.set()
            go.wait(5)

        def number(connection: sqlite3.Connection) -> int:
            return database._commits  # type: ignore[attr-defined,no-any-return]

        def counting(jobs: Any) -> Any:
            database._commits += 1  # type: ignore[attr-defined]
            return real(jobs)

        database._commits = 0  # type: ignore[attr-defined]
        real, database._transact = database._transact, counting  # type: ignore[method-assign]
        first = asyncio.ensure_future(database.write(slow))
        await until(begun.is_set)
        later = [asyncio.ensure_future(database.write(number)) for _ in range(10)]
        await asyncio.sleep(0)
        heavy: list[int] = []
        for _ in range(2):
            database.submit(Job(number, lambda result, error: heavy.append(result), WEIGHT))
        go.set()
        await first
        assert await asyncio.gather(*later) == [2] * 10
        await until(lambda: len(heavy) == 2)
        assert heavy == [2, 3]  # a heavy one is the last of its transaction

    on_database(tmp_path, main)


def test_what_is_submitted_in_one_turn_of_the_loop_is_one_transaction_in_its_order(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        order: list[int] = []

        def note(at: int) -> Callable[[sqlite3.Connection], None]:
            return lambda connection: order.append(at)

        before = sum(database.commits.counts)
        for at in range(WEIGHT):
            database.submit(Job(note(at), lambda result, error: None))
            assert database._writes.empty()  # the thread that writes would take the first alone
        await database.write(note(WEIGHT))
        assert order == list(range(WEIGHT + 1))
        assert sum(database.commits.counts) == before + 2

    on_database(tmp_path, main)


def test_what_a_loop_ended_with_is_stored_all_the_same(tmp_path: Path) -> None:
    database = Database(tmp_path)

    async def submit(key: str) -> None:
        database.submit(Job(put(key), lambda result, error: None))

    async def submit_another() -> list[str]:
        await database.write(put("b"))
        return await database.read(keys)

    asyncio.run(submit("a"))
    assert asyncio.run(submit_another()) == ["a", "b"]
    asyncio.run(submit("c"))
    database.close()
    assert on_database(tmp_path, lambda again: again.read(keys)) == ["a", "b", "c"]


def test_a_job_that_raises_having_written_undoes_its_transaction(tmp_path: Path, caplog: Any) -> None:
    def bad(connection: sqlite3.Connection) -> None:
        put("bad")(connection)
        raise KeyError("a bug")

    async def main(database: Database) -> None:
        results = await asyncio.gather(*(database.write(job) for job in (put("a"), bad)), return_exceptions=True)
        assert isinstance(results[1], Refused)
        assert "bad" not in await database.read(keys)
        await database.write(put("b"))
        assert database.state is None

    with caplog.at_level(logging.CRITICAL):
        on_database(tmp_path, main)


def test_reading_goes_on_while_a_transaction_takes_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW", 0.05)

    async def main(database: Database) -> None:
        go = threading.Event()
        await database.write(put("a"))
        slow = asyncio.ensure_future(database.write(lambda connection: go.wait(5)))
        await until(lambda: database.state is not None)
        assert "the disk has not answered" in str(database.state)
        assert await database.read(keys) == ["a"]
        go.set()
        await slow
        assert database.state is None

    on_database(tmp_path, main)


def test_a_reader_cannot_write(tmp_path: Path, caplog: Any) -> None:
    async def main(database: Database) -> None:
        with pytest.raises(Refused):
            await database.read(put("a"))

    on_database(tmp_path, main)


# Failing disks


def test_a_full_disk_fails_what_is_written_and_is_noticed_when_it_has_room_again(tmp_path: Path, caplog: Any) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO store VALUES ('s', 'large', hex(zeroblob(1000000)))")

    async def main(database: Database) -> None:
        await database.write(put("a"))
        pages = await database.write(lambda c: files.pragma(c, "page_count"))
        await database.write(lambda c: files.pragma(c, f"max_page_count={pages}"))
        with pytest.raises(Refused) as error:
            await database.write(fill)
        assert error.value.code == "history-unavailable"
        assert "full" in str(database.state)
        assert await database.read(keys) == ["a"]
        await until(lambda: database.state is None)  # it tries by itself
        await database.write(lambda c: files.pragma(c, "max_page_count=1000000"))
        await database.write(fill)
        assert await database.read(keys) == ["a", "large"]

    on_database(tmp_path, main)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


@pytest.mark.usefixtures("impatient")
def test_a_lock_of_someone_else_fails_what_is_written_until_it_is_gone(tmp_path: Path, caplog: Any) -> None:
    async def main(database: Database) -> None:
        other = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Refused):
            await database.write(put("a"))
        assert "locked" in str(database.state)
        other.close()
        await until(lambda: database.state is None)
        await database.write(put("b"))
        assert await database.read(keys) == ["b"]

    on_database(tmp_path, main)


@contextlib.contextmanager
def no_file_grows() -> Iterator[None]:
    """Make every write beyond this size an error of the disk (EFBIG)."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_after_an_error_of_the_disk_nothing_is_written_until_a_restart(tmp_path: Path, caplog: Any) -> None:
    async def main(database: Database) -> None:
        await database.write(put("a"))
        with no_file_grows(), pytest.raises(Refused):
            await database.write(put("b"))
        with pytest.raises(Refused):
            await database.write(put("c"))
        assert "until a restart" in str(database.state)
        assert await database.read(keys) == ["a"]

    async def restarted(database: Database) -> None:
        assert database.state is None
        await database.write(put("d"))
        assert await database.read(keys) == ["a", "d"]

    on_database(tmp_path, main)
    on_database(tmp_path, restarted)
    assert sum(record.levelno == logging.ERROR for record in caplog.records) == 1


WRITER = """
import asyncio, sys
from pathlib import Path
from tornado_chat.storage.sqlite.writer import Database
from tornado_chat.chat.errors import Refused

async def main():
    database = Database(Path(sys.argv[1]))
    for number in range(50):
        try:
            await database.write(lambda c: c.execute("INSERT INTO store VALUES ('s', ?, '1')", (f"{number:02}",)))
            print("acked", f"{number:02}")
        except Refused:
            print("refused", await database.read(lambda c: c.execute("SELECT count(*) FROM store").fetchone()[0]))
    print("state", database.state)
asyncio.run(main())
"""


@pytest.mark.long
@pytest.mark.skipif(not Path("/usr/bin/strace").exists(), reason="strace is not installed")
def test_a_sync_that_fails_is_never_acknowledged_nor_any_after_it(tmp_path: Path) -> None:
    fault = ["strace", "-f", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=20"]
    command = [*fault, sys.executable, "-c", WRITER, str(tmp_path)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    kinds = [line.split()[0] for line in lines]
    acked = kinds.count("acked")
    assert 0 < acked < 50
    assert kinds == ["acked"] * acked + ["refused"] * (50 - acked) + ["state"]
    assert "until a restart" in lines[-1]
    assert {line.split()[1] for line in lines if line.startswith("refused")} == {str(acked)}

    async def main(database: Database) -> None:
        assert {line.split()[1] for line in lines if line.startswith("acked")} <= set(await database.read(keys))

    on_database(tmp_path, main)


# Checkpoints


def test_the_log_is_folded_in_by_a_thread_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE", 0.01)

    async def main(database: Database) -> None:
        size = database.path.stat().st_size
        await database.write(lambda c: c.execute("INSERT INTO store VALUES ('s', 'k', hex(zeroblob(100000)))"))
        await until(lambda: database.path.stat().st_size > size + 200_000)

    on_database(tmp_path, main)


def test_a_log_under_unbroken_writing_does_not_grow_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE", 0.01)
    monkeypatch.setattr(checkpoints, "LONG", 50)

    async def main(database: Database) -> None:
        log = database.path.with_name("chat.db-wal")
        largest, written, end = 0, 0, time.monotonic() + 5
        while written < 40_000_000 and time.monotonic() < end:
            writes = [
                database.write(
                    lambda c: c.execute("INSERT OR REPLACE INTO store VALUES ('s', 'k', hex(zeroblob(50000)))")
                )
                for _ in range(10)
            ]
            await asyncio.gather(*writes)
            written += 1_000_000
            largest = max(largest, log.stat().st_size)
        assert largest < written / 3

    on_database(tmp_path, main)


# Ends


def test_closing_finishes_what_was_submitted_and_tells_of_it(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        writes = [asyncio.ensure_future(database.write(put(f"{number:03}"))) for number in range(300)]
        await asyncio.sleep(0)
        await asyncio.to_thread(database.close)
        await asyncio.sleep(0)
        assert all(write.done() and write.exception() is None for write in writes)
        with pytest.raises(Refused):
            await database.write(put("late"))
        with pytest.raises(Refused):
            await database.read(keys)

    on_database(tmp_path, main)
    assert on_database(tmp_path, lambda database: database.read(keys)) == [f"{number:03}" for number in range(300)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chat.db", "lock"]


def test_closing_twice_or_without_a_loop_is_well(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.close()
    database.close()


def test_after_a_disk_has_failed_no_checkpoint_is_made_even_at_the_end_of_the_process(tmp_path: Path) -> None:
    code = """if 1:
        import asyncio, pathlib, sqlite3, sys
        from tornado_chat.storage.sqlite.writer import Database

        async def main(database):
            await database.write(lambda c: c.execute("INSERT INTO store VALUES ('s', 'k', '1')"))
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            database._health.failed(error, "writing")
            await asyncio.to_thread(database.close)

        asyncio.run(main(Database(pathlib.Path(sys.argv[1]))))
    """
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert (tmp_path / "chat.db-wal").stat().st_size > 0
    assert on_database(tmp_path, lambda database: database.read(keys)) == ["k"]
