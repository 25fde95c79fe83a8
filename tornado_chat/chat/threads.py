"""Threads: replies under a message, the root. Who follows one, how far somebody has read: a part of the history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.models import Message

#: What somebody may see, by channel: stretches of numbers, None for all of it.
Sees = Mapping[str, Sequence[Stretch] | None]
MOST_THREADS = 100  # threads of a channel that are counted as unread


class Reading(NamedTuple):
    """How far somebody has read a thread, and how many replies, and mentions of them, are behind that (up to 100)."""

    following: bool = False
    read: int = 0
    unread: int = 0
    mentions: int = 0


class Followed(NamedTuple):
    """A thread that somebody follows. `active`: when its newest reply was posted (ms since 1970)."""

    root: Message
    reading: Reading
    active: int

    @property
    def place(self) -> Place:
        """Where it stands among others."""
        return self.active, int(self.root.id)


Place = tuple[int, int]  # when a thread was active, and the `id` of its root


class Threads(Protocol):
    """Users are named by id, threads by the channel and the `seq` of their root. What is not there has no effect.

    Whoever writes in a thread or is mentioned in it follows it from then on, and the author of its root from the
    first reply on, unless they have said that they do not. A reply reads up to it for its sender.
    """

    async def thread(
        self, channel: str, root: int, *, after: int | None = None, before: int | None = None, limit: int
    ) -> tuple[list[Message], bool]:
        """Return replies of a thread as `History.read` does messages."""

    async def reading(self, user: str, channel: str, root: int, sees: Sequence[Stretch] | None) -> Reading:
        """Return how far somebody has read a thread. Without a position nothing is unread."""

    async def follow(self, user: str, channel: str, root: int, on: bool, newest: int) -> None:
        """Let somebody follow a thread or not. newest: up to where who had no position has read it."""

    async def read_thread(self, user: str, channel: str, root: int, seq: int, back: bool) -> int:
        """Note how far somebody has read a thread, and return it; it only grows, unless `back`."""

    async def followers(self, channel: str, root: int) -> Sequence[str]:
        """Return who follows a thread."""

    async def following(self, user: str, sees: Sees, before: Place | None, limit: int) -> Sequence[Followed]:
        """Return the threads of these channels that somebody follows, from behind a place on, the latest first."""

    async def unread_threads(self, user: str, sees: Sees) -> Mapping[str, int]:
        """Return how many threads that somebody follows have something unread, of each channel that has any."""

    async def followers_after(self, user: str, limit: int) -> Sequence[str]:
        """Return all who follow something or have a position, by id, from behind `user` on."""

    async def forget_followers(self, users: Collection[str]) -> None:
        """Forget what these people follow, and how far they have read."""
