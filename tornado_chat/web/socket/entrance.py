"""Who may come in, and what they are told first: the same for every upgrade, whoever has read it."""

from __future__ import annotations

import asyncio
import logging
import math
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic, time

from tornado.httputil import HTTPServerRequest, format_timestamp
from tornado.web import HTTPError

from tornado_chat.auth.providers import Credentials, Identity
from tornado_chat.auth.requests import token_of
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Close, Error, Refused
from tornado_chat.routing.router import Router
from tornado_chat.routing.server import Server
from tornado_chat.web.base import Site, default_headers, is_from_here, shown_origin
from tornado_chat.web.socket.keepalive import Keepalive
from tornado_chat.web.socket.session import Session, log_client
from tornado_chat.web.socket.transport import WebSocketTransport

LONGEST = 10.0 * 365 * 86_400  # seconds that a timer is set for

log = logging.getLogger("tornado_chat")


class TooSoon(HTTPError):
    """503 for one who has to come again later."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(503, reason=refused.message.capitalize())
        self.retry_after = math.ceil(refused.retry_after)


class TurnedAway(Exception):
    """Someone may not come in, and is told so in a close frame: a browser is not told a status."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@lru_cache(maxsize=16)
def _lines(policy: str, second: int) -> str:
    given = default_headers(policy)
    headers = {"Server": given["Server"], "Date": format_timestamp(second), **given}
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


@dataclass(slots=True, frozen=True)
class Entrance:
    """Lets clients in. One for a server.

    `hello`: makes a connection's first line of who it is; `allowed_sites`: see Safe.
    """

    server: Server
    router: Router
    identity: Identity
    keepalive: Keepalive
    hello: Callable[[Credentials], bytes]
    compress: bool
    max_message_size: int
    policy: str
    allowed_sites: Collection[Site]

    def lines_of_answer(self) -> str:
        """Return the headers that each answer to an upgrade has, those of the handshake aside."""
        return _lines(self.policy, int(time()))

    async def admit(self, request: HTTPServerRequest) -> Credentials | TurnedAway:
        """Decide before the upgrade who may come in: 403 for another site, 503 where there is no room.

        The connection of one who may not come in is closed after the upgrade (see `open`).
        """
        server = self.server
        if not is_from_here(request, self.allowed_sites):
            origin, here = shown_origin(request.headers["Origin"]), f"{request.protocol}://{request.host}"[:200]
            how = "see --trusted-proxies and --allowed-origin"
            _tell(request, f"a page of {origin} asks, and this is {here} ({how})")
            raise HTTPError(403, reason="Foreign Origin")
        try:
            if server.limits is not None:
                server.limits.admit(request.remote_ip or "")
        except Refused as refused:
            raise TooSoon(refused) from None
        try:
            await server.moderation.load()
            came = await self.identity.authenticate(request)
            if came is not None:
                return came
            if token_of(request) is not None:
                return TurnedAway(Close.NOT_SIGNED_IN, "the token is not valid here")
            if self.identity.needs_name:
                raise Refused("a name is missing: ask for /ws?name=YOU", Error.INVALID_NAME)
        except Refused as refused:
            return _turned_away(request, refused)
        return TurnedAway(Close.NOT_SIGNED_IN, "not signed in, or not any more")

    def open(
        self, request: HTTPServerRequest, transport: WebSocketTransport, came: Credentials | TurnedAway
    ) -> Connection:
        """Introduce a client to the hub, whose first lines have then gathered; TurnedAway if it may not come in."""
        if isinstance(came, TurnedAway):
            _tell(request, came.reason)
            raise came
        server, address = self.server, sys.intern(request.remote_ip or "")  # many come from the same one
        ban = server.moderation.current_ban(came.user.id, address)
        if ban is not None:
            _tell(request, f"banned: {ban.reason}")
            raise TurnedAway(Close.NOT_ALLOWED, server.moderation.notice(ban.until, ban.reason))
        if server.is_full():  # many came at once
            raise TurnedAway(Close.TRY_LATER, "the server is full")
        gate = None
        if server.limits is not None:
            try:
                gate = server.limits.enter(came.user.id, address)
            except Refused as refused:
                _tell(request, refused.message)
                raise TurnedAway(Close.TRY_LATER, refused.message) from None
        others = server.connections_of(came.user.id)
        if others:
            came = self.identity.again(came, others[0].user)
        connection = Connection(came.user, transport, server.flusher, gate)
        connection.address = address
        connection.session, connection.allowed = came.session, came.channels
        session = Session(connection, self.router, self.keepalive)
        if came.until is not None:
            rest = min(came.until - time(), LONGEST)
            session.expiry = asyncio.get_running_loop().call_later(
                rest, connection.close, Close.NOT_SIGNED_IN, "the time you signed in for is over"
            )
        transport.hand_over(session)
        server.metrics.requests[101] += 1
        log_client(connection, "connected")
        server.add(connection)
        self.keepalive.add(connection, monotonic())
        connection.gather(self.hello(came))
        server.places.connected(connection, came.fresh)
        if server.on_move is not None:
            server.on_move("connect", connection)
        return connection


def _turned_away(request: HTTPServerRequest, refused: Refused) -> TurnedAway:
    """Return what the close frame says; a program that asks with a name nobody can bear is told 400 at once."""
    code = Close.NOT_SIGNED_IN
    if refused.retry_after or refused.code == Error.HISTORY_UNAVAILABLE:
        code = Close.TRY_LATER
    elif refused.code in (Error.INVALID_NAME, Error.INVALID_FIELD):
        code = Close.BAD_REQUEST
        if "Origin" not in request.headers:
            _tell(request, refused.message)
            raise HTTPError(400, reason="Invalid Name" if refused.code == Error.INVALID_NAME else "Not UTF-8")
    return TurnedAway(code, refused.message)


def _tell(request: HTTPServerRequest, why: str) -> None:
    """Log why someone is not let in."""
    address = request.remote_ip
    log.info("%s is not let in: %s", address, why, extra={"event": "refused", "address": address, "why": why})
