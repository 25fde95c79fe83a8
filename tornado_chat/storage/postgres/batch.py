"""Messages that are stored in one transaction, as the arrays that `append_1` takes. No I/O."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tornado_chat.chat.changes import is_repeated, ref_was_used
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import Committed, noted
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.postgres import wire
from tornado_chat.storage.postgres.mentions import keys
from tornado_chat.storage.postgres.queries import Known
from tornado_chat.storage.postgres.rows import LARGEST
from tornado_chat.storage.postgres.texts import can_be_stored, no_text, ref_key

#: What may stand between texts, and for none: characters that no text has which came from outside.
MARKS = [chr(code) for code in (*range(1, 9), *range(14, 32), *range(0xFDD0, 0xFDF0))]

#: A message that waits, who waits for it, and since when (seconds of the loop's clock).
Waiting = tuple[Message, PendingMessage, float]


class Batch:
    """`messages` to store, with the `keys` of those with a `ref`; in parallel, `posts`: who waits for them."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.posts: list[PendingMessage] = []
        self.keys: list[bytes | None] = []
        self.words = ""  # all their texts
        self.nos: list[int] = []  # of their channels
        self.marks = "", ""
        self.refused: dict[int, Refused] = {}  # by place: why they cannot be stored
        #: What the members are told of the new ones, if that is more than the messages.
        self.committed: Sequence[Committed] | None = None
        self.since: float = 0  # when the oldest of them began to wait
        self._places: dict[bytes, int] = {}
        #: Those that have the key of an earlier one: by its place.
        self.repeats: dict[int, list[tuple[Message, PendingMessage]]] = {}

    @classmethod
    def take(cls, waiting: deque[Waiting], rows: int) -> Batch:
        """Return a batch of the oldest that wait. What cannot be stored at all fails here."""
        batch = cls()
        taken = [waiting.popleft() for _ in range(min(rows, len(waiting)))]
        batch.words = _words([one[0] for one in taken])
        if not can_be_stored(batch.words):
            for message, post, _ in taken:
                if not can_be_stored(_words([message])):
                    post.fail(no_text())
            taken = [one for one in taken if one[1].error is None]
        if taken:
            batch.since = taken[0][2]
        batch._add_all(taken)
        return batch

    def _add_all(self, taken: Sequence[Waiting]) -> None:
        keys = [
            None if one.ref is None or one.sender is None else ref_key(one.sender.id, one.ref) for one, _, _ in taken
        ]
        if len(set(keys)) + max(keys.count(None) - 1, 0) == len(keys):
            self.messages, self.posts, self.keys = [one[0] for one in taken], [one[1] for one in taken], keys
            return
        for (message, post, _), key in zip(taken, keys, strict=True):
            self._add(message, post, key)

    def _add(self, message: Message, post: PendingMessage, key: bytes | None) -> None:
        if key is not None:
            place = self._places.setdefault(key, len(self.messages))
            if place != len(self.messages):
                self.repeats.setdefault(place, []).append((message, post))
                return
        self.messages.append(message)
        self.posts.append(post)
        self.keys.append(key)

    def singles(self) -> list[Batch]:
        """Return each of these messages as a batch of its own."""
        found = []
        for message, post, key in zip(self.messages, self.posts, self.keys, strict=True):
            one = Batch()
            one.since, one.words = self.since, self.words
            one._add(message, post, key)
            found.append(one)
        for place, repeats in self.repeats.items():
            found[place].repeats[0] = repeats
        return found

    def channels(self) -> list[str]:
        """Return the names of the channels, each once."""
        return list(dict.fromkeys([one.channel for one in self.messages]))

    @property
    def is_plain(self) -> bool:
        """Whether all of these stand for themselves: none is a reply in a thread, or has files."""
        return not any(one.extra and ("thread" in one.extra or "files" in one.extra) for one in self.messages)

    def number(self, numbers: Mapping[str, int]) -> None:
        """Take the numbers of the channels: the methods below need them."""
        self.nos = [numbers[one.channel] for one in self.messages]
        self.marks = _marks(self.words)

    def places(self) -> str:
        """Return the numbers of the channels, each once. See append_1."""
        return _array(sorted(set(self.nos)))

    def drawing(self) -> list[Any]:
        """Return what draws the numbers of the messages, of those that are not refused. See draw_1."""
        between, missing = self.marks
        nos = (
            [None if place in self.refused else no for place, no in enumerate(self.nos)] if self.refused else self.nos
        )
        keys = between.join([missing if one is None else one.hex() for one in self.keys])
        return [_array(nos), keys, self.marks]

    def rows(self, untold: Collection[int] = ()) -> list[Any]:
        """Return the columns of the messages, with what the nodes are told of them. See insert_1.

        untold: the places of those of which nobody is told.
        """
        messages = self.messages
        tails = wire.tails(messages, self.nos)
        senders = [one.sender for one in messages]
        between, missing = self.marks
        for place in untold:
            tails[place] = missing
        end = between  # behind the last, too: "" would be no list of one text, but an empty one
        extras = [one.extra and json.dumps(one.extra) for one in messages]
        return [
            _array([one.time for one in messages]),
            between.join([missing if one is None else one.id for one in senders]) + end,
            between.join([missing if one is None else one.name for one in senders]) + end,
            between.join([one.text for one in messages]) + end,
            between.join([missing if one.ref is None else one.ref for one in messages]) + end,
            between.join(tails),
            _array(wire.pieces(tails)),
            extras if any(extras) else None,
        ]

    def noted(self) -> list[Any]:
        """Return which messages grow, which mention somebody, and whom: by places, from 1 on. See insert_1."""
        extended = [(at, one) for at, one in enumerate(self.messages, 1) if one.extra]
        growing = [at for at, one in extended if one.extra and "growing" in one.extra]
        mentions = [(at, user) for at, one in extended for user in keys(noted(one))]
        return [growing or None, [at for at, _ in mentions] or None, [user for _, user in mentions] or None]

    def fail(self, error: Exception) -> None:
        """Answer all who have no answer yet with an error."""
        for post in [*self.posts, *(post for repeats in self.repeats.values() for _, post in repeats)]:
            if post.stored is None and post.error is None:
                post.fail(error)

    def new(self, ids: Sequence[int | None]) -> list[Message]:
        """Return the messages that have these ids, and have each know its own."""
        new = []
        for id, message in zip(ids, self.messages, strict=True):
            if id is not None:
                message.seq = id & LARGEST
                message.id = str(id)
                new.append(message)
        return new

    def settle(
        self, ids: Sequence[int | None], known: Known
    ) -> Iterator[tuple[Message, PendingMessage, Message | Refused | None]]:
        """Yield the answers: what is stored, or why nothing is; None if that must be found out anew.

        ids: of the new messages; known: what is stored under the keys of the others.
        """
        for place, (id, message, post) in enumerate(zip(ids, self.messages, self.posts, strict=True)):
            key = self.keys[place]
            if id is not None:
                yield message, post, message
            else:
                yield message, post, known.kept(message, key) or self.refused.get(place)
            for other, its in self.repeats.get(place, ()) if self.repeats else ():
                if id is None:
                    yield other, its, known.kept(other, key)
                else:
                    yield other, its, message if is_repeated(other, message, None) else ref_was_used()


def _words(messages: Sequence[Message]) -> str:
    """Return all texts of these."""
    words = "".join([f"{one.channel}{one.text}{one.ref}" for one in messages])
    words += "".join([json.dumps(one.extra, ensure_ascii=False) for one in messages if one.extra])
    return words + "".join([f"{one.sender.id}{one.sender.name}" for one in messages if one.sender])


def _marks(words: str) -> tuple[str, str]:
    """Return two characters that are not in these words."""
    free = (mark for mark in MARKS if mark not in words)
    return next(free), next(free)


def _array(numbers: Iterable[int | None]) -> str:
    return f"{{{','.join(['NULL' if one is None else str(one) for one in numbers])}}}"
