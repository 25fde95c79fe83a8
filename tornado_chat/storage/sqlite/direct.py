"""A database without threads of its own: in memory, or for commands, beside a server that may be running."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tornado_chat.storage.sqlite.files import (
    NAME,
    DatabaseError,
    connect,
    explained,
    lock_folder,
    migrate,
    open_file,
    pragma,
    version_of,
)
from tornado_chat.storage.sqlite.migrations import MIGRATIONS

T = TypeVar("T")


class DirectDatabase:
    """The file of a folder, made if there is none; without a folder, a database that is gone with the process.

    `read` and `write` are those of a Database, and run at once. While a server has the file, SQLite lets one of the
    two write at a time. DatabaseError if it cannot be used. `is_shared`: whether others have it, too.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.is_shared = False
        self._path = (folder or Path(":memory:")) / NAME
        with contextlib.ExitStack() as opened:
            if folder is None:
                self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
                migrate(self._connection, self._path, 0)
            else:
                self._connection = self._open(folder, opened)
            opened.callback(self._connection.close)
            self._close = weakref.finalize(self, opened.pop_all().close)

    def _open(self, folder: Path, opened: contextlib.ExitStack) -> sqlite3.Connection:
        try:
            opened.callback(os.close, lock_folder(folder))
        except DatabaseError:
            if not os.path.exists(self._path):  # or it may not be seen
                raise
        else:  # no server is there: this is as good as one
            return open_file(self._path)
        self.is_shared = True
        with explained(self._path, "opened"), contextlib.ExitStack() as failed:
            connection = failed.enter_context(contextlib.closing(connect(self._path)))
            if version_of(connection, self._path) != len(MIGRATIONS):
                raise DatabaseError(f"{self._path} is of an older server; start this one once to bring it up to date")
            pragma(connection, "synchronous=FULL")
            failed.pop_all()
        return connection

    def __enter__(self) -> DirectDatabase:
        return self

    def __exit__(self, *raised: object) -> None:
        self._close()

    async def read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        with explained(self._path, "used"):
            return run(self._connection)

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        return self.write_now(run)

    def write_now(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job in a transaction of its own."""
        with explained(self._path, "used"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = run(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()
                raise
            return result
