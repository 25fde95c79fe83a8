"""Refuse messages with certain words or too many links, as [plugins.filter] of the settings says."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property

from tornado_chat import Context, Message, Refused, fold, on, shown

MARKUP = re.compile(r"[*_~`\\\[]|\]\([^()\s]{0,200}\)|\]")
ADDRESS = re.compile(r"://|(?<![\w/.-])www\.")  # more than the page makes a link of
BLANK = re.compile("[\u2800\u3164\uffa0\u115f\u1160]")  # glyphs with a width and nothing in them
SIGN = re.compile(
    "(?:(?:(?:CROSSED )?NEGATIVE )?(?:CIRCLED|SQUARED)|PARENTHESIZED|OUTLINED) LATIN (?:CAPITAL|SMALL) LETTER ([A-Z])"
    "|LATIN LETTER SMALL CAPITAL ([A-Z])|REGIONAL INDICATOR SYMBOL LETTER ([A-Z])"
)  # names of signs that are read as letters


@dataclass
class Settings:
    words: tuple[str, ...] = ()
    links: int | None = None

    def __post_init__(self) -> None:
        """Refuse settings that would refuse every message."""
        if not all(plain(word).strip() for word in self.words):
            raise ValueError("words: one of them is empty")
        if self.links is not None and self.links < 0:
            raise ValueError("links must be 0 or more")

    @property
    def active(self) -> bool:
        """Whether there is anything to check."""
        return bool(self.words) or self.links is not None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A pattern of the words. It finds whole words only: `ass` does not match "class". A _ is no letter."""
        words = "|".join(r"\s+".join(map(re.escape, plain(word).split())) for word in self.words)
        return re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])")


def plain(text: str) -> str:
    """Return a text without what hides words: case, other forms of a letter, invisible characters, loose marks."""
    if text.isascii():
        return fold(text)
    base, found = "", []
    for char in fold("".join(map(letter, text))):
        mark = char > "\x7f" and is_mark(char)
        if not mark:
            base = char
        if not mark or (kept(char) and base.lower() == base.upper()):  # alphabets with two cases need no marks
            found.append(char)
    return "".join(found)


@cache
def letter(char: str) -> str:
    sign = char > "\x7f" and SIGN.fullmatch(unicodedata.name(char, ""))
    return next(filter(None, sign.groups())) if sign else char


def is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def kept(mark: str) -> bool:
    """Return whether words differ by a mark; they do not by loose accents, or points of Hebrew and Arabic."""
    place = unicodedata.combining(mark)
    return unicodedata.category(mark) != "Me" and (place < 200 and not 10 <= place <= 36 and place != 1)


def readings(text: str, shown: str) -> set[str]:
    """Return all that a text may be read as: with its markup, as it is shown, without any marks."""
    texts = {text, shown}
    clean = set(map(plain, texts | {BLANK.sub(" ", one) for one in texts}))
    return clean | {MARKUP.sub("", one) for one in clean}


@on("message", fails="closed")
def check(ctx: Context, message: Message) -> None:
    """Refuse a message; its sender is told why."""
    text, settings = message.text, ctx.settings
    names = (plain(file.name) for file in message.files)
    if settings.words and any(map(settings.pattern.search, names)):
        raise Refused("the name of a file has a word that is not said here")
    ctx.charge(sum(map(text.count, "*_~`[\\@")) / 200)  # what takes time to read
    page = shown(text)
    if settings.words and any(map(settings.pattern.search, readings(text, page.text))):
        raise Refused("that has a word that is not said here")
    if settings.links is not None and max(page.links, len(ADDRESS.findall(fold(text)))) > settings.links:
        raise Refused(f"a message has at most {settings.links} links here")
