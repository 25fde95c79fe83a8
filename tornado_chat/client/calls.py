"""Calls and their answers, across reconnects."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable

from tornado.websocket import WebSocketClientConnection, WebSocketError

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.client.events import Event


class Calls:
    """Sends calls and matches answers. `gone` returns the error of a connection that ended for good, else None."""

    def __init__(self, gone: Callable[[], ConnectionError | None]) -> None:
        self.socket: WebSocketClientConnection | None = None
        self._gone = gone
        self._waiting: dict[str, asyncio.Future[Event]] = {}  # by ref
        self._unsent: dict[str, Event] = {}  # by ref: posts not yet known to be stored
        self._late = 0  # posts that were rate-limited and wait

    async def call(self, message: Event) -> Event:
        """Send a message; return its `ok`. Refused for an `error`, ConnectionError if the connection is lost."""
        if self.socket is None:
            raise self._gone() or ConnectionError("not connected")
        return await self._answer_to({**message, "ref": secrets.token_hex(12)}, now=True)

    async def post(self, message: Event, now: bool) -> Event:
        """Send a message, repeatedly if needed, until it is answered. `now`: at once, else with the next `repeat`."""
        message = {**message, "ref": secrets.token_hex(12)}
        self._unsent[message["ref"]] = message
        try:
            return await self._answer_to(message, now)
        finally:
            self._unsent.pop(message["ref"], None)

    async def _answer_to(self, message: Event, now: bool) -> Event:
        if gone := self._gone():
            raise gone
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting[message["ref"]] = future
        if now:
            self._write(message)
        try:
            return await future
        finally:
            self._waiting.pop(message["ref"], None)

    def answer(self, event: Event) -> None:
        """Give an `ok` or an `error` to the call with its `ref`."""
        future = self._waiting.get(event["ref"])
        if future is None or future.done():
            return
        wait = event.get("retry_after_ms", 0) / 1000
        if event["action"] == "ok":
            future.set_result(event)
        elif event["code"] == Error.RATE_LIMITED and event["ref"] in self._unsent:
            self._write_later(self._unsent[event["ref"]], wait)
        else:
            future.set_exception(Refused(event["message"], event["code"], wait))

    def repeat(self) -> None:
        """Send all posts again that are not yet known to be stored."""
        for message in list(self._unsent.values()):
            self._write(message)

    def lost(self) -> None:
        """Fail the calls that a lost connection leaves unanswered; posts keep waiting."""
        self.socket = None
        for ref, future in self._waiting.items():
            if ref not in self._unsent and not future.done():
                future.set_exception(ConnectionError("the connection was lost"))

    def ended(self) -> None:
        """Fail all calls."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(self._gone() or ConnectionError("the connection has ended"))
                future.exception()

    def _write(self, message: Event) -> None:
        if self.socket is not None:
            try:
                self.socket.write_message(json.dumps(message)).add_done_callback(asyncio.Future.exception)
            except WebSocketError:
                pass  # the connection is lost; the reader will notice

    def _write_later(self, message: Event, wait: float) -> None:
        """Send a rate-limited message again; several are spread out, or they would be limited again."""

        def again() -> None:
            self._late -= 1
            self._write(message)

        self._late += 1
        asyncio.get_running_loop().call_later(wait * self._late, again)
