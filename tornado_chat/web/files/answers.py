"""What all answers about files have in common: headers, errors in JSON, and an end for bodies that nobody wants."""

from __future__ import annotations

import asyncio
import math
from http.client import responses
from typing import Any

from tornado.web import HTTPError

from tornado_chat.auth.providers import Credentials
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.protocol import encode
from tornado_chat.web.base import Fresh, methods_of
from tornado_chat.web.files.access import Access
from tornado_chat.web.files.traffic import Traffic
from tornado_chat.web.socket.tornado_internals import has_begun, is_finished

NOTHING_RUNS = "sandbox; default-src 'none'"
STATUS: dict[str, int] = {
    Error.NOT_ALLOWED: 403,
    Error.NOT_FOUND: 404,
    Error.CONFLICT: 409,
    Error.TOO_LARGE: 413,
    Error.RATE_LIMITED: 429,
    Error.INTERNAL: 500,
    Error.HISTORY_UNAVAILABLE: 503,
    Error.NO_SPACE: 507,
}
LINGER = 10.0  # seconds for which the body of a refused request is read on, so that its client reads the answer
MOST_UNREAD = 32 * 1024 * 1024  # bytes of it


class HttpRefused(Refused):
    """A Refused with a status of its own, and headers."""

    def __init__(self, status: int, message: str, code: str, retry_after: float = 0.0, **headers: str) -> None:
        super().__init__(message, code, retry_after)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class FileHandler(Fresh):
    """The base class of handlers; `access` says who asks."""

    access: Access
    traffic: Traffic
    refused = False
    _unread = 0
    _lingering: asyncio.TimerHandle | None = None

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Security-Policy", NOTHING_RUNS)

    def answer(self, status: int, said: dict[str, Any] | None = None) -> None:
        """Answer with JSON, or with nothing."""
        self._head(status, said)
        self.finish()

    def _head(self, status: int, said: dict[str, Any] | None) -> None:
        self.set_status(status)
        if said is None:
            self.clear_header("Content-Type")
        else:
            body = encode(said)
            self.set_header("Content-Type", "application/json")
            self.set_header("Content-Length", len(body))
            self.write(body)

    async def who(self) -> Credentials:
        """Return who sends something; Refused (401, 403) if that is nobody who may."""
        if not self.is_from_here():
            raise Refused("this is not for other sites", Error.NOT_ALLOWED)
        try:
            came = await self.access.of(self.request)
        except Refused as refused:
            raise nobody(refused) from None
        if came is None:
            words = "say who you are: Authorization: Bearer, with the token of hello"
            raise nobody(Refused(words, Error.NOT_ALLOWED))
        if await self.access.is_banned(came, self.request):
            raise Refused("you are banned", Error.NOT_ALLOWED)
        return came

    def refuse(self, refused: Refused) -> None:
        """Answer with what was refused. What comes of the body is read and dropped, for a while."""
        if self.refused or is_finished(self) or has_begun(self):
            return
        self.refused = True
        status = STATUS.get(refused.code, 400)
        if isinstance(refused, HttpRefused):
            status = refused.status
            for name, value in refused.headers.items():
                self.set_header(name, value)
        if refused.retry_after:
            self.set_header("Retry-After", str(math.ceil(refused.retry_after)))
        if "Expect" in self.request.headers:
            self.set_header("Connection", "close")  # the client will not send the body
        self._head(status, {"code": refused.code, "message": refused.message})
        if not self._comes_more():
            self.finish()
            return
        self.flush()  # before the client has sent all: to close now would destroy the answer on its way
        self._lingering = asyncio.get_running_loop().call_later(LINGER, self._end)

    def _comes_more(self) -> bool:
        headers = self.request.headers
        if "Expect" in headers or self.request.method in ("GET", "HEAD"):
            return False
        return headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers

    def drop(self, data: bytes) -> None:
        """Drop what comes of the body of a refused request."""
        self._unread += len(data)
        if self._unread > MOST_UNREAD:
            self._end()

    def _end(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
        if not is_finished(self):
            self.finish()

    def on_finish(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()

    def write_error(self, status_code: int, **about: Any) -> None:
        """Say in JSON what went wrong."""
        error = about.get("exc_info", (None, None))[1]
        if status_code == 405:
            self.set_header("Allow", methods_of(self))
        reason = error.reason if isinstance(error, HTTPError) else None
        words = (reason or responses.get(status_code, "error")).lower()
        code = Error.INTERNAL if status_code >= 500 else Error.INVALID_FIELD
        self._head(status_code, {"code": code, "message": words})


def nobody(refused: Refused) -> Refused:
    """Return a 401, unless it is the disk that fails."""
    if refused.code == Error.HISTORY_UNAVAILABLE:
        return refused
    return HttpRefused(401, refused.message, Error.NOT_ALLOWED, refused.retry_after, WWW_Authenticate="Bearer")
