"""A growing message of a client: its words are sent in pieces, and resumed after a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.growing_message import GrowingMessage
from tornado_chat.chat.validation import MAX_TEXT, clean_piece
from tornado_chat.client.events import Event

GATHER = 0.1  # seconds between two pieces


class RemoteGrowingMessage(GrowingMessage):
    """A growing message in a channel of the server that a client is connected to.

    insist: calls an action until it is answered. place: further fields of its `send-message`.
    """

    def __init__(self, insist: Callable[..., Awaitable[Event]], channel: str, **place: Any) -> None:
        super().__init__()
        self._insist = insist
        self._channel = channel
        self._place = place
        self._length = 0  # characters of the server's text
        self._sending: asyncio.Task[None] | None = None

    def hear(self, event: Event) -> None:
        """Take in a `changed` of the channel: the message may have been stopped."""
        state = event.get("set") or event.get("message") or {}
        is_own = event["channel"] == self._channel and event.get("about") == self.seq
        if is_own and ("stopped" in state or "deleted" in state):
            self._stop()

    async def _post(self, words: str) -> None:
        self.seq = (await self._insist("send-message", self._channel, message=words, **self._place))["seq"]

    async def _begin(self, words: str) -> None:
        words = clean_piece(words)
        answer = await self._insist("send-message", self._channel, message=words, growing=True, **self._place)
        self.seq, self._length = answer["seq"], len(words)

    async def _pass_on(self) -> None:
        if self._sending is None:
            self._sending = asyncio.ensure_future(self._send())
            self._sending.add_done_callback(lambda sending: sending.cancelled() or sending.exception())
        elif self._sending.done() or len(self._words) > MAX_TEXT:  # or the server is slow
            await asyncio.shield(self._sending)
            self._sending = None
            await self._pass_on()

    async def _send(self) -> None:
        while self._words and not self.stopped:
            await self._grow(self._take())
            if self._task is not None:  # else the message ends
                await asyncio.sleep(GATHER)

    async def _end(self, stopped: bool) -> None:
        if self._sending is not None:
            await self._sending
        ended = False
        while not (ended or self.stopped):
            words = self._take()
            ended = not self._words
            await self._grow(words, done=ended and not stopped)
        if stopped and not self.stopped:
            self.stopped = True
            await self._insist("stop", self._channel, seq=self.seq)

    async def _grow(self, words: str, done: bool = False) -> None:
        words = clean_piece(words)
        while True:
            about = {"seq": self.seq, "from": self._length, "add": words, "done": done}
            try:
                answer = await self._insist("grow", self._channel, **about)
            except Refused as refused:
                if refused.length is None:
                    if refused.code in (Error.CONFLICT, Error.NOT_FOUND):
                        self._stop()
                        return
                    raise
                if refused.length == self._length + len(words):  # they came before the connection was lost
                    words = ""
                self._length = refused.length
                if words or done:
                    continue
            else:
                self.seq, self._length = answer["seq"], answer["length"]
            return
