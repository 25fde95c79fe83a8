"""History: the ordered log of the channels. Other code uses only this interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage


class History(Protocol):
    """What an implementation of the history has to offer.

    `epoch`: a text that changes when history was lost. `seq` counts from 1 in each channel, without gaps.
    """

    epoch: str

    def on_commit(self, committed: Callable[[Sequence[Message]], None]) -> None:
        """Name the one who is told of committed messages, in order, on the loop."""

    def append(self, message: Message) -> PendingMessage:
        """Order a message now; the post is stored when it is committed, with its `seq` and `id`.

        A (sender, `ref`) that is known already gives the first message again and stores nothing; with another
        channel or text it is Refused (`invalid-field`).
        """

    async def find(self, sender: User, ref: str) -> Message | None:
        """Return the message that a sender stored under a `ref`."""

    async def last(self, channel: str) -> int:
        """Return the newest `seq` of a channel, 0 where there is none."""

    async def floor(self, channel: str) -> int:
        """Return the `seq` up to which a channel's messages are gone, 0 where all are kept."""

    async def trim(self) -> int:
        """Delete what is kept no longer, a little at a time; return how many messages. No `seq` comes twice."""

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> tuple[list[Message], bool]:
        """Return messages, oldest first, and whether there are more that way.

        The first `limit` after a `seq`, or the last `limit` before one, or the newest.
        """
