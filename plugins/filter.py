"""Keep words and floods of links out, as [plugins.filter] of the settings says."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from tornado_chat import Context, Message, Refused, on

PIECE = 500  # characters that are normalised at once: thousands of combining marks would take 40 ms
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
        """What finds the words: whole ones alone, so that `ass` leaves `class` alone."""
        words = "|".join(re.escape(plain(word).strip()) for word in self.words)
        return re.compile(rf"(?<!\w)(?:{words})(?!\w)")


def plain(text: str) -> str:
    """Return a text without what hides a word: capitals, other forms of a letter, characters that are not seen."""
    if text.isascii():  # which hides nothing, and most messages are
        return text.casefold()
    pieces = (text[at : at + PIECE] for at in range(0, len(text), PIECE))
    text = "".join(unicodedata.normalize("NFKC", piece) for piece in pieces).casefold()
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


@on("message", fails="closed")
def check(ctx: Context, message: Message) -> None:
    """Refuse a message; who wrote it is told why."""
    text = plain(message.text)
    if ctx.settings.words and ctx.settings.pattern.search(text):
        raise Refused("that has a word that is not said here")
    if ctx.settings.links is not None and len(LINK.findall(text)) > ctx.settings.links:
        raise Refused(f"a message has at most {ctx.settings.links} links here")
