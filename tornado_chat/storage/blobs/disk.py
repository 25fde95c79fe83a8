"""Blobs in a folder of this machine: `ab/abcd…`, by the SHA-256 of their bytes, and uploads in `uploads/ID`.

All of it runs on a few threads of its own, so that the loop waits for no disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeVar

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Blob, is_id, new_id, no_file
from tornado_chat.storage.blobs.faults import Faults, full
from tornado_chat.storage.blobs.folder import (
    UPLOADS,
    alone,
    blob_folders,
    blobs_in,
    deleting,
    digest,
    make_synced,
    place,
    settle,
)
from tornado_chat.storage.blobs.shared import locked
from tornado_chat.storage.data_folder import create_file, discard, make_folder, sync

THREADS = 4
CHUNK = 128 * 1024  # bytes that are read at once
SPARE = 64 * 1024 * 1024  # bytes of the disk that uploads leave to the messages

T = TypeVar("T")


class DiskBlobs:
    """A Blobs (see there) in a folder, which is made when it is needed. Without one, all is gone with the process.

    shared: whether other processes, also on other machines, use the folder, which is there then (see shared.py).
    """

    piece, reads, writes = CHUNK, 4, 2

    def __init__(self, folder: Path | None = None, shared: bool = False) -> None:
        self._given = folder
        self._made: Path | None = None
        self._forget: Callable[[], object] | None = None  # removes the folder where none was given
        self._pool = ThreadPoolExecutor(THREADS, "blobs")
        self._making = threading.Lock()  # of the folder: the first two uploads may begin at once
        # Between the look at a blob's time and what is done by that.
        settling = threading.Lock()
        self._settling: Callable[[], AbstractContextManager[object]] = lambda: settling
        if shared and folder is not None:
            self._settling = partial(locked, folder)
        self._faults = Faults()

    # Uploads

    async def begin(self, size: int) -> str:
        return await self._run(self._begin, size)

    async def size(self, upload: str) -> int | None:
        with contextlib.suppress(Refused):
            return await self._run(self._size, upload)
        return None

    async def write(self, upload: str, at: int, data: bytes) -> int:
        return await self._run(self._write, upload, at, data)

    @contextlib.asynccontextmanager
    async def local(self, upload: str) -> AsyncIterator[Path]:
        path = self._upload(upload)
        await self._run(os.utime, path)  # it does not stand still
        yield path

    async def finish(self, upload: str) -> Blob:
        return await self._run(self._finish, self._upload(upload))

    async def discard(self, upload: str) -> None:
        with contextlib.suppress(Refused):
            await self._run(os.unlink, self._upload(upload))

    async def sweep(self, before: float) -> Sequence[str]:
        return await self._run(self._sweep, before)

    # Blobs

    async def put(self, data: bytes | Path) -> Blob:
        return await self._run(self._put, data)

    async def read(self, blob: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        file = await self._run(os.open, self._blob(blob), os.O_RDONLY | os.O_CLOEXEC)
        try:
            while end is None or start < end:
                data = await self._run(os.pread, file, CHUNK if end is None else min(CHUNK, end - start), start)
                if not data:
                    break
                yield data
                start += len(data)
        finally:
            os.close(file)

    async def delete(self, blob: str, before: float) -> bool:
        return await self._run(self._delete, self._blob(blob), before)

    async def names(self) -> AsyncIterator[Sequence[str]]:
        for folder in await self._run(lambda: blob_folders(self._folder())):
            if found := await self._run(blobs_in, folder):
                yield found

    async def close(self) -> None:
        def run() -> None:
            self._pool.shutdown()
            if self._forget is not None:
                self._forget()

        ending = ThreadPoolExecutor(1, "blobs-end")
        await asyncio.get_running_loop().run_in_executor(ending, run)
        ending.shutdown(wait=False)

    # On the threads

    async def _run(self, do: Callable[..., T], *about: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(self._explained, do, *about))

    def _explained(self, do: Callable[..., T], *about: object) -> T:
        """Do something; say in a Refused what the disk has against it."""
        try:
            return do(*about)
        except (FileNotFoundError, NotADirectoryError):
            raise no_file() from None
        except OSError as error:
            raise self._faults.of_disk(self._made or self._given, error) from None

    def _folder(self) -> Path:
        with self._making:
            if self._made is None:
                if self._given is None:
                    self._made = Path(tempfile.mkdtemp(prefix="tornado_chat-"))
                    self._forget = weakref.finalize(self, shutil.rmtree, self._made, ignore_errors=True)
                else:
                    self._made = self._given
            return self._made

    def _upload(self, upload: str) -> Path:
        if not is_id(upload):
            raise no_file()
        return self._folder() / UPLOADS / upload

    def _blob(self, name: str) -> Path:
        return place(self._folder(), name)

    def _begin(self, size: int) -> str:
        folder = self._folder() / UPLOADS
        make_folder(folder)
        self._need_room(folder, size)
        upload = new_id()
        os.close(create_file(folder / upload))
        return upload

    @staticmethod
    def _need_room(path: Path | int, size: int) -> None:
        disk = os.statvfs(path)
        if disk.f_bavail * disk.f_frsize < size + SPARE:
            raise full()

    def _size(self, upload: str) -> int:
        file = os.open(self._upload(upload), os.O_RDONLY | os.O_CLOEXEC)  # so that NFS asks what others have written
        try:
            return os.fstat(file).st_size
        finally:
            os.close(file)

    def _write(self, upload: str, at: int, data: bytes) -> int:
        with alone(self._upload(upload)) as file:
            stat = os.fstat(file)
            if stat.st_size != at or stat.st_nlink > 1:  # it has become a blob
                raise Refused("the file does not go on there", Error.CONFLICT)
            self._need_room(file, len(data))
            rest = memoryview(data)
            while rest:
                written = os.pwrite(file, rest, at)
                at, rest = at + written, rest[written:]
        return at

    def _finish(self, path: Path) -> Blob:
        with alone(path) as file:
            try:
                os.fsync(file)
            except OSError:  # the next sync may succeed, although something was lost
                discard(path)
                raise
            blob = Blob(digest(file), os.fstat(file).st_size)
            target = self._blob(blob.name)
            make_synced(target.parent)
            with self._settling():
                settle(path, target, blob.size)
        sync(target.parent)
        return blob

    def _put(self, data: bytes | Path) -> Blob:
        path = self._upload(self._begin(len(data) if isinstance(data, bytes) else data.stat().st_size))
        try:
            if isinstance(data, bytes):
                path.write_bytes(data)
            else:
                shutil.copyfile(data, path)
            return self._finish(path)
        finally:
            discard(path)

    def _delete(self, path: Path, before: float) -> bool:
        with deleting(self._folder()) as alone, self._settling(), contextlib.suppress(FileNotFoundError):
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # as for the size
            try:
                if alone and os.fstat(file).st_mtime < before:
                    path.unlink()
                    return True
            finally:
                os.close(file)
        return False

    def _sweep(self, before: float) -> list[str]:
        swept = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder() / UPLOADS) as found:
            for one in found:
                with contextlib.suppress(FileNotFoundError, TimeoutError):  # gone, or written now
                    if is_id(one.name) and one.stat().st_mtime < before and self._forget_old(Path(one), before):
                        swept.append(one.name)
        return swept

    @staticmethod
    def _forget_old(upload: Path, before: float) -> bool:
        with alone(upload, patience=0) as file:
            is_old = os.fstat(file).st_mtime < before
            if is_old:
                upload.unlink()
        return is_old
