"""What a name may be made of, and which characters nobody sees. Unicode alone: no I/O, nothing of the chat."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Extended_Pictographic of Unicode 17.0 (emoji-data.txt; what is reserved for later emoji included), without digits.
_PICTOGRAPHS = (
    "a9 ae 203c 2049 2122 2139 2194-2199 21a9-21aa 231a-231b 2328 23cf 23e9-23f3 23f8-23fa 24c2 25aa-25ab "
    "25b6 25c0 25fb-25fe 2600-2604 260e 2611 2614-2615 2618 261d 2620 2622-2623 2626 262a 262e-262f 2638-263a "
    "2640 2642 2648-2653 265f-2660 2663 2665-2666 2668 267b 267e-267f 2692-2697 2699 269b-269c 26a0-26a1 26a7 "
    "26aa-26ab 26b0-26b1 26bd-26be 26c4-26c5 26c8 26ce-26cf 26d1 26d3-26d4 26e9-26ea 26f0-26f5 26f7-26fa 26fd "
    "2702 2705 2708-270d 270f 2712 2714 2716 271d 2721 2728 2733-2734 2744 2747 274c 274e 2753-2755 2757 "
    "2763-2764 2795-2797 27a1 27b0 27bf 2934-2935 2b05-2b07 2b1b-2b1c 2b50 2b55 3030 303d 3297 3299 1f004 "
    "1f02c-1f02f 1f094-1f09f 1f0af-1f0b0 1f0c0 1f0cf-1f0d0 1f0f6-1f0ff 1f170-1f171 1f17e-1f17f 1f18e "
    "1f191-1f19a 1f1ae-1f1e5 1f201-1f20f 1f21a 1f22f 1f232-1f23a 1f23c-1f23f 1f249-1f25f 1f266-1f321 "
    "1f324-1f393 1f396-1f397 1f399-1f39b 1f39e-1f3f0 1f3f3-1f3f5 1f3f7-1f3fa 1f400-1f4fd 1f4ff-1f53d "
    "1f549-1f54e 1f550-1f567 1f56f-1f570 1f573-1f57a 1f587 1f58a-1f58d 1f590 1f595-1f596 1f5a4-1f5a5 1f5a8 "
    "1f5b1-1f5b2 1f5bc 1f5c2-1f5c4 1f5d1-1f5d3 1f5dc-1f5de 1f5e1 1f5e3 1f5e8 1f5ef 1f5f3 1f5fa-1f64f "
    "1f680-1f6c5 1f6cb-1f6d2 1f6d5-1f6e5 1f6e9 1f6eb-1f6f0 1f6f3-1f6ff 1f7da-1f7ff 1f80c-1f80f 1f848-1f84f "
    "1f85a-1f85f 1f888-1f88f 1f8ae-1f8af 1f8bc-1f8bf 1f8c2-1f8cf 1f8d9-1f8ff 1f90c-1f93a 1f93c-1f945 "
    "1f947-1f9ff 1fa58-1fa5f 1fa6e-1faff 1fc00-1fffd"
)
_PICTOGRAPH = f"[{re.sub('[0-9a-f]+', lambda code: chr(int(code[0], 16)), _PICTOGRAPHS).replace(' ', '')}]"
#: England, Scotland, Wales: a black flag, and tags that say whose it is.
_FLAGS = (
    "\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074"
    "|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
_ELEMENT = f"{_PICTOGRAPH}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
#: Emoji with characters in them that are seen nowhere else (UTS 51, 1.4.9): these stay as they are written.
SEQUENCE = re.compile(
    f"([#*0-9]\ufe0f?\u20e3|{_FLAGS}|{_ELEMENT}(?:\u200d{_ELEMENT})+"
    f"|{_PICTOGRAPH}[\ufe0e\ufe0f][\U0001f3fb-\U0001f3ff]?)"
)
is_pictograph = re.compile(_PICTOGRAPH).match

# Default_Ignorable_Code_Point, and what has a glyph with nothing in it.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U00013441\U00013442\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_is_unseen = re.compile(f"[{_UNSEEN}]").match
#: What hides in a text. The flags' tags are seen.
HIDDEN = re.compile(f"({_FLAGS})|[{_UNSEEN}]+")
#: Letters to Unicode, blank to the eye.
FILLERS = frozenset("\u115f\u1160\u3164\uffa0\U00013441\U00013442")
#: The first character of a text that can be seen.
SEEN = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff{_UNSEEN}]")

_CURSIVE = ("ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN", "PHAGS-PA", "MANICHAEAN", "PSALTER", "ADLAM", "HANIFI")
_VIRAMA = 9  # as a combining class
_INDIC = frozenset(
    (
        *("BENGALI", "DEVANAGARI", "GRANTHA", "GUJARATI", "GURMUKHI", "KANNADA", "MALAYALAM", "NANDINAGARI"),
        *("NEWA", "ORIYA", "SHARADA", "TAMIL", "TELUGU", "TIRHUTA"),
    )
)
#: Marks of one script, by the first word of their names, that letters of other scripts bear as well.
_SHARED = {
    "ARABIC": {"SYRIAC"},
    "BINDU": {"GRANTHA", "TAMIL"},
    "CYRILLIC": {"GLAGOLITIC", "OLD PERMIC"},
    "DEVANAGARI": _INDIC,
    "GRANTHA": {"TAMIL"},
    "IDEOGRAPHIC": {"CJK", "BOPOMOFO", "HANGUL"},
    "KATAKANA-HIRAGANA": {"KATAKANA", "HIRAGANA", "HENTAIGANA"},
    "VEDIC": _INDIC,
    "VIETNAMESE": {"CJK"},
}
#: Scripts of marks called COMBINING; what else is called so is of no script, and stands on any letter.
_COMBINING = frozenset((*_SHARED, "GLAGOLITIC", "GREEK", "LATIN", "OLD PERMIC"))
MAX_MARKS = 4  # that one letter can bear (UTS 39, 5.4)


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Yield where a name has a character that it must not have, and what that is, in words.

    text: normalised, and nothing of SEQUENCE in it.
    """
    base, marks = "", 0  # the letter that marks stand on, and how many do
    for at, char in enumerate(text):
        kind = unicodedata.category(char)
        if kind[0] == "L" and not _is_unseen(char):
            base, marks = char, 0
            continue
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2] or " "
        if _is_unseen(char):
            if not _belongs(char, before, base, after):
                yield at, f"an invisible character ({title(char)})"
        elif kind[0] == "M":
            marks += kind != "Mc"
            if not base or not _stands_on(char, base):
                yield at, f"a mark that has no letter to stand on ({title(char)})"
            elif marks > MAX_MARKS:
                yield at, f"more than {MAX_MARKS} marks on one letter"
        else:
            base = ""
            if kind == "Cc":
                yield at, f"a control character ({title(char)})"
            elif kind in ("Cf", "Zl", "Zp"):
                yield at, f"an invisible character ({title(char)})"
            elif kind == "Zs" and char != " ":
                yield at, f"a space of another kind ({title(char)})"
            elif kind in ("Co", "Cs") or (kind == "Cn" and not _may_come(char)):
                yield at, f"a character without a meaning ({title(char)})"


def _belongs(char: str, before: str, base: str, after: str) -> bool:
    """Return whether a script needs a joiner or a selector here (RFC 5892, A.1 and A.2, and what is written so)."""
    if not base:
        return False
    script = _script(base)
    if char in "\u200c\u200d":
        between = char == "\u200d" and before == base and unicodedata.combining(after) == _VIRAMA
        if between or unicodedata.combining(before) == _VIRAMA:
            return True
        joins = unicodedata.category(after)[0] == "L" and script == _script(after)
        return char == "\u200c" and script in _CURSIVE and before not in "\u200c\u200d" and joins
    if "\u180b" <= char <= "\u180f":
        return script == "MONGOLIAN" and before == base
    return "\U000e0100" <= char <= "\U000e01ef" and script == "CJK" and before == base


def _stands_on(mark: str, letter: str) -> bool:
    """Return whether a mark is of a letter's script or of none. Scripts are derived from the characters' names."""
    name = unicodedata.name(mark, "")
    common = name.startswith("COMBINING ")
    script = _first_word(name.removeprefix("COMBINING "))
    if common and script not in _COMBINING:
        return True
    return script == _script(letter) or _script(letter) in _SHARED.get(script, ())


def _may_come(char: str) -> bool:
    """Return whether a later Unicode than this Python's has, or may have, something here: an emoji, a Han letter."""
    return bool(is_pictograph(char)) or ("\U00020000" <= char <= "\U0003ffff" and ord(char) & 0xFFFF < 0xFFFE)


def _script(char: str) -> str:
    return _first_word(unicodedata.name(char, ""))


def _first_word(name: str) -> str:
    """Return the script that a character's name begins with: one word, or two where one would be ambiguous."""
    first, _, rest = name.partition(" ")
    return f"{first} {rest.partition(' ')[0]}" if first in ("OLD", "TAI") else first


def title(char: str) -> str:
    """Return what Unicode calls a character, or its number."""
    return unicodedata.name(char, "").lower() or _CONTROLS.get(char) or f"U+{ord(char):04X}"


_CONTROLS = {"\t": "tab", "\n": "line end", "\r": "carriage return", "\x1b": "escape"}
