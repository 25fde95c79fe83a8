"""What all uploads have in common: a body that is written as it comes, and may break off, or stall."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable

from tornado.web import HTTPError

from tornado_chat.auth.providers import Credentials
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Upload
from tornado_chat.routing.server import Server
from tornado_chat.web.files.answers import FileHandler, HttpRefused
from tornado_chat.web.files.progress import STALLED, Progress
from tornado_chat.web.files.traffic import Writer
from tornado_chat.web.socket.tornado_internals import answers, is_finished

WHOLE = re.compile("[0-9]{1,15}")
FOR_EVER = 365 * 86_400.0  # seconds: Progress ends a body instead


class Receiver(FileHandler):
    """Writes the body of a request to an upload."""

    server: Server
    upload: Upload | None = None
    _writer: Writer | None = None
    _progress: Progress | None = None
    _leave: Callable[[], None] | None = None
    _resumable = True

    async def prepare(self) -> None:
        if not answers(self, self.request.method or ""):
            raise HTTPError(405)
        connection = self.request.connection
        connection.set_max_body_size(sys.maxsize)  # type: ignore[union-attr]
        connection.set_body_timeout(FOR_EVER)  # type: ignore[union-attr]
        try:
            self.traffic.check()
            came = await self.who()
            self._check_body()
            await self.begin(came)
        except Refused as refused:
            self.refuse(refused)

    async def begin(self, came: Credentials) -> None:
        """Find or make the upload; receive what the body has of it."""
        raise NotImplementedError

    def _check_body(self) -> None:
        kind = self.request.headers.get("Content-Type", "")
        if kind.lower().startswith("multipart/"):
            raise HttpRefused(415, "send the file itself as the body, without a form around it", Error.INVALID_FIELD)
        if self.request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise HttpRefused(415, "send the file as it is, without a Content-Encoding", Error.INVALID_FIELD)

    def length(self) -> int | None:
        """Return how many bytes the body has, None if that is not known before."""
        if "Transfer-Encoding" in self.request.headers:
            return None
        return self.whole("Content-Length", 0)

    def whole(self, name: str, default: int | None = None) -> int:
        """Return the number that a header has."""
        value = self.request.headers.get(name)
        if value is None and default is not None:
            return default
        if value is None or not WHOLE.fullmatch(value):
            raise Refused(f"{name} must be a whole number of bytes", Error.INVALID_FIELD)
        return int(value)

    def receive(self, came: Credentials, upload: Upload, at: int) -> None:
        """Take in the body, from an offset of the upload on."""
        self._leave = self.traffic.enter(came.user.id, self.request.remote_ip or "")
        self._writer = self.traffic.writer(upload, at, self._give_up)
        self._progress = Progress(self._cut)

    async def data_received(self, data: bytes) -> None:
        if self.refused:
            self.drop(data)
        elif self._writer is not None and self._progress is not None:
            self._progress.made(len(data))
            try:
                with self._progress.ours():
                    await self._writer.add(data)
            except Refused as refused:
                await self._gone()
                self.refuse(refused)

    async def received(self) -> int:
        """Return up to where the upload is there, now that the body has come."""
        assert self._writer is not None
        assert self._progress is not None
        self._progress.end()
        try:
            await self._writer.flush()
        finally:
            await self._end_body()
        return self._writer.at

    async def finish_upload(self) -> None:
        """Answer with the file that the upload, which is complete, becomes."""
        assert self.upload is not None
        async with self.traffic.finishing(self.upload.owner, self.request.remote_ip or ""):
            file = await self.traffic.files.finish(self.upload)
        self.answer(201, file.shown())

    async def _end_body(self) -> None:
        if self._progress is not None:
            self._progress.end()
        if self._leave is not None:
            self._leave()
            self._leave = None
        if self._writer is not None and not self._writer.ended:
            await self._writer.end()

    def _cut(self) -> None:
        how = "HEAD says where to go on" if self._resumable else "begin with Upload-Length, to be able to go on"
        self._give_up(HttpRefused(408, f"nothing came for {STALLED:g} s; {how}", Error.REFUSED))

    def _give_up(self, why: Refused) -> None:
        self.set_header("Connection", "close")
        self.refuse(why)
        if not is_finished(self):
            self.finish()  # and close: nobody sends any more
        self.on_connection_close()

    def on_connection_close(self) -> None:
        """Keep what came of an upload that can go on; forget one that cannot."""
        super().on_connection_close()
        self.traffic.end(self._gone())

    async def _gone(self) -> None:
        await self._end_body()
        if self.upload is not None and not self._resumable:
            await self.forget(self.upload)

    async def forget(self, upload: Upload) -> None:
        with contextlib.suppress(Refused):  # the disk fails: it is swept, later
            await self.traffic.files.discard(upload)

    def on_finish(self) -> None:
        super().on_finish()
        if self._progress is not None:
            self._progress.end()
