"""What the page shows of a text: its words without markup, and its links. The same as public/assets/text/markdown.js.

tests/markup.json is for both: whoever changes one of them changes the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tornado_chat.chat.markup.inline import Budget, Inline
from tornado_chat.chat.markup.links import BLANK

DEEPEST = 8  # levels of blocks; what is deeper is text
MOST = 500  # pieces of markup in a text; what follows is text
_FENCE = re.compile(" {0,3}(`{3,}|~{3,})(?: *[\\w+#.-]+)? *", re.ASCII)
_QUOTE = re.compile(" {0,3}> ?")
_ITEM = re.compile(f"( {{0,3}}(?:[-*]|([0-9]{{1,9}})[.)]) +)(?=[^{BLANK}])")
_EMPTY_LINES = re.compile(f"(\n[{BLANK}]*\n)")


@dataclass(frozen=True)
class Shown:
    """`text`: the words that a reader sees, block by block; `links`: how many links the page makes."""

    text: str
    links: int


def shown(text: str) -> Shown:
    """Return what the page shows of a text. Names of emoji are left as they are."""
    budget = Budget(MOST)
    return Shown(_blocks(text.split("\n"), 0, budget), budget.links)


def spoken(text: str) -> str:
    """Return the words of a text outside code and links, in which names speak to somebody."""
    return _blocks(text.split("\n"), 0, Budget(MOST, speech=True))


def _blocks(lines: list[str], depth: int, budget: Budget) -> str:
    found: list[str] = []
    words: list[str] = []
    at = 0

    def end_text() -> None:
        while words and not words[-1].strip(BLANK):
            words.pop()
        while words and not words[0].strip(BLANK):
            words.pop(0)
        if words:
            found.append(_paragraphs("\n".join(words), budget))
        words.clear()

    while at < len(lines):
        line = lines[at]
        fence = _FENCE.fullmatch(line) if budget.left > 0 and at + 1 < len(lines) else None
        nests = budget.left > 0 and depth < DEEPEST
        item = _ITEM.match(line) if nests else None
        if fence:
            end_text()
            budget.left -= 1
            closes = re.compile(f" {{0,3}}{fence[1][0]}{{{len(fence[1])},}} *")
            end = at + 1
            while end < len(lines) and not closes.fullmatch(lines[end]):
                end += 1
            if not budget.speech:
                found.append("\n".join(lines[at + 1 : end]))
            at = end + 1
        elif nests and _QUOTE.match(line):
            end_text()
            budget.left -= 1
            inner = []
            while at < len(lines) and _QUOTE.match(lines[at]):
                inner.append(_QUOTE.sub("", lines[at], count=1))
                at += 1
            found.append(_blocks(inner, depth + 1, budget))
        elif item:
            end_text()
            numbered = item[2] is not None
            while item and budget.left > 0 and (item[2] is not None) is numbered:
                budget.left -= 1
                width = len(item[1])
                inner = [lines[at][width:]]
                at += 1
                belongs = re.compile(f" {{{min(width, 2)},}}(?=[^{BLANK}])")
                while at < len(lines) and belongs.match(lines[at]):
                    line = lines[at]
                    inner.append(line[min(width, len(line) - len(line.lstrip(BLANK))) :])
                    at += 1
                found.append(_blocks(inner, depth + 1, budget))
                item = _ITEM.match(lines[at]) if at < len(lines) else None
        else:
            words.append(line)
            at += 1
    end_text()
    return "\n".join(found)


def _paragraphs(text: str, budget: Budget) -> str:
    pieces = _EMPTY_LINES.split(text)
    pieces[::2] = [Inline(piece, budget).read() for piece in pieces[::2]]
    return "".join(pieces)
