"""Check of a chat in PostgreSQL: its schema, its tables, and the files of people. Nodes may be running."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path

from tornado_chat.chat.blobs import Blobs
from tornado_chat.chat.files import Blob
from tornado_chat.config.blob_place import BlobPlace
from tornado_chat.storage.blobs.damages import damages
from tornado_chat.storage.blobs.opening import open_blobs
from tornado_chat.storage.blobs.s3.blobs import S3Blobs
from tornado_chat.storage.postgres import (
    file_consistency,
    history_consistency,
    place_consistency,
    search_consistency,
)
from tornado_chat.storage.postgres.connecting import PATIENCE, UNHURRIED
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.schema import differences

_CURE = "a file that people share; bring it back from a backup"


async def check(engine: Engine, place: BlobPlace | None = None, hashes: bool = False) -> list[str]:
    """Return the problems of a chat, one line each. place: where its files are; without it they are not looked at.

    hashes: whether their bytes are read, too. Refused or SettingsError where the place cannot be read.
    """
    connection = await engine.connect(PATIENCE, **UNHURRIED)
    try:
        if problems := await differences(connection, engine.schema):
            return problems
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            problems = [line async for line in _contradictions(connection)]
            used = await file_consistency.used_blobs(connection)
            known = await file_consistency.known_blobs(connection)
    finally:
        await connection.close()
    return problems if place is None else problems + await _of_files(engine, place, used, known, hashes)


async def _contradictions(connection: Connection) -> AsyncIterator[str]:
    history = await history_consistency.contradictions(connection)
    for line in history:
        yield line
    for others in (place_consistency, file_consistency):
        async for line in others.contradictions(connection):
            yield line
    if not history:
        async for line in search_consistency.contradictions(connection):
            yield line


async def _of_files(
    engine: Engine, place: BlobPlace, used: Sequence[Blob], known: Collection[str], hashes: bool
) -> list[str]:
    """Return what is wrong with the bytes of files."""
    blobs = await open_blobs(place, engine)
    try:
        if isinstance(place, Path):
            return await asyncio.to_thread(lambda: list(damages(place, used, known, time.time(), hashes, _CURE)))
        assert isinstance(blobs, S3Blobs)
        lost = {blob.name for blob in await blobs.missing(used)}
        problems = [f"{place}: {name} is lost: {_CURE}" for name in sorted(lost)]
        for blob in used if hashes else ():
            if blob.name not in lost and await _hash(blobs, blob) != blob.name:
                problems.append(f"{place}: {blob.name} was changed: {_CURE}")
        return problems
    finally:
        await blobs.close()


async def _hash(blobs: Blobs, blob: Blob) -> str:
    sum = hashlib.sha256()
    async for data in blobs.read(blob.name):
        sum.update(data)
    return sum.hexdigest()
