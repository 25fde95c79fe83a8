"""Moves a chat from PostgreSQL into a data folder, in one file that is there at the end, or not."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Blob
from tornado_chat.config.blob_place import BlobPlace
from tornado_chat.storage.blobs.disk import DiskBlobs
from tornado_chat.storage.blobs.folder import FOLDER, has
from tornado_chat.storage.blobs.opening import open_blobs
from tornado_chat.storage.data_folder import SECRET, discard, sync, write_file
from tornado_chat.storage.file_rules import miscounted
from tornado_chat.storage.moving.comparing import CURE, MoveError, Summary, compare, of_postgres, of_sqlite
from tornado_chat.storage.moving.one_connection import OneConnection
from tornado_chat.storage.moving.progress import Progress
from tornado_chat.storage.moving.reaching import connected, keep_nodes_out, need_no_nodes
from tornado_chat.storage.moving.tables import SQLITE_COLUMNS, TABLES, Table
from tornado_chat.storage.moving.to_postgres import Moved
from tornado_chat.storage.postgres import file_consistency
from tornado_chat.storage.postgres.connecting import Connection
from tornado_chat.storage.postgres.migrations import SCHEMA, require
from tornado_chat.storage.sqlite import index_building
from tornado_chat.storage.sqlite.files import NAME, explained, lock_folder, open_file, pragma
from tornado_chat.storage.sqlite.migrations.search import move as find_clock_steps

AT_ONCE = 5_000  # rows that are read at once


async def to_sqlite(url: str, folder: Path, blobs: BlobPlace | None, progress: Progress) -> Moved:
    """Move a chat: the same epoch, secret and numbers. All of it is there at the end, or nothing.

    blobs: where the files of people are. The database keeps its schema under another name. DatabaseError,
    EngineError, SettingsError or MoveError say what keeps it from being moved.
    """
    with contextlib.ExitStack() as ended:
        ended.callback(os.close, lock_folder(folder))
        if os.path.lexists(folder / NAME):
            raise MoveError(f"{folder / NAME} is there already; take another --data-dir")
        for left in folder.glob(f".{NAME}.*"):  # of a move that was killed; nobody else is here
            discard(left)
        move = _Move(url, folder, blobs, progress)
        try:
            async with connected(url) as connection, connection.transaction(isolation="repeatable_read"):
                return await move.move(connection)
        except BaseException:
            if move.is_there:
                discard(folder / NAME)
            raise


class _Move:
    def __init__(self, url: str, folder: Path, blobs: BlobPlace | None, progress: Progress) -> None:
        self._url, self._folder, self._blobs, self._progress = url, folder, blobs, progress
        self._numbers: dict[str, int] = {}  # of users
        self.is_there = False

    async def move(self, connection: Connection) -> Moved:
        self._connection = connection
        await keep_nodes_out(connection)
        await require(connection, SCHEMA)
        await need_no_nodes(connection, self._url)
        facts: dict[str, str] = dict(await self._connection.fetch("SELECT name, value FROM facts"))
        used = await file_consistency.used_blobs(self._connection)
        if used and self._blobs is None:
            raise MoveError(f"people share {len(used)} files; say with --blobs where they are")
        secret = bytes.fromhex(facts["secret"])
        self._check_secret(secret)
        lost = await self._copy_files(used)
        made = self._folder / f".{NAME}.{secrets.token_hex(4)}"
        try:
            summary = await self._write(made, facts["epoch"])
            with explained(self._folder / SECRET, "written"):
                write_file(self._folder / SECRET, secret)
            kept = f"{SCHEMA}_{time.strftime('%Y%m%d_%H%M%S')}"
            await self._connection.execute(f'ALTER SCHEMA "{SCHEMA}" RENAME TO "{kept}"')
            with explained(self._folder / NAME, "written"):
                os.link(made, self._folder / NAME)  # unlike a rename it never replaces
                self.is_there = True
                sync(self._folder)
        finally:
            for end in ("", "-wal", "-shm"):
                discard(made.with_name(made.name + end))
        return Moved(summary, kept, lost)

    async def _write(self, path: Path, epoch: str) -> Summary:
        with contextlib.closing(open_file(path)) as target:
            target.execute("BEGIN IMMEDIATE")
            summary = await of_postgres(self._connection)
            for one in TABLES:
                await self._copy(target, path, one, summary.counts[one.name])
            with explained(path, "written"):
                target.executemany("INSERT INTO senders (id, no) VALUES (?, ?)", self._numbers.items())
                target.execute("INSERT OR REPLACE INTO facts VALUES ('epoch', ?)", (epoch,))
                find_clock_steps(target)
                compare(summary, of_sqlite(target))
                if target.execute(miscounted("max")).fetchall():
                    raise MoveError(f"the space that files take was counted wrongly; {CURE}")
                target.execute("COMMIT")
                index_building.build(target)
                pragma(target, "journal_mode=DELETE")  # one file, no WAL beside it
        with explained(path, "written"):
            sync(path)
        return summary

    async def _copy(self, target: sqlite3.Connection, path: Path, table: Table, total: int) -> None:
        columns = SQLITE_COLUMNS.get(table.name, table.columns)
        names, marks = ", ".join(f'"{one}"' for one in columns), ",".join("?" * len(columns))
        insert = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"
        cursor, done = await self._connection.cursor(table.back), 0
        while rows := await cursor.fetch(AT_ONCE):
            with explained(path, "written"):
                target.executemany(insert, [table.to_sqlite(tuple(row), self._number) for row in rows])
            done += len(rows)
            self._progress.tell(table.name, done, total)

    def _number(self, user: str) -> int:
        return self._numbers.setdefault(user, len(self._numbers) + 1)

    async def _copy_files(self, used: Sequence[Blob]) -> int:
        """Copy the files of people; return how many of them are lost."""
        if self._blobs is None:
            return 0
        source = await open_blobs(self._blobs, OneConnection(self._connection, self._url))
        target, lost = DiskBlobs(self._folder / FOLDER), 0
        try:
            for blob in self._progress.count(used, "files", len(used)):
                if has(self._folder / FOLDER, blob):
                    continue
                upload, at = await target.begin(blob.size), 0
                try:
                    async for data in source.read(blob.name):
                        at = await target.write(upload, at, data)
                    if await target.finish(upload) != blob:
                        raise MoveError(f"{self._blobs}: {blob.name} was changed; bring it back from a backup")
                except Refused as refused:
                    if refused.code != Error.NOT_FOUND:
                        raise MoveError(f"{self._blobs}, or {self._folder}: {refused.message}") from None
                    lost += 1
                finally:
                    await target.discard(upload)
        finally:
            await source.close()
            await target.close()
        return lost

    def _check_secret(self, secret: bytes) -> None:
        path = self._folder / SECRET
        with explained(path, "read"):
            if path.exists() and path.read_bytes() not in (b"", secret):
                raise MoveError(f"{path} is of another chat; take another --data-dir")
