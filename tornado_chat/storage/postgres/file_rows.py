"""The rows of files and uploads in PostgreSQL. See migrations/files.py on locks."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tornado_chat.chat.files import Expired, File, Shown, Space, Upload, no_file
from tornado_chat.storage.file_rows import ALL, PIECE, blobs_of, check_space, more_of, taken_by, to_file
from tornado_chat.storage.postgres import attachments
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.repository import Repository, reads, writes

_COUNT = "SELECT count_files_1()"
_USED = "SELECT coalesce(max(bytes), 0) FROM file_space WHERE owner = $1"
_UPLOAD = "SELECT u.id, u.owner, u.name, u.size, coalesce(f.id, '') FROM uploads u LEFT JOIN files f ON f.no = u.file"
_FILES = "SELECT id, owner, name, type, made, blob, size, more FROM files WHERE id = ANY($1::text[])"
_SHOWN = (
    "SELECT c.name, a.message & ((1::bigint << 40) - 1) FROM files f JOIN attachments a ON a.file = f.no"
    " JOIN channels c ON c.no = a.message >> 40 WHERE f.id = $1 ORDER BY a.message DESC"
)
_INSERT = (
    "INSERT INTO files (id, owner, name, type, made, blob, size, posted, more, taken)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING no"
)
_KEPT = (
    "INSERT INTO blobs SELECT name, size, NULL FROM unnest($1::text[], $2::bigint[]) given (name, size)"
    " ON CONFLICT (name) DO UPDATE SET unused = NULL"
)
_ITS_BLOBS = "INSERT INTO file_blobs SELECT $1, name FROM unnest($2::text[]) given (name) ON CONFLICT DO NOTHING"
_GONE = "DELETE FROM blobs WHERE name = ANY(ARRAY(SELECT name FROM blobs WHERE unused < $1 LIMIT $2)) RETURNING name"
_UNKNOWN = "SELECT one FROM unnest($1::text[]) one WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE name = one)"


class PostgresFiles(Repository):
    """A FileRepository (see there)."""

    @writes
    async def reserve(self, connection: Connection, upload: Upload, space: Space) -> None:
        await connection.execute(_COUNT)
        used, used_by_all = [await connection.fetchval(_USED, who) for who in (upload.owner, ALL)]
        check_space(upload, space, used, used_by_all)
        await connection.execute(
            "INSERT INTO uploads VALUES ($1, $2, $3, $4, $5, NULL)", *upload[:4], int(time.time() * 1000)
        )

    @reads
    async def upload(self, connection: Connection, id: str) -> Upload | None:
        row = await connection.fetchrow(f"{_UPLOAD} WHERE u.id = $1", id)
        return row and Upload(*row)

    async def release(self, uploads: Sequence[str]) -> None:
        if uploads:
            await self._release(uploads)

    @writes
    async def _release(self, connection: Connection, uploads: Sequence[str]) -> None:
        await connection.execute(_COUNT)
        await connection.execute("DELETE FROM uploads WHERE id = ANY($1::text[])", list(uploads))

    @reads
    async def waiting(self, connection: Connection, before: int) -> Sequence[str]:
        found = await connection.fetch("SELECT id FROM uploads WHERE made < $1 AND file IS NULL", before)
        return [row[0] for row in found]

    async def add(self, file: File, upload: str) -> None:
        if not await self._add(file, upload):
            raise no_file()

    @writes
    async def _add(self, connection: Connection, file: File, upload: str) -> bool:
        """Store a file; return whether its upload is there.

        If not, another node has let go of it, or has made a file of it, meanwhile: the bytes that this one has kept
        count as those of a file that is gone.
        """
        await connection.execute(_COUNT)
        waits = "SELECT 1 FROM uploads WHERE id = $1 AND file IS NULL"
        is_there = await connection.fetchval(waits, upload) is not None
        no = await _insert(connection, file)
        if is_there:
            await connection.execute("UPDATE uploads SET file = $1 WHERE id = $2", no, upload)
        else:
            await attachments.remove(connection, [no], int(time.time() * 1000))
        return is_there

    @reads
    async def files(self, connection: Connection, ids: Sequence[str]) -> list[File]:
        found = {row["id"]: _to_file(row) for row in await connection.fetch(_FILES, list(ids))}
        return [found[id] for id in ids if id in found]

    @reads
    async def shown(self, connection: Connection, file: str) -> list[Shown]:
        return [Shown(*row) for row in await connection.fetch(_SHOWN, file)]

    @reads
    async def used(self, connection: Connection, owner: str | None = None) -> int:
        return int(await connection.fetchval(_USED, ALL if owner is None else owner))

    @reads
    async def pictures(self, connection: Connection) -> Mapping[str, str]:
        found = await connection.fetch("SELECT p.owner, f.id FROM pictures p JOIN files f ON f.no = p.file")
        return dict(map(tuple, found))

    @writes
    async def set_picture(self, connection: Connection, of: str, file: File | None) -> None:
        its = "SELECT 1 FROM files WHERE no IN (SELECT file FROM pictures WHERE owner = $1) FOR UPDATE"
        await connection.fetch(its, of)
        await connection.execute(_COUNT)
        before = await connection.fetch("DELETE FROM pictures WHERE owner = $1 RETURNING file", of)
        await attachments.remove(connection, [row[0] for row in before], int(time.time() * 1000))
        if file is not None:
            no = await _insert(connection, file, posted=True)
            await connection.execute("INSERT INTO pictures VALUES ($1, $2)", of, no)

    @writes
    async def expire(self, connection: Connection, unposted: int, unused: int) -> Expired:
        old = "SELECT no FROM files WHERE NOT posted AND made < $1 LIMIT $2"
        files = [row[0] for row in await connection.fetch(old, unposted, PIECE)]
        await attachments.remove(connection, files, int(time.time() * 1000))
        await connection.execute(_COUNT)
        await connection.execute("DELETE FROM uploads WHERE made < $1 AND file IS NOT NULL", unposted)
        await connection.execute("DELETE FROM files_gone WHERE time < $1", unused)
        blobs = [row[0] for row in await connection.fetch(_GONE, unused, PIECE)]
        return Expired(blobs, PIECE in (len(files), len(blobs)))

    @reads
    async def unknown(self, connection: Connection, blobs: Sequence[str]) -> Sequence[str]:
        return [row[0] for row in await connection.fetch(_UNKNOWN, list(blobs))]


async def _insert(connection: Connection, file: File, posted: bool = False) -> int:
    """Store a file; return its number."""
    row = (file.id, file.owner, file.name, file.type, file.made, *file.blob, posted, more_of(file), taken_by(file))
    no = int(await connection.fetchval(_INSERT, *row))
    names, sizes = map(list, zip(*sorted(blobs_of(file)), strict=True))
    await connection.execute(_KEPT, names, sizes)
    await connection.execute(_ITS_BLOBS, no, names)
    return no


def _to_file(row: Any) -> File:
    id, owner, name, type, made, blob, size, more = row
    return to_file(id, owner, name, type, made, (blob, size), more and json.loads(more))
