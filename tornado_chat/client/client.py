"""A client for bots and tests that reconnects by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any
from weakref import WeakSet

from tornado.websocket import WebSocketClientConnection

from tornado_chat.chat.errors import Close, Refused
from tornado_chat.client.acting import Acting
from tornado_chat.client.calls import Calls
from tornado_chat.client.channels import Channels
from tornado_chat.client.credentials import Credentials, Token, clean_base
from tornado_chat.client.events import Event, wire_of
from tornado_chat.client.inbox import Inbox
from tornado_chat.client.own_list import OwnList
from tornado_chat.client.reconnect import Reconnecting
from tornado_chat.client.transfers import Transfers

INBOX = 1_000  # events that wait for the iterator


class Client(Acting):
    """A user's connection to a chat, which reconnects as often as needed.

    base: the page's address, http(s):// or ws(s)://host:port/path.
    name, token, password: who the client is. `name` alone is a guest; `name` and `password` are an account.
    `token` is that of an earlier client or of your application, or a function (sync or async) that returns one for
    each connection.
    headers: sent with each request, for a proxy in front.
    connect_timeout: seconds for the first connection; None waits forever.
    direct: whether to join a direct conversation when somebody writes there.

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
        direct: bool = False,
    ) -> None:
        self.user: Event = {}
        self._answers_direct = direct
        self._list = OwnList()
        self._growing = WeakSet()
        self._joining: dict[str, asyncio.Task[None]] = {}
        self._credentials = Credentials(name, token, password, headers or {})
        self._connect_timeout = connect_timeout
        self._inbox = Inbox(INBOX)
        self._channels = Channels(self._inbox, self.call)
        self._connection = Reconnecting(clean_base(base), self._credentials, self._receive, self._lost, self._ended)
        self._calls = Calls(self._gone)
        self._transfers = Transfers(
            self._credentials, lambda: self.base, lambda: self._calls.socket is not None, self._gone
        )
        self._resuming: asyncio.Task[None] | None = None

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

    @property
    def channels(self) -> Mapping[str, Event]:
        """What the client's user belongs to, by the address of the channel: entries of the event `channels`."""
        return self._list.entries

    async def _insist(self, action: str, channel: str, **fields: Any) -> Event:
        """Call an action that can be repeated safely until it is answered."""
        message = {"action": action, "target": channel, **fields}
        epoch = self._channels.epoch(channel) or self._calls.epoch
        return await self._calls.post(message, epoch, now=self._resuming is None or self._resuming.done())

    async def call(self, action: str, **fields: Any) -> Event:
        """Call an action; return its `ok`. Refused for an `error`, ConnectionError if the connection is lost."""
        return await self._calls.call({"action": action, **fields})

    async def events(self) -> AsyncIterator[Event]:
        """Yield all events: each `hello`, messages as by iteration, changes, presence, typing, plugins' events …

        A `changed` has the `message` as it is now, if it is one of the newest 500 of its channel. One that was missed
        has `what`, but not who made the change; several are one event.

        Iterate in one place only. While 1,000 events wait, further events that are not stored are dropped.
        """
        while (event := await self._inbox.get()) is not None:
            yield event

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield the messages of all channels, once each and by `seq` within a channel; notices too."""
        async for event in self.events():
            if event["action"] == "send-message":
                yield event

    def _gone(self) -> ConnectionError | None:
        return self._connection.gone() if self.code is not None else None

    def _ended(self) -> None:
        self._inbox.close()
        self._calls.ended()

    def _lost(self, socket: WebSocketClientConnection) -> None:
        socket.close(Close.NORMAL)
        if self._resuming is not None:
            self._resuming.cancel()
        self._channels.lost()
        self._calls.lost()

    def _receive(self, event: Event, socket: WebSocketClientConnection) -> None:
        action = event["action"]
        if action in ("send-message", "changed"):
            if action == "send-message":
                self._list.hear(event, self.user.get("id", ""))
            self._channels.hear(event)
            if action == "changed":
                for message in list(self._growing):
                    message.hear(event)
        elif action in ("ok", "error") and event.get("ref"):
            self._calls.answer(event)
        else:
            self._inbox.offer(event)
            if action == "hello":
                self.user, self._calls.socket = event["user"], socket
                self._calls.epoch = event.get("epoch", "")
                self._channels.wire = wire_of(event)
                self._transfers.hear(event)
                self._resuming = asyncio.create_task(self._resume())
            elif action == "renamed":
                self.user, self._credentials.name = event["user"], event["user"]["name"]
                self._credentials.accepted(event.get("token"))
            elif action == "channels":
                for name in self._list.apply(event):
                    self._channels.drop(name)
                if self._answers_direct:
                    self._join_direct()
            elif action == "channel":
                self._list.set(event)

    def _join_direct(self) -> None:
        """Join the direct conversations that have unread messages."""
        for name, entry in self._list.entries.items():
            waits = entry["kind"] == "direct" and entry["unread"] > 0
            if waits and name not in self._channels.places and name not in self._joining:
                self._joining[name] = asyncio.create_task(self._join_unread(name))

    async def _join_unread(self, name: str) -> None:
        try:
            with contextlib.suppress(ConnectionError, Refused):  # the next `channels` begins again
                await self._channels.join(name, 0, unread=True)
        finally:
            del self._joining[name]

    async def _resume(self) -> None:
        """Rejoin the channels, and send the posts again that are not yet known to be stored."""
        with contextlib.suppress(ConnectionError):
            await self._channels.rejoin()
            self._calls.repeat()
            self._connection.well()
