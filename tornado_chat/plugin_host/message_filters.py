"""Passes messages through the `message` listeners of plugins, in order, before they are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from types import CoroutineType
from typing import Any

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.validation import clean_text
from tornado_chat.routing.context import Context, current
from tornado_chat.routing.registry import Listener
from tornado_chat.routing.server import Server
from tornado_chat.routing.supervision import Failed, Running


class MessageFilters:
    """The `message` listeners in use."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listeners: tuple[Listener, ...] = ()
        self._tell: Callable[..., None] | None = None
        self._turns: dict[str, asyncio.Future[None]] = {}  # of a channel: done when its last waiting post is placed
        self._posts: set[asyncio.Task[None]] = set()

    def use(self, listeners: tuple[Listener, ...], tell: Callable[..., None] | None) -> None:
        """Use these listeners from now on. `tell` is called with each stored message, for listeners to `posted`."""
        self._listeners, self._tell = listeners, tell

    def post(self, channel: Channel, message: Message) -> PendingMessage:
        """Pass a message through the listeners, then append it to the history."""
        caller = current.get()
        if caller is not None and caller.hears:  # what listeners say passes no listener again
            return self._append(channel, message, None, caller.hears != "posted")
        connection = caller.connection if isinstance(caller, Context) and caller.user is message.sender else None
        listeners = iter(self._listeners)
        said = message.text
        refused = waits = None
        try:
            waits = self._pass(listeners, channel, message, connection)
        except Refused as error:
            if message.ref is None:
                raise
            refused = error
        before = self._turns.get(channel.name)
        if waits is None and before is None and (message.ref is None or (message.text == said and not refused)):
            return self._append(channel, message, connection)
        turn = self._turns[channel.name] = asyncio.get_running_loop().create_future()

        async def later() -> None:
            try:
                post.keep(
                    await self._post(listeners, channel, message, connection, said, refused, waits, before, turn)
                )
            except Refused as error:
                post.fail(error)

        post = PendingMessage()
        task = asyncio.ensure_future(later())
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)
        return post

    async def _post(
        self,
        listeners: Iterator[Listener],
        channel: Channel,
        message: Message,
        connection: Connection | None,
        said: str,
        refused: Refused | None,
        waits: Awaitable[None] | None,
        before: asyncio.Future[None] | None,
        turn: asyncio.Future[None],
    ) -> Message:
        """Wait for the listeners and for earlier posts of the channel; return the message as stored."""
        try:
            try:
                while waits is not None:
                    await waits
                    waits = self._pass(listeners, channel, message, connection)
            except Refused as error:
                refused = error
            if before is not None:
                await before
            post = None if refused else self._append(channel, message, connection)
        finally:
            turn.set_result(None)
            if self._turns.get(channel.name) is turn:
                del self._turns[channel.name]
        if post is not None:
            try:
                return await post
            except Refused as error:
                if error.code != Error.INVALID_FIELD or message.text == said:
                    raise
                refused = error
        # A known ref is answered as the first time, whatever a listener makes of it today.
        known = message.ref and message.sender and await self._server.history.find(message.sender, message.ref)
        if known and known.channel == message.channel:
            return known
        assert refused is not None
        raise refused

    def _pass(
        self, listeners: Iterator[Listener], channel: Channel, message: Message, connection: Connection | None
    ) -> Awaitable[None] | None:
        """Call listeners until one must be awaited; Refused if one says no."""
        for listener in listeners:
            plugin = listener.plugin
            if plugin.off:
                if listener.closed:
                    raise plugin.refuse()
                continue
            context = Context.of_event(self._server, plugin, "message", connection, channel, message.sender)
            draft = copy(message)
            try:
                running = plugin.call("message", partial(_hear, listener, context, draft, message), context)
                if type(running) is Running:
                    return self._heard(listener, message, draft, running)
            except Refused as refused:
                _check(listener, refused)
        return None

    async def _heard(self, listener: Listener, message: Message, draft: Message, running: Running) -> None:
        try:
            await running
            listener.plugin.call("message", partial(_take, draft, message))
        except Refused as refused:
            _check(listener, refused)

    def _append(
        self, channel: Channel, message: Message, connection: Connection | None, told: bool = True
    ) -> PendingMessage:
        post = self._server.history.append(message)
        if told and (tell := self._tell) is not None:

            def decided() -> None:
                if post.stored is message:  # it is no repeated one
                    loop.call_soon(tell, "posted", connection, channel, message.sender, message)

            loop = asyncio.get_running_loop()
            if post.stored or post.error:
                decided()
            else:
                post.then(decided)
        return post


def copy(m: Message) -> Message:
    return Message(m.channel, m.text, m.sender, m.time, m.ref, m.seq, m.id)  # ten times as fast as copy.copy


def _hear(listener: Listener, context: Context, draft: Message, message: Message) -> Any:
    result = listener.call(context, draft)
    if type(result) is not CoroutineType:
        _take(draft, message)
    return result


def _take(draft: Message, message: Message) -> None:
    """Apply what a listener made of the text."""
    text = draft.text
    if text is not message.text:
        if not isinstance(text, str):
            raise TypeError(f"the text of a message is text, not {type(text).__name__}")
        try:
            message.text = clean_text(str.__str__(text))  # a subclass has methods of its own
        except Refused as refused:
            raise ValueError(f"what it made of the text: {refused.message}") from None


def _check(listener: Listener, refused: Refused) -> None:
    """Raise if the listener said no, or if it failed and messages must not pass then (`fails="closed"`)."""
    if not isinstance(refused, Failed):
        raise refused
    if listener.closed:
        raise Refused(
            f"the plugin {listener.plugin.name} failed to check this; try again later", Error.INTERNAL
        ) from None
