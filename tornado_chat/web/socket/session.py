"""What is left of a handshake: a connection whose messages go to the router, until its socket ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from tornado.log import app_log

from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import BROKEN, NO_CODE, WENT_AWAY, Close
from tornado_chat.routing.router import Router
from tornado_chat.web.socket.keepalive import Keepalive

CODES = {*Close, WENT_AWAY, NO_CODE, BROKEN}  # a client may say any other
WHY = {
    WENT_AWAY: "went away",
    NO_CODE: "closed without a code",
    BROKEN: "the connection broke",
    Close.POLICY: "did not heed errors or limits",
    Close.TOO_BIG: "sent too large a message",
    Close.RESTART: "restart",
    Close.TRY_LATER: "read too slowly",
    Close.NO_PONG: "did not answer pings",
    Close.NOT_SIGNED_IN: "the session is over",
    Close.NOT_ALLOWED: "sent away or banned",
}

log = logging.getLogger("tornado_chat")


class Session:
    """What a transport calls from the end of the handshake on (see SocketCallbacks). There are thousands at a time.

    `expiry`: the timer that ends it when a token is valid no longer.
    """

    __slots__ = ("_connection", "_keepalive", "_router", "expiry")

    def __init__(self, connection: Connection, router: Router, keepalive: Keepalive) -> None:
        self._connection = connection
        self._router = router
        self._keepalive = keepalive
        self.expiry: asyncio.TimerHandle | None = None

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Hand a text frame to the router; binary is not spoken here."""
        if isinstance(message, bytes):
            self._connection.transport.close(Close.UNSUPPORTED, "text frames only")
            return None
        if self._router.server.leaving:
            return None
        return self._router.dispatch(self._connection, message)

    def on_sign(self) -> Awaitable[None] | None:
        """Count a ping or a pong as a call."""
        return self._router.count(self._connection)

    def on_ping(self, data: bytes) -> None:
        """Do nothing: it was answered."""

    def on_pong(self, data: bytes) -> None:
        """Do nothing: it was noted when it came."""

    def on_closing(self) -> None:
        """Handle nothing more of it, and write nothing more to it."""
        self._connection.end()

    def on_pause(self) -> None:
        """Watch a client that reads more slowly than it is written to."""
        self._connection.fell_behind()
        self._keepalive.behind.add(self._connection)

    def on_resume(self) -> None:
        """The client has read everything."""
        self._connection.caught_up()
        self._keepalive.behind.discard(self._connection)

    def on_ws_connection_close(self, close_code: int | None = None, close_reason: str | None = None) -> None:
        """Forget the client: it is gone from the hub and from its channels."""
        connection, server = self._connection, self._router.server
        if self.expiry is not None:
            self.expiry.cancel()
        log_client(connection, "left", f": {WHY.get(close_code or 0, 'closed')} ({close_code})", code=close_code)
        server.metrics.closed[str(close_code) if close_code in CODES else "other"] += 1
        server.remove(connection)
        self._keepalive.remove(connection)
        if server.limits is not None and connection.gate is not None:
            server.limits.leave(connection.gate)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Log what a callback raised. There is no request left to name."""
        app_log.error("Uncaught exception in %s", type(self).__name__, exc_info=(kind, error, trace))


def log_client(connection: Connection, event: str, more: str = "", **fields: object) -> None:
    """Log who came or went."""
    user, address = connection.user.id, connection.address
    extra = {"event": event, "user": user, "address": address, **fields}
    log.info("%s %s, from %s%s", user, event, address, more, extra=extra)
