"""Messages that are stored in one transaction, as the arrays that `append_1` takes. No I/O."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tornado_chat.chat.changes import is_repeated, ref_was_used
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import noted
from tornado_chat.chat.mentions import CHANNEL
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.postgres import wire
from tornado_chat.storage.postgres.queries import Known
from tornado_chat.storage.postgres.texts import can_be_stored, no_text, ref_key

EVERYONE = ""  # stands for all members of the channel in the table of mentions

#: A message that waits, who waits for it, and since when (seconds of the loop's clock).
Waiting = tuple[Message, PendingMessage, float]


class Batch:
    """`messages` to store, with the `keys` of those with a `ref`; in parallel, `posts`: who waits for them."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.posts: list[PendingMessage] = []
        self.keys: list[bytes | None] = []
        self.since: float = 0  # when the oldest of them began to wait
        self._places: dict[bytes, int] = {}
        #: Those that have the key of an earlier one: by its place.
        self._repeats: dict[int, list[tuple[Message, PendingMessage]]] = {}

    @classmethod
    def take(cls, waiting: deque[Waiting], rows: int) -> Batch:
        """Return a batch of the oldest that wait. What cannot be stored at all fails here."""
        batch = cls()
        taken = [waiting.popleft() for _ in range(min(rows, len(waiting)))]
        if not _is_text([one[0] for one in taken]):
            for message, post, _ in taken:
                if not _is_text([message]):
                    post.fail(no_text())
            taken = [one for one in taken if one[1].error is None]
        if taken:
            batch.since = taken[0][2]
        for message, post, _ in taken:
            batch._add(message, post)
        return batch

    def _add(self, message: Message, post: PendingMessage) -> None:
        key = None
        if message.ref is not None and message.sender is not None:
            key = ref_key(message.sender.id, message.ref)
            place = self._places.setdefault(key, len(self.messages))
            if place != len(self.messages):
                self._repeats.setdefault(place, []).append((message, post))
                return
        self.messages.append(message)
        self.posts.append(post)
        self.keys.append(key)

    def singles(self) -> list[Batch]:
        """Return each of these messages as a batch of its own."""
        found = []
        for message, post in zip(self.messages, self.posts, strict=True):
            one = Batch()
            one.since = self.since
            one._add(message, post)
            found.append(one)
        for place, repeats in self._repeats.items():
            found[place]._repeats[0] = repeats
        return found

    def channels(self) -> list[str]:
        """Return the names of the channels, each once."""
        return list(dict.fromkeys([one.channel for one in self.messages]))

    def arguments(self, numbers: Mapping[str, int]) -> list[Any]:
        """Return what `append_1` takes from its fifth parameter on. numbers: of the channels."""
        messages = self.messages
        nos = [numbers[one.channel] for one in messages]
        tails = [wire.tail(no, one) for no, one in zip(nos, messages, strict=True)]
        shown, pieces = wire.pieces(tails, nos, [one.channel for one in messages])
        return [
            list(set(nos)),
            nos,
            [None if one.sender is None else one.sender.id for one in messages],
            [None if one.sender is None else one.sender.name for one in messages],
            [one.text for one in messages],
            [one.time for one in messages],
            [one.ref for one in messages],
            self.keys,
            shown,
            pieces,
            *self._further(),
        ]

    def _further(self) -> list[Any]:
        """Return the arrays of what few messages have; None where none has it."""
        extras = [one.extra and json.dumps(one.extra) for one in self.messages]
        if not any(extras):
            return [None] * 6
        growing = [at for at, one in enumerate(self.messages, 1) if one.extra and "growing" in one.extra]
        mentions = [
            (at, EVERYONE if user == CHANNEL else user)
            for at, one in enumerate(self.messages, 1)
            if one.extra and "mentions" in one.extra
            for user in noted(one)
            if can_be_stored(user)
        ]
        return [
            extras,
            None,
            None,
            growing or None,
            [at for at, _ in mentions] or None,
            [user for _, user in mentions] or None,
        ]

    def fail(self, error: Exception) -> None:
        """Answer all with an error."""
        for post in self.posts:
            post.fail(error)
        for repeats in self._repeats.values():
            for _, post in repeats:
                post.fail(error)

    def settle(
        self, ids: Sequence[int | None], known: Known
    ) -> Iterator[tuple[Message, PendingMessage, Message | Refused | None]]:
        """Yield the answers: what is stored, or why nothing is; None if that cannot be said.

        ids: of the new messages; known: what is stored under the keys of the others.
        """
        for place, (id, message, post) in enumerate(zip(ids, self.messages, self.posts, strict=True)):
            key = self.keys[place]
            yield message, post, message if id is not None else known.kept(message, key)
            for other, its in self._repeats.get(place, ()) if self._repeats else ():
                if id is None:
                    yield other, its, known.kept(other, key)
                else:
                    yield other, its, message if is_repeated(other, message, None) else ref_was_used()


def _is_text(messages: Sequence[Message]) -> bool:
    """Return whether all texts of these can be stored."""
    words = "".join([f"{one.channel}{one.text}{one.ref}" for one in messages])
    words += "".join([f"{one.sender.id}{one.sender.name}" for one in messages if one.sender])
    return can_be_stored(words)
