"""Markup inside a paragraph, as in the page (public/assets/text/inline.js): emphasis, code and links."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from tornado_chat.chat.characters import is_pictograph
from tornado_chat.chat.markup.links import BLANK, DENSE, flat, link_end, next_link

DEEPEST = 8  # levels of emphasis; what is deeper is text
WAITING = 100  # marks that can wait for their other half
_SPECIAL = re.compile("[\\\\[:`*_~]")
_RUN = re.compile("\\*+|_+|~+|`+")
_NAMED_LINK = re.compile(
    "\\[((?:[^\\[\\]\\\\]|\\\\[^\n\u2028\u2029]|\\[[^\\[\\]]*\\])+)\\]"
    f"\\((?:https?://|mailto:)[^{BLANK}<>()]*(?:\\([^{BLANK}<>()]*\\)[^{BLANK}<>()]*)*\\)",
    re.IGNORECASE | re.ASCII,
)
_LETTER = re.compile("[^\\W_]")
_BLANKS = re.compile(f"[{BLANK}]")


@dataclass
class Budget:
    """`left`: how many more pieces of a text may be more than text; `links`: how many are links.

    `speech`: leave out code and links, and separate what is emphasised by line ends: what speaks to somebody is left.
    """

    left: int
    links: int = 0
    speech: bool = False


@dataclass
class _Run:
    """Marks that wait for their other half: at a place in `out` and in the text, inside of which is so much depth."""

    at: int
    start: int
    mark: str
    left: int
    length: int
    both: bool
    depth: int = 0


class Inline:
    def __init__(self, text: str, budget: Budget, links: bool = True) -> None:
        self.budget = budget
        self.text = text
        self.links = links
        self.out: list[str] = []
        self.open: list[_Run] = []
        self.word = -1  # where the last letter, number or picture was
        self.path = False  # inside C:\such\a_word, whose backslashes are meant
        self.ticks: dict[int, list[int]] | None = None

    def read(self) -> str:
        text, flattened = self.text, flat(self.text)
        link = next_link(flattened, 0) if self.links else None
        at = 0
        while at < len(text) and self.budget.left > 0:
            if link and link.at < at:
                link = next_link(flattened, at)
            if link and link.at == at:
                end = link_end(text, link, {one.mark for one in self.open})
                self.budget.links += 1
                at = self.add(text[at:end], at, end)
                continue
            found = _SPECIAL.search(text, at)
            end = min(found.start() if found else len(text), link.at if link else len(text))
            if end > at:
                words = text[at:end]
                if _LETTER.search(words) or any(map(is_pictograph, words)):
                    self.word = at
                if _BLANKS.search(words):
                    self.path = False
                self.out.append(words)
                at = end
            else:
                at = self.special(at)
        return "".join(self.out) + text[at:]

    def add(self, piece: str, at: int, end: int) -> int:
        self.out.append("\n" if self.budget.speech else piece)
        self.budget.left -= 1
        self.word = at
        return end

    def special(self, at: int) -> int:
        text, letter = self.text, self.text[at]
        if letter == "\\" and self.escapes(at):
            self.out.append(text[at + 1])
            return at + 2
        if letter == "[" and self.links and (found := _NAMED_LINK.match(text, at)):
            self.budget.links += 1
            inside = Inline(found[1], self.budget, links=False).read()
            return self.add(inside, at, found.end())
        if found := _RUN.match(text, at):
            return self.code(at, found.end()) if letter == "`" else self.emphasis(at, found[0])
        if letter == "\\":
            self.path = True
        self.out.append(letter)
        return at + 1

    def escapes(self, at: int) -> bool:
        text = self.text
        before, after, beyond = text[at - 1 : at] if at else "", text[at + 1 : at + 2], text[at + 2 : at + 3]
        if self.path or not after or after not in "\\`*_~[]:":
            return False
        if after == "\\":
            return beyond != "" and beyond in "\\`*_~[]:"
        return not (before in (":", "/") or (_is(before, "S") and before not in "`~" and before <= "\uffff"))

    def code(self, at: int, begin: int) -> int:
        if self.ticks is None:
            self.ticks = {}
            for found in re.finditer("`+", self.text):
                self.ticks.setdefault(len(found[0]), []).append(found.start())
        length = begin - at
        end = next((place for place in self.ticks.get(length, ()) if place >= begin), None)
        if end is None:
            self.out.append(self.text[at:begin])
            return begin
        inside = self.text[begin:end]
        if inside[:1] == inside[-1:] == " " and inside.strip(" "):
            inside = inside[1:-1]
        return self.add(inside, at, end + length)

    def emphasis(self, at: int, run: str) -> int:
        text, out, open_ = self.text, self.out, self.open
        end = at + len(run)
        before, after, beyond = text[at - 1 : at] if at else "", text[end : end + 1], text[end + 1 : end + 2]
        opens, closes = _flanks(run, before, after, beyond)
        length = len(run)
        if run[0] == "~" and length != 2:
            out.append(run)
            return end
        while closes and length and self.budget.left > 0:
            place = len(open_) - 1
            while place >= 0 and not (open_[place].mark == run[0] and _fits(open_[place], run, opens)):
                place -= 1
            if place < 0:
                break
            opener = open_[place]
            depth = 1 + max(one.depth for one in open_[place:])
            del open_[place + 1 :]
            if depth > DEEPEST or self.word < opener.start:
                self.drop(depth - 1)
                break
            used = 2 if length > 1 and opener.left > 1 else 1
            inside = "".join(out[opener.at + 1 :])
            del out[opener.at + 1 :]
            out.append(f"\n{inside}\n" if self.budget.speech else inside)
            self.budget.left -= 1
            length -= used
            opener.left -= used
            opener.depth = depth
            out[opener.at] = run[0] * opener.left
            if not opener.left:
                self.drop(depth)
        if length:
            if opens and len(open_) < WAITING:
                open_.append(_Run(len(out), at, run[0], length, len(run), closes))
            out.append(run[0] * length)
        return end

    def drop(self, depth: int) -> None:
        self.open.pop()
        if self.open:
            self.open[-1].depth = max(self.open[-1].depth, depth)


def _fits(one: _Run, run: str, opens: bool) -> bool:
    return not (one.both or opens) or (one.length + len(run)) % 3 != 0 or (one.length % 3 == 0 == len(run) % 3)


def _is(char: str, kinds: str) -> bool:
    return char != "" and unicodedata.category(char)[0] in kinds


def _flanks(run: str, before: str, after: str, beyond: str) -> tuple[bool, bool]:
    """Return whether a run can open emphasis, and close it, between these characters."""
    left_blank, right_blank = not before or bool(_BLANKS.match(before)), not after or bool(_BLANKS.match(after))
    left_mark, right_mark = _is(before, "PS"), _is(after, "PS")
    left_dense, right_dense = bool(DENSE.match(before)), bool(DENSE.match(after))
    left = before != "@" and not right_blank and (not right_mark or left_blank or left_mark or left_dense)
    right = not left_blank and (not left_mark or right_blank or right_mark or right_dense)
    if run[0] == "_":
        # As in __init__.py
        file = after == "." and beyond <= "\uffff" and bool(_LETTER.match(beyond) or is_pictograph(beyond))
        starts = left_blank or _borders(before, ("Ps", "Pi"), "\"'*_~")
        ends = right_blank or _borders(after, ("Pe", "Pf"), "\"'*_~.,;:!?")
        return left and starts, right and not file and ends
    within = run == "*" and _is_word(before) and _is_word(after)
    return left and (not within or not right or left_mark), right and (not within or not left or right_mark)


def _borders(char: str, kinds: tuple[str, str], marks: str) -> bool:
    """Return whether underscores between this character and a word mark emphasis."""
    return char in marks or unicodedata.category(char) in kinds or (char > "\x7f" and _is(char, "P"))


def _is_word(char: str) -> bool:
    return char == "_" or (char.isascii() and char.isalnum())
