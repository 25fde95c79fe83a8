"""Keep words and floods of links out, as [plugins.filter] of the settings says."""

import re
from dataclasses import dataclass
from functools import cached_property

from tornado_chat import Context, Message, Refused, fold, on

MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")  # of no letter
MARKUP = re.compile(r"[*_~`\\\[]|\]\([^()\s]{0,200}\)")
LINK = re.compile(r"://|(?<![\w/.-])www\.")


@dataclass
class Settings:
    words: tuple[str, ...] = ()
    links: int | None = None

    def __post_init__(self) -> None:
        """Refuse what would refuse everything."""
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
        """What finds the words: whole ones alone, so that `ass` leaves `class` alone. A _ is no letter."""
        words = "|".join(r"\s+".join(map(re.escape, plain(word).split())) for word in self.words)
        return re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])")


def plain(text: str) -> str:
    """Return a text without what hides words: capitals, other forms of a letter, what is not seen, strokes."""
    text = fold(text)
    return text if text.isascii() else MARKS.sub("", text)


@on("message", fails="closed")
def check(ctx: Context, message: Message) -> None:
    """Refuse a message; who wrote it is told why."""
    text = plain(message.text)
    if ctx.settings.words and any(map(ctx.settings.pattern.search, {text, MARKUP.sub("", text)})):
        raise Refused("that has a word that is not said here")
    if ctx.settings.links is not None and len(LINK.findall(text)) > ctx.settings.links:
        raise Refused(f"a message has at most {ctx.settings.links} links here")
