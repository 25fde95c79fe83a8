"""Broker: all that a channel knows of the process around it, and how its events reach those who are in it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from tornado_chat.chat.batching import Batcher
from tornado_chat.chat.changes import Change
from tornado_chat.chat.growing import Growths
from tornado_chat.chat.history import History
from tornado_chat.chat.metrics import Metrics
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage

News = Mapping[str, Any]  # an event


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

    `on_post` and `on_change`, where plugins listen: called instead of `history.append` and `history.change`, with the
    channel and the message or change. `edit_window`: seconds in which users can edit a message, 0 for any number.
    `growths`: the messages that grow in this process.
    `announce_limit`: channels with more users than this do not say who came and went.
    """

    announce_limit: int
    edit_window: float
    flusher: Batcher
    growths: Growths
    history: History
    metrics: Metrics
    on_change: Callable[[Any, Change], Coroutine[Any, Any, int]] | None
    on_post: Callable[[Any, Message], PendingMessage] | None

    def publish(self, channel: str, line: bytes, skip: User | None = None, for_seq: int | None = None) -> None:
        """Send a line that is not stored to everyone in a channel but one user, wherever they are connected.

        for_seq: the `seq` of a message that it tells of; who may not see that message gets nothing.
        """

    def tell(self, user: User, channel: str, line: bytes, skip: Member | None = None) -> None:
        """Send a line that is not stored to a user's connections in a channel but one."""

    def control(self, user_id: str, *, leave: str = "", line: bytes = b"", about: str = "") -> None:
        """Do something to all connections of a user, wherever they are: the one way to those of somebody else.

        leave: end their presence in this channel. line: send it to those that may know of the channel `about` and are
        not in it.
        """

    def announce(self, channel: Any) -> None:
        """Call a channel's `tell_presence` in a moment."""
