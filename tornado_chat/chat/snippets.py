"""What is shown of a message that was found: about 200 characters around the first hit, with the hits marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tornado_chat.chat.markup import shown
from tornado_chat.chat.search import Phrase
from tornado_chat.chat.words import placed_words

LENGTH = 200  # characters
BEFORE = 60  # of these at most before the first hit
_NEAR = 20  # characters within which a snippet rather ends between two words
_ATTACHED = re.compile("[\u0300-\u036f\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")  # to what is before it
_CUT = {"text": "…", "hit": False}


def snippet(text: str, phrases: Sequence[Phrase]) -> list[dict[str, Any]]:
    """Return pieces of a text, each `text` and whether it is a `hit`; without markup, unless only that has hits."""
    read = " ".join(shown(text).text.split())
    hits = hits_in(read, phrases)
    if not hits and phrases:
        raw = " ".join(text.split())
        hits = hits_in(raw, phrases)
        read = raw if hits else read
    return list(_pieces(read, hits))


def hits_in(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Return where phrases stand in a text, in order; those that overlap are one. As far as a snippet goes."""
    if not phrases:
        return []
    placed = placed_words(text)
    words = [one.word for one in placed]
    places: list[tuple[int, int]] = []
    first = len(text)
    for phrase in dict.fromkeys(phrases):  # a text may have each of them at each of its characters
        for at in phrase.places(words):
            start = placed[at].start
            first = min(first, start)
            if start > first + LENGTH:
                break
            places.append((start, placed[at + len(phrase.words) - 1].end))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(one for one in places if one[0] <= first + LENGTH):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _pieces(text: str, hits: Sequence[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    first = hits[0][0] if hits else 0
    start = _start(text, first - BEFORE, first) if first > BEFORE and len(text) > LENGTH else 0
    end = _end(text, start + LENGTH) if start + LENGTH < len(text) else len(text)
    if start:
        yield _CUT
    at = start
    for begin, after in hits:
        if begin >= end:
            break
        if begin > at:
            yield {"text": text[at:begin], "hit": False}
        at = min(after, end)
        yield {"text": text[begin:at], "hit": True}
    if at < end:
        yield {"text": text[at:end], "hit": False}
    if end < len(text):
        yield _CUT


def _start(text: str, at: int, last: int) -> int:
    """Return a place between `at` and `last` at which a snippet may begin: that of a word, if one is near."""
    blank = text.find(" ", at, min(at + _NEAR, last))
    at = blank + 1 if blank >= 0 else at
    while at < last and _ATTACHED.match(text[at]):
        at += 1
    return at


def _end(text: str, at: int) -> int:
    """Return a place up to `at` at which a snippet may end."""
    blank = text.rfind(" ", at - _NEAR, at + 1)
    at = blank if blank >= 0 else at
    while _ATTACHED.match(text[at]) and at > 1:
        at -= 1
    return at
