"""Calls the listeners of plugins. While nobody listens to an event, it costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

from tornado_chat.chat.changes import Change, Changed
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.permissions import ROLES
from tornado_chat.plugin_host.message_filters import MessageFilters, copy
from tornado_chat.routing.context import Context
from tornado_chat.routing.names import EVENTS
from tornado_chat.routing.registry import Listener
from tornado_chat.routing.server import Server
from tornado_chat.routing.supervision import Failed, Running, TimedOut

LONG = 30.0  # seconds that a listener may take for which nothing waits
MOVES = ("connect", "disconnect", "join", "leave")


class PluginEvents:
    """The listeners of the registry that is in use."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listeners: Mapping[str, tuple[Listener, ...]] = dict.fromkeys(EVENTS, ())
        self._filters = MessageFilters(server)

    def use(self, listeners: Mapping[str, tuple[Listener, ...]]) -> None:
        self._listeners = listeners
        self._filters.use(listeners["message"], self._tell if listeners["posted"] else None)
        self._server.on_post = self._filters.post if listeners["message"] or listeners["posted"] else None
        self._server.on_change = self._filters.change if listeners["message"] or listeners["changed"] else None
        self._server.on_changed = self._changed if listeners["changed"] else None
        self._server.on_member = self._belonging if listeners["member"] else None
        self._server.on_record = self._set if listeners["channel"] else None
        self._server.on_move = self.moved if any(listeners[event] for event in MOVES) else None
        self._server.on_lost = self._lost if listeners["leave"] or listeners["disconnect"] else None

    async def authenticate(self, request: Any) -> User | None:
        """Return the user of a request as the first listener that knows it says; Refused if one says no."""
        for listener in self._listeners["authenticate"]:
            plugin = listener.plugin
            if plugin.off:  # nobody gets in unseen
                raise plugin.refuse()
            try:
                found = plugin.call("authenticate", partial(listener.call, request))
                if type(found) is Running:
                    found = await found
                user: User | None = plugin.call("authenticate", partial(_known, found))
            except TimedOut:
                raise
            except Failed:
                raise Refused("who you are cannot be told now; try again later", Error.INTERNAL) from None
            if user is not None:
                return user
        return None

    def moved(self, event: str, connection: Connection, channel: Channel | None = None) -> None:
        """Call the listeners of one of MOVES in the next turn of the loop."""
        if self._listeners[event]:
            asyncio.get_running_loop().call_soon(self._tell, event, connection, channel, connection.user)

    def _lost(self, user: User, channels: Sequence[Channel]) -> None:
        """Call the listeners for a connection to another node, which has died, in the next turn of the loop."""
        for channel in channels:
            asyncio.get_running_loop().call_soon(self._tell, "leave", None, channel, user)
        asyncio.get_running_loop().call_soon(self._tell, "disconnect", None, None, user)

    def _belonging(self, user: User, channel: str, what: str) -> None:
        """Call the `member` listeners in the next turn of the loop."""
        about = (None, self._server.channel(channel), user, what)
        asyncio.get_running_loop().call_soon(self._tell, "member", *about)

    def _set(self, channel: str, settings: Mapping[str, Any]) -> None:
        """Call the `channel` listeners in the next turn of the loop."""
        about = (None, self._server.channel(channel), None, dict(settings))
        asyncio.get_running_loop().call_soon(self._tell, "channel", *about)

    def _changed(self, changed: Changed) -> None:
        """Call the `changed` listeners in the next turn of the loop, unless one of them made the change."""
        change = changed.change
        if change.heard:
            about = (change.connection, self._server.channel(change.channel), change.user, changed.message, change)
            asyncio.get_running_loop().call_soon(self._tell, "changed", *about)

    def _tell(
        self,
        event: str,
        connection: Connection | None,
        channel: Channel | None,
        user: User | None,
        about: Message | str | dict[str, Any] | None = None,
        change: Change | None = None,
    ) -> None:
        for listener in self._listeners[event]:
            plugin = listener.plugin
            if plugin.off:
                continue
            context = Context.of_event(self._server, plugin, event, connection, channel, user)
            own = copy(about) if isinstance(about, Message) else deepcopy(about)  # one for each
            arguments = tuple(one for one in (own, change) if one is not None)
            with contextlib.suppress(Refused):  # nobody asked
                running = plugin.call(event, partial(listener.call, context, *arguments), context, LONG)
                if type(running) is Running:
                    plugin.own(running)


def _known(user: object) -> User | None:
    """Return what a listener returned if it is a valid user or None; else TypeError or ValueError."""
    if user is None:
        return None
    if not isinstance(user, User):
        raise TypeError(f"authenticate returns a User or None, not {type(user).__name__}")
    for field in (user.id, user.name, user.role):
        if type(field) is not str:
            raise TypeError(f"the id, name and role of a User are text, not {type(field).__name__}")
    if user.role not in ROLES:
        raise ValueError(f"there is no role {user.role!r}; there are {', '.join(ROLES)}")
    return User(user.id, user.name, user.role)
