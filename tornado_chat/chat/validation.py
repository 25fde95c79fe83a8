"""Names and texts from outside, checked and cleaned: hostile until a function of this module has done so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Final

from tornado_chat.chat.characters import FILLERS, HIDDEN, SEEN, SEQUENCE, faults
from tornado_chat.chat.errors import Error, Refused

MAX_TEXT: Final = 4_000
MAX_NAME = 64
MAX_PAGE = 200
LARGEST_ID = 2**63 - 1

_LONGEST = 4 * MAX_NAME  # of what may become a name: NFKC makes 1 of 4 at most
# What NFKC makes something else of: marks on a space or a symbol, or the plain space.
_AS_THEY_ARE = re.compile(
    "([\xa0\xa8\xaf\xb4\xb8\u02d8-\u02dd\u037a\u0384\u0385\u1680\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef"
    "\u1ffd\u1ffe\u2000-\u200a\u2017\u202f\u203e\u205f\u2adc\u3000\u309b\u309c\u3164\ufc5e-\ufc63\ufe49-\ufe4c\ufe70\ufe72\ufe74\ufe76"
    "\ufe78\ufe7a\ufe7c\ufe7e\uffa0\uffe3\U0001d15e-\U0001d164\U0001d1bb-\U0001d1c0])"
)
_PIECE = 500  # characters that are normalised at once: it takes seconds for 64 KiB of marks
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_PLACE = re.compile("([0-9]{1,15})-([0-9]{1,19})")

_MAX_GIVEN = 1_024
_ATTRIBUTES = [
    re.compile(rf"(?:^/?|[,/;+]) *{name} *= *((?:[^,/;+\\]|\\.)+)", re.IGNORECASE | re.DOTALL)
    for name in ("CN", "UID")
]
_ESCAPED = re.compile(r"((?:\\[0-9a-f]{2})+)|\\(.)", re.IGNORECASE | re.DOTALL)  # RFC 4514, 2.4


def clean_name(value: str) -> str:
    """Return a name of a user or channel in its one spelling (NFKC, trimmed, 1 to 64 characters).

    Refused as `invalid-name`: control, bidirectional and other invisible characters where no script and no emoji
    needs them, other spaces, marks without a letter, private use and what is not assigned.
    """
    if len(value.strip(" ")) > _LONGEST:
        raise Refused(f"a name has 1 to {MAX_NAME} characters", Error.INVALID_NAME)
    if not (value.isascii() and value.isprintable()):
        parts = _parts(value)
        for part in parts[::2]:
            for _, what in faults(part):
                raise Refused(f"a name must not contain {what}", Error.INVALID_NAME)
        value = "".join(parts)
    value = value.strip()
    if not 1 <= len(value) <= MAX_NAME:
        raise Refused(f"a name has 1 to {MAX_NAME} characters", Error.INVALID_NAME)
    return value


def fit_name(value: str) -> str:
    """Return what a name that was given elsewhere is here: without what it must not contain, and cut to its length.

    Refused (`invalid-name`) where nothing is left.
    """
    for _ in range(4):  # what is taken away may leave a mark or a joiner where it may not stand
        parts = _parts(" ".join(value[:_LONGEST].split()))
        parts[::2] = [_without(part, {at for at, _ in faults(part)}) for part in parts[::2]]
        value = "".join(parts).strip()
        if len(value) > MAX_NAME:
            value = value[: MAX_NAME - 3].rstrip() + "..."
    return clean_name(value)


def _parts(value: str) -> list[str]:
    """Return normalised text and, at the odd places, sequences that stay as they are."""
    parts = SEQUENCE.split(value)
    parts[::2] = map(_normalized, parts[::2])
    return parts


def _normalized(text: str) -> str:
    if text.isascii():
        return text
    found = _AS_THEY_ARE.split(text)
    found[::2] = [unicodedata.normalize("NFKC", part) for part in found[::2]]
    return "".join(found)


def _without(text: str, places: set[int]) -> str:
    return "".join(char for at, char in enumerate(text) if at not in places)


def display_name(given: str) -> str:
    """Return the name of a user that another system names; of a distinguished name (LDAP) it is the common name.

    Empty if nothing can be shown.
    """
    given = given[:_MAX_GIVEN]
    attribute = next((found for wanted in _ATTRIBUTES if (found := wanted.search(given))), None)
    try:
        return fit_name(given if attribute is None else _ESCAPED.sub(_unescape, attribute[1]))
    except Refused:
        return ""


def _unescape(found: re.Match[str]) -> str:
    return bytes.fromhex(found[1].replace("\\", "")).decode(errors="replace") if found[1] else str(found[2])


@lru_cache(10_000)
def name_key(name: str) -> str:
    """Return what all names have in common that look the same: in whatever case, width and spacing; see `fold`."""
    return " ".join(fold(name[:_LONGEST]).split())


def fold(text: str) -> str:
    """Return a text to compare as people read it: without case, other forms of a letter, and invisible characters."""
    if text.isascii():
        return text.casefold()
    return "".join(_caseless(_caseless(piece)) for piece in _pieces(HIDDEN.sub(r"\1", text)))


def _caseless(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = start + _PIECE
        while start + _PIECE // 2 < end < len(text) and unicodedata.combining(text[end]):
            end -= 1  # marks go with their letter
        yield text[start:end]
        start = end


def clean_text(value: str) -> str:
    """Return a message's text without control characters (newline and tab stay) and line ends at its end.

    Refused as `invalid-field` where it is too long, or nothing of it can be seen.
    """
    if value.isascii() and value.isprintable() and value > "!" and len(value) <= MAX_TEXT:
        return value  # what most are, at once
    value = _washed(value)
    if not 1 <= len(value) <= MAX_TEXT:
        raise no_words()
    if not _is_seen(value):
        raise Refused("nothing in the text can be seen", Error.INVALID_FIELD)
    return value


def clean_caption(value: str) -> str:
    """Return what `clean_text` does, or "" where nothing is left of the text: files need none."""
    if value.isascii() and value.isprintable() and value > "!" and len(value) <= MAX_TEXT:
        return value
    value = _washed(value)
    if len(value) > MAX_TEXT:
        raise no_words()
    return value if value and _is_seen(value) else ""


def _washed(value: str) -> str:
    return value if value.isprintable() else _NOT_TEXT.sub("", value).rstrip("\n")


def _is_seen(value: str) -> bool:
    return (value[0].isalnum() and value[0] not in FILLERS) or SEEN.search(value) is not None


def no_words() -> Refused:
    """Return what a call is answered whose text is empty or too long."""
    return Refused(f"text has 1 to {MAX_TEXT} characters", Error.INVALID_FIELD)


def clean_piece(value: str) -> str:
    """Return a piece of a text, such as a growing message gains, without control characters; it may be empty."""
    if len(value) > MAX_TEXT:
        raise Refused(f"a piece has at most {MAX_TEXT} characters", Error.INVALID_FIELD)
    return value if value.isprintable() else _NOT_TEXT.sub("", value)


def _part(value: str) -> str:
    if len(value) > 100:
        raise ValueError("a part of a name")
    return fold(value)


def _page_size(value: int) -> int:
    if not 0 <= value <= MAX_PAGE:
        raise ValueError(f"0 to {MAX_PAGE}")
    return value


# Types of an action's fields, checked and cleaned before it is called.
Name = Annotated[str, clean_name]
Text = Annotated[str, clean_text]
Caption = Annotated[str, clean_caption]
Limit = Annotated[int, _page_size]
Part = Annotated[str, _part]
Piece = Annotated[str, clean_piece]


def clean_place(before: str) -> tuple[int, int] | None:
    """Return the time (ms) and the id that the `before` of an earlier page names, None where it is empty.

    Raises Refused (`invalid-field`) for what no page has.
    """
    if not before:
        return None
    place = _PLACE.fullmatch(before)
    if place is None or int(place[2]) > LARGEST_ID:
        raise Refused("before is what an earlier answer has as `before`", Error.INVALID_FIELD)
    return int(place[1]), int(place[2])
