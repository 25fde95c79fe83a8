"""Plain upgrades, which are answered without Tornado's HTTP server: it takes two thirds of the time of a handshake.

A connection is looked at before anything of it is read. Where the whole request for a WebSocket has come, in the form
that browsers and libraries give it, the same handler decides about it and answers it. Everything else is left to
Tornado, unread: another request, a part of one, a body, a header twice, or a character that is seldom there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPInputError, HTTPServerRequest, RequestStartLine
from tornado.iostream import IOStream

from tornado_chat.web.socket.tornado_internals import RequestContext

LARGEST = 8 * 1024  # bytes of a request that is looked at
#: All of it: `GET /ws`, one space behind each colon, no empty value, nothing but visible ASCII, CRLF.
_REQUEST = re.compile(r"GET (/ws(?:\?[!-~]*)?) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+: [!-~][ -~]*(?<! )\r\n)+)\r\n")
_HEADER = re.compile(r"([^:]+): ([^\r]+)\r\n")
_BODY = {"content-length", "transfer-encoding", "expect"}
_REFUSAL = "tornado_chat_refusal"


class PlainConnection(HTTPConnection):
    """Stands for Tornado's connection in a request that has been looked at and not read."""

    def __init__(self, stream: IOStream, address: Any, size: int) -> None:
        self.stream = stream
        self.context = RequestContext(stream, address, None)
        self.is_read = False
        self._size = size

    def set_close_callback(self, callback: Callable[[], None]) -> None:
        """Do nothing: who has gone is found out by the answer."""

    def detach(self) -> IOStream:
        """Read the request, and nothing behind it; return the stream, of which nobody reads."""
        if not self.stream.closed():
            self.stream.socket.recv(self._size)
            self.is_read = True
        return self.stream

    def refuse(self, error: Exception) -> None:
        """Keep with the stream what Tornado, which reads the request again, has to answer."""
        vars(self.stream)[_REFUSAL] = error


def refusal_of(request: HTTPServerRequest) -> Exception | None:
    """Return, once, why a request was refused that Tornado has read after it was looked at."""
    connection: Any = request.connection
    error: Exception | None = vars(connection.stream).pop(_REFUSAL, None)
    return error


def read(seen: bytes, stream: IOStream, address: Any) -> HTTPServerRequest | None:
    """Return the request that was seen on a stream; None unless it is a plain upgrade."""
    found = _REQUEST.match(seen.decode("latin-1"))
    if found is None:
        return None
    lines = _HEADER.findall(found[2])
    given = {name.lower(): value for name, value in lines}
    if len(given) < len(lines) or not _asks_for_a_socket(given):
        return None
    headers = HTTPHeaders()
    for name, value in lines:
        headers[name] = value
    connection = PlainConnection(stream, address, found.end())
    try:
        line = RequestStartLine("GET", found[1], "HTTP/1.1")
        return HTTPServerRequest(connection=connection, headers=headers, start_line=line)
    except HTTPInputError:  # a host that is none
        return None


def _asks_for_a_socket(given: dict[str, str]) -> bool:
    """Return whether there is nothing in these headers that Tornado refuses, or reads a body for."""
    return (
        given.get("upgrade", "").lower() == "websocket"
        and "upgrade" in [word.strip() for word in given.get("connection", "").lower().split(",")]
        and given.get("sec-websocket-version") == "13"
        and "sec-websocket-key" in given
        and ("origin" in given or "sec-fetch-site" not in given)
        and _BODY.isdisjoint(given)
    )
