"""What is known of the objects of a bucket: which pieces an upload has, and where each blob is.

An object is written before its row, and deleted after it. Keys are random, so that nothing is written or deleted
twice under one of them: what a crash leaves is an object without a row.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Blob, no_file
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.repository import Repository, reads, writes

MOST_PIECES = 10_000  # of an upload
PAGE = 1_000  # names that are read at a time


class Piece(NamedTuple):
    """Bytes of an upload: where they begin in it, how many they are, and the key of their object."""

    at: int
    size: int
    object: str


class Kept(NamedTuple):
    """A blob: the key of its object, and its size."""

    object: str
    size: int


class PostgresObjects(Repository):
    @writes
    async def begin(self, connection: Connection, upload: str) -> None:
        """Store an upload, of which nothing is there yet."""
        await connection.execute("INSERT INTO object_uploads (id, written) VALUES ($1, $2)", upload, _now())

    @reads
    async def size(self, connection: Connection, upload: str) -> int | None:
        """Return how many bytes of an upload are there, None if there is no such upload."""
        size: int | None = await connection.fetchval("SELECT bytes FROM object_uploads WHERE id = $1", upload)
        return size

    @writes
    async def add(self, connection: Connection, upload: str, piece: Piece) -> int:
        """Store a piece at the end of an upload; return the upload's new size.

        Refused: `conflict` at another offset than the end, or if it was finished; `not-found`.
        """
        asked = "SELECT bytes, pieces, blob FROM object_uploads WHERE id = $1 FOR UPDATE"
        found = await connection.fetchrow(asked, upload)
        if found is None:
            raise no_file()
        if found["bytes"] != piece.at or found["blob"] is not None:
            raise Refused("the file does not go on there", Error.CONFLICT)
        if found["pieces"] >= MOST_PIECES:
            raise Refused("the file came in too many small parts: send it in larger ones", Error.CONFLICT)
        await connection.execute("INSERT INTO object_pieces VALUES ($1, $2, $3, $4)", upload, *piece)
        size = piece.at + piece.size
        changed = "UPDATE object_uploads SET bytes = $2, pieces = pieces + 1, written = $3 WHERE id = $1"
        await connection.execute(changed, upload, size, _now())
        return size

    @writes
    async def pieces(self, connection: Connection, upload: str) -> Sequence[Piece]:
        """Return the pieces of an upload, which does not stand still. Refused (`not-found`)."""
        touched = "UPDATE object_uploads SET written = $2 WHERE id = $1 RETURNING id"
        if await connection.fetchval(touched, upload, _now()) is None:
            raise no_file()
        asked = "SELECT at, size, object FROM object_pieces WHERE upload = $1 ORDER BY at"
        return [Piece(*row) for row in await connection.fetch(asked, upload)]

    @reads
    async def blob_of(self, connection: Connection, upload: str) -> Blob | None:
        """Return the blob that was made of an upload, None if none was. Refused (`not-found`)."""
        found = await connection.fetchrow("SELECT blob, bytes FROM object_uploads WHERE id = $1", upload)
        if found is None:
            raise no_file()
        return None if found["blob"] is None else Blob(*found)

    @writes
    async def finish(self, connection: Connection, upload: str, blob: Blob) -> None:
        """Store that a blob was made of an upload, which takes no more bytes. Refused (`not-found`)."""
        done = "UPDATE object_uploads SET blob = $2 WHERE id = $1 AND bytes = $3 RETURNING id"
        if await connection.fetchval(done, upload, *blob) is None:
            raise no_file()

    @writes
    async def forget(self, connection: Connection, uploads: Sequence[str]) -> Sequence[str]:
        """Forget uploads; return the objects of their pieces."""
        await connection.execute("DELETE FROM object_uploads WHERE id = ANY($1::text[])", list(uploads))
        gone = "DELETE FROM object_pieces WHERE upload = ANY($1::text[]) RETURNING object"
        return [row[0] for row in await connection.fetch(gone, list(uploads))]

    @writes
    async def forget_old(self, connection: Connection, before: float) -> tuple[Sequence[str], Sequence[str]]:
        """Forget the uploads that nothing was written to since a time (s); return them, and objects as `forget`."""
        old = "DELETE FROM object_uploads WHERE written < $1 RETURNING id"
        uploads = [row[0] for row in await connection.fetch(old, int(before * 1000))]
        gone = "DELETE FROM object_pieces WHERE upload = ANY($1::text[]) RETURNING object"
        return uploads, [row[0] for row in await connection.fetch(gone, uploads)]

    # Blobs

    @reads
    async def find(self, connection: Connection, name: str) -> Kept | None:
        row = await connection.fetchrow("SELECT object, size FROM objects WHERE name = $1", name)
        return row and Kept(*row)

    @writes
    async def renew(self, connection: Connection, name: str) -> Kept | None:
        """Return a blob, which counts as written now."""
        young = "UPDATE objects SET written = $2 WHERE name = $1 RETURNING object, size"
        row = await connection.fetchrow(young, name, _now())
        return row and Kept(*row)

    @writes
    async def keep(self, connection: Connection, blob: Blob, object: str, instead: str) -> str:
        """Store where a blob is, unless another node was faster; return the key of its object.

        instead: the key of an object that is known to be lost, if any.
        """
        kept = (
            "INSERT INTO objects VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET written = $4,"
            " object = CASE WHEN objects.object = $5 THEN $2 ELSE objects.object END RETURNING object"
        )
        return str(await connection.fetchval(kept, blob.name, object, blob.size, _now(), instead))

    @writes
    async def drop(self, connection: Connection, name: str, before: float) -> str | None:
        """Forget a blob that was not written since a time (s); return the key of its object."""
        old = "DELETE FROM objects WHERE name = $1 AND written < $2 RETURNING object"
        object: str | None = await connection.fetchval(old, name, int(before * 1000))
        return object

    async def names(self) -> AsyncIterator[Sequence[str]]:
        """Yield the names of all blobs, some at a time."""
        last = ""
        while page := await self._page(last):
            yield page
            last = page[-1]

    @reads
    async def _page(self, connection: Connection, after: str) -> Sequence[str]:
        found = await connection.fetch("SELECT name FROM objects WHERE name > $1 ORDER BY name LIMIT $2", after, PAGE)
        return [row[0] for row in found]

    @reads
    async def unknown(self, connection: Connection, objects: Sequence[str]) -> Sequence[str]:
        """Return those of these keys that no row has."""
        asked = (
            "SELECT one FROM unnest($1::text[]) one WHERE NOT EXISTS (SELECT 1 FROM objects WHERE object = one)"
            " AND NOT EXISTS (SELECT 1 FROM object_pieces WHERE object = one)"
        )
        return [row[0] for row in await connection.fetch(asked, list(objects))]


def _now() -> int:
    return int(time.time() * 1000)
