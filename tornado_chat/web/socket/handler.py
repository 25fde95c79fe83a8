"""A client's handshake: who may come in, and what they are told first."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic, time
from typing import Any

from tornado.httputil import format_timestamp
from tornado.web import HTTPError

from tornado_chat.auth.providers import Credentials, Identity
from tornado_chat.auth.requests import token_of
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Close, Error, Refused
from tornado_chat.routing.router import Router
from tornado_chat.routing.server import Server
from tornado_chat.web.base import Safe, default_headers, shown_origin
from tornado_chat.web.capacity import RETRY_AFTER
from tornado_chat.web.socket.keepalive import Keepalive
from tornado_chat.web.socket.plain_upgrade import PlainConnection, refusal_of
from tornado_chat.web.socket.session import Session, log_client
from tornado_chat.web.socket.upgrade import SocketHandler

LONGEST = 10.0 * 365 * 86_400  # seconds that a timer is set for

log = logging.getLogger("tornado_chat")


@dataclass(slots=True, frozen=True)
class Shared:
    """What all sockets of a server share. `hello`: makes a connection's first line of who it is."""

    server: Server
    router: Router
    identity: Identity
    keepalive: Keepalive
    hello: Callable[[Credentials], bytes]
    compress: bool


class TooSoon(HTTPError):
    """503 for one who has to come again later."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(503, reason=refused.message.capitalize())
        self.retry_after = math.ceil(refused.retry_after)


@lru_cache(maxsize=16)
def _lines(policy: str, second: int) -> str:
    given = default_headers(policy)
    headers = {"Server": given["Server"], "Date": format_timestamp(second), **given}
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


class ChatSocket(Safe, SocketHandler):
    """A client's handshake: Tornado's handler, which a Session takes the place of when the socket is open."""

    shared: Shared
    came: Credentials | None = None
    refused: tuple[int, str] = (Close.NOT_SIGNED_IN, "not signed in, or not any more")

    async def prepare(self) -> None:
        """Decide before the upgrade who may come in, unless that was done."""
        if self.shared.server.is_full():
            self._turn_away()
            return
        if (refusal := refusal_of(self.request)) is not None:
            raise refusal
        await self._admit()

    async def connect(self) -> bool:
        """Do with a plain upgrade what Tornado does with any other; False: Tornado has to say why it is refused."""
        connection = self.request.connection
        assert isinstance(connection, PlainConnection)
        try:
            await self._admit()
            await self.get()
        except (Exception, asyncio.CancelledError) as error:
            if connection.is_read:
                raise
            connection.refuse(HTTPError(500) if isinstance(error, asyncio.CancelledError) else error)
            return False
        return True

    async def _admit(self) -> None:
        """Decide who may come in: 403 for another site, 503 where there is no room.

        The connection of one who may not come in is closed after the upgrade, as a browser is not told a status.
        """
        server, request = self.shared.server, self.request
        self.compress = self.shared.compress
        if not self.is_from_here():
            origin, here = shown_origin(request.headers["Origin"]), f"{request.protocol}://{request.host}"[:200]
            self._tell(f"a page of {origin} asks, and this is {here} (see --trusted-proxies and --allowed-origin)")
            raise HTTPError(403, reason="Foreign Origin")
        try:
            if server.limits is not None:
                server.limits.admit(request.remote_ip or "")
        except Refused as refused:
            raise TooSoon(refused) from None
        try:
            await server.moderation.load()
            self.came = await self.shared.identity.authenticate(request)
            if self.came is None and token_of(request) is not None:
                self.refused = Close.NOT_SIGNED_IN, "the token is not valid here"
            elif self.came is None and self.shared.identity.needs_name:
                raise Refused("a name is missing: ask for /ws?name=YOU", Error.INVALID_NAME)
        except Refused as refused:
            self._refuse(refused)

    def _refuse(self, refused: Refused) -> None:
        """Keep why, for the close frame; a program that asks with a name nobody can bear is told 400 at once."""
        code = Close.NOT_SIGNED_IN
        if refused.retry_after or refused.code == Error.HISTORY_UNAVAILABLE:
            code = Close.TRY_LATER
        elif refused.code in (Error.INVALID_NAME, Error.INVALID_FIELD):
            code = Close.BAD_REQUEST
            if "Origin" not in self.request.headers:
                self._tell(refused.message)
                raise HTTPError(400, reason="Invalid Name" if refused.code == Error.INVALID_NAME else "Not UTF-8")
        self.refused = code, refused.message

    def _tell(self, why: str) -> None:
        """Log why someone is not let in."""
        address = self.request.remote_ip
        log.info("%s is not let in: %s", address, why, extra={"event": "refused", "address": address, "why": why})

    def _turn_away(self) -> None:
        self.set_status(503, "Full")
        self.set_header("Retry-After", str(RETRY_AFTER))
        self.set_header("Connection", "close")
        written = self.finish()
        stream = self.detach()
        written.add_done_callback(lambda done: stream.close())

    def write_error(self, status_code: int, **about: Any) -> None:
        """Say when to come again, where one has come too soon."""
        error = about["exc_info"][1] if "exc_info" in about else None
        if isinstance(error, TooSoon):
            self.set_header("Retry-After", str(error.retry_after))
        super().write_error(status_code, **about)

    def clear(self) -> None:
        """Prepare no other answer to a plain upgrade than `answer`."""
        if not isinstance(self.request.connection, PlainConnection):
            super().clear()

    def lines_of_answer(self) -> str:
        return _lines(self.settings["policy"], int(time()))

    def check_origin(self, origin: str) -> bool:
        """Pass what `prepare` has let through (Tornado asks only for cross-origin requests)."""
        return True

    def open(self) -> None:
        """Introduce the client to the hub and say hello."""
        if self.transport.is_closing():
            return
        server, came, address = self.shared.server, self.came, self.request.remote_ip or ""
        ban = None if came is None else server.moderation.current_ban(came.user.id, address)
        if came is None or ban is not None:
            code, why = (
                self.refused if ban is None else (Close.NOT_ALLOWED, server.moderation.notice(ban.until, ban.reason))
            )
            self._tell(why if ban is None else f"banned: {ban.reason}")
            self.close(code, why)
            return
        if server.is_full():  # many came at once
            self.close(Close.TRY_LATER, "the server is full")
            return
        gate = None
        if server.limits is not None:
            try:
                gate = server.limits.enter(came.user.id, address)
            except Refused as refused:
                self._tell(refused.message)
                self.close(Close.TRY_LATER, refused.message)
                return
        del self.came
        others = server.connections_of(came.user.id)
        if others:
            came = self.shared.identity.again(came, others[0].user)
        connection = Connection(came.user, self.transport, server.flusher, gate)
        connection.address = address
        connection.session, connection.allowed = came.session, came.channels
        session = Session(connection, self.shared.router, self.shared.keepalive)
        if came.until is not None:
            rest = min(came.until - time(), LONGEST)
            session.expiry = asyncio.get_running_loop().call_later(
                rest, connection.close, Close.NOT_SIGNED_IN, "the time you signed in for is over"
            )
        self.transport.hand_over(session)
        server.metrics.requests[101] += 1
        log_client(connection, "connected")
        server.add(connection)
        self.shared.keepalive.add(connection, monotonic())
        connection.gather(self.shared.hello(came))
        server.places.connected(connection, came.fresh)
        if server.on_move is not None:
            server.on_move("connect", connection)
