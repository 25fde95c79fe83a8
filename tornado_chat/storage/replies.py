"""The replies in threads among messages that are stored together, and what becomes of their roots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tornado_chat.chat.changes import Replied
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.chat.replies import is_in_timeline, not_a_root, readers, replied, with_reply


class Replies:
    """The replies of one transaction, and their roots as they become by that.

    root: finds a message by channel and `seq`, as it was before. `readers`, `wrote`: up to where users have read a
    thread, by the id of its root and the user. Of the readers, whoever has a position keeps it; who wrote has read at
    least so far.
    """

    def __init__(self, root: Callable[[str, int], Message | None]) -> None:
        self.readers: dict[tuple[int, str], int] = {}
        self.wrote: dict[tuple[int, str], int] = {}
        self._root = root
        self._roots: dict[tuple[str, int], Message] = {}
        self._before: list[Message] = []  # the roots without these replies
        self._made: dict[int, Replied] = {}  # by the `id()` of a reply

    def refused(self, message: Message) -> Refused | None:
        """Return why a reply cannot be stored, None if it can."""
        key = message.channel, message.thread or 0
        if key in self._roots:
            return None
        root = self._root(*key)
        refused = not_a_root(root)
        if refused is None and root is not None:
            self._roots[key] = root
            self._before.append(root)
        return refused

    def add(self, message: Message) -> None:
        """Add a reply that is not refused, and has its number now."""
        key = message.channel, message.thread or 0
        before = self._roots[key]
        for user, read in readers(before, message).items():
            self.readers.setdefault((int(before.id), user), read)
            if read == message.seq:
                self.wrote[int(before.id), user] = read
        root = self._roots[key] = replace(before)
        made = replied(root, with_reply(before, message), message.seq, message.sender, message.time)
        self._made[id(message)] = Replied(made, message)

    def places(self, messages: Sequence[Message], front: Callable[[int], int]) -> dict[int, tuple[int, int | None]]:
        """Return the columns `thread` and `back` of replies, by `id()`; messages: all new ones, in order.

        front: finds the id of the newest message of a channel's timeline so far, by the id that its own begin above,
        which it returns if there is none.
        """
        fronts: dict[int, int] = {}
        found = {}
        for message in messages:
            number = int(message.id)
            start = number - message.seq
            if start not in fronts:
                fronts[start] = front(start)
            alone = not is_in_timeline(message)
            if message.thread is not None:
                found[id(message)] = start + message.thread, fronts[start] if alone else None
            if not alone:
                fronts[start] = number
        return found

    def changed(self) -> list[tuple[Message, Message]]:
        """Return the roots that change, before and after."""
        pairs = zip(self._before, self._roots.values(), strict=True)
        return [(before, root) for before, root in pairs if root is not before]

    def committed(self, messages: Sequence[Message]) -> list[Message | Replied]:
        """Return these messages, each reply together with its root."""
        return [self._made.get(id(one), one) for one in messages]
