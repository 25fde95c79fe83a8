"""Writes a database anew, without the bytes of what was deleted."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from tornado_chat.storage.blobs.folder import FOLDER, delete_others
from tornado_chat.storage.data_folder import sync
from tornado_chat.storage.sqlite import indexing
from tornado_chat.storage.sqlite.file_consistency import known_blobs
from tornado_chat.storage.sqlite.files import (
    NAME,
    DatabaseError,
    explained,
    lock_folder,
    look_for,
    open_file,
    pragma,
)


class Compacted(NamedTuple):
    """The size of the database before and after, and how many files that nobody has any more were deleted."""

    before: int
    after: int
    files: int


def compact(folder: Path) -> Compacted:
    """Write the database anew, without what was deleted, and delete the bytes of files that nobody has any more.

    No server may be running. It needs as much free space as the database has.
    """
    path = folder / NAME
    look_for(path)
    with contextlib.ExitStack() as ended:
        ended.callback(os.close, lock_folder(folder))
        before = _size(path)
        with contextlib.closing(open_file(path)) as connection, explained(path, "compacted"):
            pragma(connection, "secure_delete=1")
            connection.execute("DELETE FROM blobs WHERE unused NOTNULL")
            connection.execute("DELETE FROM files_gone")
            known = known_blobs(connection)
            uploads = {id for (id,) in connection.execute("SELECT id FROM uploads WHERE file IS NULL")}
            indexing.optimize(connection)
            _empty_log(connection, path)
            connection.execute("VACUUM")
            _empty_log(connection, path)
        sync(path)
        with explained(folder / FOLDER, "compacted"):
            files = delete_others(folder / FOLDER, known, uploads)
        return Compacted(before, _size(path), files)


BESIDE = (".secret", ".files")  # of a backup


def _empty_log(connection: sqlite3.Connection, path: Path) -> None:
    if pragma(connection, "wal_checkpoint(TRUNCATE)"):
        raise DatabaseError(f"{path} is being read by another program: end that, then compact again")


def copies(folder: Path) -> list[str]:
    """Return the names of the copies of a database that `restore` and new versions have left beside it."""
    others = {NAME, f"{NAME}-wal", f"{NAME}-shm"}
    return sorted(one.name for one in folder.glob(f"{NAME}*") if one.name not in others and one.suffix not in BESIDE)


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in (path, Path(f"{path}-wal")) if one.exists())
