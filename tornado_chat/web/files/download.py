"""A file's bytes, for who may have them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from tornado.iostream import StreamClosedError

from tornado_chat.auth.providers import Credentials
from tornado_chat.auth.requests import argument
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.file_types import INLINE, TEXT
from tornado_chat.chat.files import Blob, File
from tornado_chat.web.files.answers import FileHandler, HttpRefused, nobody
from tornado_chat.web.files.disposition import content_disposition
from tornado_chat.web.files.ranges import part_of
from tornado_chat.web.socket.tornado_internals import has_begun

KEPT = "private, max-age=300"  # seconds for which a browser does not ask again whether somebody may have it
SLOWEST = 60.0  # seconds that a client may take for one piece; a player that pauses asks for the rest, later
THUMBNAIL = "image/webp"
UNKNOWN = "there is no such file, or it is not yours to have"
ANONYMOUS = f"{UNKNOWN}; say who you are: Authorization: Bearer, or the cookie"


class Download(FileHandler):
    """GET and HEAD of /files/ID, with or without a name behind it. `?size=` asks for a thumbnail."""

    async def get(self, id: str) -> None:
        try:
            came = await self._who()
            await self._send(await self.traffic.files.get(came.user, id, came.channels), came.user.id)
        except Refused as refused:
            if refused.code == Error.NOT_FOUND and refused.message != ANONYMOUS:
                refused = Refused(UNKNOWN, Error.NOT_FOUND)
            self.clear()
            self.refuse(refused)

    head = get

    async def _who(self) -> Credentials:
        self.traffic.check()
        try:
            came = await self.access.of(self.request, by_cookie=True)
        except Refused as refused:
            raise nobody(refused) from None
        if came is None:
            raise Refused(ANONYMOUS, Error.NOT_FOUND)
        if await self.access.is_banned(came, self.request):
            raise Refused(UNKNOWN, Error.NOT_FOUND)
        return came

    async def _send(self, file: File, user: str) -> None:
        blob, kind, name, mark = self._asked(file)
        inline = kind in INLINE
        self.set_header("Content-Type", f"{TEXT}; charset=utf-8" if kind == TEXT else kind)
        self.set_header("Content-Disposition", content_disposition(name, inline))
        self.set_header("Cache-Control", KEPT)
        self.set_header("Vary", "Authorization, Cookie")
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("ETag", mark)
        if self.check_etag_header():
            self.set_status(304)
            self.finish()
            return
        start, end = self._part(blob.size, mark)
        self.set_header("Content-Length", end - start)
        if self.request.method != "HEAD":
            async with self.traffic.sending(user, self.request.remote_ip or ""):
                await self._stream(blob, start, end)

    def _asked(self, file: File) -> tuple[Blob, str, str, str]:
        """Return what is sent: bytes, their type and name, and the ETag.

        That is made of the file's id: one of the bytes would tell where else they are.
        """
        size = argument(self.request, "size")
        if size is None:
            return file.blob, file.type, file.name, f'"{file.id}"'
        if not size.isdecimal() or len(size) > 6:
            raise Refused("size must be a whole number of pixels", Error.INVALID_FIELD)
        if not file.thumbnails:
            return file.blob, file.type, file.name, f'"{file.id}"'
        nearest = min(file.thumbnails, key=lambda side: abs(side - int(size)))
        name = f"{file.name.rpartition('.')[0] or file.name}.webp"
        return file.thumbnails[nearest], THUMBNAIL, name, f'"{file.id}-{nearest}"'

    def _part(self, size: int, mark: str) -> tuple[int, int]:
        header = self.request.headers.get("Range")
        if header is None or self.request.headers.get("If-Range", mark) != mark:
            return 0, size
        try:
            part = part_of(header, size)
        except ValueError:
            words = f"the file has {size:,} bytes, and there is nothing in that range"
            raise HttpRefused(416, words, Error.INVALID_FIELD, Content_Range=f"bytes */{size}") from None
        if part is None:
            return 0, size
        self.set_status(206)
        self.set_header("Content-Range", f"bytes {part[0]}-{part[1] - 1}/{size}")
        return part

    async def _stream(self, blob: Blob, start: int, end: int) -> None:
        async with aclosing(self.traffic.files.read(blob, start, end)) as pieces:
            while True:
                try:
                    async with self.traffic.reads:
                        self.traffic.check()
                        piece = await anext(pieces, None)
                    if piece is None:
                        return
                    self.write(piece)
                    async with asyncio.timeout(SLOWEST):
                        await self.flush()
                except (StreamClosedError, TimeoutError, Refused):
                    if not has_begun(self):
                        raise
                    self.request.connection.close()  # type: ignore[union-attr]
                    return


class BrowserCookie(FileHandler):
    """POST /files/cookie: 204, and the cookie with which this browser may ask for files. DELETE takes it away.

    It has no Path: browsers send it to all that is beside it, at whatever path a proxy serves the chat.
    """

    async def post(self) -> None:
        try:
            value, lasts = self.access.cookies.make(await self.who())
        except Refused as refused:
            self.refuse(refused)
        else:
            self.set_header("Expires-In", str(lasts))  # which the page may read; it may not read the cookie
            self._set(value, lasts)

    def delete(self) -> None:
        self._set("", 0)

    def _set(self, value: str, lasts: int) -> None:
        parts = [f"{self.access.cookies.name}={value}", f"Max-Age={lasts}", "HttpOnly"]
        if self.request.protocol != "https":
            parts += ["SameSite=Strict"]
        elif self.settings["allowed_sites"]:
            parts += ["SameSite=None", "Secure", "Partitioned"]  # for the chat in a frame on another site
        else:
            parts += ["SameSite=Strict", "Secure"]
        self.set_header("Set-Cookie", "; ".join(parts))
        self.answer(204)
