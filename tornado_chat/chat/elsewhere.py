"""Who is connected to the other nodes of a cluster, and in which channels: what each of them tells of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Close
from tornado_chat.chat.models import User
from tornado_chat.chat.protocol import encode
from tornado_chat.chat.rate_limits import network
from tornado_chat.chat.remote import Home, Remote

AT_ONCE = 200  # connections in one telling of all


class Elsewhere:
    """The connections to other nodes, and what those are told of the connections to this one.

    `users`: those who are connected elsewhere, with their connections there.
    """

    def __init__(self, hub: Home) -> None:
        self.users: dict[User, list[Remote]] = {}
        self._hub = hub
        self._nodes = nodes = hub.nodes
        self._of: dict[str, dict[int, Remote]] = {}  # by node and number
        self._named: dict[str, set[int]] = {}  # by node that is telling all: the numbers that it has told
        self._own: dict[int, Connection] = {}
        self._newest = 0
        self._addresses: dict[str, int] = {}  # how many connections each network has there
        for kind, hear in (
            ("connected", self._connected),
            ("disconnected", self._disconnected),
            ("joined", self._joined),
            ("left", self._left),
            ("everyone", self._everyone),
            ("who-is-there", self._asked),
            ("publish", self._publish),
            ("tell", self._tell),
            ("control", self._control),
            ("become", self._become),
            ("renamed", self._renamed),
            ("close", self._close),
        ):
            nodes.hear(kind, hear)
        nodes.on_come(self._come)
        nodes.on_gone(self.forget)
        nodes.on_return(self._returned)

    def known(self, user: User) -> User | None:
        """Return a user who is connected elsewhere, as they are called now."""
        found = self.users.get(user)
        return found[0].user if found else None

    def count(self, user: str = "", address: str = "") -> int:
        """Return how many connections a user (by id), or a network of addresses, has elsewhere."""
        return self._addresses.get(address, 0) if address else len(self.users.get(User(user, ""), ()))

    def _count(self, remote: Remote, count: int) -> None:
        address = network(remote.address)
        self._addresses[address] = self._addresses.get(address, 0) + count
        if not self._addresses[address]:
            del self._addresses[address]

    def nodes_of(self, user: User) -> set[str]:
        """Return the nodes to which a user is connected elsewhere."""
        return {one.node for one in self.users.get(user, ())}

    # What others are told

    def connected(self, connection: Connection) -> None:
        """Tell of a new connection of this node."""
        self._newest += 1
        connection.number = self._newest
        self._own[connection.number] = connection
        self._nodes.tell("connected", _told(connection))

    def joined(self, connection: Connection, channel: str) -> None:
        self._nodes.tell("joined", [connection.number, channel])

    def left(self, connection: Connection, channel: str) -> None:
        self._nodes.tell("left", [connection.number, channel])

    def disconnected(self, connection: Connection) -> None:
        del self._own[connection.number]
        self._nodes.tell("disconnected", connection.number)

    def publish(self, channel: str, line: bytes, skip: User | None, for_seq: int | None) -> None:
        """Have the others publish a line, too."""
        self._nodes.tell("publish", [channel, line.decode(), skip and skip.id, for_seq])

    def tell(self, user: User, channel: str, line: bytes) -> None:
        """Have the others tell a user something, who is in a channel there."""
        for node in {one.node for one in self.users.get(user, ()) if channel in one.channels}:
            self._nodes.tell("tell", [user.id, channel, line.decode()], node)

    def control(self, user: User, leave: str, line: bytes, about: str) -> None:
        """Have the others do something to the connections of a user there."""
        self.to_nodes_of(user.id, "control", [user.id, leave, line.decode(), about])

    def tell_renamed(self, user: User) -> None:
        """Have the others tell a user's connections there what they are called now."""
        self.to_nodes_of(user.id, "renamed", [user.id, user.name, user.role])

    def tell_list(self, user_id: str, channel: str, about: Mapping[str, object]) -> None:
        """Have the others tell a user how a channel of theirs is now."""
        self.to_nodes_of(user_id, "list", [user_id, channel, json.loads(encode(about))])

    def to_nodes_of(self, user_id: str, kind: str, about: Any) -> None:
        """Tell something to the nodes to which a user is connected, too."""
        for node in self.nodes_of(User(user_id, "")):
            self._nodes.tell(kind, about, node)

    def become(self, user: User) -> None:
        """Let the others know a user under another name or role."""
        self._nodes.tell("become", [user.id, user.name, user.role])

    def _come(self, node: str) -> None:
        """Tell a node that has come of all connections of this one."""
        self._nodes.tell("everyone", True, node)
        own = [_told(one) for one in self._own.values()]
        for start in range(0, len(own), AT_ONCE):
            self._nodes.tell("connected", own[start : start + AT_ONCE], node)
        self._nodes.tell("everyone", False, node)

    def _asked(self, node: str, about: None) -> None:
        self._come(node)

    async def _returned(self) -> None:
        self._nodes.tell("who-is-there", None)

    # What they tell

    def _everyone(self, node: str, begins: bool) -> None:
        """A node begins to tell all of its connections, or has told them: what it has not named is gone."""
        if begins:
            self._named[node] = set()
            return
        named = self._named.pop(node, None)
        if named is not None:
            for number in [one for one in self._of.get(node, ()) if one not in named]:
                self._disconnected(node, number)

    def _connected(self, node: str, about: Any) -> None:
        if about and isinstance(about[0], list):
            for one in about:
                self._connected(node, one)
            return
        number, user, address, channels = about
        known = self._of.setdefault(node, {}).get(number)
        if known is None:
            known = Remote(self._nodes, node, number, User(*user), address)
            self._of[node][number] = known
            self._enter(known)
        elif [known.user.name, known.user.role] != user[1:]:
            self._hub.rename_here(User(*user))
        if (named := self._named.get(node)) is not None:
            named.add(number)
        for channel in [one for one in known.channels if one not in channels]:
            self._left(node, [number, channel])
        for channel in channels:
            self._joined(node, [number, channel])

    def _enter(self, remote: Remote) -> None:
        """Know a connection; whoever has others here or there is called as on this newest one."""
        known = self._hub.known(remote.user.id)
        self._count(remote, 1)
        self.users.setdefault(remote.user, []).append(remote)
        if known is not None and (known.name, known.role) != (remote.user.name, remote.user.role):
            self._hub.rename_here(remote.user)

    def _disconnected(self, node: str, number: int) -> None:
        remote = self._of.get(node, {}).pop(number, None)
        if remote is None:
            return
        remote.ended = True
        self._count(remote, -1)
        for channel in list(remote.channels):
            self._hub.leave_elsewhere(remote, channel)
        others = self.users[remote.user]
        others.remove(remote)
        if not others:
            del self.users[remote.user]

    def _joined(self, node: str, about: Any) -> None:
        number, name = about
        remote = self._of.get(node, {}).get(number)
        if remote is not None and name not in remote.channels:
            self._hub.join_elsewhere(remote, name)

    def _left(self, node: str, about: Any) -> None:
        number, name = about
        remote = self._of.get(node, {}).get(number)
        if remote is not None and name in remote.channels:
            self._hub.leave_elsewhere(remote, name)

    def forget(self, node: str) -> None:
        """Let go of all who were connected to a node that is gone; those in their channels are told.

        The plugins of one node hear of it, as there is none that has seen them go.
        """
        self._named.pop(node, None)
        first = min([self._nodes.own, *self._nodes.others]) == self._nodes.own
        for number, remote in list(self._of.get(node, {}).items()):
            channels = list(remote.channels.values())
            self._disconnected(node, number)
            left = [channel for channel in channels if remote.user not in channel.present]
            for channel in left:
                self._say_gone(channel, remote.user)
            if first and self._hub.on_lost is not None:
                self._hub.on_lost(remote.user, left)
        self._of.pop(node, None)

    def _say_gone(self, channel: Channel, user: User) -> None:
        if channel.members and self._hub.announces(channel, len(channel.present) + 1):
            channel.notice_here(f"{user.name} left the channel", event="leave", user=user)

    def _publish(self, node: str, about: Any) -> None:
        name, line, skip, for_seq = about
        channel = self._hub.channels.get(name)
        if channel is not None:
            channel.publish_here(line.encode(), None if skip is None else User(skip, ""), for_seq)

    def _tell(self, node: str, about: Any) -> None:
        user_id, channel, line = about
        self._hub.tell_here(User(user_id, ""), channel, line.encode())

    def _control(self, node: str, about: Any) -> None:
        user_id, leave, line, channel = about
        self._hub.control_here(user_id, leave=leave, line=line.encode(), about=channel)

    def _become(self, node: str, about: Sequence[str]) -> None:
        self._hub.rename_here(User(*about))

    def _renamed(self, node: str, about: Sequence[str]) -> None:
        self._hub.tell_renamed_here(User(*about))

    def _close(self, node: str, about: Any) -> None:
        number, code, reason = about
        connection = self._own.get(number)
        if connection is not None and not connection.ended:
            connection.close(Close(code), reason)


def _told(connection: Connection) -> list[Any]:
    user = connection.user
    return [connection.number, [user.id, user.name, user.role], connection.address, list(connection.channels)]
