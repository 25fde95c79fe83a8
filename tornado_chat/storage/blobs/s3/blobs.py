"""The Blobs of a cluster in a bucket. What is where in it is in the database, for all nodes.

An upload is kept in pieces, one for each write, until it is complete; then a node puts it together.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Blob, is_id, new_id, no_file
from tornado_chat.storage.blobs.s3.bucket import Bucket
from tornado_chat.storage.blobs.s3.kept import BLOBS, KeptBlobs, token
from tornado_chat.storage.postgres.objects import Piece, PostgresObjects

PIECE = 4 * 1024 * 1024  # bytes that are sent at once
TIDY = 3_600.0  # seconds between two looks through the whole bucket
UPLOADS = "uploads/"


class S3Blobs(KeptBlobs):
    """A Blobs (see there) in a bucket."""

    piece, reads, writes = PIECE, 8, 8

    def __init__(self, bucket: Bucket, objects: PostgresObjects) -> None:
        super().__init__(bucket, objects)
        self._here: dict[str, Path] = {}  # uploads that are on this machine now
        self._tidied: float | None = None

    async def begin(self, size: int) -> str:
        upload = new_id()
        await self._objects.begin(upload)
        return upload

    async def size(self, upload: str) -> int | None:
        return await self._objects.size(upload) if is_id(upload) else None

    async def write(self, upload: str, at: int, data: bytes) -> int:
        size = await self.size(upload)
        if size is None:
            raise no_file()
        if size != at:
            raise Refused("the file does not go on there", Error.CONFLICT)
        for start in range(0, len(data), PIECE):
            at = await self._add(upload, at, data[start : start + PIECE])
        return at

    async def _add(self, upload: str, at: int, data: bytes) -> int:
        key = f"{UPLOADS}{upload}/{at}-{token()}"
        await self._ask(self._bucket.put(key, data))
        try:
            return await self._objects.add(upload, Piece(at, len(data), key))
        except Refused as refused:
            if refused.code != Error.HISTORY_UNAVAILABLE:  # then it may have been stored
                await self._delete([key])
            raise

    @contextlib.asynccontextmanager
    async def local(self, upload: str) -> AsyncIterator[Path]:
        if not is_id(upload):
            raise no_file()
        pieces = await self._objects.pieces(upload)
        with self._workshop() as folder:
            path = folder / "whole"
            await asyncio.to_thread(path.touch)
            await self._together([partial(self._fetch, piece, path) for piece in pieces])
            self._here[upload] = path
            try:
                yield path
            finally:
                self._here.pop(upload, None)

    async def _fetch(self, piece: Piece, path: Path) -> None:
        async with self._held:
            data = await self._ask(self._bucket.get(piece.object, 0, piece.size))
            with self._explained():
                await asyncio.to_thread(_write, path, piece.at, data)

    async def finish(self, upload: str) -> Blob:
        if not is_id(upload):
            raise no_file()
        blob = await self._objects.blob_of(upload)
        if blob is not None:
            return blob
        path = self._here.get(upload)
        if path is None:
            async with self.local(upload) as path:
                blob = await self.put(path)
        else:
            blob = await self.put(path)
        await self._objects.finish(upload, blob)
        return blob

    async def discard(self, upload: str) -> None:
        if is_id(upload):
            await self._delete(await self._objects.forget([upload]))

    async def sweep(self, before: float) -> Sequence[str]:
        uploads, objects = await self._objects.forget_old(before)
        await self._delete(objects)
        now = asyncio.get_running_loop().time()
        if self._tidied is None or now - self._tidied > TIDY:
            self._tidied = now
            with contextlib.suppress(Refused):  # what can be forgotten without it is
                await self._tidy(before)
        return uploads

    async def _tidy(self, before: float) -> None:
        """Delete the objects that no row has, as a crash may leave them, unless they are young."""
        for prefix in (UPLOADS, BLOBS):
            async with contextlib.aclosing(self._bucket.list(prefix)) as pages:
                while (page := await self._ask(anext(pages, None))) is not None:
                    old = [one.key for one in page if one.written < before]
                    await self._delete(await self._objects.unknown(old))
        for one, id in await self._ask(self._bucket.begun_parts(BLOBS)):
            if one.written < before:
                await self._ask(self._bucket.drop_parts(one.key, id))


def _write(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)
