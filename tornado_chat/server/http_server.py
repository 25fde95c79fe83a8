"""The HTTP server: idle connections outlive those that proxies reuse, while slow requests are cut off."""

from __future__ import annotations

import asyncio
import weakref
from functools import partial
from typing import Any

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate

from tornado_chat.web.capacity import max_idle

# A proxy that reuses a connection just as the server closes it answers 502. nginx and most load balancers keep
# them for 60 s, Caddy for 120, Google's for 600.
KEEP_ALIVE = 620.0
LIMITS: dict[str, Any] = {  # seconds and bytes
    "idle_connection_timeout": 10,  # of a request's headers, and until the first request has come
    "body_timeout": 10,
    "max_body_size": 64 * 1024,
    "max_header_size": 16 * 1024,  # thousands of headers take 26 ms to read at twice that
}


class Server(HTTPServer):
    """Tornado's HTTPServer, with one timeout between requests (KEEP_ALIVE) and another within them.

    At most `max_idle` connections are idle; above that the one that has been idle for longest is closed.
    """

    def initialize(self, *arguments: Any, **limits: Any) -> None:
        super().initialize(*arguments, **{**LIMITS, **limits})
        self._served: weakref.WeakSet[object] = weakref.WeakSet()
        self._idle: dict[HTTP1Connection, None] = {}  # in the order in which they became so
        self.max_idle = max_idle()

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        """Read a request as Tornado does, but let one that is not its connection's first come late."""
        if server_conn in self._served:
            request_conn.read_response = partial(self._read_next, request_conn)
        self._served.add(server_conn)
        return super().start_request(server_conn, request_conn)

    async def _read_next(self, connection: HTTP1Connection, delegate: HTTPMessageDelegate) -> bool:
        del connection.read_response  # which held the connection, as the connection held it
        self._idle[connection] = None
        if len(self._idle) > self.max_idle:
            next(iter(self._idle)).close()
        try:
            async with asyncio.timeout(KEEP_ALIVE):
                await connection.stream.read_until_regex(b"")  # takes nothing, once there is something to take
        except TimeoutError:
            connection.close()
            return False
        finally:
            self._idle.pop(connection, None)
        return await connection.read_response(delegate)
