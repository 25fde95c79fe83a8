"""Calls and their answers, across reconnects."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable

from tornado.websocket import WebSocketClientConnection, WebSocketError

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.client.events import Event

LOST = "the history was lost, so that number may be another message's now: read the channel again to find the message"
HALF = "{!r} in a text is no character, but half of one, or a byte that is not UTF-8; take it out"


class Calls:
    """Sends calls and matches answers. `gone` returns the error of a connection that ended for good, else None.

    `epoch`: that of the server's history, as the newest `hello` said.
    """

    def __init__(self, gone: Callable[[], ConnectionError | None]) -> None:
        self.socket: WebSocketClientConnection | None = None
        self.epoch = ""
        self._gone = gone
        self._waiting: dict[str, asyncio.Future[Event]] = {}  # by ref
        self._unsent: dict[str, Event] = {}  # by ref: posts not yet known to be stored
        self._epochs: dict[str, str] = {}  # by ref: of the history whose numbers such a post names
        self._late = 0  # posts that were rate-limited and wait

    async def call(self, message: Event) -> Event:
        """Send a message; return its `ok`. Refused for an `error`, ConnectionError if the connection is lost."""
        if self.socket is None:
            raise self._gone() or ConnectionError("not connected")
        return await self._answer_to({**message, "ref": secrets.token_hex(12)}, self._write)

    async def post(self, message: Event, epoch: str, now: bool) -> Event:
        """Send a message, repeatedly if needed, until it is answered. `now`: at once, else with the next `repeat`.

        epoch: that of the history whose messages it names. Once the server has another history, a change fails, and
        an answer is sent as a plain message: its number may be another message's.
        """
        ref = secrets.token_hex(12)
        message = self._unsent[ref] = {**message, "ref": ref}
        self._epochs[ref] = epoch
        try:
            return await self._answer_to(message, self._post if now else None)
        finally:
            del self._unsent[ref], self._epochs[ref]

    async def _answer_to(self, message: Event, write: Callable[[Event], None] | None) -> Event:
        if gone := self._gone():
            raise gone
        try:
            json.dumps(message, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:  # the server could not read which call it is, and answers none
            raise Refused(HALF.format(error.object[error.start]), Error.INVALID_FIELD) from None
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting[message["ref"]] = future
        if write:
            write(message)
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
            rule, needs = (event[key] if isinstance(event.get(key), str) else "" for key in ("rule", "needs"))
            length = event["length"] if isinstance(event.get("length"), int) else None
            future.set_exception(
                Refused(event["message"], event["code"], wait, rule=rule, needs=needs, length=length)
            )

    def repeat(self) -> None:
        """Send all posts again that are not yet known to be stored."""
        for message in list(self._unsent.values()):
            self._post(message)

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

    def _post(self, message: Event) -> None:
        ref = message["ref"]
        if ref in self._unsent and self._epochs[ref] != self.epoch:
            message.pop("reply_to", None)
            if "seq" in message:
                if not self._waiting[ref].done():
                    self._waiting[ref].set_exception(Refused(LOST, Error.NOT_FOUND))
                return
        self._write(message)

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
            self._post(message)

        self._late += 1
        asyncio.get_running_loop().call_later(wait * self._late, again)
