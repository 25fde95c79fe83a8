"""Blobs in a bucket. Each is written under a key of its own, which is in the database."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from functools import partial
from pathlib import Path

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Blob, no_file
from tornado_chat.storage.blobs.folder import digest
from tornado_chat.storage.blobs.s3.asking import Asking
from tornado_chat.storage.postgres.objects import Kept

READ = 512 * 1024  # bytes that are read at once: nobody who is slow keeps a connection
CHUNK = 128 * 1024  # bytes of it that are given at once
WHOLE = 16 * 1024 * 1024  # bytes up to which a blob is sent as a whole
PART = 8 * 1024 * 1024  # bytes of each part of others, and more where that were more than MOST_PARTS
MOST_PARTS = 10_000
BLOBS = "blobs/"


class KeptBlobs(Asking):
    """Those methods of Blobs that are about what is complete."""

    async def put(self, data: bytes | Path) -> Blob:
        with self._explained():
            blob = await asyncio.to_thread(_blob, data)
        known = await self._objects.renew(blob.name)
        if known is not None and await self._ask(self._bucket.size(known.object)) == blob.size:
            return blob
        key = f"{BLOBS}{blob.name[:2]}/{blob.name}-{token()}"
        await self._send(key, data, blob.size)
        kept = await self._objects.keep(blob, key, instead=known.object if known else "")
        if kept != key:
            await self._delete([key])
        return blob

    async def _send(self, key: str, data: bytes | Path, size: int) -> None:
        if size <= WHOLE:
            async with self._held:
                await self._ask(self._bucket.put(key, await self._part(data, 0, size)))
            return
        part = max(PART, -(-size // MOST_PARTS))
        id = await self._ask(self._bucket.begin_parts(key))

        async def send(number: int, start: int) -> str:
            async with self._held:
                piece = await self._part(data, start, min(start + part, size))
                return await self._ask(self._bucket.put_part(key, id, number, piece))

        try:
            starts = range(0, size, part)
            marks = await self._together([partial(send, *one) for one in enumerate(starts, 1)])
            await self._ask(self._bucket.end_parts(key, id, marks))
        except BaseException:
            with contextlib.suppress(Refused):
                await self._ask(self._bucket.drop_parts(key, id))
            raise

    async def _part(self, data: bytes | Path, start: int, end: int) -> bytes:
        if isinstance(data, bytes):
            return data[start:end]
        with self._explained():
            return await asyncio.to_thread(_read, data, start, end)

    async def read(self, blob: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        kept = await self._objects.find(blob)
        if kept is None:
            raise no_file()
        end = kept.size if end is None else min(end, kept.size)
        while start < end:
            until = min(start + READ, end)
            data = await self._range(blob, kept, start, until)
            for at in range(0, len(data), CHUNK):
                yield data[at : at + CHUNK]
            start = until

    async def _range(self, blob: str, kept: Kept, start: int, end: int) -> bytes:
        try:
            return await self._ask(self._bucket.get(kept.object, start, end))
        except Refused as refused:
            again = await self._objects.find(blob) if refused.code == Error.NOT_FOUND else None
            if again is None or again == kept:
                raise
        return await self._ask(self._bucket.get(again.object, start, end))  # it was deleted and put anew meanwhile

    async def missing(self, blobs: Sequence[Blob]) -> list[Blob]:
        """Return those of these blobs that are not in the bucket, as far as its list of keys tells."""
        keys = set[str]()
        async with contextlib.aclosing(self._bucket.list(BLOBS)) as pages:
            while page := await self._ask(anext(pages, None)):
                keys.update(one.key for one in page)
        lost = []
        for blob in blobs:
            kept = await self._objects.find(blob.name)
            if kept is None or kept.object not in keys or kept.size != blob.size:
                lost.append(blob)
        return lost

    async def delete(self, blob: str, before: float) -> bool:
        object = await self._objects.drop(blob, before)
        if object is not None:
            await self._delete([object])
        return object is not None

    def names(self) -> AsyncIterator[Sequence[str]]:
        return self._objects.names()

    async def close(self) -> None:
        await self._bucket.close()


def token() -> str:
    return secrets.token_hex(8)


def _blob(data: bytes | Path) -> Blob:
    if isinstance(data, bytes):
        return Blob(hashlib.sha256(data).hexdigest(), len(data))
    return Blob(digest(data), data.stat().st_size)


def _read(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)
