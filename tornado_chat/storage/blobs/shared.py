"""A folder of blobs that several machines see: its lock, and whether it can be one.

Locks are `flock` on files that are open for writing, which NFS 4 and cluster file systems pass on to all machines.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tornado_chat.chat.files import new_id
from tornado_chat.storage.data_folder import create_file, discard, sync

LOCK = "lock"  # its name in the folder
PATIENCE = 10.0  # seconds that a lock is waited for: a machine that is gone keeps its locks for a while
MOUNTS = Path("/proc/self/mountinfo")
_LONGEST = 0.05  # seconds between two attempts
_LOCAL = {"nolock", "local_lock=all", "local_lock=flock"}  # options of NFS, with which locks are each machine's own


def hold(file: int, patience: float | None = None) -> None:
    """Lock an open file until it is closed. TimeoutError if another process has it for so many seconds (PATIENCE)."""
    end, pause = time.monotonic() + (PATIENCE if patience is None else patience), 0.001
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise TimeoutError(errno.ETIMEDOUT, "another process keeps a lock") from None
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST)
        else:
            return


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one thread of one process in at a time, on whichever machine."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        hold(lock)
        yield
    finally:
        os.close(lock)


def check_folder(folder: Path) -> None:
    """Raise OSError, with words, where a folder cannot be shared: it has to be there, with links and locks."""
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder; mount it, or make it")
    if local := _LOCAL & _options(folder):
        words = f"it is mounted with {', '.join(sorted(local))}: then locks do not hold on other machines"
        raise OSError(errno.ENOLCK, words)
    first, second = folder / new_id(), folder / new_id()
    try:
        file = create_file(first)
        try:
            _try("locks", lambda: hold(file))
            _try("syncing", lambda: os.fsync(file))
        finally:
            os.close(file)
        _try("links", lambda: os.link(first, second))
        _try("syncing", lambda: sync(folder))
    finally:
        discard(first)
        discard(second)


def _try(what: str, do: Callable[[], None]) -> None:
    try:
        do()
    except OSError as error:
        raise OSError(error.errno, f"{what} fails there: {error.strerror}") from None


def _options(folder: Path) -> set[str]:
    """Return the options of the file system that a folder is in, if it is NFS."""
    where, found = folder.resolve(), set[str]()
    with contextlib.suppress(OSError):
        for line in MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            mount, _, system = line.partition(" - ")
            point = Path(mount.split()[4].encode().decode("unicode_escape"))
            kind, _, options = system.split(" ", 2)
            if where.is_relative_to(point):  # a later line lies over the ones before
                found = set(options.split(",")) if kind.startswith("nfs") else set()
    return found
