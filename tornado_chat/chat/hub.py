"""This process's connections and channels."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Sequence
from itertools import islice
from time import monotonic
from typing import Any

from tornado_chat.chat.announcements import Announcements
from tornado_chat.chat.batching import Batcher
from tornado_chat.chat.broker import Member, News
from tornado_chat.chat.changes import Change
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import DIRECT, is_secret
from tornado_chat.chat.commit_news import CommitNews
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.elsewhere import Elsewhere
from tornado_chat.chat.errors import Close, Error, Refused, no_channel
from tornado_chat.chat.growing import Growths
from tornado_chat.chat.history import History
from tornado_chat.chat.metrics import Metrics
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.nodes import Alone, Nodes
from tornado_chat.chat.online import Online
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.presence import Presence
from tornado_chat.chat.protocol import encode
from tornado_chat.chat.questions import Questions
from tornado_chat.chat.remote import Remote
from tornado_chat.chat.usage import Bucket
from tornado_chat.chat.validation import clean_name


class Hub(CommitNews, Presence):
    """The connections of this process and the channels that have members: its Broker and its Presence.

    frames: see Batcher.
    """

    def __init__(
        self,
        history: History,
        frames: Callable[[list[bytes]], list[bytes]],
        announce_limit: int = 200,
        nodes: Nodes | None = None,
    ) -> None:
        super().__init__()
        self.nodes: Nodes = nodes or Alone()
        self.questions = Questions(self.nodes)
        self.history = history
        self.announce_limit = announce_limit
        self.flusher = Batcher(frames)
        self.metrics = Metrics()
        self.growths = Growths(self.channel, history, self.questions)
        self.connections: set[Connection] = set()
        self.channels: dict[str, Channel] = {}
        #: What posts, changes and who comes and goes pass first, where plugins listen (see PluginEvents).
        self.on_post: Callable[[Channel, Message], PendingMessage] | None = None
        self.on_change: Callable[[Channel, Change], Coroutine[Any, Any, int]] | None = None
        self.on_move: Callable[..., None] | None = None
        self.on_lost: Callable[[User, Sequence[Channel]], None] | None = (
            None  # whose node has died, and what they left
        )
        self.on_gone: Callable[[User, Online], None] | None = None  # who is not stored, with all connections
        self.on_elsewhere: Callable[[Channel], None] = lambda channel: None  # for a channel that others alone are in
        #: Returns the token of a user under a new name, where tokens hold the name.
        self.new_token: Callable[[User], str | None] = lambda user: None
        self.edit_window = 0.0
        self.announce = Announcements().plan
        self.words: Bucket | None = None  # what saying who comes and goes may cost, in frames; None: whatever it does
        self._users: dict[User, Online] = {}
        self._names: list[str] = []  # of the channels, in order
        #: The connections of other nodes; None without a cluster.
        self.elsewhere = Elsewhere(self) if self.nodes.own else None
        history.on_commit(self.committed)

    # For actions and plugins

    def channel(self, name: str) -> Channel:
        """Return the channel of that name, whether or not it has members.

        Raises Refused (`invalid-name`) if it cannot be a name.
        """
        found = self.channels.get(name)
        if found is None:
            name = clean_name(name)
            found = self.channels.get(name) or Channel(name, self)
        return found

    def present(self, channel: str | None = None) -> Collection[User]:
        """Return the users in a channel, or without a name everyone who is online."""
        if channel is None:
            return self._users.keys() | self.elsewhere.users.keys() if self.elsewhere else self._users.keys()
        found = self.channels.get(channel) or self.channels.get(clean_name(channel))
        return found.present.keys() if found else ()

    def names(self, connection: Connection, after: str) -> Iterator[str]:
        """Return the names of the channels that a connection may enter, in order, from behind `after` on."""
        if connection.allowed is not None:
            return iter(sorted(name for name in connection.allowed if name > after and name in self.channels))
        return islice(self._names, bisect_right(self._names, after), None)

    def join(self, connection: Connection, name: str) -> bool:
        """Let a connection into a channel, made by the first one; return whether its user came. See Places.join."""
        self.flusher.require_loop()
        channel = self.channel(name)
        name = channel.name
        if name in connection.channels:
            return False
        if connection.ended:  # while its call waited for something
            raise Refused("the connection has ended")
        if not connection.may_enter(name):
            raise Refused(f"you may not enter {name}", Error.NOT_ALLOWED)
        new = name not in self.channels
        if connection.gate is not None:
            connection.gate.join(not self.is_here(connection.user, channel), new, len(self.channels))
            if new:
                channel.maker = connection.gate.address
        if new or not channel.members:
            self._add(channel)
        connection.channels = connection.channels or {}  # an empty one may be NOWHERE
        connection.channels[name] = channel
        came = channel.add(connection)
        if self.elsewhere is not None:
            self.elsewhere.joined(connection, name)
        if came and self.on_move is not None:
            self.on_move("join", connection, channel)
        return came

    def leave(self, connection: Connection, name: str) -> None:
        """Let a connection go out of a channel and tell the others; Refused (`not-joined`) where it is not in it."""
        self.flusher.require_loop()
        channel = self.joined(connection, name)
        name = channel.name
        del connection.channels[name]
        gone = channel.remove(connection)
        if channel.limited and not self.is_here(connection.user, channel):
            channel.limited.pop(connection.user, None)  # somebody who is in it from elsewhere alone
        if connection.gate is not None and not self.is_here(connection.user, channel):
            connection.gate.user.channels -= 1
        if self.elsewhere is not None and not connection.ended:
            self.elsewhere.left(connection, name)
        if not channel.present:
            self._discard(channel)
        elif gone and self.announces(channel, len(channel.present) + 1):
            user = connection.user
            channel.notice(f"{user.name} left the channel", event="leave", user=user)
        if gone and self.on_move is not None:
            self.on_move("leave", connection, channel)

    def is_here(self, user: User, channel: Channel) -> bool:
        """Return whether a user is in a channel with a connection to this node."""
        if self.elsewhere is None or user not in channel.present:
            return user in channel.present
        return any(channel.name in one.channels for one in self._users.get(user, ()))

    def _add(self, channel: Channel) -> None:
        """Know a channel, in which somebody is from now on."""
        self.channels[channel.name] = channel
        if not is_secret(channel.name):
            self.list_channel(channel.name)

    def list_channel(self, name: str) -> None:
        """Let others find a channel, in which somebody is."""
        place = bisect_left(self._names, name)
        if self._names[place : place + 1] != [name]:
            self._names.insert(place, name)

    def _discard(self, channel: Channel) -> None:
        """Forget a channel, in which nobody is any more."""
        del self.channels[channel.name]
        place = bisect_left(self._names, channel.name)
        if self._names[place : place + 1] == [channel.name]:
            del self._names[place]
        if channel.maker is not None:
            channel.maker.channels -= 1

    def announces(self, channel: Channel, count: int) -> bool:
        """Return whether it is said in words that someone came or went.

        It is not where many are (`count`), nor while so many come and go that saying it keeps others waiting.
        """
        if count > self.announce_limit:
            return False
        if self.words is not None:
            now = monotonic()
            if self.words.wait(now):
                return False
            self.words.charge(now, len(channel.members))
        return True

    def joined(self, connection: Connection, name: str) -> Channel:
        """Return a channel in which a connection is present; else Refused (`not-joined`, `not-found`)."""
        channel = connection.channels.get(name) or connection.channels.get(clean_name(name))
        if channel is None:
            raise not_joined(name)
        return channel

    def known(self, user_id: str) -> User | None:
        """Return a user who is connected, to any node, as they are called now."""
        user = User(user_id, "")
        online = self._users.get(user)
        if online is not None:
            return online[0].user
        return self.elsewhere.known(user) if self.elsewhere is not None else None

    def here(self, user: User) -> Online | None:
        """Return the connections of a user to this node with what they share, None where the user has none."""
        return self._users.get(user)

    def online(self, user_id: str) -> Online | None:
        """Return what `here` does, by id."""
        return self._users.get(User(user_id, ""))

    def everyone(self) -> Iterable[tuple[User, Online]]:
        """Return all users who are connected to this node."""
        return self._users.items()

    def control(self, user_id: str, *, leave: str = "", line: bytes = b"", about: str = "") -> None:
        self.control_here(user_id, leave=leave, line=line, about=about)
        if self.elsewhere is not None:
            self.elsewhere.control(User(user_id, ""), leave, line, about)

    def control_here(
        self, user_id: str, *, leave: str = "", line: bytes = b"", about: str = "", news: News | None = None
    ) -> None:
        """Do what `control` does to a user's connections to this node. news: an event `channels`."""
        for connection in tuple(self._users.get(User(user_id, ""), ())):
            if leave and leave in connection.channels:
                self.leave(connection, leave)
            if line and about not in connection.channels and connection.may_enter(about):
                connection.gather(line)
            if news is not None:
                connection.tell_list(news)

    def connections_of(self, user_id: str) -> Sequence[Connection | Remote]:
        """Return the connections of a user to all nodes, those to this one first."""
        user = User(user_id, "")
        own: tuple[Connection | Remote, ...] = tuple(self._users.get(user, ()))
        return own if self.elsewhere is None else (*own, *self.elsewhere.users.get(user, ()))

    def tell_renamed(self, user: User) -> None:
        """Tell all connections of a user, wherever they are, what they are called now."""
        self.tell_renamed_here(user)
        if self.elsewhere is not None:
            self.elsewhere.tell_renamed(user)

    def tell_renamed_here(self, user: User) -> None:
        """Tell a user's connections to this node; each node makes the new token itself, so that none is passed on."""
        token = self.new_token(user)
        line = encode({"action": "renamed", "user": user, **({} if token is None else {"token": token})})
        for connection in self._users.get(user, ()):
            connection.gather(line)

    def end(self, connections: Iterable[Connection | Remote], reason: str, code: int = Close.NOT_ALLOWED) -> int:
        """Close connections for good; return how many."""
        self.flusher.require_loop()
        ended = [connection for connection in connections if not connection.ended]
        for connection in ended:
            connection.close(code, reason)
        return len(ended)

    def publish(self, name: str, line: bytes, skip: User | None = None, for_seq: int | None = None) -> None:
        self.flusher.require_loop()
        channel = self.channels.get(name)
        if channel is None:
            return
        channel.publish_here(line, skip, for_seq)
        if channel.elsewhere and self.elsewhere is not None:
            self.elsewhere.publish(name, line, skip, for_seq)

    def tell(self, user: User, channel: str, line: bytes, skip: Member | None = None) -> None:
        self.tell_here(user, channel, line, skip)
        if self.elsewhere is not None:
            self.elsewhere.tell(user, channel, line)

    def tell_here(self, user: User, channel: str, line: bytes, skip: Member | None = None) -> None:
        """Do what `tell` does for a user's connections to this node."""
        for connection in tuple(self._users.get(user, ())):
            if channel in connection.channels and connection is not skip:
                connection.gather(line)

    # For the socket

    def add(self, connection: Connection) -> None:
        """Know a new connection; its user's name and role are those of all its connections from now on."""
        self.flusher.require_loop()
        self.connections.add(connection)
        user = connection.user
        online = self._users.get(user)
        known = self.known(user.id) if online is None else online[0].user
        if known is not None and (known.name, known.role) != (user.name, user.role):
            self.become(user)
        if online is None:
            self._users[user] = Online([connection])
        else:
            online.append(connection)
        if self.elsewhere is not None:
            self.elsewhere.connected(connection)

    def become(self, user: User) -> None:
        """Let a user who is connected, to any node, have another name or role."""
        self.flusher.require_loop()
        self.rename_here(user)
        if self.elsewhere is not None:
            self.elsewhere.become(user)

    def rename_here(self, user: User) -> None:
        """Know a user under another name or role from now on; those in their channels who are here are told."""
        connections = self.connections_of(user.id)
        if not connections:
            return
        old = connections[0].user
        if online := self._users.pop(user, None):
            self._users[user] = online
        if self.elsewhere is not None and (remote := self.elsewhere.users.pop(user, None)):
            self.elsewhere.users[user] = remote
        for connection in connections:
            connection.user = user
        for channel in {id(c): c for connection in connections for c in connection.channels.values()}.values():
            channel.rename(old, user)

    def join_elsewhere(self, remote: Remote, name: str) -> None:
        """Know that a connection to another node has joined a channel."""
        channel = self.channels.get(name)
        if channel is None:
            channel = self.channels[name] = Channel(name, self)
            channel.direct = name.startswith(DIRECT)
            self.on_elsewhere(channel)
        remote.channels[name] = channel
        channel.elsewhere += 1
        channel.come(remote.user)

    def leave_elsewhere(self, remote: Remote, name: str) -> None:
        """Know that a connection to another node has left a channel; that node tells those who are in it."""
        channel = remote.channels.pop(name)
        channel.elsewhere -= 1
        channel.go(remote.user)
        if not channel.present:
            self._discard(channel)

    def remove(self, connection: Connection) -> None:
        """Forget a connection that has ended: it is gone from all its channels too."""
        connection.ended = True
        self.connections.remove(connection)
        for name in list(connection.channels):
            self.leave(connection, name)
        if self.elsewhere is not None:
            self.elsewhere.disconnected(connection)
        others = self._users[connection.user]
        others.remove(connection)
        if not others:
            del self._users[connection.user]
            if not others.kept and self.on_gone is not None:
                self.on_gone(connection.user, others)
        if self.on_move is not None:
            self.on_move("disconnect", connection)

    def close(self) -> None:
        """Say 1012 to everyone: the server restarts."""
        for connection in list(self.connections):
            connection.close(Close.RESTART, "the server restarts")


def not_joined(name: str) -> Refused:
    """Return what a call is answered about a channel that the connection has not joined."""
    return no_channel() if is_secret(clean_name(name)) else Refused(f"join {name} first", Error.NOT_JOINED)
