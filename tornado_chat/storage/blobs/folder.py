"""A folder of blobs: where each of them is, how all are copied, and what is wrong with them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from tornado_chat.chat.files import Blob, new_id
from tornado_chat.storage.blobs.shared import hold
from tornado_chat.storage.data_folder import create_file, discard, make_folder, sync

FOLDER = "blobs"  # in the data folder
UPLOADS = "uploads"  # of which blobs become
WORKSHOP = "pictures"  # that are being looked at

_NAME = re.compile("[0-9a-f]{64}")
_FOLDER = re.compile("[0-9a-f]{2}")


def place(folder: Path, name: str) -> Path:
    """Return where a blob is."""
    return folder / name[:2] / name


def blob_folders(folder: Path) -> list[Path]:
    """Return the folders that have some of the blobs, in order."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(one for one in folder.iterdir() if _FOLDER.fullmatch(one.name))
    return []


def blobs_in(folder: Path) -> list[str]:
    """Return the names of the blobs in one of those."""
    return [name for name in os.listdir(folder) if _NAME.fullmatch(name)]


def all_blobs(folder: Path) -> Iterator[str]:
    """Yield the names of all blobs."""
    for one in blob_folders(folder):
        yield from blobs_in(one)


def has(folder: Path, blob: Blob) -> bool:
    """Return whether a blob is there, as far as its size tells."""
    try:
        return place(folder, blob.name).stat().st_size == blob.size
    except (FileNotFoundError, NotADirectoryError):
        return False


def digest(path: Path | int) -> str:
    """Return the name of a file's bytes."""
    with open(path, "rb", closefd=isinstance(path, Path)) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def copying(folder: Path) -> Iterator[None]:
    """Keep the blobs in a folder from being deleted meanwhile, if it is there."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def deleting(folder: Path) -> Iterator[bool]:
    """Keep the blobs in a folder from being copied meanwhile; say whether that is so, or somebody copies them now."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
            return
        yield False
    finally:
        os.close(lock)


def make_synced(folder: Path) -> None:
    """Make the folder of some blobs, if it is missing."""
    if not folder.is_dir():
        make_folder(folder)
        sync(folder.parent)
        sync(folder.parent.parent)


@contextlib.contextmanager
def alone(path: Path, patience: float | None = None) -> Iterator[int]:
    """Open an upload that nobody else may write or finish meanwhile. TimeoutError if another process keeps it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            hold(file, patience)
            if os.path.samestat(os.stat(path), os.fstat(file)):
                yield file
                return
        finally:
            os.close(file)  # it has become another name of a blob meanwhile


def settle(path: Path, target: Path, size: int) -> None:
    """Make a complete upload a second name of its blob, which is young from now on, whether or not it was there."""
    with contextlib.suppress(FileNotFoundError):
        if target.stat().st_size == size:
            os.utime(target)
            if not target.samefile(path):
                _become(path, target)
            return
        target.unlink()
    os.utime(path)
    try:
        os.link(path, target)
    except FileExistsError:  # over a network it may be done although the answer was lost, and then done again
        if target.stat().st_size != size:
            raise


def _become(path: Path, target: Path) -> None:
    made = path.with_name(new_id())
    try:
        os.link(target, made)
        os.replace(made, path)
    finally:
        discard(made)


def copy_blobs(blobs: Iterable[Blob], source: Path, target: Path, inherit: bool = True) -> None:
    """Copy blobs that are not there, each whole and synced, or not at all. inherit: as for create_file."""
    make = make_folder if inherit else _make
    make(target)
    make(target / UPLOADS)
    touched = {target, target.parent}
    for blob in blobs:
        path = place(target, blob.name)
        if has(target, blob):
            continue
        made = target / UPLOADS / new_id()
        try:
            with place(source, blob.name).open("rb") as read, os.fdopen(create_file(made, inherit), "wb") as write:
                shutil.copyfileobj(read, write, 1024 * 1024)
                write.flush()
                os.fsync(write.fileno())
            make(path.parent)
            os.replace(made, path)
        finally:
            discard(made)
        touched.add(path.parent)
    with contextlib.suppress(OSError):  # others are there
        (target / UPLOADS).rmdir()
    for one in touched:
        sync(one)


def delete_others(folder: Path, blobs: Collection[str], uploads: Collection[str]) -> int:
    """Delete all but these blobs and uploads, where no server is running; return how many blobs."""
    with contextlib.suppress(FileNotFoundError):
        for one in (folder / UPLOADS).iterdir():
            if one.name not in uploads:
                one.unlink()
    shutil.rmtree(folder / WORKSHOP, ignore_errors=True)
    others = [name for name in all_blobs(folder) if name not in blobs]
    for name in others:
        place(folder, name).unlink()
    return len(others)


def link_blobs(source: Path, target: Path) -> None:
    """Give all blobs of a folder a second name in another one, which is made."""
    make_folder(target)
    for folder in blob_folders(source):
        make_folder(target / folder.name)
        for name in blobs_in(folder):
            _link(folder / name, target / folder.name / name)
        sync(target / folder.name)
    sync(target)
    sync(target.parent)


def _link(path: Path, second: Path) -> None:
    try:
        os.link(path, second)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(path, second)


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
