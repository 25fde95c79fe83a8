"""A connection to another node, and what the hub does when it is told of such connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.models import User
from tornado_chat.chat.nodes import Nodes


class Remote:
    """A connection to another node: `number`, unique there, its `user`, `address` and `channels`."""

    __slots__ = ("_nodes", "address", "channels", "ended", "node", "number", "user")

    def __init__(self, nodes: Nodes, node: str, number: int, user: User, address: str) -> None:
        self.node, self.number = node, number
        self.user, self.address = user, address
        self.channels: dict[str, Channel] = {}
        self.ended = False
        self._nodes = nodes

    def close(self, code: int, reason: str = "") -> None:
        """End the connection."""
        self.ended = True
        self._nodes.tell("close", [self.number, code, reason], self.node)


class Home(Protocol):
    """The hub, as far as it is told of others."""

    nodes: Nodes
    channels: dict[str, Channel]
    on_lost: Callable[[User, Sequence[Channel]], None] | None

    def known(self, user_id: str) -> User | None: ...
    def announces(self, channel: Channel, count: int) -> bool: ...
    def rename_here(self, user: User) -> None: ...
    def join_elsewhere(self, remote: Remote, name: str) -> None: ...
    def leave_elsewhere(self, remote: Remote, name: str) -> None: ...
    def tell_here(self, user: User, channel: str, line: bytes) -> None: ...
    def tell_renamed_here(self, user: User) -> None: ...
    def control_here(self, user_id: str, *, leave: str = "", line: bytes = b"", about: str = "") -> None: ...
