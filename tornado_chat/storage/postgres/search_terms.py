"""What a query looks for, in the words of the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tornado_chat.chat.search import Query
from tornado_chat.storage.postgres.indexing import ALL, sender_word

MOST_SENDERS = 50  # that the index is asked for; more are told apart by the messages


class Terms:
    """The words that a message must have, as far as the index tells. `words`: all; `starts`: how some of them begin.

    A message with these is compared with the query: the index knows neither in which order words stand, nor what is
    not to be there.
    """

    def __init__(self, query: Query) -> None:
        whole, starts = dict[str, None](), dict[str, None]()
        for phrase in query.phrases:
            *first, last = phrase.words
            whole.update(dict.fromkeys(first))
            (starts if phrase.starts else whole)[last] = None
        whole.update(dict.fromkeys(f"#{mark}" for mark in query.marks))
        self.words, self.starts = list(whole), list(starts)
        senders = query.senders or ()
        self._senders = [sender_word(user) for user in senders] if len(senders) <= MOST_SENDERS else []

    def __bool__(self) -> bool:
        return bool(self.words or self.starts or self._senders)

    @property
    def asked(self) -> Sequence[str]:
        """All words whose places tell which messages of a run have what is looked for."""
        return [*self.words, *self._senders, ALL]

    def expression(self, scope: str) -> str:
        """Return what is looked for as a tsquery, in the words with a scope."""
        parts = [_quoted(scope, word) for word in self.words]
        parts += [f"{_quoted(scope, word)}:*" for word in self.starts]
        if self._senders:
            parts.append("({})".format(" | ".join(_quoted(scope, word) for word in self._senders)))
        return f"{' & '.join(parts)} | {_quoted(scope, ALL)}"

    def places(self, found: Mapping[str, Iterable[int]]) -> set[int]:
        """Return the places that have what is looked for, of those that each word of a run has."""
        every = [set(found.get(word, ())) for word in self.words]
        every += [_any(found, [word for word in found if word.startswith(one)]) for one in self.starts]
        if self._senders:
            every.append(_any(found, self._senders))
        return set.intersection(*every) | set(found.get(ALL, ()))


def _any(found: Mapping[str, Iterable[int]], words: Iterable[str]) -> set[int]:
    return {place for word in words for place in found.get(word, ())}


def _quoted(scope: str, word: str) -> str:
    return "'{}'".format(f"{scope}{word}".replace("\\", "\\\\").replace("'", "''"))
