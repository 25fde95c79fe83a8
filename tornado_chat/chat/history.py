"""History: the ordered log of the channels. Other code uses only this interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from tornado_chat.chat.changes import PINS, Change, Changed, Replied
from tornado_chat.chat.mentions import CHANNEL
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.threads import Sees, Threads

#: What the members of a channel are told of, in the order of its numbers.
Committed = Message | Changed | Replied
MOST_UNREAD = 100  # messages of a channel that are counted as unread
LOOKED_AT = 500  # messages of a channel that are looked at for that


class ChangesPage(NamedTuple):
    """Messages in the order of their numbers, up to which number that is complete, and whether there are more."""

    messages: list[Message]
    upto: int
    more: bool


class Unread(NamedTuple):
    """How many messages of a channel somebody has not read, and how many mention them (at most MOST_UNREAD)."""

    messages: int
    mentions: int
    last: int  # the channel's newest number


class Arisen(NamedTuple):
    """When a mention arose (ms since 1970), and the id of its message as a number: by these mentions are ordered."""

    time: int
    message: int


NO_LIMITS: Sees = {}


def mentioned(message: Message) -> Sequence[str]:
    """Return the ids of the others whom a message mentions; `@here` and `@channel` are nobody."""
    users = message.extra.get("mentions", ()) if message.extra else ()
    own = message.sender.id if message.sender else None
    return list(dict.fromkeys(user for user in users if user != own and not user.startswith("@")))


def noted(message: Message) -> Sequence[str]:
    """Return what is stored of whom a message mentions: the ids of others, and CHANNEL for everyone."""
    everyone = message.extra is not None and CHANNEL in message.extra.get("mentions", ())
    return [*mentioned(message), CHANNEL] if everyone else mentioned(message)


def page_end(messages: Sequence[Message], limit: int) -> int:
    """Return how many of these, in the order of their numbers, make a page of changes of so many.

    It does not end between two of one number: it is one longer then.
    """
    if 0 < limit < len(messages) and messages[limit - 1].number == messages[limit].number:
        return limit + 1
    return min(limit, len(messages))


class History(Threads, Protocol):
    """What an implementation of the history has to offer.

    `epoch`: a text that changes when history was lost. A channel has one counter: every message (its `seq`) and every
    change of one (its `rev`) draws the next number, so neither has all of them.
    """

    epoch: str

    def on_commit(self, committed: Callable[[Sequence[Committed]], None]) -> None:
        """Name the one who is told of what is committed, in order, on the loop."""

    def append(self, message: Message) -> PendingMessage:
        """Order a message now; the post is stored when it is committed, with its `seq` and `id`.

        A (sender, `ref`) that is known already gives the first message again and stores nothing; with another
        channel or text it is Refused (`invalid-field`). So is a reply in a thread whose root is one itself; and
        `not-found`, one whose root is not there.
        """

    async def change(self, change: Change) -> int:
        """Change a message; return the number that was drawn, or the message's own if nothing was altered.

        A (user, `ref`) that is known already gives the first number again. Raises what `fields_of` does.
        """

    async def changes(self, channel: str, since: int, limit: int) -> ChangesPage:
        """Return the messages that are new or changed since a number, in their present state.

        Two may have one number, the root of a thread and a reply; they come together, the root first. A page covers a
        bounded stretch of numbers: it can be empty though there are more.
        """

    async def get(self, channel: str, seqs: Sequence[int]) -> list[Message]:
        """Return single messages, those of these that there are, in order."""

    async def pinned(self, channel: str, after: int = 0, limit: int = PINS) -> list[Message]:
        """Return the first pinned messages of a channel after a `seq`, in order."""

    async def growing(self) -> list[tuple[str, int]]:
        """Return the messages that grow, or did so when the server before this one ended: channel and `seq`."""

    async def find(self, sender: User, ref: str) -> Message | None:
        """Return the message that a sender stored under a `ref`."""

    async def repeated(self, message: Message) -> Message | None:
        """Return the message that is stored already under this (sender, `ref`), if it said the same at first."""

    async def last(self, channel: str) -> int:
        """Return the newest number of a channel, 0 where there is none. It never falls."""

    async def floor(self, channel: str) -> int:
        """Return the number up to which a channel's messages are gone, 0 where all are kept."""

    async def unread(self, user: str, read: Mapping[str, int], sees: Sees = NO_LIMITS) -> Mapping[str, Unread]:
        """Return what a user (an id) has not read of channels, of each behind the number up to which they have read.

        What is their own or deleted does not count, nor does a reply in a thread that is not in the channel, too. A
        mention counts from the number on at which it arose, one of everyone (`@channel`) too, but none in a message
        that the user may not see: `sees`, where they do not see all. Channels without messages may be left out; of
        others only the first LOOKED_AT messages of the timeline are looked at, and as many mentions at least.
        """

    async def mentions(
        self, user: str, sees: Sees, before: Arisen | None, limit: int
    ) -> list[tuple[Arisen, Message]]:
        """Return the newest mentions of a user (an id) before one, newest first: in the channels of `sees`.

        A message of another that mentions everyone counts, unless it mentions the user by name too.
        """

    async def times(self, channels: Sequence[str]) -> Mapping[str, int]:
        """Return when the newest message of channels was posted (ms since 1970), of each that has messages."""

    async def forget(self, channel: str) -> None:
        """Delete all messages of a channel with all that hangs on them. No number comes twice."""

    async def trim(self) -> int:
        """Delete what is kept no longer, a little at a time; return how many messages. No number comes twice."""

    async def read(
        self,
        channel: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int,
        timeline: bool = False,
    ) -> tuple[list[Message], bool]:
        """Return messages, oldest first, and whether there are more that way.

        The first `limit` after a `seq`, or the last `limit` before one, or the newest. timeline: without replies in
        threads that are not in the channel, too.
        """
