"""Whom a text mentions, outside code and links: the same as in the page (public/assets/text/mentions.js).

tests/mentions.json is for both: whoever changes one of them changes the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping

from tornado_chat.chat.markup import spoken
from tornado_chat.chat.markup.links import DENSE
from tornado_chat.chat.validation import name_key

HERE, CHANNEL = "@here", "@channel"  # what a message mentions by whose word: who is present, and all members
WORDS = (HERE, CHANNEL)
MOST = 50  # users that a message mentions
SIGNS = 100  # places in a text that are looked at
KEYS = 1_000  # names that are looked for
LONGEST = 80  # characters of a name as it is written
#: The words by their key, in the languages of the page. A member who is called so is meant instead.
_BY_KEY = {"here": HERE, "channel": CHANNEL, "在线成员": HERE, "所有人": CHANNEL}
_GOES_ON = re.compile("[\u200c\u200d\ufe0e\ufe0f_]|[-\u2010\u2011.@](?=[^\\W_])")


def names_in(text: str) -> list[list[str]]:
    """Return for each place that may mention somebody what may be their name: its keys (name_key), longest first."""
    if "@" not in text:
        return []
    text = spoken(text)
    found: list[list[str]] = []
    left = KEYS
    for sign in list(re.finditer("@", text))[:SIGNS]:
        if left <= 0:
            break
        if not _is_joined(text[sign.start() - 1 : sign.start()] if sign.start() else ""):
            keys = [name_key(text[sign.end() : end]) for end in _ends(text, sign.end())]
            if keys:
                found.append(keys[::-1])
                left -= len(keys)
    return found


def is_mentioned(name: str, text: str) -> bool:
    """Return whether a text mentions a name, as in `@Ann`, outside code and links. For bots, who are no members."""
    key = name_key(name)
    return any(key in keys for keys in names_in(text))


def chosen(names: Collection[Collection[str]], users: Mapping[str, Collection[str]]) -> list[str]:
    """Return the ids of the users (by the key of their name) whom places name, each by the longest name there is.

    Among them are HERE and CHANNEL for the words that mean all.
    """
    found: dict[str, None] = {}
    for keys in names:
        known = next((key for key in keys if key in users or key in _BY_KEY), None)
        if known is not None:
            found |= dict.fromkeys(users[known] if known in users else (_BY_KEY[known],))
    return list(found)[:MOST]


def _ends(text: str, start: int) -> list[int]:
    """Return where a name that begins here may end: not in Anna, ann_b, Ann-Katrin, ann.de or ann@example.org."""
    places = []
    for end in range(start + 1, min(len(text), start + LONGEST) + 1):
        before, after = text[end - 1], text[end : end + 1]
        if before == "\n" or (end == start + 1 and before == " "):
            break
        if before != " " and _is_whole(before, after, text[end : end + 2]):
            places.append(end)
    return places


def _is_whole(before: str, after: str, beyond: str) -> bool:
    if not after:
        return True
    if unicodedata.category(after)[0] == "M" or _GOES_ON.match(beyond):
        return False
    return not after.isalnum() or bool(DENSE.match(before)) is not bool(DENSE.match(after))


def _is_joined(before: str) -> bool:
    """Return whether a sign after this character is part of a word."""
    if not before:
        return False
    if before in "_/&@#" or unicodedata.category(before)[0] == "M":
        return True
    return before.isalnum() and not DENSE.match(before)
