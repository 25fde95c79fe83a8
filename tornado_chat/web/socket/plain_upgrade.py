"""Plain upgrades, which are answered without Tornado's HTTP server, which takes most of the time of a handshake.

A connection is looked at before anything of it is read. Where the whole request for a WebSocket has come, in the form
that browsers and libraries give it, the Entrance decides about it, and it is answered here. Everything else is left
to Tornado, unread: another request, a part of one, a body, a header twice, or a character that is seldom there.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from functools import lru_cache
from time import time
from typing import Any

from tornado.escape import parse_qs_bytes
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPInputError,
    HTTPServerRequest,
    RequestStartLine,
)
from tornado.iostream import IOStream
from tornado.log import app_log
from tornado.web import HTTPError

from tornado_chat.auth.providers import Credentials
from tornado_chat.config.networks import UNIX
from tornado_chat.web.socket import compression
from tornado_chat.web.socket.callbacks import Opening
from tornado_chat.web.socket.entrance import Entrance, TurnedAway
from tornado_chat.web.socket.transport import WebSocketTransport
from tornado_chat.web.socket.upgrade import answer_of

LARGEST = 8 * 1024  # bytes of a request that is looked at
#: All of it: `GET /ws`, one space behind each colon, no empty value, nothing but visible ASCII, CRLF.
_REQUEST = re.compile(r"GET (/ws(?:\?[!-~]*)?) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: [!-~][ -~]*(?<! )\r\n)+)\r\n")
_HEADER = re.compile(r"([^:]+): ([^\r]+)\r\n")
_BODY = {"content-length", "transfer-encoding", "expect"}
_FIELDS = 20  # of a query
_REFUSAL = "tornado_chat_refusal"


class PlainConnection(HTTPConnection):
    """Stands for Tornado's connection, and its context, in a request that has been looked at."""

    protocol = "http"

    def __init__(self, address: Any) -> None:
        self.address = address
        self.remote_ip = address[0] if isinstance(address, tuple) else UNIX

    @property
    def context(self) -> PlainConnection:
        return self

    def set_close_callback(self, callback: Callable[[], None]) -> None:
        """Do nothing: who has gone is found out by the answer."""


class PlainRequest(HTTPServerRequest):
    """What Tornado makes of the same request. `size`: its bytes."""

    def __init__(self, uri: str, headers: HTTPHeaders, connection: PlainConnection, size: int) -> None:
        self.method, self.uri, self.version = "GET", uri, "HTTP/1.1"
        self.path, _, self.query = uri.partition("?")
        self.headers, self.body, self.files = headers, b"", {}
        self.connection, self.server_connection = connection, None
        self.remote_ip, self.protocol = connection.remote_ip, connection.protocol
        self.host = headers["Host"]
        self.host_name = _host_name(self.host) or ""
        self.arguments = parse_qs_bytes(self.query, keep_blank_values=True)
        self.query_arguments = {name: list(values) for name, values in self.arguments.items()}
        self.body_arguments = {}
        self.size = size
        self.began = time()

    def request_time(self) -> float:
        """Return the seconds since it came."""
        return time() - self.began


@lru_cache(256)
def _host_name(host: str) -> str | None:
    """Return what Tornado takes for the name of a host; None where it is none."""
    try:
        line = RequestStartLine("GET", "/", "HTTP/1.1")
        return HTTPServerRequest(headers=HTTPHeaders({"Host": host}), start_line=line).host_name
    except HTTPInputError:
        return None


def read(seen: bytes, address: Any) -> PlainRequest | None:
    """Return the request that was seen; None unless it is a plain upgrade."""
    found = _REQUEST.match(seen.decode("latin-1"))
    if found is None or found[1].count("&") >= _FIELDS:
        return None
    lines = _HEADER.findall(found[2])
    given = {name.lower(): value for name, value in lines}
    if len(given) < len(lines) or not _asks_for_a_socket(given) or _host_name(given["host"]) is None:
        return None
    headers = HTTPHeaders()
    for name, value in lines:
        headers[name] = value
    return PlainRequest(found[1], headers, PlainConnection(address), found.end())


def _asks_for_a_socket(given: dict[str, str]) -> bool:
    """Return whether there is nothing in these headers that Tornado refuses, or reads a body for."""
    return (
        given.get("upgrade", "").lower() == "websocket"
        and "upgrade" in [word.strip() for word in given.get("connection", "").lower().split(",")]
        and given.get("sec-websocket-version") == "13"
        and "sec-websocket-key" in given
        and "host" in given
        and ("origin" in given or "sec-fetch-site" not in given)
        and _BODY.isdisjoint(given)
    )


class PlainUpgrade(Opening):
    """A plain upgrade on a socket, until a Session takes its place. `refusal`: why Tornado has to refuse it."""

    def __init__(self, entrance: Entrance, request: PlainRequest, sock: socket.socket) -> None:
        self.refusal: Exception | None = None
        self._entrance = entrance
        self._request = request
        self._sock = sock
        self._came: Credentials | TurnedAway
        self._answer = b""
        self._transport: WebSocketTransport

    async def connect(self) -> bool:
        """Decide about it, and open the connection; False: Tornado has to say why it is refused."""
        try:
            self._came = await self._entrance.admit(self._request)
        except Exception as error:
            self.refusal = error
            return False
        except asyncio.CancelledError:
            self.refusal = HTTPError(500)
            return False
        try:
            self._sock.recv(self._request.size)  # and nothing behind it
        except OSError:  # the client has gone, or the server ends
            self._sock.close()
            return True
        headers, agreed = self._request.headers, None
        if self._entrance.compress and (offers := headers.get("Sec-WebSocket-Extensions")):
            agreed = compression.accept(offers)
        self._answer = answer_of(self._entrance.lines_of_answer(), headers["Sec-WebSocket-Key"], agreed)
        self._transport = WebSocketTransport(self, self._entrance.max_message_size, agreed is not None)
        await self._transport.take(self._sock)
        return True

    def on_made(self) -> None:
        """Answer, and let the client in, who is told hello in the same write; or say why not."""
        transport = self._transport
        try:
            connection = self._entrance.open(self._request, transport, self._came)
        except TurnedAway as turned:
            transport.greet(self._answer)
            transport.close(turned.code, turned.reason)
        except Exception:
            transport.greet(self._answer)
            transport.failed()
        else:
            transport.greet(self._answer, connection.take_frames())
        transport.listen()

    def on_message(self, message: str | bytes) -> None:
        """Do nothing: the goodbye was said."""

    def on_ping(self, data: bytes) -> None:
        """Do nothing: it was answered."""

    def on_pong(self, data: bytes) -> None:
        """Do nothing: the goodbye was said."""

    def on_ws_connection_close(self, close_code: int | None = None, close_reason: str | None = None) -> None:
        """Do nothing: it was let in nowhere."""

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        app_log.error("Uncaught exception in %s", type(self).__name__, exc_info=(kind, error, trace))


def refuse(stream: IOStream, error: Exception | None) -> None:
    """Keep with a stream what Tornado, which reads the request again, has to answer."""
    vars(stream)[_REFUSAL] = error


def refusal_of(request: HTTPServerRequest) -> Exception | None:
    """Return, once, why a request was refused that Tornado has read after it was looked at."""
    connection: Any = request.connection
    error: Exception | None = vars(connection.stream).pop(_REFUSAL, None)
    return error
