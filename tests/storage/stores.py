"""What keeps bytes, of each kind, for tests: its Blobs, and what is really there."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import on_postgres
from tests.s3 import FakeS3
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import Blob
from tornado_chat.storage.blobs.disk import DiskBlobs
from tornado_chat.storage.blobs.folder import place
from tornado_chat.storage.blobs.s3.blobs import S3Blobs
from tornado_chat.storage.blobs.s3.bucket import Bucket
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.objects import PostgresObjects

OLD = 5  # s since 1970


class DiskStore:
    """A folder."""

    def __init__(self, folder: Path, shared: bool = False) -> None:
        self.folder, self._shared = folder, shared
        self.blobs: Any = self.node()

    def node(self) -> DiskBlobs:
        """Return the Blobs of another process."""
        return DiskBlobs(self.folder, self._shared)

    async def kept(self) -> list[str]:
        """Return the names of the blobs that are there."""
        return sorted(one.name for one in self.folder.glob("??/*"))

    async def uploads(self) -> list[str]:
        """Return the ids of the uploads that are there."""
        return sorted(one.name for one in self.folder.glob("uploads/*"))

    async def bytes_there(self, blob: Blob) -> bytes:
        return place(self.folder, blob.name).read_bytes()

    async def lose(self, blob: Blob) -> None:
        """Cut a blob off, as a crash may."""
        place(self.folder, blob.name).write_bytes(b"da")

    async def let_age(self, what: str | Blob) -> None:
        """Have an upload, or a blob, look as if it had not been written for long."""
        path = place(self.folder, what.name) if isinstance(what, Blob) else self.folder / "uploads" / what
        os.utime(path, (OLD, OLD))


class S3Store:
    """A bucket."""

    def __init__(self, engine: Engine, server: FakeS3) -> None:
        self.engine, self.server = engine, server
        self.blobs: Any = self.node()

    def node(self) -> S3Blobs:
        return S3Blobs(Bucket(self.server.place()), PostgresObjects(self.engine))

    async def kept(self) -> list[str]:
        return sorted(key.rpartition("/")[2].partition("-")[0] for key in self.server.objects if "/blobs/" in key)

    async def uploads(self) -> list[str]:
        found = await self.engine.read(lambda c: c.fetch("SELECT id FROM object_uploads ORDER BY id"))
        return [row[0] for row in found]

    async def bytes_there(self, blob: Blob) -> bytes:
        (data,) = [data for key, (data, _) in self.server.objects.items() if blob.name in key]
        return data

    async def lose(self, blob: Blob) -> None:
        for key in [key for key in self.server.objects if blob.name in key]:
            del self.server.objects[key]

    async def let_age(self, what: str | Blob) -> None:
        table, name = ("objects", "name") if isinstance(what, Blob) else ("object_uploads", "id")
        given = what.name if isinstance(what, Blob) else what
        old = f"UPDATE {table} SET written = $2 WHERE {name} = $1"
        await self.engine.write(lambda connection: connection.execute(old, given, OLD * 1000))


Main = Callable[[Any, Any], Awaitable[Any]]


@contextlib.asynccontextmanager
async def bucket(engine: Engine) -> AsyncIterator[S3Store]:
    async with FakeS3().serve() as server:
        store = S3Store(engine, server)
        yield store
        await store.blobs.close()


def on_store(kind: str, folder: Path, main: Main) -> Any:
    """Run something with the Blobs of a store of a kind (disk, shared, s3), and that store."""

    async def on_disk() -> Any:
        store = DiskStore(folder, kind == "shared")
        try:
            return await main(store.blobs, store)
        finally:
            await store.blobs.close()

    async def on_bucket(engine: Engine) -> Any:
        async with bucket(engine) as store:
            return await main(store.blobs, store)

    return on_postgres(on_bucket) if kind == "s3" else asyncio.run(on_disk())


async def read(blobs: Any, blob: Blob, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([data async for data in blobs.read(blob.name, start, end)])


async def upload(blobs: Any, *pieces: bytes) -> str:
    id, at = await blobs.begin(sum(map(len, pieces))), 0
    for piece in pieces:
        at = await blobs.write(id, at, piece)
    return str(id)


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(Refused) as raised:
        await call
    return raised.value.code
