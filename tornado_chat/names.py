"""Names and texts from outside, checked and cleaned: hostile until a function of this module has done so."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from tornado_chat.errors import Error, Refused

MAX_TEXT = 4_000
MAX_NAME = 64
MAX_PAGE = 200

_E = (  # emoji that NFKC leaves alone
    "[\u00a9\u00ae\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\U0001f000-\U0001f0ff"
    "\U0001f170-\U0001f18f\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
)
# Where a joiner or a variation selector is part of a picture (Unicode TR 51, 1.4.9).
_EMOJI = re.compile(f"[#*0-9]\ufe0f\u20e3|{_E}(?:\u200d{_E})*")
# Default_Ignorable_Code_Point, and a blank pattern: seen as nothing or as a space, whatever their category.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean_name(value: str) -> str:
    """Return a name of a user or channel in its one spelling (NFKC, trimmed, 1 to 64 characters).

    Refused as `invalid-name`: control, bidirectional and zero-width characters, and look-alike spaces.
    """
    if len(value.strip(" ")) > 4 * MAX_NAME:  # NFKC makes 1 of 4 at most, and takes seconds for 64 KiB of marks
        raise Refused(f"a name has 1 to {MAX_NAME} characters", Error.INVALID_NAME)
    if not (value.isascii() and value.isprintable()):
        for char in _EMOJI.sub("", value):
            kind = unicodedata.category(char)
            if kind in ("Cc", "Cf", "Cs", "Zl", "Zp") or (kind == "Zs" and char != " ") or _UNSEEN.match(char):
                raise Refused(f"a name must not contain U+{ord(char):04X}", Error.INVALID_NAME)
        value = unicodedata.normalize("NFKC", value)
    value = value.strip()
    if not 1 <= len(value) <= MAX_NAME:
        raise Refused(f"a name has 1 to {MAX_NAME} characters", Error.INVALID_NAME)
    return value


def clean_text(value: str) -> str:
    """Return a message's text without control characters (newline and tab stay) and line ends at its end."""
    if not value.isprintable():
        value = _NOT_TEXT.sub("", value).rstrip("\n")
    if not 1 <= len(value) <= MAX_TEXT:
        raise Refused(f"text has 1 to {MAX_TEXT} characters", Error.INVALID_FIELD)
    return value


def _page_size(value: int) -> int:
    if not 0 <= value <= MAX_PAGE:
        raise ValueError(f"0 to {MAX_PAGE}")
    return value


# Types of an action's fields, checked and cleaned before it is called.
Name = Annotated[str, clean_name]
Text = Annotated[str, clean_text]
Limit = Annotated[int, _page_size]
