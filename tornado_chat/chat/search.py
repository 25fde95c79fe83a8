"""Search: finds stored messages by their words, and by what else is known of them."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tornado_chat.chat.models import Message
from tornado_chat.chat.threads import Sees
from tornado_chat.chat.words import marks_of, searched_words

AT_MOST = 0.5  # seconds that one search takes; then it returns what it has found


@dataclass(frozen=True, slots=True)
class Phrase:
    """Normalised words that stand side by side. `starts`: the last of them may go on (`ber` finds `bereit`)."""

    words: tuple[str, ...]
    starts: bool = False

    def places(self, words: Sequence[str]) -> Iterator[int]:
        """Yield where it begins among the words of a text (words.words_of)."""
        first, last = self.words[:-1], self.words[-1]
        for end in _starting(words, last, len(first)) if self.starts else _equal(words, last, len(first)):
            at = end - len(first)
            if tuple(words[at:end]) == first:
                yield at


def _starting(words: Sequence[str], word: str, begin: int) -> Iterator[int]:
    return (at for at in range(begin, len(words)) if words[at].startswith(word))


def _equal(words: Sequence[str], word: str, begin: int) -> Iterator[int]:
    with contextlib.suppress(ValueError):  # that was the last
        while True:
            begin = words.index(word, begin) + 1
            yield begin - 1


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: messages with all `phrases` and none of the `without` ones.

    `senders`: ids, one of which sent it, None for anybody. `after`, `before`: sent at or after, and before a time (ms
    since 1970). `marks`: all of these (words.py), such as `link`, `image` or `pinned`.
    """

    phrases: tuple[Phrase, ...] = ()
    without: tuple[Phrase, ...] = ()
    senders: Collection[str] | None = None
    after: int | None = None
    before: int | None = None
    marks: frozenset[str] = frozenset()


def fits(message: Message, query: Query) -> bool:
    """Return whether a message is what is looked for, as far as its words and marks tell."""
    if message.extra is not None and "deleted" in message.extra:
        return False
    if query.marks and not query.marks <= marks_of(message):
        return False
    words = searched_words(message) if query.phrases or query.without else []
    return all(_has(words, one) for one in query.phrases) and not any(_has(words, one) for one in query.without)


def _has(words: Sequence[str], phrase: Phrase) -> bool:
    return next(phrase.places(words), None) is not None


class Place(NamedTuple):
    """Where a message stands among all: when it was sent (ms since 1970), and its `id` as a number."""

    time: int
    message: int


class Found(NamedTuple):
    """Messages, newest first; whether there are more; and whether there was time to look at everything.

    `place`: where a search for more begins, None where nothing is left.
    """

    messages: list[Message]
    more: bool
    complete: bool
    place: Place | None


class Search(Protocol):
    """What an index of the messages has to offer. What is stored, changed or deleted is in it at once."""

    async def search(self, query: Query, sees: Sees, before: Place | None, limit: int) -> Found:
        """Return the newest messages that fit, before one, in the channels of `sees` and as far as those show them.

        What is outside of `sees` is not looked at: neither the answer nor its time tells of it. After AT_MOST seconds
        it returns what was found so far.
        """
