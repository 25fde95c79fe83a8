"""Calls the plugins' listeners; their errors end here. Where nobody listens the hub pays nothing."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.plugin_host.message_filters import MessageFilters, copy
from tornado_chat.routing.context import Context, PluginContext, current
from tornado_chat.routing.plugin import FAULTS, LIMIT, Plugin, call_plugin
from tornado_chat.routing.registry import EVENTS, Listener
from tornado_chat.routing.server import Server

if TYPE_CHECKING:
    from tornado_chat.chat.channel import Channel
    from tornado_chat.chat.connection import Connection

LONG = 30.0  # seconds that a listener may take for which nothing waits
MOVES = ("connect", "disconnect", "join", "leave")


class PluginEvents:
    """The listeners of the registry that is in use."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listeners: Mapping[str, tuple[Listener, ...]] = dict.fromkeys(EVENTS, ())
        self._sieve = MessageFilters(server, self._tell)

    def use(self, listeners: Mapping[str, tuple[Listener, ...]]) -> None:
        """Call these from now on."""
        self._listeners = listeners
        self._sieve.use(listeners["message"], bool(listeners["posted"]))
        self._server.on_post = self._sieve.post if listeners["message"] or listeners["posted"] else None
        self._server.on_move = self.moved if any(listeners[event] for event in MOVES) else None

    async def authenticate(self, request: Any) -> User | None:
        """Return who a request comes from, as the first listener that knows it says; Refused where one says no."""
        for listener in self._listeners["authenticate"]:
            plugin = listener.plugin
            if plugin.off:  # nobody gets in unseen
                raise plugin.refuse()
            try:
                user = call_plugin(listener.call, request)
                if inspect.iscoroutine(user):
                    user = await plugin.within(LIMIT, "authenticate", plugin.begin(user))
                if not isinstance(user, User | None):
                    raise TypeError(f"authenticate returns a User or None, not {type(user).__name__}")
            except Refused:
                raise
            except Exception as error:
                plugin.failed("authenticate", error)
                raise Refused("who you are cannot be told now; try again later", Error.INTERNAL) from None
            if user is not None:
                return user
        return None

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
            context = PluginContext(plugin, self._server, event, connection, channel, user)
            arguments = () if message is None else (copy(message),)
            task = _begin(plugin, event, listener.call, context, *arguments)
            if task is not None:
                plugin.start(_end(plugin, event, task, LONG)).add_done_callback(partial(_cancel, task))


async def run(
    plugin: Plugin, what: str, function: Callable[[Context], Any], context: Context, limit: float | None
) -> None:
    """Call a function of a plugin's and see it end; what it raises is the plugin's failure, and ends here."""
    task = _begin(plugin, what, function, context)
    if task is not None:
        await _end(plugin, what, task, limit)


def _begin(
    plugin: Plugin, what: str, function: Callable[..., Any], context: Context, *arguments: Message
) -> asyncio.Task[Any] | None:
    token = current.set(context)
    try:
        result = function(context, *arguments)
        return plugin.begin(result) if inspect.iscoroutine(result) else None
    except Refused:
        return None  # nobody asked
    except FAULTS as error:
        plugin.failed(what, error)
        return None
    finally:
        current.reset(token)


async def _end(plugin: Plugin, what: str, task: asyncio.Task[Any], limit: float | None) -> None:
    try:
        await plugin.within(limit, what, task)
    except Refused:
        pass
    except Exception as error:
        plugin.failed(what, error)


def _cancel(task: asyncio.Task[Any], outer: asyncio.Task[Any]) -> None:
    task.cancel()
