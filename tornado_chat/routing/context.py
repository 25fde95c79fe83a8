"""What a handler is given: who calls, from which connection, about which channel, and how to answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableSequence
from typing import Any, cast

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.models import User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.permissions import Denied, need
from tornado_chat.chat.rate_limits import network
from tornado_chat.routing.channel_settings import settings_in
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.server import Server
from tornado_chat.routing.timer_context import TimerContext, current

__all__ = ["Context", "RouteContext", "TimerContext", "current"]


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

    @property
    def settings(self) -> Any:
        """The plugin's dataclass `Settings`, filled from `[plugins.NAME]`, and in a channel by its owners."""
        plugin = self._of_plugin("settings")
        channel = self._channel
        return plugin.settings if channel is None or channel.record is None else settings_in(plugin, channel.record)

    def may(self, power: str) -> bool:
        """Return whether the caller has a power: by their role, or in a channel by their role there and its rules."""
        if self.connection is None:
            return self.user is not None and self.user.may(power)
        return self._denied(power) is None

    def need(self, power: str) -> None:
        """Raise Refused (`not-allowed`, with the rule and what it needs) unless the caller has a power; see `may`."""
        if self.connection is None:
            need(self.user, power)
        elif (denied := self._denied(power)) is not None:
            raise denied.refused()

    def sees(self, seq: int) -> bool:
        """Return whether the caller may see the message with a `seq` in the channel, whether or not it is there."""
        return self.connection is None or self.server.places.sees(self.connection, self.channel, seq)

    async def mentioned(self, text: str) -> list[str]:
        """Return whom a text mentions in the channel, for `mentions` of a post: ids of users.

        Also `@here` and `@channel`, if the caller may mention everyone there.
        """
        return (await self.server.places.mentioned(self.connection, self.channel, text)).whom

    def _denied(self, power: str) -> Denied | None:
        channel = self._channel
        record = None if channel is None else channel.record or ChannelRecord(channel.name)
        return self.server.places.denied(self.connection, power, record)

    def heed(self, channel: Channel, power: str, user: object) -> None:
        """Raise Refused if a plugin's action would do in a channel what its rules forbid to the caller.

        user: in whose name. Bots speak for themselves, and listeners for nobody.
        """
        if self._plugin is None or self.hears or self.connection is None or user not in (None, self.connection.user):
            return
        if power == "post" and not self.posts:
            self.server.places.may_post(self.connection, channel)
        else:
            self.server.places.need(self.connection, power, channel.record)

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

    def whisper(self, user: User, text: str, **fields: Any) -> None:
        """Show a line to one user, on all their connections in the channel. It is not stored, and names the plugin.

        The page shows that nobody else sees it. Raises ValueError as `reply` does.
        """
        by = {} if self._plugin is None else {"plugin": self._plugin.name}
        self.channel.whisper(user, text, **{**by, **fields})

    async def perform(self, name: str, channel: Channel, /, **fields: Any) -> Any:
        """Call another action in a channel as the caller, internal ones too; return what its handler returns.

        Raises Refused as the action does, or `invalid-field` for wrong fields, which are checked as a client's, or
        `not-allowed` if the caller's role lacks the action's power. KeyError if there is no such action,
        TypeError for a channel that is not a Channel.
        """
        if self._call_action is None:
            raise AttributeError("there is no ctx.perform here: only actions have it")
        if not isinstance(channel, Channel):
            raise TypeError(
                f"ctx.perform takes a Channel, such as ctx.channel or ctx.server.channel('general'), not {channel!r}"
            )
        return await self._call_action(self, name, channel, fields)


class PerformedContext(Context):
    """The context of an action that another one performs: one call is made, so nothing of its price is given back."""

    __slots__ = ()

    def charge(self, calls: float) -> None:
        super().charge(max(calls, 0.0))


class RouteContext(TimerContext):
    """What `self.ctx` of a route is: a TimerContext with the `user` who is signed in, None for nobody."""

    __slots__ = ("user",)

    def __init__(self, server: Server, plugin: Plugin) -> None:
        super().__init__(server, plugin)
        self.user: User | None = None


CallAction = Callable[[Context, str, Channel, Mapping[str, Any]], Awaitable[Any]]
