"""Who asks for a file, or sends one."""

from __future__ import annotations

from copy import copy

from tornado.httputil import HTTPServerRequest

from tornado_chat.auth.providers import Credentials, Identity
from tornado_chat.auth.requests import bearer_of
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.routing.server import Server
from tornado_chat.web.files.cookie import FileCookies


class Access:
    """Knows who asks, by what each request says anew."""

    def __init__(self, server: Server, identity: Identity, cookies: FileCookies) -> None:
        self._server = server
        self._identity = identity
        self.cookies = cookies

    async def of(self, request: HTTPServerRequest, by_cookie: bool = False) -> Credentials | None:
        """Return who asks, None for nobody; Refused for a token that is not valid, or where nobody can be looked up.

        by_cookie: whether the cookie of files counts. It wins over the cookie of a session, as the page has asked for
        it last; what else says who asks is said with each request.
        """
        asked = copy(request)  # a token in the address would stand in logs, and be sent on; a name makes a new guest
        asked.query_arguments = {
            name: values for name, values in request.query_arguments.items() if name not in ("name", "token")
        }
        came = await self._identity.authenticate(asked)
        if by_cookie and (came is None or came.session):
            came = await self.cookies.read(request) or came
        if came is None and bearer_of(request) is not None:
            raise Refused("the token is not valid here, or not any more", Error.NOT_ALLOWED)
        return came

    async def is_banned(self, came: Credentials, request: HTTPServerRequest) -> bool:
        return await self._server.is_banned(came.user.id, request.remote_ip or "")
