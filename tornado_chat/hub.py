"""This process's connections and channels."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tornado_chat.channel import Channel
from tornado_chat.connection import Connection
from tornado_chat.flusher import Flusher
from tornado_chat.history import History
from tornado_chat.metrics import Metrics
from tornado_chat.protocol import Close, Error, Message, Refused, User, clean_name
from tornado_chat.store import MemoryStore, Store


class Hub:
    """Everyone who is connected, and the channels that have members. Actions know it as `ctx.server`."""

    def __init__(self, history: History, announce_limit: int = 200, store: Store | None = None) -> None:
        self.history = history
        self.store = store or MemoryStore()
        self.announce_limit = announce_limit
        self.flusher = Flusher()
        self.metrics = Metrics()
        self.connections: set[Connection] = set()
        self.channels: dict[str, Channel] = {}
        self._users: dict[User, int] = {}
        history.on_commit(self._committed)

    # For actions and plugins

    def channel(self, name: str) -> Channel:
        """Return the channel of that (clean) name; one without members has nobody to hear what is published."""
        return self.channels.get(name) or Channel(name, self)

    def present(self, channel: str | None = None) -> Collection[User]:
        """Return who is in a channel, or who is online at all."""
        if channel is None:
            return self._users.keys()
        found = self.channels.get(channel)
        return found.present.keys() if found else ()

    def join(self, connection: Connection, name: str) -> bool:
        """Make a connection a member, making the channel on the first join; return whether its user came with it."""
        if name in connection.channels:
            return False
        if connection.ended:  # while its call waited for something
            raise Refused("the connection has ended")
        channel = self.channel(name)
        if connection.gate is not None:
            new = name not in self.channels
            connection.gate.join(connection.user not in channel.present, len(self.channels) + new)
        self.channels[name] = channel
        connection.channels[name] = channel
        return channel.add(connection)

    def leave(self, connection: Connection, name: str) -> None:
        """End a membership and tell the others; Refused (`not-joined`) where there is none."""
        channel = self.joined(connection, name)
        del connection.channels[name]
        gone = channel.remove(connection)
        if gone and connection.gate is not None:
            connection.gate.user.channels -= 1
        if not channel.members:
            del self.channels[name]
        elif gone and len(channel.present) < self.announce_limit:
            user = connection.user
            channel.notice(f"{user.name} left the channel", event="leave", user=user)

    def joined(self, connection: Connection, name: str) -> Channel:
        """Return a channel that a connection is a member of; else Refused (`not-joined`)."""
        channel = connection.channels.get(name) or connection.channels.get(clean_name(name))
        if channel is None:
            raise Refused(f"join {name} first", Error.NOT_JOINED)
        return channel

    async def read_up_to(self, user: User, channel: str, seq: int = 0) -> int:
        """Return how far a user has read a channel, which only grows."""
        if seq == 0:
            return int(await self.store.get("read", f"{user.id} {channel}", 0))
        return int(await self.store.update("read", f"{user.id} {channel}", lambda known: max(known or 0, seq)))

    def publish(self, name: str, line: bytes, skip: User | None = None) -> None:
        """Pass a line on to a channel's members, wherever they are connected."""
        channel = self.channels.get(name)
        if channel is None:
            return
        if skip is None:
            channel.deliver(line, passing=True)
        else:
            channel.deliver_but(line, skip)

    # For the socket

    def add(self, connection: Connection) -> None:
        """Know a new connection."""
        self.connections.add(connection)
        self._users[connection.user] = self._users.get(connection.user, 0) + 1

    def remove(self, connection: Connection) -> None:
        """Forget a connection that has ended: it is gone from all its channels too."""
        connection.ended = True
        self.connections.remove(connection)
        for name in list(connection.channels):
            self.leave(connection, name)
        count = self._users.pop(connection.user) - 1
        if count:
            self._users[connection.user] = count

    def close(self) -> None:
        """Say 1012 to everyone: the server restarts."""
        for connection in list(self.connections):
            connection.close(Close.RESTART, "the server restarts")

    # For the history

    def _committed(self, messages: Sequence[Message]) -> None:
        for message in messages:
            channel = self.channels.get(message.channel)
            if channel is not None:
                channel.deliver(message.line())
