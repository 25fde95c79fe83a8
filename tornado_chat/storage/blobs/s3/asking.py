"""What is asked of a bucket for the blobs of a cluster: several things at once, and what is said if they fail."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import no_file
from tornado_chat.storage.blobs.faults import Faults, full
from tornado_chat.storage.blobs.s3.answers import S3Error
from tornado_chat.storage.blobs.s3.bucket import Bucket
from tornado_chat.storage.postgres.objects import PostgresObjects

AT_ONCE = 4  # objects that belong together

T = TypeVar("T")


class Asking:
    """A bucket, and the rows that say what is in it."""

    def __init__(self, bucket: Bucket, objects: PostgresObjects) -> None:
        self._bucket = bucket
        self._objects = objects
        self._faults = Faults()
        self._held = asyncio.Semaphore(2 * AT_ONCE)  # pieces that are in memory while they come or go

    async def _ask(self, asking: Awaitable[T]) -> T:
        """Return what the bucket answers; say in a Refused what it has against it."""
        try:
            return await asking
        except S3Error as error:
            if error.is_missing:
                raise no_file() from None
            if error.is_full:
                raise full() from None
            raise self._faults.refused(self._bucket.place, str(error)) from None
        except EOFError:
            raise self._faults.refused(self._bucket.place, "the connection was lost") from None
        except OSError as error:
            raise self._faults.of_disk(self._bucket.place, error) from None

    async def _together(self, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Do some things, AT_ONCE at a time; end the others if one fails."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def do(job: Callable[[], Awaitable[T]]) -> T:
            async with turns:
                return await job()

        tasks = [asyncio.ensure_future(do(job)) for job in jobs]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _delete(self, objects: Sequence[str]) -> None:
        """Delete objects that no row has any more; what cannot be deleted now is tidied up, later."""

        async def delete(key: str) -> None:
            with contextlib.suppress(Refused):
                await self._ask(self._bucket.delete(key))

        await self._together([partial(delete, key) for key in objects])

    @contextlib.contextmanager
    def _workshop(self) -> Iterator[Path]:
        with self._explained():
            folder = Path(tempfile.mkdtemp(prefix="tornado_chat-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say in a Refused what the disk of this machine has against something."""
        try:
            yield
        except OSError as error:
            raise self._faults.of_disk(tempfile.gettempdir(), error) from None
