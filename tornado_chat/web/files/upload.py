"""Uploads: in one request, or in several that go on where the last one ended."""

from __future__ import annotations

from tornado.web import stream_request_body

from tornado_chat.auth.providers import Credentials
from tornado_chat.auth.requests import argument
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.file_names import NAMELESS, clean_file_name
from tornado_chat.web.files.answers import HttpRefused
from tornado_chat.web.files.receiving import Receiver


@stream_request_body
class NewUpload(Receiver):
    """POST /files?name=: a file as the body, or an upload (Upload-Length) that PATCH goes on with."""

    _resumable = False

    async def begin(self, came: Credentials) -> None:
        if self.traffic.files.off:
            raise HttpRefused(501, self.traffic.files.off, Error.NOT_ALLOWED)
        name = clean_file_name(argument(self.request, "name") or NAMELESS)
        resumable = "Upload-Length" in self.request.headers
        size = self.whole("Upload-Length") if resumable else self._said()
        length = self.length()
        if length is not None and length > size:
            raise Refused(f"the body has {length:,} bytes, and Upload-Length says {size:,}", Error.INVALID_FIELD)
        if self.server.limits is not None:
            self.server.limits.upload(came.user.id, self.request.remote_ip or "")
        self.upload = await self.traffic.files.begin(came.user, name, size)
        try:
            self.receive(came, self.upload, 0)
        except Refused:
            await self.forget(self.upload)
            raise

    def _said(self) -> int:
        length = self.length()
        if length is None or "Content-Length" not in self.request.headers:
            how = "say how long it is: Content-Length, or Upload-Length beside a body in chunks"
            raise HttpRefused(411, how, Error.INVALID_FIELD)
        return length

    async def post(self) -> None:
        if self.refused or self.upload is None:
            self._end()
            return
        try:
            at = await self.received()
            if at == self.upload.size:
                await self.finish_upload()
                return
            self._resumable = True
            self.set_header("Location", f"files/uploads/{self.upload.id}")
            self.set_header("Upload-Offset", str(at))
            self.answer(201)
        except Refused as refused:
            await self.forget(self.upload)
            self.refuse(refused)


@stream_request_body
class UploadPart(Receiver):
    """/files/uploads/ID: HEAD says how much is there, PATCH goes on from there, DELETE gives it up."""

    _there = 0

    async def begin(self, came: Credentials) -> None:
        method, id = self.request.method, self.path_args[0]
        self.upload, self._there = await self.traffic.files.upload(came.user, id)
        while self.traffic.is_written(id):
            await self.traffic.take_over(id)
            self.upload, self._there = await self.traffic.files.upload(came.user, id)
        if method != "PATCH":
            return
        at = self.whole("Upload-Offset")
        if at != self._there:
            words = f"the upload goes on at {self._there}, as HEAD tells"
            raise HttpRefused(409, words, Error.CONFLICT, Upload_Offset=str(self._there))
        length = self.length()
        if length is not None and at + length > self.upload.size:
            raise Refused(f"the file was to have {self.upload.size:,} bytes, and has more", Error.TOO_LARGE)
        self.receive(came, self.upload, at)

    async def head(self, id: str) -> None:
        if self.refused or self.upload is None:
            return
        self.set_header("Upload-Offset", str(self._there))
        self.set_header("Upload-Length", str(self.upload.size))
        self.answer(200)

    async def patch(self, id: str) -> None:
        if self.refused or self.upload is None:
            self._end()
            return
        try:
            at = await self.received()
            if at == self.upload.size:
                await self.finish_upload()
            else:
                self.set_header("Upload-Offset", str(at))
                self.answer(204)
        except Refused as refused:
            self.refuse(refused)

    async def delete(self, id: str) -> None:
        if self.refused or self.upload is None:
            self._end()
            return
        try:
            if self.upload.file:
                raise Refused("it has become a file, which goes by itself if no message has it", Error.CONFLICT)
            await self.traffic.files.discard(self.upload)
        except Refused as refused:
            self.refuse(refused)
        else:
            self.answer(204)
