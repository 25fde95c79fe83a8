"""Backup, restore, check and compact of the files that people share."""

import asyncio
import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lengths import each_long
from tests.storage.histories import BOB, change
from tests.storage.rooms import Room, on_disk
from tornado_chat.__main__ import main as command
from tornado_chat.chat.files import GRACE, File, Looked
from tornado_chat.storage.blobs.folder import FOLDER, WORKSHOP, place
from tornado_chat.storage.sqlite.backups import backup, restore
from tornado_chat.storage.sqlite.compaction import compact, copies
from tornado_chat.storage.sqlite.files import DatabaseError
from tornado_chat.storage.sqlite.maintenance import check

CURE = "a file that people share; copy it from the folder FILE.files of a backup"


def names(folder: Path) -> list[str]:
    """Return all files in a folder of blobs."""
    return sorted(one.name for one in folder.rglob("*") if one.is_file())


def age(folder: Path, seconds: float) -> None:
    """Let all files in a folder be so old."""
    for one in folder.rglob("*"):
        then = one.stat().st_mtime - seconds
        os.utime(one, (then, then))


async def post(room: Room) -> File:
    file = await room.file()
    await room.post(file)
    return file


async def post_two(room: Room) -> list[File]:
    """Post a picture with a thumbnail, and a file."""

    async def look(path: Path, name: str) -> Looked:
        return Looked("image/png", 4, 3, "UklG", {400: await room.blobs.put(b"small")})

    plain = room.files.look
    room.files.look = look
    picture = await room.file(b"picture")
    room.files.look = plain
    files = [picture, await room.file(b"text")]
    for file in files:
        await room.post(file)
    return files


def test_a_backup_has_the_files_and_restore_brings_them_back(tmp_path: Path) -> None:
    data, file, new = tmp_path / "data", tmp_path / "file", tmp_path / "new"
    posted = on_disk(data, post_two)
    saved = backup(data, file)
    assert saved.files is not None
    assert (saved.files, saved.shared, saved.lost) == (tmp_path / "file.files", 3, 0)
    assert names(tmp_path / "file.files") == names(data / FOLDER)
    assert not any(one.stat().st_mode & 0o077 for one in (saved.files, *saved.files.rglob("*")))
    assert {one.name for one in tmp_path.iterdir()} == {"data", "file", "file.files"}
    assert restore(new, file) is None
    assert check(new, hashes=True) == []

    async def read(room: Room) -> list[bytes]:
        files = await room.rows.files([one.id for one in posted])
        assert files == posted
        return [await room.bytes_of(one) for one in files]

    assert on_disk(new, read) == [b"picture", b"text"]


def test_a_backup_after_a_deletion_has_neither_the_file_nor_its_bytes(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "file"

    async def main(room: Room) -> None:
        seq = await room.post(await room.file(b"regretted", name="regretted.txt"))
        await room.post(await room.file(b"kept"))
        await room.history.change(change("deleted", seq))

    on_disk(data, main)
    assert len(names(data / FOLDER)) == 2, "in its grace time"
    backup(data, file)
    (kept,) = names(tmp_path / "file.files")
    assert place(tmp_path / "file.files", kept).read_bytes() == b"kept"
    assert b"regretted" not in file.read_bytes()
    restore(tmp_path / "new", file)
    assert check(tmp_path / "new", hashes=True) == []


def test_a_backup_is_consistent_while_a_server_posts_and_deletes(tmp_path: Path) -> None:
    data = tmp_path / "data"

    async def main(room: Room) -> None:
        ended, deleted = False, list[bool]()

        async def churn(number: int) -> None:
            while not ended:
                seq = await room.post(await room.file(os.urandom(20_000), name=str(number)))
                await room.post(await room.file(os.urandom(20_000)))
                await room.history.change(change("deleted", seq))

        async def sweep() -> None:
            while not ended:  # as if each file that is gone had been so for long
                soon = time.time() + 60
                for blob in (await room.rows.expire(0, int(soon * 1000))).blobs:
                    deleted.append(await room.blobs.delete(blob, soon))

        churning = [asyncio.create_task(one) for one in (churn(1), churn(2), sweep())]
        for number in range(5):
            saved = await asyncio.to_thread(backup, data, tmp_path / f"file{number}")
            assert saved.lost == 0
            before = deleted.count(True)
            while deleted.count(True) == before:  # nothing is while a backup is made
                await asyncio.sleep(0.001)
        ended = True
        await asyncio.gather(*churning)

    on_disk(data, main)
    for number in range(5):
        restore(tmp_path / f"new{number}", tmp_path / f"file{number}")
        assert check(tmp_path / f"new{number}", hashes=True) == []


def test_a_backup_overwrites_no_files_and_leaves_none_behind_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    on_disk(data, post_two)
    (tmp_path / "file.files").mkdir()
    with pytest.raises(DatabaseError, match=r"file\.files is there already"):
        backup(data, file)
    (tmp_path / "file.files").rmdir()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tornado_chat.storage.blobs.folder.shutil.copyfileobj", fail)
        with pytest.raises(DatabaseError, match="No space left"):
            backup(data, file)
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


def test_a_backup_says_which_files_are_lost_and_saves_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    _, text = on_disk(data, post_two)
    place(data / FOLDER, text.blob.name).unlink()
    assert command(["backup", "--data-dir", str(data), str(file)]) == 1
    said = capsys.readouterr().out
    assert "the 2 files that people share in" in said
    assert "1 file that people share is lost, and not in it" in said
    (line,) = check(data)
    assert line == f"{place(data / FOLDER, text.blob.name)} is lost: {CURE}"
    assert command(["backup", "--data-dir", str(data), str(tmp_path / "none" / "file")]) == 2
    assert f"there is no folder {tmp_path / 'none'}; make it" in capsys.readouterr().err
    assert command(["restore", "--data-dir", str(tmp_path / "new"), str(file)]) == 2
    assert "file.files lacks 1 of 3 files" in capsys.readouterr().err
    assert not (tmp_path / "new" / "chat.db").exists()
    assert command(["restore", "--without-files", "--data-dir", str(tmp_path / "new"), str(file)]) == 0
    assert len(names(tmp_path / "new" / FOLDER)) == 2


def test_restoring_without_the_folder_of_files_is_refused_unless_the_data_folder_has_them(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    on_disk(data, post)
    backup(data, file)
    (tmp_path / "file.files").rename(tmp_path / "elsewhere")
    with pytest.raises(DatabaseError, match=r"file.files is not there: bring it back .*--without-files"):
        restore(tmp_path / "new", file)
    restore(data, file)
    assert check(data) == []


def test_what_restore_replaces_is_a_backup_with_its_files(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    first = on_disk(data, post)
    backup(data, file)

    async def post_another(room: Room) -> File:
        another = await room.file(b"another")
        await room.post(another)
        return another

    second = on_disk(data, post_another)
    kept = restore(data, file)
    assert kept is not None
    beside = kept.with_name(f"{kept.name}.files")
    assert names(beside) == sorted([first.blob.name, second.blob.name])
    assert copies(data) == [kept.name]
    age(data / FOLDER, 2 * GRACE)

    async def sweep(room: Room) -> list[str]:
        await room.files.sweep_orphans()
        return await room.kept()

    assert on_disk(data, sweep) == [first.blob.name]
    restore(data, kept)
    assert check(data, hashes=True) == []
    assert names(data / FOLDER) == sorted([first.blob.name, second.blob.name])


@pytest.mark.parametrize("at", ["link", *each_long("replace", "fsync")])
def test_a_restore_that_is_cut_off_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """However far it came: each call of the system that changes names, or syncs, is the last one once."""
    data, file, other = tmp_path / "data", tmp_path / "file", tmp_path / "other"
    on_disk(data, post_two)
    on_disk(other, post)
    backup(other, file)
    call, count, cut = getattr(os, at), 0, 1

    class Killed(BaseException):
        pass

    def counted(*about: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        if count == cut:
            raise Killed
        return call(*about, **more)

    while True:
        count = 0
        with monkeypatch.context() as patch, contextlib.suppress(Killed):
            patch.setattr(os, at, counted)
            restore(data, file)
            break
        assert check(data, hashes=True) == []
        cut += 1
    assert cut > (1 if at == "replace" else 2)
    assert check(data, hashes=True) == []


# Check


def test_check_finds_bytes_that_are_lost_cut_off_or_changed(tmp_path: Path) -> None:
    picture, text = on_disk(tmp_path, post_two)
    path = place(tmp_path / FOLDER, text.blob.name)
    path.write_bytes(b"tex")
    assert check(tmp_path) == [f"{path} has 3 bytes, not 4: {CURE}"]
    path.write_bytes(b"txet")
    assert check(tmp_path) == []
    assert check(tmp_path, hashes=True) == [f"{path} was changed: {CURE}"]
    place(tmp_path / FOLDER, picture.thumbnails[400].name).unlink()
    assert len(check(tmp_path)) == 1


def test_check_finds_orphans_once_they_are_none_of_a_server_that_runs(tmp_path: Path) -> None:
    async def main(room: Room) -> str:
        await post(room)
        return (await room.blobs.put(b"orphan")).name

    orphan = on_disk(tmp_path, main)
    assert check(tmp_path) == []
    age(tmp_path / FOLDER, 3 * GRACE)
    (line,) = check(tmp_path)
    assert f"has 1 files that nobody has, such as {orphan}" in line


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("DELETE FROM attachments", 'channel "den": message 1 has other files than it says'),
        (
            "INSERT INTO attachments SELECT id + 5, 1 FROM messages",
            "message 6 has files, but is not there",
        ),
        ("UPDATE files SET posted = 0", "is not posted, but a message has it"),
        ("DELETE FROM blobs", "has bytes that are not known"),
        ("UPDATE blobs SET unused = 5", "has bytes that count as unused"),
        ("UPDATE file_space SET bytes = 1 WHERE owner = '1'", 'the files of "1" are counted wrongly'),
        ("INSERT INTO pictures VALUES ('1', 5)", "the pictures of 1 people are not there"),
        ("INSERT INTO blobs VALUES ('a', 1, NULL)", "the bytes of 1 files that are gone are not to be deleted"),
    ],
)
def test_what_contradicts_itself_is_found(tmp_path: Path, change: str, problem: str) -> None:
    on_disk(tmp_path, post)
    assert check(tmp_path) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file, file:
        file.execute(change)
    assert any(problem in line for line in check(tmp_path)), check(tmp_path)


# Compact


def test_a_compacted_folder_has_no_byte_of_what_was_deleted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main(room: Room) -> None:
        seq = await room.post(await room.file(b"regretted"))
        await post(room)
        await room.history.change(change("deleted", seq))
        await room.blobs.put(b"orphan")
        await room.files.write(await room.files.begin(BOB, "a", 9), 0, b"goes on")
        await room.files.write(upload := await room.files.begin(BOB, "b", 9), 0, b"given up")
        await room.rows.release([upload.id])

    on_disk(tmp_path, main)
    (tmp_path / FOLDER / WORKSHOP / "killed").mkdir(parents=True)
    (tmp_path / FOLDER / WORKSHOP / "killed" / "clean").write_bytes(b"a picture")
    assert command(["compact", "--data-dir", str(tmp_path)]) == 0
    assert "2 files that nobody has any more are deleted" in capsys.readouterr().out
    left = b"".join(one.read_bytes() for one in (tmp_path / FOLDER).rglob("*") if one.is_file())
    assert sorted(left) == sorted(b"datagoes on")
    assert check(tmp_path, hashes=True) == []
    assert compact(tmp_path).files == 0
