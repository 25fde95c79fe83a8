"""Reads what people type to search: words and "phrases", -left out, and filters such as from:ann and has:link.

Whatever is no filter is words, normalised: nothing of it is the syntax of an index.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tornado_chat.chat.errors import Error, Mistyped, Refused
from tornado_chat.chat.search import Phrase
from tornado_chat.chat.words import words_of

LONGEST = 1_000  # characters
MOST_WORDS = 64
MOST_FILTERS = 32
PREFIX = 3  # letters from which on the last word may go on
DAY = 86_400_000
_VALUES = {"has": ("link", "file", "image"), "is": ("pinned", "thread")}
_EXAMPLES = {"from": "from:ann or from:me", "in": "in:general"}

#: Invisible characters that editors add around words of another direction. Joiners belong to words, and stay.
_UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_QUOTES = re.compile("[\u201c\u201d\u201e\uff02]")  # as keyboards make them of "
_TERM = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')  # no blank outside of quotes
_FILTER = re.compile("(-?)(from|in|before|after|on|has|is)[:\uff1a](.*)", re.IGNORECASE | re.DOTALL)
_LEFT_OUT = re.compile(r'-(?=[^\W_]|")')


@dataclass(slots=True)
class Asked:
    """What somebody looks for. `senders` and `channels`: names, as they were typed. See search.Query."""

    phrases: list[Phrase] = field(default_factory=list)
    without: list[Phrase] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    after: int | None = None
    before: int | None = None
    marks: set[str] = field(default_factory=set)


def parse(text: str) -> Asked:
    """Return what a text looks for. Refused (`invalid-field`) where that cannot be, or is nothing."""
    if len(text) > LONGEST:
        raise _wrong(f"text has at most {LONGEST:,} characters")
    text = _QUOTES.sub('"', _UNSEEN.sub("", text))
    asked, filters = Asked(), 0
    for found in _TERM.finditer(text):
        term = found[0]
        named = _FILTER.fullmatch(term)
        if named is None:
            _add_words(asked, term, may_go_on=found.end() == len(text) and '"' not in term)
        elif filters == MOST_FILTERS:
            raise _wrong(f"text has at most {MOST_FILTERS} filters")
        else:
            filters += 1
            _add_filter(asked, named[1], named[2].lower(), named[3].replace('"', "").strip())
    if sum(len(one.words) for one in (*asked.phrases, *asked.without)) > MOST_WORDS:
        raise _wrong(f"text has at most {MOST_WORDS} words; each character of a script such as Chinese is one")
    if not (filters or asked.phrases or asked.without):
        raise _wrong(
            "text says nothing to look for; type a word, or a filter such as from:ann, in:general or has:link"
        )
    return asked


def _add_words(asked: Asked, term: str, may_go_on: bool) -> None:
    """Add a term that is no filter: its words stand side by side, whatever is between them."""
    left_out = _LEFT_OUT.match(term) is not None
    words = tuple(words_of(term))
    if words and left_out:
        asked.without.append(Phrase(words))
    elif words:
        asked.phrases.append(Phrase(words, may_go_on and len(words[-1]) >= PREFIX))


def _add_filter(asked: Asked, minus: str, key: str, value: str) -> None:
    if minus:
        raise _wrong(f"-{key}: is not known; - leaves out words and phrases, such as -lunch")
    if key in _VALUES:
        if value.lower() not in _VALUES[key]:
            *values, last = _VALUES[key]
            raise _wrong(f"{key}: takes {', '.join(values)} or {last}")
        asked.marks.add(value.lower())
    elif key in _EXAMPLES:
        if not value:
            raise _wrong(f"{key}: takes a name, such as {_EXAMPLES[key]}")
        (asked.senders if key == "from" else asked.channels).append(value)
    else:
        time = _time(key, value)
        if key != "before":
            asked.after = _narrower(max, asked.after, time)
        if key != "after":
            asked.before = _narrower(min, asked.before, time + DAY if key == "on" else time)


def _time(key: str, value: str) -> int:
    """Return the time (ms since 1970) that a value names; a day begins at midnight UTC."""
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is None and len(value) == len("2026-11-27"):
            time = time.replace(tzinfo=UTC)
        if time.tzinfo is not None:
            return int(time.timestamp() * 1000)
    except (ValueError, OverflowError):
        pass
    raise _wrong(f"{key}: takes a day such as 2026-11-27, or a time with an offset such as 2026-11-27T09:00+01:00")


def _narrower(choose: Callable[[int, int], int], known: int | None, time: int) -> int:
    return time if known is None else choose(known, time)


def _wrong(words: str) -> Refused:
    return Mistyped(words, Error.INVALID_FIELD)
