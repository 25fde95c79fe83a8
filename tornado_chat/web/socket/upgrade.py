"""The handshake of a WebSocket. Then the socket moves to an asyncio transport (transport.py).

Tornado's HTTP server reads the request, and a handler answers it; a plain one is plain_upgrade.py's.

Writing is then `transport.write` of a frame that was built once. No task, future or coroutine is made for a message
or a connection. TLS stays on Tornado's IOStream, behind the same methods.

There are no subprotocols, and the answer sets no cookie.
"""

from __future__ import annotations

from typing import Any, cast

from tornado.log import app_log
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler, WebSocketProtocol, WebSocketProtocol13

from tornado_chat.web.socket import compression, tornado_internals
from tornado_chat.web.socket.callbacks import Handshake
from tornado_chat.web.socket.transport import WebSocketTransport


def answer_of(lines: str, key: str, agreed: str | None) -> bytes:
    """Return the answer to an upgrade (RFC 6455, 4.2.2) with these headers. agreed: how messages are compressed."""
    extensions = "" if agreed is None else f"Sec-Websocket-Extensions: {agreed}\r\n"
    accept = WebSocketProtocol13.compute_accept_value(key)
    answer = (
        f"HTTP/1.1 101 Switching Protocols\r\n{lines}{extensions}"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-Websocket-Accept: {accept}\r\n\r\n"
    )
    return answer.encode("latin-1")


class SocketHandler(WebSocketHandler, Handshake):
    """A WebSocketHandler on a WebSocketTransport."""

    compress = False  # whether permessage-deflate is agreed to
    close_code: int | None = None
    close_reason: str | None = None

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        """Return the transport (Tornado's extension point), or None for another version of the protocol."""
        if self.request.headers.get("Sec-WebSocket-Version") != "13":
            return None
        return cast(WebSocketProtocol, WebSocketTransport(self, self.max_message_size))

    @property
    def transport(self) -> WebSocketTransport:
        assert isinstance(self.ws_connection, WebSocketTransport)
        return self.ws_connection

    def answer(self) -> tuple[bytes, bool]:
        """HTTPError (400) for what is no upgrade."""
        headers = self.request.headers
        key = headers.get("Sec-WebSocket-Key")
        if self.request.version != "HTTP/1.1":
            raise HTTPError(400, reason="WebSocket Needs HTTP/1.1")
        if not key or not headers.get("Host"):
            raise HTTPError(400, reason="Missing WebSocket Headers")
        agreed = None
        if self.compress and (offers := ",".join(headers.get_list("Sec-WebSocket-Extensions"))):
            agreed = compression.accept(offers)
        self.set_status(101)
        return answer_of(self.lines_of_answer(), key, agreed), agreed is not None

    def lines_of_answer(self) -> str:
        """Return the headers of each answer, those of the handshake aside."""
        self.clear_header("Content-Type")
        return "".join(f"{name}: {value}\r\n" for name, value in tornado_internals.headers_of(self).get_all())

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        if self.ws_connection is not None:
            self.ws_connection.close(code, reason)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Log an exception of a handler. After the handshake there is no request left to name."""
        if tornado_internals.is_finished(self):
            app_log.error("Uncaught exception in %s", type(self).__name__, exc_info=(kind, error, trace))
        else:
            super().log_exception(kind, error, trace)
