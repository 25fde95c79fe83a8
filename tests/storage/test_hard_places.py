"""Data folders on full and read-only disks, or with files that may only be read: one line that says why."""

import contextlib
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers import on_database
from tests.serving import needs_root
from tornado_chat.__main__ import main
from tornado_chat.chat.models import Message, User
from tornado_chat.storage.data_folder import load_secret
from tornado_chat.storage.sqlite import backups, maintenance
from tornado_chat.storage.sqlite.files import NAME, DatabaseError, open_file
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.writer import Database

NOBODY = 65534


def fill(folder: Path, count: int = 3) -> None:
    async def say(database: Database) -> None:
        history = SqliteHistory(database)
        for number in range(count):
            await history.append(Message("general", f"{number}", User("1", "Ann"), 0, None))

    load_secret(folder)
    on_database(folder, say)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill_up(disk: Path) -> None:
    with contextlib.suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def kill_in(folder: Path) -> None:
    """Leave what a server leaves that was killed: a log beside the file."""
    connection = open_file(folder / NAME)
    connection.execute("INSERT INTO channels (name) VALUES ('left')")
    for end in ("", "-wal", "-shm"):
        shutil.copy(folder / f"{NAME}{end}", folder / f"kept{end}")
    connection.close()
    for end in ("", "-wal", "-shm"):
        os.replace(folder / f"kept{end}", folder / f"{NAME}{end}")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = main(words)
    return status, capsys.readouterr().err


@needs_root
def test_a_start_on_a_full_disk_says_that_it_is_full(disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(disk / "data")
    fill_up(disk)
    for words in (["--port", "0"], ["check"], ["export"], ["user", "list"], ["backup", str(disk.parent / "b")]):
        status, said = run(capsys, "--data-dir", str(disk / "data"), *words)
        assert status == 2
        assert "the disk is full" in said
        assert "restore" not in said
        assert said.count("\n") == 1


@needs_root
@pytest.mark.parametrize("killed", [False, True])
def test_a_folder_on_a_read_only_disk_can_be_read(
    killed: bool, disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = disk / "data"
    fill(folder)
    if killed:
        kill_in(folder)
    make_read_only(disk)
    where = ["--data-dir", str(folder)]
    assert main(["check", *where]) == 0
    assert main(["backup", str(tmp_path / "b"), *where]) == 0
    assert (tmp_path / "b.secret").read_bytes() == (folder / "secret").read_bytes()
    assert main(["plugin", "list", *where]) == 0
    capsys.readouterr()
    assert main(["export", *where]) == 0
    assert capsys.readouterr().out.count("\n") == 3
    assert main(["restore", str(tmp_path / "b"), "--data-dir", str(tmp_path / "other")]) == 0


@needs_root
@pytest.mark.parametrize("words", ["user list", "user role Ann admin", "restore b", "--port 0"])
def test_what_would_write_to_a_read_only_disk_says_that_it_is_one(
    words: str, disk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = disk / "data"
    fill(folder)
    backups.backup(folder, disk / "b")
    make_read_only(disk)
    monkeypatch.chdir(disk)
    status, said = run(capsys, *words.split(), "--data-dir", str(folder))
    assert status == 2
    assert "read-only" in said.lower()
    assert said.count("\n") == 1


@needs_root
def test_a_log_that_cannot_be_read_without_writing_is_named(disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = disk / "data"
    fill(folder)
    kill_in(folder)
    (folder / f"{NAME}-shm").unlink()
    make_read_only(disk)
    status, said = run(capsys, "check", "--data-dir", str(folder))
    assert status == 2
    assert f"{NAME}-wal" in said
    assert "copy" in said


@contextlib.contextmanager
def as_nobody() -> Iterator[Path]:
    """Be a user without rights, in a folder of theirs."""
    place = Path(tempfile.mkdtemp())
    os.chown(place, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield place
    finally:
        os.seteuid(0)
        shutil.rmtree(place)


@needs_root
@pytest.mark.parametrize(
    "read",
    [
        maintenance.check,
        lambda folder: maintenance.export(folder, io.StringIO()),
        lambda folder: backups.backup(folder, folder.parent / "b"),
    ],
    ids=["check", "export", "backup"],
)
def test_reading_a_file_that_may_only_be_read_leaves_nothing_behind(read: Callable[[Path], object]) -> None:
    with as_nobody() as place:
        folder = place / "data"
        fill(folder)
        (folder / NAME).chmod(0o400)
        before = sorted(os.listdir(folder))
        read(folder)
        assert sorted(os.listdir(folder)) == before
        with pytest.raises(DatabaseError, match="Permission denied"):
            Database(folder)
        (folder / NAME).chmod(0o600)
        fill(folder)


@needs_root
def test_a_file_in_a_folder_where_nobody_may_write_is_read(tmp_path: Path) -> None:
    with as_nobody() as place:
        folder = place / "data"
        fill(folder)
        folder.chmod(0o500)
        assert maintenance.check(folder) == []
        folder.chmod(0o700)


def test_a_server_that_runs_is_read_with_what_is_in_its_log(tmp_path: Path) -> None:
    fill(tmp_path)
    connection = open_file(tmp_path / NAME)
    connection.execute("INSERT INTO channels (name) VALUES ('left')")
    out = io.StringIO()
    assert maintenance.export(tmp_path, out) == 3
    assert maintenance.check(tmp_path) == []
    connection.close()


def test_an_empty_file_where_a_history_was_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(tmp_path)
    assert caplog.records == []
    (tmp_path / NAME).write_bytes(b"")
    fill(tmp_path)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"{tmp_path / NAME} was empty" in record.getMessage()


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 4096, b""])
def test_what_is_no_backup_is_not_mended_by_restoring_it(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b"
    file.write_bytes(content)
    status, said = run(capsys, "restore", str(file), "--data-dir", str(tmp_path / "data"))
    assert status == 2
    assert "take another backup" in said
    assert "bring a backup back" not in said
    assert not (tmp_path / "data" / NAME).exists()


@pytest.mark.parametrize("name", ["x" * 300, "x" * 250, "dü/b", "nothing/b"])
def test_a_backup_that_cannot_be_written_is_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path / "data")
    status, said = run(capsys, "backup", str(tmp_path / name), "--data-dir", str(tmp_path / "data"))
    assert status == 2
    assert "cannot be written: " in said
    assert said.count("\n") == 1


def test_a_data_folder_that_is_a_link_to_nothing_is_called_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    for words in (["--port", "0"], ["user", "add", "Ann"]):
        status, said = run(capsys, *words, "--data-dir", str(tmp_path / "link" / "x"))
        assert status == 2
        assert "is a link to a folder that is not there" in said
