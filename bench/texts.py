"""Texts as people of many languages write them: words that are made up, as often and as long as real ones."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

Text = Callable[[], str]

#: Of alphabets: how many of the channels write so, consonants, vowels, and how many words they have.
_ALPHABETS = (
    (0.55, "b c d f g h k l m n p r s t v w", "a e i o u", 60_000),
    (0.12, "b d f g h k l m n r s sch t w z", "a e i o u ä ö ü ei", 80_000),
    (0.08, "б в г д ж з к л м н п р с т ч ш", "а е и о у ы я", 80_000),
    (0.06, "ب ت ج ح د ر س ش ع ف ق ك ل م ن ه", "ا و ي", 60_000),
)
#: Of scripts without blanks: how many of the channels write so, characters, and how many of these a word takes.
_DENSE = (
    (0.09, range(0x4E00, 0x4E00 + 4_000), 1.6),
    (0.05, [*range(0x3042, 0x3094), *range(0x30A2, 0x30F0), *range(0x4E00, 0x4E00 + 1_500)], 2.0),
    (0.03, range(0xAC00, 0xAC00 + 1_000), 2.0),
    (0.02, range(0xE01, 0xE2F), 4.0),
)


class Zipf:
    """Draws items as words occur: the second half as often as the first, and so on."""

    def __init__(self, items: Sequence[str], draw: random.Random, flat: float = 2.7) -> None:
        self._items, self._draw = items, draw
        self._weights = list(accumulate(1 / (rank + flat) for rank in range(len(items))))

    def some(self, count: int) -> list[str]:
        return self._draw.choices(self._items, cum_weights=self._weights, k=count)


def writers(draw: random.Random, channels: int) -> list[Text]:
    """Return what writes the messages of each of so many channels."""
    kinds: list[Text] = []
    shares = []
    for share, consonants, vowels, count in _ALPHABETS:
        words = Zipf(_words(draw, consonants.split(), vowels.split(), count), draw)
        kinds.append(_writer(draw, words, " ", 1.0))
        shares.append(share)
    for share, characters, each in _DENSE:
        kinds.append(_writer(draw, Zipf([chr(one) for one in characters], draw), "", each))
        shares.append(share)
    return draw.choices(kinds, weights=shares, k=channels)


def _words(draw: random.Random, consonants: Sequence[str], vowels: Sequence[str], count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        syllables = max(1, round(draw.gauss(1.2 + 0.22 * math.log2(len(found) + 2), 0.7)))
        found["".join(_syllables(draw, consonants, vowels, syllables))] = None
    return list(found)


def _syllables(draw: random.Random, consonants: Sequence[str], vowels: Sequence[str], count: int) -> Iterator[str]:
    for _ in range(count):
        yield draw.choice(consonants) + draw.choice(vowels)
        if draw.random() < 0.35:
            yield draw.choice(consonants)


def _writer(draw: random.Random, words: Zipf, between: str, each: float) -> Text:
    def write() -> str:
        count = max(1, int(draw.lognormvariate(1.95, 0.75) * each))  # 9 words on an average, and sometimes 50
        link = " https://example.org/" + str(draw.randrange(10_000)) if draw.random() < 0.02 else ""
        return between.join(words.some(count)) + draw.choice(("", ".", "?", "!", " :)")) + link

    return write
