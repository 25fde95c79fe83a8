"""What a handler is given: who calls, from which connection, about which channel, and how to answer."""

from __future__ import annotations

import inspect
from collections import deque
from contextvars import ContextVar, copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from tornado_chat.chat import pending
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.rate_limits import network
from tornado_chat.chat.store import Namespace

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, MutableSequence

    from tornado_chat.chat.channel import Channel
    from tornado_chat.chat.connection import Connection
    from tornado_chat.chat.models import User
    from tornado_chat.chat.pending import PendingMessage
    from tornado_chat.routing.plugin import Plugin
    from tornado_chat.routing.server import Server

P = ParamSpec("P")
T = TypeVar("T")

#: The context that a handler or listener runs in; `channel.post` finds its call by it.
current = cast("ContextVar[Context | None]", pending.current)


class Context:
    """One call of an action.

    `channel` is the joined channel that `target` names; an action marked `channel=False` has none.
    `server` knows the connections and channels; `ref` is the client's name for this call, or None.
    """

    __slots__ = ("_call_action", "_channel", "connection", "posts", "ref", "server")

    #: What a listener is told of, "" in a call of an action or timer.
    hears = ""

    def __init__(
        self,
        connection: Connection,
        channel: Channel | None,
        ref: str | None,
        posts: MutableSequence[PendingMessage],
        server: Server,
        call_action: Callable[[Context, str], Any],
    ) -> None:
        self.connection = connection
        self.ref = ref
        self.posts = posts
        self._channel = channel
        self.server = server
        self._call_action = call_action

    @property
    def user(self) -> User:
        """Who calls."""
        return self.connection.user

    @property
    def address(self) -> str:
        """Where the caller comes from, as limits count it: an IPv4 address, an IPv6 /64, "" where it is unknown."""
        return network(self.connection.address)

    @property
    def channel(self) -> Channel:
        """The channel that the call is about."""
        if self._channel is None:
            raise AttributeError("there is no ctx.channel here (an action marked channel=False has none)")
        return self._channel

    @property
    def about(self) -> str | None:
        """The name of the channel that the call is about, None where there is none."""
        return None if self._channel is None else self._channel.name

    @property
    def store(self) -> Namespace:
        """What the plugin keeps: its own part of the server's store."""
        raise AttributeError("a plugin alone has ctx.store")

    @property
    def settings(self) -> Any:
        """The plugin's dataclass `Settings`, filled from `[plugins.NAME]` of the TOML file."""
        raise AttributeError("a plugin alone has ctx.settings")

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine as a task of the plugin's: for what outlasts the call.

        It is cancelled when the plugin is reloaded, switched off or the server ends; what it raises is logged and
        counted as a failure of the plugin.
        """
        coroutine.close()
        raise AttributeError("a plugin alone has ctx.spawn")

    async def in_thread(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that blocks on another thread; return what it returns.

        It must not touch the chat: post, reply or store what it returns afterwards. One that the caller stops waiting
        for goes on to its end.
        """
        raise AttributeError("a plugin alone has ctx.in_thread")

    def need(self, power: str) -> None:
        """Go on only where the caller's role has a power; else Refused (`not-allowed`)."""
        if not self.user.may(power):
            raise Refused("that is for administrators", Error.NOT_ALLOWED)

    async def use(self, power: str, **about: Any) -> None:
        """Use a power of the caller's role, which is kept in the audit first; Refused (`not-allowed`) without it."""
        self.server.flusher.require_loop()
        self.need(power)
        await self.server.moderation.record(self.user, power, about)

    def charge(self, calls: float) -> None:
        """Count this call as so many more against its caller's limits, for what it costs."""
        if self.connection is not None and self.connection.gate is not None:
            self.connection.gate.charge(calls)

    def reply(self, text: str, **fields: Any) -> None:
        """Show a line in the call's channel to the one connection that asked; it is kept nowhere."""
        self.connection.show(self.channel.name, text, **fields)

    async def perform(self, name: str, channel: Channel) -> Any:
        """Call another action about `channel`, internal ones too; return what its handler returns."""
        inner = Context(self.connection, channel, self.ref, self.posts, self.server, self._call_action)
        result = self._call_action(inner, name)
        return await result if inspect.isawaitable(result) else result


class PluginContext(Context):
    """What a plugin's actions, listeners and timers are given; where nobody acts `user` and `connection` are None."""

    __slots__ = ("_plugin", "_user", "hears")

    def __init__(
        self,
        plugin: Plugin,
        server: Server,
        hears: str = "",
        connection: Connection | None = None,
        channel: Channel | None = None,
        user: User | None = None,
    ) -> None:
        self._plugin = plugin
        self.server = server
        self.hears = hears
        self.connection = cast("Connection", connection)
        self._channel = channel
        self._user = user
        self.ref = None
        self.posts = deque(maxlen=0)  # no answer waits for them

    @classmethod
    def of_call(cls, call: Context, plugin: Plugin) -> PluginContext:
        """Return the context of a call for the plugin that handles it."""
        context = cls(plugin, call.server, "", call.connection, call._channel, call.user)
        context.ref, context.posts, context._call_action = call.ref, call.posts, call._call_action
        return context

    @property
    def user(self) -> User:
        """See Context."""
        return cast("User", self._user)

    @property
    def store(self) -> Namespace:
        """See Context."""
        return Namespace(self.server.store, f"plugin:{self._plugin.name}", self.server.flusher.require_loop)

    @property
    def settings(self) -> Any:
        """See Context."""
        return self._plugin.settings

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """See Context."""
        if not inspect.iscoroutine(coroutine):
            raise TypeError(f"ctx.spawn takes a coroutine, as in ctx.spawn(work()), not {type(coroutine).__name__}")
        try:
            self.server.flusher.require_loop()
        except RuntimeError:
            coroutine.close()
            raise
        # Its own context: what it posts is no part of the call's answer, which would hold all of it for ever.
        own = PluginContext(self._plugin, self.server, self.hears, self.connection, self._channel, self._user)
        context = copy_context()
        context.run(current.set, own)
        return self._plugin.spawn(coroutine, context)

    async def in_thread(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See Context."""
        self.server.flusher.require_loop()
        run = partial(copy_context().run, function, *args, **kwargs)
        return cast("T", await self._plugin.in_thread(run))
