"""The addresses of files, and what their handlers share."""

from __future__ import annotations

from typing import Any

from tornado_chat.auth.build import Auth
from tornado_chat.routing.server import Server
from tornado_chat.web.files.access import Access
from tornado_chat.web.files.cookie import FileCookies
from tornado_chat.web.files.download import BrowserCookie, Download
from tornado_chat.web.files.traffic import Traffic
from tornado_chat.web.files.upload import NewUpload, UploadPart


class FileRoutes:
    """Files over HTTP. secret: what cookies are signed with; limited: whether there are limits (--limits)."""

    def __init__(self, server: Server, auth: Auth, secret: bytes, limited: bool) -> None:
        self._server = server
        self._traffic = Traffic(server.files, limited)
        self._access = Access(server, auth.identity, FileCookies(secret, auth.accounts))

    def handlers(self) -> list[Any]:
        shared = {"access": self._access, "traffic": self._traffic}
        return [
            (r"/files", NewUpload, {**shared, "server": self._server}),
            (r"/files/cookie", BrowserCookie, shared),
            (r"/files/uploads/([^/]+)", UploadPart, {**shared, "server": self._server}),
            (r"/files/([^/]+)(?:/.*)?", Download, shared),
        ]

    async def close(self) -> None:
        """Write what has come of uploads, and take no more."""
        await self._traffic.close()
