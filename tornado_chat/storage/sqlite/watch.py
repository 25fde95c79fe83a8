"""Whether the files of a data folder are still the ones that the server opened.

SQLite reports no error when its file was removed or replaced. It goes on writing to the old one, and that is lost.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger("tornado_chat")

TICK = 20_000_000  # ns; a file that changed this recently may change again with the same time stamp
RESTORE = "put the right file in place (python -m tornado_chat restore FILE)"


class Loss(NamedTuple):
    """What has happened to the files, and what to do. `overwritten`: the open file has other content now."""

    text: str
    cure: str = RESTORE
    overwritten: bool = False


class Watch:
    """Knows the files of an open database by device and inode, and the database by a mark that is written into it.

    Close the watch after the database: closing a file drops SQLite's locks on it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'facts'").fetchone()[0]
        self._size = connection.execute("PRAGMA page_size").fetchone()[0]
        self._offset = (page - 1) * self._size
        self._mark = secrets.token_hex(16)
        self._marked = False  # until a checkpoint it is in the log
        self._path, self._folder = path, path.parent
        self._log = Path(f"{path}-wal"), Path(f"{path}-shm")
        self._files = {file: _identity(file) for file in (path, *self._log, self._folder / "lock")}
        self._secret = _identity(self._folder / "secret")  # None: there is none, or its loss was logged
        self._seen: object = None  # what `check_if_changed` compares
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def mark(self, connection: sqlite3.Connection) -> None:
        """Write the mark into the file; a sqlite3.Error is passed on."""
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('mark', ?)", (self._mark,))
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self.check()

    def check(self) -> Loss | None:
        """Return what has happened to the files; None if they are the ones that were opened."""
        try:
            self._check_secret()
            for file, identity in self._files.items():
                if _identity(file) != identity:
                    return Loss(f"{file} was removed or replaced while the server ran")
            if os.statvfs(self._folder).f_flag & os.ST_RDONLY:
                return Loss(f"{self._folder} is on a file system that is read-only now", "mount it writable")
            marked = self._mark.encode() in os.pread(self._file, self._size, self._offset)
        except OSError:  # writing will meet the same error and report it
            return None
        if self._marked and not marked:
            return Loss(f"{self._path} was overwritten while the server ran", overwritten=True)
        self._marked = marked
        return None

    def check_if_changed(self) -> Loss | None:
        """Do as `check` does if the folder or the file has changed; else this costs two system calls.

        The file changes with each checkpoint, once a second.
        """
        try:
            folder, file = os.stat(self._folder), os.stat(self._path)
        except OSError:
            return self.check()
        state = [(one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns) for one in (folder, file)]
        if state == self._seen:
            return None
        loss = self.check()
        if loss is None and time.time_ns() - max(folder.st_mtime_ns, file.st_mtime_ns) > TICK:
            self._seen = state
        return loss

    def detach_log(self, connection: sqlite3.Connection, loss: Loss) -> None:
        """Leave no write-ahead log beside a file of another database: the next start would mix the two."""
        if loss.overwritten:
            for file in self._log:
                if _identity(file) == self._files[file]:
                    file.unlink(missing_ok=True)
            return
        with contextlib.suppress(sqlite3.Error):  # into the open file, wherever it is now
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        os.close(self._file)

    def _check_secret(self) -> None:
        file = self._folder / "secret"
        if self._secret is not None and _identity(file) != self._secret:
            self._secret = None
            log.error(
                "%s was removed or replaced; this server goes on with the old one, but after a restart every "
                "guest is a new user: put it back from a backup before",
                file,
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
