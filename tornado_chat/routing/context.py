"""What a handler is given: who calls, from which connection, about which channel, and how to answer."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, MutableSequence
from contextvars import ContextVar, copy_context
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from tornado_chat.chat import pending
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.rate_limits import network
from tornado_chat.chat.store import Namespace
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.server import Server

P = ParamSpec("P")
T = TypeVar("T")


class TimerContext:
    """What timers, routes, and `startup` and `shutdown` listeners are given. It has no caller and no channel.

    `server` has the connections and channels.
    """

    __slots__ = ("_plugin", "hears", "posts", "server")

    if not TYPE_CHECKING:  # for functions that serve timers and calls alike
        connection = user = ref = about = None

    def __init__(self, server: Server, plugin: Plugin | None, hears: str = "") -> None:
        self.server = server
        self._plugin = plugin
        #: The event that a listener is told of, "" in a call of an action or timer.
        self.hears = hears
        self.posts: MutableSequence[PendingMessage] = deque(maxlen=0)  # no answer waits for them

    def _of_plugin(self, what: str) -> Plugin:
        if self._plugin is None:
            raise AttributeError(f"only plugins have ctx.{what}")
        return self._plugin

    @property
    def store(self) -> Namespace:
        """The data that the plugin has stored."""
        plugin = self._of_plugin("store")
        return Namespace(self.server.store, f"plugin:{plugin.name}", self.server.flusher.require_loop, plugin.compute)

    @property
    def settings(self) -> Any:
        """The plugin's dataclass `Settings`, filled from `[plugins.NAME]` of the TOML file."""
        return self._of_plugin("settings").settings

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine as a task of the plugin, for work that outlasts the call.

        It is cancelled when the plugin is reloaded or switched off, or the server ends. What it raises is logged and
        counted as a failure of the plugin.
        """
        if not inspect.iscoroutine(coroutine):
            raise TypeError(f"ctx.spawn takes a coroutine, as in ctx.spawn(work()), not {type(coroutine).__name__}")
        try:
            plugin = self._of_plugin("spawn")
            self.server.flusher.require_loop()
        except (AttributeError, RuntimeError):
            coroutine.close()
            raise
        apart = copy(self)
        apart.posts = deque(maxlen=0)  # no answer waits for these: it would hold all of them for ever
        context = copy_context()
        context.run(current.set, apart)
        return plugin.spawn(coroutine, context)

    async def in_thread(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a blocking function on another thread; return what it returns.

        It must not touch the chat: post, reply or store what it returns afterwards. If the caller stops waiting, the
        function still runs to its end.
        """
        plugin = self._of_plugin("in_thread")
        self.server.flusher.require_loop()
        run = partial(copy_context().run, function, *args, **kwargs)
        return cast("T", await plugin.in_thread(run))

    def charge(self, calls: float) -> None:
        """Count nothing: nobody calls."""

    @property
    def channel(self) -> Channel:
        """There is none."""
        raise AttributeError("there is no ctx.channel here")


class Context(TimerContext):
    """One call of an action, or one event for a listener.

    `connection` is the caller's. For a message that comes from no connection it is None, and so is `user` for the
    server's own messages. `ref` is the caller's name for this call, or None. `server` has the connections and
    channels.
    """

    __slots__ = ("_call_action", "_channel", "_user", "connection", "ref")

    def __init__(
        self,
        connection: Connection,
        channel: Channel | None,
        ref: str | None,
        posts: MutableSequence[PendingMessage],
        server: Server,
        call_action: CallAction | None,
        plugin: Plugin | None = None,
        hears: str = "",
        user: User | None = None,
    ) -> None:
        self.connection = connection
        self.ref = ref
        self.posts = posts
        self.server = server
        self.hears = hears
        self._channel = channel
        self._call_action = call_action
        self._plugin = plugin
        self._user = user

    @classmethod
    def of_event(
        cls,
        server: Server,
        plugin: Plugin,
        hears: str,
        connection: Connection | None,
        channel: Channel | None,
        user: User | None,
    ) -> Context:
        """Return what a listener is told of. No answer waits for what it posts."""
        known = cast("Connection", connection)
        return cls(known, channel, None, deque(maxlen=0), server, None, plugin, hears, user)

    @property
    def user(self) -> User:
        """The user who calls, or who acts in the event."""
        if self._user is None and self.connection is not None:
            return self.connection.user
        return self._user

    @property
    def address(self) -> str:
        """Where the caller connects from, as limits count it: an IPv4 address, an IPv6 /64, or "" if unknown."""
        return network(self.connection.address)

    @property
    def channel(self) -> Channel:
        """The channel that the call names in `target`, or that the event is about.

        AttributeError in an action with `channel=False`.
        """
        if self._channel is None:
            raise AttributeError("there is no ctx.channel here (an action marked channel=False has none)")
        return self._channel

    @property
    def about(self) -> str | None:
        """The name of the channel that the call is about, None where there is none."""
        return None if self._channel is None else self._channel.name

    def need(self, power: str) -> None:
        """Raise Refused (`not-allowed`) unless the caller's role has a power."""
        if not self.user.may(power):
            raise Refused("that is for administrators", Error.NOT_ALLOWED)

    async def use(self, power: str, **about: Any) -> None:
        """Record in the audit that the caller uses a power. Raises Refused (`not-allowed`) without it.

        Await this before you do what the power is for. `about` says what that is.
        """
        self.server.flusher.require_loop()
        self.need(power)
        await self.server.moderation.record(self.user, power, about)

    def charge(self, calls: float) -> None:
        """Count this call as so many more against the caller's limits, because it is expensive."""
        if self.connection is not None and self.connection.gate is not None:
            self.connection.gate.charge(calls)

    def reply(self, text: str, **fields: Any) -> None:
        """Show a line in the channel to the caller's connection only. It is not stored, and names the plugin.

        Raises ValueError for a field that every line has, such as `seq`.
        """
        by = {} if self._plugin is None else {"plugin": self._plugin.name}
        self.connection.show(self.channel.name, text, **{**by, **fields})

    async def perform(self, name: str, channel: Channel) -> Any:
        """Call another action in a channel, internal ones too, and return what its handler returns."""
        if self._call_action is None:
            raise AttributeError("there is no ctx.perform here: only actions have it")
        return await self._call_action(self, name, channel)


CallAction = Callable[[Context, str, Channel], Awaitable[Any]]

#: The context that a handler or listener runs in; `channel.post` finds its call by it.
current = cast("ContextVar[TimerContext | None]", pending.current)
