"""Opens what the nodes of a cluster keep files in, and makes sure that it is the same for all of them.

A mark, which is also in the database, stands beside the files: a folder in which nothing is mounted has none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from pathlib import Path
from typing import Protocol

from tornado_chat.chat.blobs import Blobs
from tornado_chat.config.blob_place import BlobPlace
from tornado_chat.config.settings import SettingsError
from tornado_chat.storage.blobs.disk import DiskBlobs
from tornado_chat.storage.blobs.s3.answers import S3Error
from tornado_chat.storage.blobs.s3.blobs import S3Blobs
from tornado_chat.storage.blobs.s3.bucket import Bucket
from tornado_chat.storage.blobs.shared import check_folder
from tornado_chat.storage.data_folder import discard, write_file
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.objects import PostgresObjects

#: What those are told who send files to a cluster that keeps none.
NO_FILES = "this chat takes no files: it is a cluster, and its servers were started without --blobs"
MARK = "cluster"  # the name of the file, or object, that has it
MOST = 64  # bytes of a mark

_KNOWN = "SELECT value, EXISTS (SELECT 1 FROM blobs) FROM facts WHERE name = 'files'"

log = logging.getLogger("tornado_chat")


async def open_blobs(place: BlobPlace, engine: Engine) -> Blobs:
    """Return the Blobs of a cluster. SettingsError for a place that cannot be used, or has the files of others.

    A bucket that does not answer now is used all the same: messages do not wait for it.
    """
    if isinstance(place, Path):
        try:
            await asyncio.to_thread(check_folder, place)
            await _check(place, _MarkedFolder(place), engine)
        except OSError as error:
            raise SettingsError(f"--blobs {place}: {error.strerror}") from None
        return DiskBlobs(place, shared=True)
    try:
        place = place.with_keys(os.environ)
    except ValueError as error:
        raise SettingsError(f"--blobs {place}: {error}") from None
    bucket = Bucket(place)
    try:
        await _check(place, _MarkedBucket(bucket), engine)
    except S3Error as error:
        await bucket.close()
        raise SettingsError(f"--blobs {place}: {error}") from None
    except (OSError, EOFError) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        log.error("%s cannot be reached: %s; files are refused until it is there", place, said)
    except BaseException:
        await bucket.close()
        raise
    return S3Blobs(bucket, PostgresObjects(engine))


async def leave(place: BlobPlace, mark: str) -> None:
    """Remove a mark, of a cluster that has come to nothing, from a place that can be used."""
    if isinstance(place, Path):
        if await _MarkedFolder(place).read() == mark:
            await asyncio.to_thread(discard, place / MARK)
        return
    bucket = Bucket(place.with_keys(os.environ))
    try:
        if await _MarkedBucket(bucket).read() == mark:
            await bucket.delete(MARK)
    finally:
        await bucket.close()


class _Marked(Protocol):
    async def read(self) -> str:
        """Return the mark, "" if there is none."""

    async def write(self, mark: str) -> None: ...


async def _check(place: BlobPlace, marked: _Marked, engine: Engine) -> None:
    own, has_files = await engine.read(lambda connection: connection.fetchrow(_KNOWN))
    there = await marked.read()
    if there == own:
        return
    if there:
        raise SettingsError(f"--blobs {place}: the files of another cluster are there; choose another place")
    if has_files:
        cure = f"mount it, or bring all that was there, with {MARK!r}, to this place"
        raise SettingsError(f"--blobs {place}: the files of this cluster are somewhere else; {cure}")
    await marked.write(own)


class _MarkedFolder:
    def __init__(self, folder: Path) -> None:
        self._path = folder / MARK

    async def read(self) -> str:
        try:
            return (await asyncio.to_thread(self._path.read_bytes))[:MOST].decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""

    async def write(self, mark: str) -> None:
        await asyncio.to_thread(write_file, self._path, mark.encode())


class _MarkedBucket:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def read(self) -> str:
        async with contextlib.aclosing(self._bucket.list(MARK)) as pages:
            keys = {one.key async for page in pages for one in page}
        size = await self._bucket.size(MARK) if MARK in keys else None  # a list says why, where nothing is allowed
        if not size:
            return ""
        return (await self._bucket.get(MARK, 0, min(size, MOST))).decode("ascii", "replace").strip()

    async def write(self, mark: str) -> None:
        await self._bucket.put(MARK, mark.encode())
