"""The data folder: the secret in it, and who owns what root creates there."""

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import needs_root
from tornado_chat.__main__ import main
from tornado_chat.config.settings import Settings
from tornado_chat.storage.data_folder import load_secret, write_file
from tornado_chat.storage.sqlite.writer import Database
from tornado_chat.web.app import make_app

SERVICE = 12_345  # the user and group of a service


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    secret = load_secret(folder)
    assert len(secret) == 32
    assert load_secret(folder) == secret
    assert (folder / "secret").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0
    assert load_secret(tmp_path / "other") != secret
    assert [path.name for path in folder.iterdir()] == ["secret"]


@pytest.mark.parametrize("content", [b"short", b"x" * 33])
def test_a_damaged_secret_is_named_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        load_secret(tmp_path)
    assert path.read_bytes() == content


def test_an_empty_secret_that_a_first_start_on_a_full_disk_left_behind_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    assert len(load_secret(tmp_path)) == 32


def test_a_folder_that_cannot_be_one_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        load_secret(tmp_path / "file")


def test_a_file_is_written_whole_or_what_was_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    write_file(tmp_path / "file", b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@needs_root
def test_a_first_start_on_a_full_disk_is_one_line_and_the_next_one_with_room_works(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        ballast = disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        command = [sys.executable, "-m", "tornado_chat", "--port", "0", "--data-dir", str(disk / "data")]
        command += ["--history", "memory"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert "No space left on device" in done.stderr
        assert done.stderr.count("\n") == 1
        ballast.unlink()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert "http://" in server.stdout.readline()
            server.terminate()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


# Root, in the folder of a service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, SERVICE, SERVICE)
    return folder


def owners(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in folder.rglob("*"):
        yield path.name, path.stat().st_uid, path.stat().st_gid


@needs_root
def test_what_a_server_and_commands_create_as_root_belongs_to_the_owner_of_the_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["--data-dir", str(folder)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    assert main(["user", "add", "Ann", *where]) == 0
    database = Database(folder)
    try:
        load_secret(folder)
        assert {"chat.db", "chat.db-wal", "chat.db-shm", "lock", "secret"} <= {name for name, *_ in owners(folder)}
        assert {owner[1:] for owner in owners(folder)} == {(SERVICE, SERVICE)}
    finally:
        database.close()
    file = tmp_path / "backups" / "file"
    file.parent.mkdir()
    os.chown(file.parent, 54_321, 54_321)
    assert main(["backup", str(file), *where]) == 0
    assert {owner[1:] for owner in owners(file.parent)} == {(0, 0)}, "a backup is for who makes it"
    assert main(["restore", str(file), *where]) == 0
    assert len(list(folder.iterdir())) > 3
    assert {owner[1:] for owner in owners(folder)} == {(SERVICE, SERVICE)}


@needs_root
def test_a_folder_that_root_restores_into_anew_belongs_to_the_owner_of_the_one_above_it(
    folder: Path, tmp_path: Path
) -> None:
    Database(tmp_path / "old").close()
    assert main(["backup", str(tmp_path / "file"), "--data-dir", str(tmp_path / "old")]) == 0
    assert main(["restore", str(tmp_path / "file"), "--data-dir", str(folder / "a" / "b")]) == 0
    assert {owner[1:] for owner in owners(folder)} == {(SERVICE, SERVICE)}


@needs_root
def test_root_gives_away_nothing_that_was_there_before(folder: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("")
    (folder / "lock").symlink_to(precious)
    Database(folder).close()
    assert precious.stat().st_uid == 0


def test_a_server_on_a_folder_without_a_secret_makes_one(tmp_path: Path) -> None:
    make_app(Settings(data_dir=tmp_path, history="memory"))
    assert (tmp_path / "secret").stat().st_size == 32
