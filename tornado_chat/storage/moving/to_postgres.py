"""Moves the chat of a data folder into PostgreSQL, in one transaction."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import Blob
from tornado_chat.config.blob_place import BlobPlace
from tornado_chat.storage.blobs.folder import FOLDER, has, place
from tornado_chat.storage.blobs.opening import leave, open_blobs
from tornado_chat.storage.data_folder import load_secret
from tornado_chat.storage.file_rules import miscounted
from tornado_chat.storage.moving.comparing import CURE, MoveError, Summary, compare, of_postgres, of_sqlite
from tornado_chat.storage.moving.one_connection import OneConnection
from tornado_chat.storage.moving.progress import Progress
from tornado_chat.storage.moving.reaching import connected, keep_nodes_out, need_no_nodes
from tornado_chat.storage.moving.tables import NUMBERED, TABLES, Row, Table, whole
from tornado_chat.storage.postgres.connecting import Connection, shown
from tornado_chat.storage.postgres.migrations import migrate
from tornado_chat.storage.sqlite.backups import free_name
from tornado_chat.storage.sqlite.file_consistency import used_blobs
from tornado_chat.storage.sqlite.files import NAME, DatabaseError, explained, lock_folder, look_for, open_file, pragma

_SET_NUMBER = "SELECT setval(pg_get_serial_sequence('{name}', 'no'), max(no)) FROM {name} HAVING max(no) IS NOT NULL"
_PLACE = """
SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid
FROM pg_database WHERE datname = current_database()
"""
_FACT = "INSERT INTO facts VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


class Moved(NamedTuple):
    """What was moved. `kept`: what the source is called now. `lost`: files that were not there; `altered`: rows with
    a NUL, which became U+FFFD."""

    summary: Summary
    kept: str
    lost: int = 0
    altered: int = 0


async def to_postgres(folder: Path, url: str, blobs: BlobPlace | None, progress: Progress) -> Moved:
    """Move a chat: the same epoch, secret and numbers. All of it is there at the end, or nothing.

    blobs: where the files of people come. The data folder keeps its database under another name. DatabaseError,
    EngineError, SettingsError or MoveError say what keeps it from being moved.
    """
    look_for(folder / NAME)
    with contextlib.ExitStack() as ended:
        ended.callback(os.close, lock_folder(folder))
        with explained(folder / NAME, "read"), contextlib.closing(open_file(folder / NAME)) as source:
            moved = await _Move(source, folder, url, blobs, progress).move()
            if pragma(source, "journal_mode=DELETE") != "delete":  # one file, no WAL beside it
                raise DatabaseError(f"{folder / NAME} is in use by another process; the chat is in {shown(url)} now")
        kept = free_name(folder / NAME)
        with explained(folder / NAME, "renamed"):
            os.rename(folder / NAME, kept)
    return moved._replace(kept=kept.name)


class _Move:
    def __init__(
        self, source: sqlite3.Connection, folder: Path, url: str, blobs: BlobPlace | None, progress: Progress
    ) -> None:
        self._source, self._folder, self._url, self._blobs = source, folder, url, blobs
        self._progress = progress
        self._altered = 0
        self._mark = ""  # of the files of this chat in this database: the same, should the move be repeated
        try:
            self._secret = load_secret(folder)
        except ValueError as error:
            raise MoveError(str(error)) from None

    async def move(self) -> Moved:
        used = used_blobs(self._source)
        there = [blob for blob in used if has(self._folder / FOLDER, blob)]
        if there and self._blobs is None:
            raise MoveError(f"{len(there)} files that people share are in {self._folder}; say with --blobs where to")
        summary = of_sqlite(self._source)
        try:
            async with connected(self._url) as connection, connection.transaction():
                await self._make_empty(connection)
                if self._blobs is not None:
                    await self._copy_files(connection, there)
                for one in TABLES:
                    await self._copy(connection, one, summary.counts[one.name])
                await self._facts(connection)
                compare(summary, await of_postgres(connection))
                if await connection.fetch(miscounted("greatest")):
                    raise MoveError(f"the space that files take was counted wrongly; {CURE}")
        except BaseException:
            if not await self._is_there():
                if self._blobs is not None:
                    with contextlib.suppress(Exception):  # the first error matters
                        await leave(self._blobs, self._mark)
                raise
        return Moved(summary, "", len(used) - len(there), self._altered)

    async def _is_there(self) -> bool:
        """Return whether all was stored, although the database has not answered that."""
        with contextlib.suppress(Exception):
            async with connected(self._url) as connection:
                return bool(await connection.fetchval("SELECT value FROM facts WHERE name = 'files'") == self._mark)
        return False

    async def _make_empty(self, connection: Connection) -> None:
        """Make the tables. MoveError where there is something in them, or a node that is about to write it."""
        await keep_nodes_out(connection)
        await migrate(connection)
        await need_no_nodes(connection, self._url)
        for one in TABLES:
            if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {one.name})"):
                raise MoveError(f"there is a chat in {shown(self._url)} ({one.name}); give another database")
        place = await connection.fetchval(_PLACE)
        self._mark = blake2b(place.encode(), key=self._secret, digest_size=16).hexdigest()
        await connection.execute(_FACT, "files", self._mark)

    async def _copy_files(self, connection: Connection, blobs: Sequence[Blob]) -> None:
        assert self._blobs is not None
        target = await open_blobs(self._blobs, OneConnection(connection, self._url))
        try:
            for blob in self._progress.count(blobs, "files", len(blobs)):
                path = place(self._folder / FOLDER, blob.name)
                if await target.put(path) != blob:
                    raise MoveError(f"{path} was changed; copy it from a backup")
        except Refused as refused:
            raise MoveError(f"--blobs {self._blobs}: {refused.message}") from None
        finally:
            await target.close()

    async def _copy(self, connection: Connection, table: Table, total: int) -> None:
        rows = self._progress.count(map(tuple, self._rows(table)), table.name, total)
        await connection.copy_records_to_table(table.name, columns=table.columns, records=rows, timeout=None)

    def _rows(self, table: Table) -> Iterator[Row]:
        for row in self._source.execute(table.read):
            values = table.to_postgres(row)
            if any(isinstance(value, str) and "\0" in value for value in values):
                self._altered += 1
                values = [whole(value) if isinstance(value, str) else value for value in values]
            yield values

    async def _facts(self, connection: Connection) -> None:
        epoch = self._source.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()[0]
        for fact in (("epoch", epoch), ("secret", self._secret.hex())):
            await connection.execute(_FACT, *fact)
        for name in NUMBERED:
            await connection.execute(_SET_NUMBER.format(name=name))
        for one in TABLES:
            await connection.execute(f"ANALYZE {one.name}")
