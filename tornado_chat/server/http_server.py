"""The HTTP server: idle connections outlive those that proxies reuse, while slow requests are cut off.

Plain upgrades of new connections are answered at once (web/socket/plain_upgrade.py).
"""

from __future__ import annotations

import asyncio
import socket
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate
from tornado.iostream import IOStream
from tornado.netutil import add_accept_handler

from tornado_chat.web.app import Chat
from tornado_chat.web.capacity import max_idle
from tornado_chat.web.socket.plain_upgrade import LARGEST, PlainUpgrade, refuse

# A proxy that reuses a connection just as the server closes it answers 502. nginx and most load balancers keep
# them for 60 s, Caddy for 120, Google's for 600.
KEEP_ALIVE = 620.0
LIMITS: dict[str, Any] = {  # seconds and bytes
    "idle_connection_timeout": 10,  # of a request's headers, and until the first request has come
    "body_timeout": 10,
    "max_body_size": 64 * 1024,
    "max_header_size": 16 * 1024,  # thousands of headers take 26 ms to read at twice that
}
SILENT = 1.0  # seconds after which Tornado waits for the first request, by its own rules


class Server(HTTPServer):
    """Tornado's HTTPServer, with one timeout between requests (KEEP_ALIVE) and another within them.

    At most `max_idle` connections are idle; above that the one that has been idle for longest is closed.
    """

    def initialize(self, chat: Chat, **limits: Any) -> None:  # type: ignore[override]
        super().initialize(chat, **{**LIMITS, **limits})
        self._chat = chat
        self._listening: dict[socket.socket, Callable[[], None]] = {}  # each with what stops accepting
        self._new: dict[socket.socket, asyncio.TimerHandle | asyncio.Task[None]] = {}  # of which nothing was read
        self._served: weakref.WeakSet[object] = weakref.WeakSet()
        self._idle: dict[HTTP1Connection, None] = {}  # in the order in which they became so
        self.max_idle = max_idle()

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """Accept connections; over TLS, where nothing can be seen, as Tornado does."""
        if self.ssl_options is not None:
            super().add_sockets(sockets)
            return
        for sock in sockets:
            self._listening[sock] = add_accept_handler(sock, self._accepted)

    def stop(self) -> None:
        for sock, stop in self._listening.items():
            stop()
            sock.close()
        self._listening.clear()
        super().stop()

    def _accepted(self, sock: socket.socket, address: Any) -> None:
        sock.setblocking(False)
        self._look(sock, address)

    def _look(self, sock: socket.socket, address: Any) -> None:
        """Look at what a new connection asks for, before Tornado reads it."""
        loop = asyncio.get_running_loop()
        try:
            seen = sock.recv(LARGEST, socket.MSG_PEEK)
        except BlockingIOError:
            self._new[sock] = loop.call_later(SILENT, self._stop_waiting, sock, address, True)
            loop.add_reader(sock, self._stop_waiting, sock, address, False)
            return
        except OSError:  # it is gone, as Tornado will find out
            seen = b""
        upgrade = self._chat.upgrade(seen, sock, address)
        if upgrade is None:
            self._leave_to_tornado(sock, address)
        else:
            self._new[sock] = loop.create_task(self._upgrade(upgrade, sock, address))

    def _stop_waiting(self, sock: socket.socket, address: Any, is_silent: bool) -> None:
        asyncio.get_running_loop().remove_reader(sock)
        self._new.pop(sock).cancel()
        if is_silent:
            self._leave_to_tornado(sock, address)
        else:
            self._look(sock, address)

    async def _upgrade(self, upgrade: PlainUpgrade, sock: socket.socket, address: Any) -> None:
        try:
            is_answered = await upgrade.connect()
        finally:
            del self._new[sock]
        if not is_answered and sock.fileno() != -1:
            self._leave_to_tornado(sock, address, upgrade.refusal)

    def _leave_to_tornado(self, sock: socket.socket, address: Any, refusal: Exception | None = None) -> None:
        """Let Tornado read a connection. refusal: how it is to answer the request."""
        stream = IOStream(sock, max_buffer_size=self.max_buffer_size, read_chunk_size=self.read_chunk_size)
        refuse(stream, refusal)
        self.handle_stream(stream, address)

    async def close_all_connections(self) -> None:
        """Close those too that have not asked for anything yet."""
        for sock, waiting in list(self._new.items()):
            if not isinstance(waiting, asyncio.Task):
                asyncio.get_running_loop().remove_reader(sock)
                self._new.pop(sock).cancel()
            sock.close()
        await super().close_all_connections()

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
