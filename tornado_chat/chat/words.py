"""What is searched of a message: its words in one form, and its marks. The one normaliser of all engines.

A word is letters and digits without case, width, diacritics and what cannot be seen: `Café`, `ＣＡＦÉ` and `cafe` are
one. Scripts that write no blanks between words (Han, kana, Hangul, Thai, Lao, Khmer, Burmese), and emoji, give one
word for each character: searched as a phrase, any part of such a text is found. All else stands between words.

In a word, ASCII is `a-z0-9`, and there are no blanks, control characters or surrogates: joined by blanks, words are
for FTS5's tokenizer `ascii` what they are here. Whoever changes what a text or message becomes changes `_FORM`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from tornado_chat.chat.characters import HIDDEN, is_pictograph
from tornado_chat.chat.markup import shown
from tornado_chat.chat.markup.links import DENSE
from tornado_chat.chat.models import Message

_FORM = 1
#: Another Python may know more of Unicode, and so make other words: an index of another version is built anew.
VERSION = f"{_FORM}/{unicodedata.unidata_version}"
LONGEST = 100  # characters of a word; those after them do not count
MARKS = ("link", "file", "image", "pinned", "thread")
_NO_MARKS, _LINK = frozenset[str](), frozenset({"link"})

_PIECE = 500  # characters that are normalised at once: the time for a run of marks grows with its square
_KEPT = 20_000  # characters whose form is known
_SHORT = 8  # characters of a cluster that is kept with its form
# What is written in one stretch, too, and is no part of DENSE: bopomofo, the sign for a long vowel, Hangul.
_STRETCHED = re.compile(
    "[\u1100-\u11ff\u30fc\u3099\u309a\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\ua960-\ua97c\uac00-\ud7fb]"
)
_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")  # of skin
_JAMO = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")  # that follow another one in a syllable
#: Letters that people take for another one, and that have no decomposition which says so.
_LIKE = {
    **{"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "ŧ": "t", "æ": "ae", "œ": "oe"},
    # Arabic, as is usual for searching: alef wasla; alef maqsura, the Persian and Urdu yehs; kaf; forms of heh.
    **{"\u0671": "\u0627", "\u0649": "\u064a", "\u06cc": "\u064a", "\u06d2": "\u064a", "\u06a9": "\u0643"},
    **{"\u0629": "\u0647", "\u06be": "\u0647", "\u06c1": "\u0647", "\u06c3": "\u0647", "\u06d5": "\u0647"},
    "\u0640": "",  # tatweel
}
#: In Persian it parts a word from its endings, as a blank does elsewhere.
_PARTS = re.compile("(?<=[\u0600-\u06ff\u0750-\u077f])\u200c")
_ASCII = re.compile("[a-zA-Z0-9]+")


class Document(NamedTuple):
    """What an index has of a message."""

    words: list[str]
    marks: frozenset[str]


class Placed(NamedTuple):
    """A word of a text, and where it stands there: from `start` to before `end`."""

    word: str
    start: int
    end: int


def document_of(message: Message) -> Document | None:
    """Return what is searched of a message. None: it was deleted."""
    if message.extra is not None and "deleted" in message.extra:
        return None
    return Document(searched_words(message), marks_of(message))


def documents_of(messages: Sequence[Message]) -> list[tuple[list[str], frozenset[str]] | None]:
    """Return the documents of many messages: plain ones, as most are, take a quarter of the time so."""
    texts = _BETWEEN.join([one.text for one in messages if one.extra is None and one.text.isascii()])
    forms = iter(texts.encode("latin-1").translate(_ASCII_FORMS).decode("latin-1").split(_BETWEEN))
    linked = _may_link(texts)
    found: list[tuple[list[str], frozenset[str]] | None] = []
    for one in messages:
        if one.extra is None and one.text.isascii():
            words = next(forms).split()
            if len(one.text) <= LONGEST and not (linked and _may_link(one.text)):
                found.append((words, _NO_MARKS))
                continue
        found.append(document_of(one))
    return found


def searched_words(message: Message) -> list[str]:
    """Return the words of a message: those of its text, and of the names of its files."""
    words = words_of(message.text)
    if message.extra is not None:
        for file in message.extra.get("files", ()):
            words += words_of(file["name"])
    return words


def marks_of(message: Message) -> frozenset[str]:
    """Return which of MARKS a message has. `thread`: it is a reply in a thread, or has replies."""
    extra = message.extra
    links = _may_link(message.text) and shown(message.text).links
    if extra is None:
        return _LINK if links else _NO_MARKS
    marks = {"link"} if links else set()
    files = extra.get("files", ())
    if files:
        marks.add("file")
    if any(file["type"].startswith("image/") for file in files):
        marks.add("image")
    if "pinned" in extra:
        marks.add("pinned")
    if "thread" in extra or "replies" in extra:
        marks.add("thread")
    return frozenset(marks)


def _may_link(text: str) -> bool:
    if "://" in text or "@" in text:
        return True
    text = text.lower()
    return "www." in text or "mailto:" in text


def words_of(text: str) -> list[str]:
    """Return the words of a text in their order."""
    if text.isascii():
        form = text.encode().translate(_ASCII_FORMS).decode()
    else:
        if "\u200c" in text:
            text = _PARTS.sub(" ", text)
        form = _form(text) if len(text) <= _PIECE else "".join(_form(piece) for piece in _pieces(text))
    words = form.split()
    return [word[:LONGEST] for word in words] if len(form) > LONGEST else words


def placed_words(text: str) -> list[Placed]:
    """Return the words of a text, and where they stand: a character that stands for several is the place of each."""
    if text.isascii():
        return [Placed(one[0].lower()[:LONGEST], *one.span()) for one in _ASCII.finditer(text)]
    text = _PARTS.sub(" ", text)
    found: list[Placed] = []
    word, begin, end = "", 0, 0
    for start, piece in _clusters(text):
        after = start + len(piece)
        for char in _cluster_form(piece) if len(piece) <= _SHORT else _form(piece):
            if char != " ":
                begin = begin if word else start
                word, end = word + char, after
            elif word:
                found.append(Placed(word[:LONGEST], begin, end))
                word = ""
    if word:
        found.append(Placed(word[:LONGEST], begin, end))
    return found


def _form(text: str) -> str:
    """Return the words of a text, with blanks between them. Nothing before or after it may belong to its letters."""
    if not text.isprintable():
        text = HIDDEN.sub("", text)
    return unicodedata.normalize("NFKC", text).translate(_FOLDED)


_cluster_form = lru_cache(_KEPT)(_form)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = start + _PIECE
        while start + _PIECE // 2 < end < len(text) and _goes_on(text[end]):
            end -= 1
        yield text[start:end]
        start = end


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield characters with those that belong to them, such as marks, and where each of these begins.

    Pieces are cut where words_of cuts them.
    """
    begin = 0
    for piece in _pieces(text):
        start = 0
        for at in range(1, len(piece)):
            if not _goes_on(piece[at]):
                yield begin + start, piece[start:at]
                start = at
        yield begin + start, piece[start:]
        begin += len(piece)


@lru_cache(_KEPT)
def _goes_on(char: str) -> bool:
    """Return whether a character may become one with what is before it."""
    if char.isascii():
        return False
    first = unicodedata.normalize("NFKD", char)[0]
    return not _FOLDED[ord(char)] or unicodedata.category(first)[0] == "M" or _JAMO.match(first) is not None


class _Folded(dict[int, str]):
    """What a normalised character becomes in words, by its number: letters, blanks, or nothing."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _KEPT:
            self.clear()
        found = self[code] = _folded(chr(code))
        return found


def _folded(char: str) -> str:
    if HIDDEN.match(char) or _TONES.match(char):
        return ""
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if kind[0] in "LMN" and (DENSE.match(char) or _STRETCHED.match(char)):
        return f" {char} "
    if (kind == "So" and char != "\ufffd") or is_pictograph(char):
        return f" {char} "
    if kind[0] not in "LMN":
        return " "
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char.casefold()).casefold())
    letters = "".join(one for one in unicodedata.normalize("NFD", folded) if not _is_diacritic(one))
    return "".join(_LIKE.get(one, one) for one in unicodedata.normalize("NFC", letters))


def _is_diacritic(char: str) -> bool:
    """Return whether a mark is more than a letter needs: no vowel sign or virama of an Indian script is."""
    position = unicodedata.combining(char)
    return position in (1, 7) or 10 <= position <= 36 or position >= 200 or unicodedata.category(char) == "Me"


_FOLDED = _Folded()
_BETWEEN = "\x80"  # what is in no text of ASCII
#: The same for each byte of ASCII, and what may be between two texts.
_ASCII_FORMS = "".join(_FOLDED[code] for code in range(128)).encode() + b"\x80" + bytes(127)
