"""What timers, and `startup` and `shutdown` listeners of a plugin are given: no caller, and no channel."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, MutableSequence
from contextvars import copy_context
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from tornado_chat.chat import calls
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.store import Namespace
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.plugin_files import PluginFiles
from tornado_chat.routing.server import Server

P = ParamSpec("P")
T = TypeVar("T")


class TimerContext:
    """What timers, and `startup` and `shutdown` listeners are given. It has no caller and no channel.

    `server` has the connections and channels. On several nodes, each call of a timer is made on one of them, and
    `startup` and `shutdown` listeners are called on each.
    """

    __slots__ = ("_plugin", "hears", "posts", "server")

    if not TYPE_CHECKING:  # for functions that serve timers and calls alike
        connection = user = ref = about = None
    refused: Refused | None = None  # see RefusedContext

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
    def files(self) -> PluginFiles:
        """The files of the server: those of messages, and those that the plugin adds."""
        return PluginFiles(self.server, self._of_plugin("files").name, self.posts)

    @property
    def settings(self) -> Any:
        """The plugin's dataclass `Settings`, filled from `[plugins.NAME]` of the TOML file."""
        return self._of_plugin("settings").settings

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine as a task of the plugin, for work that outlasts the call.

        It is cancelled when the plugin is reloaded or switched off, or the server ends. What it raises is logged and
        counted as a failure of the plugin.
        """
        if not isinstance(coroutine, Coroutine):
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

    def heed(self, channel: Channel, power: str, user: object) -> None:
        """Heed no rules: nobody calls."""


#: The context that a handler or listener runs in; `channel.post` finds its call by it.
current = cast("calls.Current[TimerContext]", calls.current)
