"""A database that a server may be using: for commands that change a few small things while it runs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from tornado_chat.storage.sqlite.files import (
    NAME,
    DatabaseError,
    connect,
    lock_folder,
    open_file,
    pragma,
    reason,
    version_of,
)
from tornado_chat.storage.sqlite.migrations import MIGRATIONS

T = TypeVar("T")


class OfflineDatabase:
    """The file of a folder, made where there is none. SQLite lets one write at a time: each waits for the other.

    It answers `read` and `write` as a Database does, at once. DatabaseError if it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock: int | None = None
        try:
            self._lock = lock_folder(folder)
        except DatabaseError:
            if not os.path.exists(self._path):  # nor may one look
                raise
        try:
            self._connection = self._open()
        except BaseException:
            self._let_go()
            raise

    def _open(self) -> sqlite3.Connection:
        if self._lock is not None:  # no server is there: this is as good as one
            return open_file(self._path)
        try:
            connection = connect(self._path)
            try:
                if version_of(connection, self._path) != len(MIGRATIONS):
                    raise DatabaseError(
                        f"{self._path} is of an older server; start this one once to bring it up to date"
                    )
                pragma(connection, "synchronous=FULL")
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise DatabaseError(f"{self._path} cannot be opened: {reason(error, self._path)}") from None
        return connection

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def __enter__(self) -> OfflineDatabase:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """Let go of the file."""
        self._connection.close()
        self._let_go()

    async def read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        return self._do(run)

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        return self._do(run)

    def _do(self, run: Callable[[sqlite3.Connection], T]) -> T:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = run(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.rollback()
                raise
        except sqlite3.Error as error:
            raise DatabaseError(f"{self._path} cannot be used: {reason(error, self._path)}") from None
        return result
