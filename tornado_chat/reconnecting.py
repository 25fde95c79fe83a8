"""A client's connection: one WebSocket after another, until the server ends them for good."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tornado_chat.errors import Close

FINAL = frozenset({1000, 1001, 1002, 1003, 1007, 1009, Close.NOT_SIGNED_IN, Close.NOT_ALLOWED})
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 15.0  # seconds
RESTART_SPREAD = 1.0  # seconds: after a restart not everyone comes back in the same moment
SILENCE = 90.0  # seconds without a sign of the server, which pings every 25 s, after which it is given up

Event = dict[str, Any]


class Reconnecting:
    """What connects to `url()` again and again; `code` is the close code once that has ended for good.

    received: called with each event and the socket it came on; lost: with each socket, when it is; ended: at the end.
    """

    def __init__(
        self,
        url: Callable[[], str],
        received: Callable[[Event, WebSocketClientConnection], None],
        lost: Callable[[WebSocketClientConnection], None],
        ended: Callable[[], None],
    ) -> None:
        self.code: int | None = None
        self._url, self._received, self._lost, self._ended = url, received, lost, ended
        self._tries = 0  # since it was well
        self._ready: asyncio.Future[None]
        self._task: asyncio.Task[None]

    async def open(self) -> None:
        """Return when it is well; ConnectionError where the server does not let one in."""
        self._ready = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run())
        await self._ready

    async def close(self) -> None:
        """End it."""
        self._task.cancel()
        await asyncio.wait({self._task})

    def well(self) -> None:
        """Take note that all goes well: what is lost from now on is tried again soon."""
        self._tries = 0
        if not self._ready.done():
            self._ready.set_result(None)

    def gone(self) -> ConnectionError:
        """Return what is raised once it has ended for good."""
        return ConnectionError(f"the connection has ended ({self.code})")

    async def _run(self) -> None:
        try:
            while self.code not in FINAL:
                code = await self._connect()
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._tries)
                least = pause / 2
                if code == Close.RESTART and self._tries == 0:
                    least, pause = 0.0, RESTART_SPREAD
                self._tries = min(self._tries + 1, 10)
                await asyncio.sleep(random.uniform(least, pause))
        finally:
            self.code = self.code or 1006
            self._ended()
            if not self._ready.done():
                self._ready.set_exception(self.gone())
                self._ready.exception()

    async def _connect(self) -> int | None:
        """Talk over one socket until it is lost; return the server's close code, if there was one."""
        try:
            socket = await websocket_connect(HTTPRequest(self._url(), connect_timeout=5, request_timeout=5))
        except HTTPClientError as error:
            if error.code in (400, 403):
                self.code = Close.NOT_ALLOWED
                if not self._ready.done():
                    self._ready.set_exception(ConnectionError(f"refused: {error.message}"))
            return None
        except (OSError, StreamClosedError):
            return None
        try:
            while True:
                async with asyncio.timeout(SILENCE):  # (wait_for of Python 3.11 may swallow a cancellation)
                    frame = await socket.read_message()
                if frame is None:
                    break
                for line in str(frame).split("\n"):
                    self._received(json.loads(line), socket)
        except TimeoutError:
            pass
        finally:
            self._lost(socket)
        code: int | None = socket.close_code
        if code in FINAL:
            self.code = code
        return code
