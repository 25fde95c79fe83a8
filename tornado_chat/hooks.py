"""Calls the plugins' listeners; their errors end here. Where nobody listens the hub pays nothing."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from tornado_chat.context import Context, PluginContext, current
from tornado_chat.errors import Error, Refused
from tornado_chat.fence import FAULTS, LIMIT, Plugin, TimedOut
from tornado_chat.hub import Hub
from tornado_chat.messages import Message, User
from tornado_chat.names import clean_text
from tornado_chat.post import Post
from tornado_chat.registry import EVENTS, Listener

if TYPE_CHECKING:
    from tornado_chat.channel import Channel
    from tornado_chat.connection import Connection

LONG = 30.0  # seconds that a listener may take for which nothing waits
MOVES = ("connect", "disconnect", "join", "leave")


class Hooks:
    """The listeners of the registry that is in use."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._listeners: Mapping[str, tuple[Listener, ...]] = dict.fromkeys(EVENTS, ())
        self._turns: dict[str, asyncio.Future[None]] = {}  # of a channel: done when its last waiting post is placed
        self._posts: set[asyncio.Task[None]] = set()

    def use(self, listeners: Mapping[str, tuple[Listener, ...]]) -> None:
        """Call these from now on."""
        self._listeners = listeners
        self._hub.on_post = self.post if listeners["message"] or listeners["posted"] else None
        self._hub.on_move = self.moved if any(listeners[event] for event in MOVES) else None

    async def authenticate(self, request: Any) -> User | None:
        """Return who a request comes from, as the first listener that knows it says; Refused where one says no."""
        for listener in self._listeners["authenticate"]:
            plugin = listener.plugin
            if plugin.off:  # nobody gets in unseen
                raise plugin.refuse()
            try:
                user = listener.call(request)
                if inspect.iscoroutine(user):
                    user = await plugin.within(LIMIT, "authenticate", plugin.begin(user))
                if not isinstance(user, User | None):
                    raise TypeError(f"authenticate returns a User or None, not {type(user).__name__}")
            except Refused:
                raise
            except FAULTS as error:
                plugin.failed("authenticate", error)
                raise Refused("who you are cannot be told now; try again later", Error.INTERNAL) from None
            if user is not None:
                return user
        return None

    # Who comes and goes

    def moved(self, event: str, connection: Connection, channel: Channel | None = None) -> None:
        """Tell of one of MOVES, after what is being done now."""
        if self._listeners[event]:
            asyncio.get_running_loop().call_soon(self._tell, event, connection, channel, connection.user)

    def _tell(
        self,
        event: str,
        connection: Connection | None,
        channel: Channel | None,
        user: User | None,
        message: Message | None = None,
    ) -> None:
        for listener in self._listeners[event]:
            plugin = listener.plugin
            if plugin.off:
                continue
            context = PluginContext(plugin, self._hub, event, connection, channel, user)
            arguments = () if message is None else (_copy(message),)
            token = current.set(context)
            try:
                result = listener.call(context, *arguments)
                if inspect.iscoroutine(result):
                    task = plugin.begin(result)
                    plugin.start(_settle(plugin, event, task)).add_done_callback(partial(_end, task))
            except Refused:
                pass  # nobody asked
            except FAULTS as error:
                plugin.failed(event, error)
            finally:
                current.reset(token)

    # What is said

    def post(self, channel: Channel, message: Message) -> Post:
        """Have a message pass its listeners, then append it to the history; see Channel.post."""
        caller = current.get()
        if caller is not None and caller.hears:  # what listeners say passes no listener again
            return self._append(channel, message, None, caller.hears != "posted")
        connection = caller.connection if caller is not None and caller.user is message.sender else None
        listeners = iter(self._listeners["message"])
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

        post = Post()
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
        """Return a message as it is stored, once its listeners and its turn have come."""
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
        known = message.ref and message.sender and await self._hub.history.find(message.sender, message.ref)
        if known and known.channel == message.channel:
            return known
        assert refused is not None
        raise refused

    def _pass(
        self, listeners: Iterator[Listener], channel: Channel, message: Message, connection: Connection | None
    ) -> Awaitable[None] | None:
        """Ask listeners until one is to be awaited; Refused where one says no."""
        for listener in listeners:
            plugin = listener.plugin
            if plugin.off:
                if listener.closed:
                    raise plugin.refuse()
                continue
            context = PluginContext(plugin, self._hub, "message", connection, channel, message.sender)
            draft = _copy(message)
            token = current.set(context)
            try:
                result = listener.call(context, draft)
                if inspect.iscoroutine(result):
                    return self._heard(listener, message, draft, plugin.begin(result))
                _take(draft, message)
            except FAULTS as error:
                _fail(listener, error)
            finally:
                current.reset(token)
        return None

    async def _heard(self, listener: Listener, message: Message, draft: Message, task: asyncio.Task[Any]) -> None:
        try:
            await listener.plugin.within(LIMIT, "message", task)
            _take(draft, message)
        except FAULTS as error:
            _fail(listener, error)

    def _append(self, channel: Channel, message: Message, connection: Connection | None, tell: bool = True) -> Post:
        post = self._hub.history.append(message)
        if tell and self._listeners["posted"]:

            def decided() -> None:
                if post.stored is message:  # it is no repeated one
                    loop.call_soon(self._tell, "posted", connection, channel, message.sender, message)

            loop = asyncio.get_running_loop()
            if post.stored or post.error:
                decided()
            else:
                post.then(decided)
        return post


async def run(
    plugin: Plugin, what: str, function: Callable[[Context], Any], context: Context, limit: float | None
) -> None:
    """Call a function of a plugin's and see it end; what it raises is the plugin's failure, and ends here."""
    token = current.set(context)
    try:
        result = function(context)
        if inspect.iscoroutine(result):
            task = plugin.begin(result)
            await (task if limit is None else plugin.within(limit, what, task))
    except Refused:
        pass  # nobody asked
    except FAULTS as error:
        plugin.failed(what, error)
    finally:
        current.reset(token)


async def _settle(plugin: Plugin, what: str, task: asyncio.Task[Any]) -> None:
    try:
        await plugin.within(LONG, what, task)
    except Refused:
        pass
    except FAULTS as error:
        plugin.failed(what, error)


def _end(task: asyncio.Task[Any], outer: asyncio.Task[Any]) -> None:
    task.cancel()


def _copy(m: Message) -> Message:
    return Message(m.channel, m.text, m.sender, m.time, m.ref, m.seq, m.id)  # ten times as fast as copy.copy


def _take(draft: Message, message: Message) -> None:
    if draft.text is not message.text:
        try:
            message.text = clean_text(draft.text)
        except Refused as refused:
            raise ValueError(f"what it made of the text: {refused.message}") from None


def _fail(listener: Listener, error: BaseException) -> None:
    if isinstance(error, Refused) and not isinstance(error, TimedOut):
        raise error  # it says no
    if not isinstance(error, TimedOut):  # which was counted
        listener.plugin.failed("message", error)
    if listener.closed:
        raise Refused(
            f"the plugin {listener.plugin.name} failed to check this; try again later", Error.INTERNAL
        ) from None
