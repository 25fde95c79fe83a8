"""Broker: all that a channel knows of the process around it, and how its events reach those who are in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tornado_chat.chat.batching import Batcher
from tornado_chat.chat.history import History
from tornado_chat.chat.metrics import Metrics
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage


class Member(Protocol):
    """A connection, as the channels that it has joined see it."""

    user: User
    write: Callable[[bytes], None]

    def gather(self, line: bytes) -> None:
        """Add a line to what the next flush sends to this connection alone."""

    def pass_on(self, frame: bytes) -> None:
        """Write a frame of ephemeral events, which a reader that is far behind does not get."""


class Broker(Protocol):
    """Stores what is posted and sends what is published. The Hub is the broker of a single process.

    `on_post`, where plugins listen: called instead of `history.append`, with the channel and the message.
    `announce_limit`: channels with more users than this do not say who came and went.
    """

    announce_limit: int
    flusher: Batcher
    history: History
    metrics: Metrics
    on_post: Callable[[Any, Message], PendingMessage] | None

    def publish(self, channel: str, line: bytes, skip: User | None = None) -> None:
        """Send a line that is not stored to everyone in a channel but one user, wherever they are connected."""

    def tell(self, user: User, channel: str, line: bytes, skip: Member | None = None) -> None:
        """Send a line that is not stored to a user's connections in a channel but one."""

    def announce(self, channel: Any) -> None:
        """Call a channel's `tell_presence` in a moment."""
