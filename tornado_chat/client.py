"""A client for bots and tests that comes back by itself: nothing is missed, and nothing is said twice."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any
from urllib.parse import quote

from tornado.websocket import WebSocketClientConnection, WebSocketError

from tornado_chat.errors import MISTAKES, Close, Error, Refused
from tornado_chat.names import clean_name
from tornado_chat.reconnecting import Event, Reconnecting

PAGE = 200


class _Place:
    """A channel that one is in: how far its messages were handed on, and what came while it is caught up."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0
        self.early: list[Event] | None = []


class Client:
    """One identity's connection to a chat.

    base: the page's address, http://host:port/path. With a `token` (of an earlier client) one is the same user again.
    ConnectionError, from every call, once the connection has ended for good; `code` is then the close code.

        async with Client("http://127.0.0.1:3000", name="bot") as bot:
            await bot.join("general")
            await bot.send("general", "Hello")
            async for message in bot: ...
    """

    def __init__(self, base: str, name: str = "", token: str = "") -> None:
        self.base = base.rstrip("/")
        self.name = name
        self.token = token
        self.user: Event = {}
        self._places: dict[str, _Place] = {}
        self._unsent: dict[str, Event] = {}  # ref -> message that is not known to be stored
        self._calls: dict[str, asyncio.Future[Event]] = {}
        self._messages: asyncio.Queue[Event | None] = asyncio.Queue()
        self._socket: WebSocketClientConnection | None = None
        self._connection = Reconnecting(self._url, self._receive, self._lost, self._ended)
        self._resuming: asyncio.Task[None] | None = None
        self._late = 0  # messages that came too soon and wait

    async def __aenter__(self) -> Client:
        """Connect; ConnectionError where the server does not let one in."""
        await self._connection.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """Leave."""
        await self._connection.close()

    @property
    def code(self) -> int | None:
        """The close code of a connection that has ended for good, else None."""
        return self._connection.code

    # What one does

    async def join(self, channel: str, history: int = 50) -> Event:
        """Join a channel; return the server's `ok`, with its newest messages. Later ones come by iteration."""
        channel = clean_name(channel)  # as the server spells it in what comes
        place = self._places.setdefault(channel, _Place())
        answer = await self.call("join-channel", target=channel, history=history)
        if place.epoch != answer["epoch"]:  # else one is in already, and further messages are on their way
            newest = [message["seq"] for message in answer["messages"][-1:]]  # it may have come after `seq` was read
            place.epoch, place.seq = answer["epoch"], max([answer["seq"], *newest])
            self._hand_on_early(place)
        return answer

    async def leave(self, channel: str) -> None:
        """Leave a channel."""
        self._places.pop(clean_name(channel), None)
        await self.call("leave-channel", target=channel)

    async def send(self, channel: str, text: str) -> Event:
        """Say something; return its `ok` when it is stored, however often the connection is lost meanwhile."""
        ref = secrets.token_hex(12)
        message = {"action": "send-message", "target": channel, "message": text, "ref": ref}
        self._unsent[ref] = message
        try:
            return await self._ask(message, now=self._resuming is None or self._resuming.done())
        finally:
            self._unsent.pop(ref, None)

    async def call(self, action: str, **fields: Any) -> Event:
        """Call an action; return its `ok`. Refused for an `error`, ConnectionError where the connection is lost."""
        if self._socket is None:
            raise ConnectionError("not connected")
        return await self._ask({"action": action, **fields, "ref": secrets.token_hex(12)})

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield the messages of all channels, each channel's in the order of `seq` and each once; notices too."""
        while (message := await self._messages.get()) is not None:
            yield message

    async def _ask(self, message: Event, now: bool = True) -> Event:
        if self.code is not None:
            raise self._connection.gone()
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._calls[message["ref"]] = future
        if now:  # else it goes out when all channels have been joined again
            self._write(message)
        try:
            return await future
        finally:
            self._calls.pop(message["ref"], None)

    def _write(self, message: Event) -> None:
        if self._socket is not None:
            try:
                self._socket.write_message(json.dumps(message)).add_done_callback(asyncio.Future.exception)
            except WebSocketError:
                pass  # it is lost, which the reader is about to notice

    def _send_later(self, message: Event, wait: float) -> None:
        """Say again what came too soon. Several go one after the other: together they would be too soon again."""

        def again() -> None:
            self._late -= 1
            self._write(message)

        self._late += 1
        asyncio.get_running_loop().call_later(wait * self._late, again)

    # The connection, again and again

    def _url(self) -> str:
        query = f"token={quote(self.token)}" if self.token else f"name={quote(self.name)}"
        return f"ws{self.base.removeprefix('http')}/ws?{query}"

    def _ended(self) -> None:
        self._messages.put_nowait(None)
        for future in self._calls.values():
            if not future.done():
                future.set_exception(self._connection.gone())
                future.exception()

    def _lost(self, socket: WebSocketClientConnection) -> None:
        socket.close()
        self._socket = None
        if self._resuming is not None:
            self._resuming.cancel()
        for place in self._places.values():
            place.early = []
        for ref, future in list(self._calls.items()):
            if ref not in self._unsent and not future.done():
                future.set_exception(ConnectionError("the connection was lost"))

    def _receive(self, event: Event, socket: WebSocketClientConnection) -> None:
        action = event["action"]
        if action == "hello":
            self.user, self.token = event["user"], event["token"] or ""
            self._socket = socket
            self._resuming = asyncio.create_task(self._resume(socket))
        elif action == "send-message":
            place = self._places.get(event["target"])
            if place is not None and place.early is not None and "seq" in event:
                place.early.append(event)
            else:
                self._hand_on(place, event)
        elif action in ("ok", "error"):
            future = self._calls.get(event["ref"] or "")
            if future is None or future.done():
                return
            if action == "ok":
                future.set_result(event)
            elif event["code"] == Error.RATE_LIMITED and event["ref"] in self._unsent:
                self._send_later(self._unsent[event["ref"]], event["retry_after_ms"] / 1000)
            else:
                future.set_exception(Refused(event["message"], event["code"]))

    async def _resume(self, socket: WebSocketClientConnection) -> None:
        """Join again what one was in, catch up, and say again what is not known to be stored."""
        for name, place in list(self._places.items()):
            try:
                if place.epoch:
                    await self._catch_up(name, place)
            except ConnectionError:
                return
            except Refused as refused:
                if refused.code in MISTAKES or refused.code == Error.REFUSED:
                    self._places.pop(name, None)  # not let in any more; so is told who says something there
                else:
                    socket.close(Close.NO_PONG)  # it cannot be read now: all again, after a growing pause
                    return
        for message in list(self._unsent.values()):
            self._write(message)
        self._connection.well()

    async def _catch_up(self, name: str, place: _Place) -> None:
        since = {"epoch": place.epoch, "seq": place.seq}
        answer = await self.call("join-channel", target=name, since=since, history=PAGE)
        more = answer["recovered"] and answer["more"]
        if not answer["recovered"]:  # history was lost, or more of it is gone than one had seen
            place.epoch, place.seq = answer["epoch"], 0
        for message in answer["messages"]:
            self._hand_on(place, message)
        while more:
            answer = await self.call("history", target=name, after=place.seq, limit=PAGE)
            more = answer["more"]
            for message in answer["messages"]:
                self._hand_on(place, message)
        self._hand_on_early(place)

    def _hand_on_early(self, place: _Place) -> None:
        early, place.early = place.early or [], None
        for message in early:
            self._hand_on(place, message)

    def _hand_on(self, place: _Place | None, message: Event) -> None:
        if place is not None and "seq" in message:
            if message["seq"] <= place.seq:
                return
            place.seq = message["seq"]
        self._messages.put_nowait(message)
