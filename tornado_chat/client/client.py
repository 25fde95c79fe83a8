"""A client for bots and tests that reconnects by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any

from tornado.websocket import WebSocketClientConnection

from tornado_chat.chat.errors import MISTAKES, Close, Error, Refused
from tornado_chat.chat.validation import clean_name
from tornado_chat.client.calls import Calls
from tornado_chat.client.credentials import Credentials, Token, clean_base
from tornado_chat.client.events import Event
from tornado_chat.client.inbox import Inbox
from tornado_chat.client.reconnect import FIRST_PAUSE, LONGEST_PAUSE, Reconnecting

PAGE = 200
INBOX = 1_000  # events that wait for the iterator


class _Place:
    """A joined channel. While it is `behind`, its messages are read from the history."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0  # of the newest message that was delivered
        self.newest = 0  # of the newest message received while behind
        self.behind = True


class Client:
    """A user's connection to a chat, which reconnects as often as needed.

    base: the page's address, http(s):// or ws(s)://host:port/path.
    name, token, password: who the client is. `name` alone is a guest; `name` and `password` are an account.
    `token` is that of an earlier client or of your application, or a function (sync or async) that returns one for
    each connection.
    headers: sent with each request, for a proxy in front.
    connect_timeout: seconds for the first connection; None waits forever.

    Raises ValueError for an invalid address, name, token or header. Once the connection has ended for good, each call
    raises ConnectionError; `code` and `reason` say why.

        async with Client("http://127.0.0.1:3000", name="bot") as bot:
            await bot.join("general")
            await bot.send("general", "Hello")
            async for message in bot: ...
    """

    def __init__(
        self,
        base: str,
        name: str = "",
        token: Token = "",
        *,
        password: str = "",
        headers: Mapping[str, str] | None = None,
        connect_timeout: float | None = 30.0,
    ) -> None:
        self.user: Event = {}
        self._credentials = Credentials(name, token, password, headers or {})
        self._connect_timeout = connect_timeout
        self._places: dict[str, _Place] = {}
        self._inbox = Inbox(INBOX)
        self._connection = Reconnecting(clean_base(base), self._credentials, self._receive, self._lost, self._ended)
        self._calls = Calls(lambda: self._connection.gone() if self.code is not None else None)
        self._resuming: asyncio.Task[None] | None = None
        self._reading: set[asyncio.Task[None]] = set()  # the history of channels that are behind

    async def __aenter__(self) -> Client:
        """Connect; ConnectionError if waiting cannot help, or after `connect_timeout`."""
        await self._connection.open(self._connect_timeout)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """Disconnect."""
        await self._connection.close()

    @property
    def base(self) -> str:
        """The chat's address, http(s)://host:port/path, after redirects."""
        return self._connection.base

    @property
    def name(self) -> str:
        """The client's current name."""
        return self._credentials.name

    @property
    def token(self) -> str:
        """The token that makes a later client the same user; empty for an account."""
        return self._credentials.token

    @property
    def code(self) -> int | None:
        """The close code of a connection that has ended for good, else None."""
        return self._connection.code

    @property
    def reason(self) -> str:
        """Why the connection has ended for good."""
        return self._connection.reason

    async def join(self, channel: str, history: int = 50) -> Event:
        """Join a channel; return the server's `ok`, with the newest messages. Iterate for later ones."""
        channel = clean_name(channel)  # as the server spells it in events
        place = self._places.setdefault(channel, _Place())
        try:
            answer = await self.call("join-channel", target=channel, history=history)
        except Refused:
            if not place.epoch:
                self._places.pop(channel, None)
            raise
        if place.epoch != answer["epoch"]:  # else the channel was joined already, and newer messages are on their way
            newest = [
                message["seq"] for message in answer["messages"][-1:]
            ]  # it may have been posted after `seq` was read
            place.epoch, place.seq = answer["epoch"], max([answer["seq"], *newest])
            if place.newest > place.seq:
                self._read_on(channel, place)
            else:
                place.behind = False
        return answer

    async def leave(self, channel: str) -> None:
        """Leave a channel."""
        self._places.pop(clean_name(channel), None)
        await self.call("leave-channel", target=channel)

    async def send(self, channel: str, text: str) -> Event:
        """Post a message; return its `ok` once it is stored, even if the connection is lost meanwhile."""
        message = {"action": "send-message", "target": channel, "message": text}
        return await self._calls.post(message, now=self._resuming is None or self._resuming.done())

    async def call(self, action: str, **fields: Any) -> Event:
        """Call an action; return its `ok`. Refused for an `error`, ConnectionError if the connection is lost."""
        return await self._calls.call({"action": action, **fields})

    async def events(self) -> AsyncIterator[Event]:
        """Yield all events: each `hello`, messages as by iteration, presence, typing, plugins' events …

        Iterate in one place only. While 1,000 events wait, further events that are not stored are dropped.
        """
        while (event := await self._inbox.get()) is not None:
            yield event

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield the messages of all channels, once each and by `seq` within a channel; notices too."""
        async for event in self.events():
            if event["action"] == "send-message":
                yield event

    def _ended(self) -> None:
        self._inbox.close()
        self._calls.ended()

    def _lost(self, socket: WebSocketClientConnection) -> None:
        socket.close(Close.NORMAL)
        for task in (self._resuming, *self._reading):
            if task is not None:
                task.cancel()
        for place in self._places.values():
            place.behind = True
        self._calls.lost()

    def _receive(self, event: Event, socket: WebSocketClientConnection) -> None:
        action = event["action"]
        if action == "send-message":
            self._hear(event)
        elif action in ("ok", "error") and event.get("ref"):
            self._calls.answer(event)
        else:
            self._inbox.offer(event)
            if action == "hello":
                self.user, self._calls.socket = event["user"], socket
                self._resuming = asyncio.create_task(self._resume())
            elif action == "renamed":
                self.user, self._credentials.name = event["user"], event["user"]["name"]
                self._credentials.accepted(event.get("token"))

    def _hear(self, message: Event) -> None:
        place = self._places.get(message["target"])
        if place is None or "seq" not in message:
            self._inbox.offer(message)
        elif place.behind:
            place.newest = message["seq"]
        elif message["seq"] > place.seq:
            if self._inbox.offer(message):
                place.seq = message["seq"]
            else:
                place.behind, place.newest = True, message["seq"]
                self._read_on(message["target"], place)

    async def _resume(self) -> None:
        """Rejoin the channels, and send the posts again that are not yet known to be stored."""
        with contextlib.suppress(ConnectionError):
            for name, place in list(self._places.items()):
                if place.epoch:
                    await self._rejoin(name, place)
            self._calls.repeat()
            self._connection.well()

    async def _rejoin(self, name: str, place: _Place) -> None:
        since = {"epoch": place.epoch, "seq": place.seq}
        try:
            answer = await self._insist("join-channel", target=name, since=since, history=PAGE)
        except Refused:
            self._places.pop(name, None)  # not let in any more; so is told who says something there
            return
        if not answer["recovered"]:  # history was lost, or more of it is gone than the client had seen
            place.epoch, place.seq, place.newest = answer["epoch"], 0, 0
        self._read_on(name, place, {**answer, "more": answer["more"] and answer["recovered"]})

    async def _insist(self, action: str, **fields: Any) -> Event:
        """Call an action until it is answered; Refused only for what the caller or its rights are the cause of."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await self.call(action, **fields)
            except Refused as refused:
                if refused.code in MISTAKES or refused.code in (Error.REFUSED, Error.NOT_ALLOWED):
                    raise
                await asyncio.sleep(max(pause, refused.retry_after))
                pause = min(2 * pause, LONGEST_PAUSE)

    def _read_on(self, name: str, place: _Place, page: Event | None = None) -> None:
        task = asyncio.create_task(self._catch_up(name, place, page))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _catch_up(self, name: str, place: _Place, page: Event | None) -> None:
        """Deliver what was missed, page by page, as fast as it is consumed; then the channel is live again."""
        with contextlib.suppress(ConnectionError, Refused):  # a new connection starts over; or the channel was left
            while True:
                for message in page["messages"] if page else ():
                    await self._inbox.put(message)
                    place.seq = message["seq"]
                if page and not page["more"] and place.newest <= place.seq:
                    break
                newest = place.newest
                page = await self._insist("history", target=name, after=place.seq, limit=PAGE)
                if not page["messages"] and place.newest == newest:
                    place.newest = place.seq  # it was deleted already
            place.behind = False
