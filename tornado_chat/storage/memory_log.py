"""The messages of one channel in memory, in the order of their `seq`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.history import LOOKED_AT, MOST_UNREAD, Arisen, ChangesPage, Unread, noted, page_end
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.mentions import CHANNEL
from tornado_chat.chat.models import Message
from tornado_chat.chat.replies import is_in_timeline


@dataclass(slots=True)
class Follow:
    """How far somebody has `read` a thread, and whether they follow it (`on`); None: they were not asked yet."""

    read: int
    on: bool | None = None


class Log:
    """`messages`, oldest first, and their `size` in characters.

    `last`: the newest number of the channel. `floor`: the number up to which messages are gone. Neither ever falls.
    `mentions`: by user (an id, or CHANNEL for everyone) and by the `seq` of a message that mentions them: the number
    and the time at which that arose. `threads`: by the `seq` of a root its replies, in order; `follows`: by the same
    and by user how far they have read. `prefix`: what ids begin with, before the `seq`.
    """

    __slots__ = ("floor", "follows", "last", "mentions", "messages", "prefix", "size", "threads")

    def __init__(self, floor: int, prefix: str) -> None:
        self.messages: deque[Message] = deque()
        self.size = 0
        self.last = self.floor = floor
        self.prefix = prefix
        self.mentions: dict[str, dict[int, tuple[int, int]]] = {}
        self.threads: dict[int, list[int]] = {}
        self.follows: dict[int, dict[str, Follow]] = {}

    def get(self, seq: int) -> Message | None:
        """Return a message, None if it is not there."""
        place = bisect_left(self.messages, seq, key=_seq)
        return self.messages[place] if place < len(self.messages) and self.messages[place].seq == seq else None

    def replace(self, message: Message) -> None:
        """Put a message in the place of the one with its `seq`."""
        self.messages[bisect_left(self.messages, message.seq, key=_seq)] = message

    @staticmethod
    def copy(message: Message) -> Message:
        """Return a message to be changed: who holds the old one keeps what it was."""
        return replace(message)

    def page(
        self, after: int | None, before: int | None, limit: int, timeline: bool = False
    ) -> tuple[list[Message], bool]:
        """Return messages as History.read does."""
        if timeline:
            return self._timeline(after, before, limit)
        count = len(self.messages)
        if after is not None:
            start = bisect_right(self.messages, after, key=_seq)
            end = min(start + limit, count)
            return list(islice(self.messages, start, end)), end < count
        end = count if before is None else bisect_left(self.messages, before, key=_seq)
        start = max(end - limit, 0)
        return list(islice(self.messages, start, end)), start > 0

    def _timeline(self, after: int | None, before: int | None, limit: int) -> tuple[list[Message], bool]:
        if after is not None:
            behind = islice(self.messages, bisect_right(self.messages, after, key=_seq), None)
            found = list(islice(filter(is_in_timeline, behind), limit + 1))
            return found[:limit], len(found) > limit
        end = len(self.messages) if before is None else bisect_left(self.messages, before, key=_seq)
        ahead = islice(reversed(self.messages), len(self.messages) - end, None)
        found = list(islice(filter(is_in_timeline, ahead), limit + 1))
        return found[:limit][::-1], len(found) > limit

    def changes(self, since: int, limit: int) -> ChangesPage:
        """Return messages as History.changes does."""
        found = sorted((one for one in self.messages if one.number > since), key=lambda one: one.number)
        count = page_end(found, limit)
        if count == len(found):
            return ChangesPage(found, self.last, False)
        return ChangesPage(found[:count], found[count - 1].number if count else max(since, 0), True)

    def mention(self, message: Message, time: int, before: Message | None = None) -> None:
        """Note whom a message mentions from a time on, and forget whom only its state before mentioned."""
        users, known = noted(message), noted(before) if before else ()
        for user in users:
            if user not in known:
                self.mentions.setdefault(user, {})[message.seq] = message.number, time
        for user in known:
            if user not in users:
                self._forget(user, message.seq)

    def forget_mentions(self, message: Message) -> None:
        """Forget whom a message mentioned that leaves the log."""
        for user in noted(message):
            self._forget(user, message.seq)

    def _forget(self, user: str, seq: int) -> None:
        theirs = self.mentions.get(user, {})
        theirs.pop(seq, None)
        if not theirs:
            self.mentions.pop(user, None)

    def unread(self, user: str, read: int, sees: Sequence[Stretch] | None) -> Unread:
        """Return what a user has not read, as History.unread does."""
        if self.last <= read:
            return Unread(0, 0, self.last)
        start = bisect_right(self.messages, read, key=_seq)
        behind = islice(filter(is_in_timeline, islice(self.messages, start, None)), LOOKED_AT)
        count = sum(1 for one in behind if (one.sender is None or one.sender.id != user) and not is_deleted(one))
        mentions = sum(1 for _, number, _ in self._mentions_of(user, sees) if number > read)
        return Unread(min(count, MOST_UNREAD), min(mentions, MOST_UNREAD), self.last)

    def mentions_of(self, user: str, sees: Sequence[Stretch] | None) -> Iterator[tuple[Arisen, Message]]:
        """Yield what mentions a user, as History.mentions does."""
        for seq, _, time in self._mentions_of(user, sees):
            message = self.get(seq)
            assert message is not None
            yield Arisen(time, int(message.id)), message

    def _mentions_of(self, user: str, sees: Sequence[Stretch] | None) -> Iterator[tuple[int, int, int]]:
        """Yield the `seq` of each message that mentions a user, and the number and the time at which that arose."""
        own = self.mentions.get(user, {})
        for seq, (number, time) in own.items():
            if may_see(sees, seq):
                yield seq, number, time
        for seq, (number, time) in self.mentions.get(CHANNEL, {}).items():
            if seq not in own and may_see(sees, seq) and not self._is_by(user, seq):
                yield seq, number, time

    def _is_by(self, user: str, seq: int) -> bool:
        message = self.get(seq)
        return message is not None and message.sender is not None and message.sender.id == user

    def pinned(self) -> list[Message]:
        """Return the pinned messages, in order."""
        return [one for one in self.messages if one.extra and "pinned" in one.extra]


def is_deleted(message: Message) -> bool:
    return message.extra is not None and "deleted" in message.extra


def _seq(message: Message) -> int:
    return message.seq
