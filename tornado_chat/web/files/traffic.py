"""The files that are on their way: how many at once, and one writer for each upload."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.file_sharing import Files
from tornado_chat.chat.files import Upload
from tornado_chat.chat.rate_limits import network
from tornado_chat.web.files.lanes import Lanes

PIECE = 128 * 1024  # bytes that are written at once at least, unless a body ends
HELD = 128 * 1024 * 1024  # bytes of all uploads that wait in memory for more, where larger pieces are better
AT_ONCE = (20, 200, 1_000)  # bodies that come at once: of one user, of one address, altogether
SENDING = (20, 200)  # files that are sent at once, to one user, to one address: each holds two descriptors
FINISHING = (1, 4)  # uploads that become files at once, likewise: a picture may take long, and others wait for it


class Traffic:
    """What all requests for files share. limited: whether there are limits (--limits)."""

    def __init__(self, files: Files, limited: bool) -> None:
        self.files = files
        # Others wait, and so do those who send them.
        self.reads, self.writes = asyncio.Semaphore(files.blobs.reads), asyncio.Semaphore(files.blobs.writes)
        self._limited = limited
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lanes = Lanes()
        self._writers: dict[str, Writer] = {}
        self._ending: set[asyncio.Future[None]] = set()
        self._has_ended = False

    def check(self) -> None:
        """Refuse whatever comes when the server stops."""
        if self._has_ended:
            raise stopping()

    def enter(self, user: str, address: str) -> Callable[[], None]:
        """Count a body that comes; return what to call when it has. Refused (`rate-limited`)."""
        keys = [("user", user), ("address", network(address)), ("all", "")]
        if self._limited and any(self._counts[key] >= most for key, most in zip(keys, AT_ONCE, strict=True)):
            raise Refused("too many files are on their way; wait until one has arrived", Error.RATE_LIMITED, 1.0)
        self._counts.update(keys)

        def leave() -> None:
            self._counts.subtract(keys)
            for key in keys:
                if not self._counts[key]:
                    del self._counts[key]

        return leave

    def finishing(self, user: str, address: str) -> AbstractAsyncContextManager[None]:
        """Wait until an upload's turn has come to become a file: no user keeps the others waiting for long."""
        return self._turn("finishing", FINISHING, user, address)

    def sending(self, user: str, address: str) -> AbstractAsyncContextManager[None]:
        """Wait until a file's turn has come to be sent: who takes many and reads none holds up nobody else."""
        return self._turn("sending", SENDING, user, address)

    @contextlib.asynccontextmanager
    async def _turn(self, what: str, most: tuple[int, int], user: str, address: str) -> AsyncIterator[None]:
        if not self._limited:
            yield
            return
        of_user, of_address = most
        near = (what, "address", network(address))
        async with self._lanes.turn((what, user), of_user), self._lanes.turn(near, of_address):
            yield

    async def take_over(self, upload: str) -> None:
        """Stop who writes an upload now: a connection that its client has given up, most likely."""
        while (writer := self._writers.get(upload)) is not None:
            await writer.stop(Refused("another request goes on with this upload", Error.CONFLICT))

    @property
    def piece(self) -> int:
        """How many bytes are written at once now."""
        return max(PIECE, min(self.files.blobs.piece, HELD // max(len(self._writers), 1)))

    def is_written(self, upload: str) -> bool:
        return upload in self._writers

    def end(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what is left to do for a client that has gone."""
        task = asyncio.ensure_future(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def writer(self, upload: Upload, at: int, stopped: Callable[[Refused], None]) -> Writer:
        """Return what writes an upload from an offset on. stopped: called with why it cannot go on."""
        writer = Writer(self, upload, at, stopped)
        self._writers[upload.id] = writer
        return writer

    def forget(self, writer: Writer) -> None:
        if self._writers.get(writer.upload.id) is writer:
            del self._writers[writer.upload.id]

    async def close(self) -> None:
        """Stop all who write, when what they have has been written. Nothing is taken or given after that."""
        self._has_ended = True
        await asyncio.gather(*(writer.stop(stopping()) for writer in list(self._writers.values())))
        await asyncio.gather(*self._ending)


class Writer:
    """Writes what comes of an upload, in large pieces. `at`: how many bytes have come."""

    def __init__(self, traffic: Traffic, upload: Upload, at: int, stopped: Callable[[Refused], None]) -> None:
        self.upload = upload
        self.at = at
        self.ended = False
        self._traffic = traffic
        self._stopped = stopped
        self._held: list[bytes] = []
        self._size = 0
        self._writing = asyncio.Lock()

    async def add(self, data: bytes) -> None:
        """Take bytes in. It returns when there is room for more. Refused as of Files.write."""
        if self.ended:
            return
        if self.at + len(data) > self.upload.size:
            await self.flush()
            await self._traffic.files.write(self.upload, self.at, data)  # which refuses it
        self.at += len(data)
        self._held.append(data)
        self._size += len(data)
        if self._size >= self._traffic.piece:
            await self.flush()

    async def flush(self) -> None:
        """Write what has come."""
        async with self._writing, self._traffic.writes:
            if self._held:
                data, self._held = b"".join(self._held), []
                at, self._size = self.at - self._size, 0
                await self._traffic.files.write(self.upload, at, data)

    async def end(self) -> None:
        """Write what has come, and take nothing more; what cannot be written is sent again."""
        self.ended = True
        try:
            with contextlib.suppress(Refused):
                await self.flush()
        finally:
            self._traffic.forget(self)

    async def stop(self, why: Refused) -> None:
        """As `end`, against the client's will."""
        self._stopped(why)
        await self.end()


def stopping() -> Refused:
    return Refused("the server stops; go on in a moment", Error.HISTORY_UNAVAILABLE, 2.0)
