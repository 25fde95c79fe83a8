"""A data folder that is meddled with while the server runs: what is not in the file is not acknowledged."""

import asyncio
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import on_database
from tests.serving import needs_root, tools, until
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.sqlite import checkpoints
from tornado_chat.storage.sqlite.backups import backup
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.writer import Database


def put(key: str) -> Callable[[sqlite3.Connection], None]:
    def run(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO store VALUES ('s', ?, '1')", (key,))

    return run


def keys(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT key FROM store ORDER BY key")]


READ = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
for row in connection.execute("SELECT key FROM store ORDER BY key"):
    print(*row)
connection.close()
"""


def kept(path: Path) -> list[str]:
    """Return what a file holds, with the log beside it, as another process finds it."""
    return subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE", 0.02)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a key in it, `old`; another one's file is beside it: `other.db`, with the key `other`."""
    for name, key in (("other", "other"), ("data", "old")):
        on_database(tmp_path / name, lambda database, key=key: database.write(put(key)))
    backup(tmp_path / "data", tmp_path / "backup.db")
    shutil.move(tmp_path / "other" / "chat.db", tmp_path / "other.db")
    return tmp_path / "data"


def replace(data: Path) -> None:
    os.replace(data.parent / "other.db", data / "chat.db")


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "the folder is removed": (shutil.rmtree, "chat.db was removed or replaced"),
    "the folder is moved": (lambda data: data.rename(data.with_name("moved")), "chat.db was removed or replaced"),
    "the folder is replaced": (
        lambda data: (data.rename(data.with_name("moved")), data.mkdir(), (data / "chat.db").touch()),
        "chat.db was removed or replaced",
    ),
    "the file is removed": (lambda data: (data / "chat.db").unlink(), "chat.db was removed or replaced"),
    "the file is renamed": (lambda data: (data / "chat.db").rename(data / "o"), "chat.db was removed or replaced"),
    "another file is moved over it": (replace, "chat.db was removed or replaced"),
    "the log is removed": (lambda data: (data / "chat.db-wal").unlink(), "chat.db-wal was removed or replaced"),
    "the index of the log is removed": (lambda data: (data / "chat.db-shm").unlink(), "chat.db-shm was removed"),
    "the lock is removed": (lambda data: (data / "lock").unlink(), "lock was removed or replaced"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_at_once_nothing_is_acknowledged_any_more_and_the_log_says_once_what_to_do(
    data: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    do, words = HARMS[harm]

    async def main(database: Database) -> None:
        await database.write(put("acked"))
        do(data)
        for number in range(3):
            with pytest.raises(Refused) as refused:
                await database.write(put(f"refused {number}"))
            assert refused.value.code == "history-unavailable"
        assert words in (database.state or "")
        assert "stop the server, put the right file in place" in (database.state or "")

    on_database(data, main)
    assert len([one for one in caplog.records if "until a restart" in one.message]) == 1


@pytest.mark.parametrize("harm", HARMS)
def test_it_is_told_without_anyone_writing(data: Path, harm: str) -> None:
    async def main(database: Database) -> None:
        HARMS[harm][0](data)
        await until(lambda: HARMS[harm][1] in (database.state or ""))

    on_database(data, main)


@pytest.mark.parametrize(
    ("harm", "place"),
    [
        ("the folder is moved", "moved/chat.db"),
        ("the folder is replaced", "moved/chat.db"),
        ("the file is renamed", "data/o"),
        ("the log is removed", "data/chat.db"),
        ("the index of the log is removed", "data/chat.db"),
        ("the lock is removed", "data/chat.db"),
    ],
)
def test_what_was_acknowledged_before_is_in_the_file_wherever_that_is(data: Path, harm: str, place: str) -> None:
    async def main(database: Database) -> None:
        for number in range(50):
            await database.write(put(f"acked {number:02}"))
        HARMS[harm][0](data)
        await until(lambda: database.state)

    on_database(data, main)
    assert kept(data.parent / place)[:50] == [f"acked {number:02}" for number in range(50)]


def test_another_file_that_was_moved_over_it_stays_as_it_was(data: Path) -> None:
    async def main(database: Database) -> None:
        for number in range(50):
            await database.write(put(f"acked {number}"))
        replace(data)
        await until(lambda: database.state)

    on_database(data, main)
    assert kept(data / "chat.db") == ["other"]
    assert check(data) == []


@pytest.mark.parametrize("file", ["other.db", "backup.db", None])
def test_a_file_that_is_overwritten_where_it_is_is_told_and_what_is_in_it_now_stays_so(
    data: Path, file: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE", 60)  # only a write will notice it

    async def main(database: Database) -> None:
        await database.write(put("acked"))
        (data / "chat.db").write_bytes((data.parent / file).read_bytes() if file else b"")
        with pytest.raises(Refused):
            await database.write(put("refused at once"))
        assert "chat.db was overwritten" in (database.state or "")
        for work in (database.write(put("refused")), database.read(keys)):
            with pytest.raises(Refused):
                await work

    on_database(data, main)
    if file:
        assert kept(data / "chat.db") == {"other.db": ["other"], "backup.db": ["old"]}[file]
    else:
        assert [path.name for path in data.iterdir() if path.name.startswith("chat.db")] == ["chat.db"]


def test_a_file_that_is_overwritten_just_before_the_end_stays_so_too(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "PAUSE", 60)

    async def main(database: Database) -> None:
        await database.write(put("acked"))
        (data / "chat.db").write_bytes((data.parent / "backup.db").read_bytes())

    on_database(data, main)
    assert kept(data / "chat.db") == ["old"]


def test_new_files_in_the_folder_commands_and_backups_are_no_trouble(data: Path) -> None:
    async def main(database: Database) -> None:
        for number in range(20):
            (data / f"file {number}").touch()
            await database.write(put(f"{number:02}"))
            await asyncio.to_thread(backup, data, data / f"backup {number}")
        await asyncio.sleep(0.1)
        assert database.state is None

    on_database(data, main)
    assert len(kept(data / "chat.db")) == 21


def test_a_secret_that_is_removed_is_told_once_and_stops_nothing(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    (data / "secret").write_bytes(b"x" * 32)

    async def main(database: Database) -> None:
        (data / "secret").unlink()
        await until(lambda: "every guest is a new user" in caplog.text)
        await asyncio.sleep(0.1)
        await database.write(put("new"))
        assert database.state is None

    on_database(data, main)
    assert len(caplog.records) == 1


@needs_root
@tools("mount", "umount")
def test_a_disk_that_has_become_read_only_is_told_without_anyone_writing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(data)], capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")

    def read_only() -> None:  # what is open for writing cannot be mounted anew
        subprocess.run(["mount", "--bind", str(data), str(data)], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(data)], check=True)

    async def main(database: Database) -> None:
        await database.write(put("a"))
        await asyncio.to_thread(read_only)
        await until(lambda: "read-only" in (database.state or ""))
        assert "mount it writable" in (database.state or "")

    try:
        on_database(data, main)
    finally:
        while subprocess.run(["umount", "--lazy", str(data)], capture_output=True).returncode == 0:
            pass
