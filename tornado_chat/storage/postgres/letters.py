"""What nodes tell each other, as texts of notifications: numbered, and in pieces where it is long.

Pure functions of what was written and heard; who is alive is a matter of nodes.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PIECE = 7_200  # bytes; with what stands before it, it fits into a notification


@dataclass(frozen=True, slots=True)
class Letter:
    """A piece of what a node tells.

    by, boot: the node, and which process of it. number: of this piece, one higher with each. to: a node, or "" for
    all. part, parts: which one it is, from 0, of how many.
    """

    by: str
    boot: int
    number: int
    to: str
    part: int
    parts: int
    piece: str


class Writer:
    """Numbers what one process tells."""

    def __init__(self, own: str) -> None:
        self.boot = 0
        self._own = own
        self._number = 0

    def begin(self, boot: int) -> None:
        """Number from the start, as another boot of this node."""
        self.boot, self._number = boot, 0

    def write(self, body: Any, to: str = "") -> Iterator[str]:
        """Give the texts that tell something. TypeError, ValueError: JSON cannot say it."""
        words = json.dumps(body)  # ASCII: characters are bytes, and there is nothing that PostgreSQL could not store
        parts = -(-len(words) // PIECE)
        for part in range(parts):
            self._number += 1
            about = json.dumps([self._own, self.boot, self._number, to, part, parts])
            yield f"{about}\n{words[part * PIECE : (part + 1) * PIECE]}"


def read(text: str) -> Letter:
    """Read one of the texts of `Writer.write`."""
    about, _, piece = text.partition("\n")
    by, boot, number, to, part, parts = json.loads(about)
    return Letter(by, boot, number, to, part, parts, piece)


class Reader:
    """Puts together what one process of another node tells. `gaps`: how often something was missed.

    is_new: it has told nothing yet, so that its first piece must be the first one that is heard.
    """

    def __init__(self, boot: int, is_new: bool = False) -> None:
        self.boot = boot
        self._is_new = is_new
        self.gaps = 0
        self._number = 0  # of the newest piece
        self._pieces: list[str] = []

    def take(self, letter: Letter) -> str | None:
        """Take the next piece; return the whole body, as JSON, if it is the last one."""
        if letter.number <= self._number:
            return None
        if (self._number or self._is_new) and letter.number != self._number + 1:
            self.gaps += 1
            self._pieces.clear()
        self._number = letter.number
        if letter.part != len(self._pieces):  # its beginning was missed
            self._pieces.clear()
            if letter.part:
                return None
        self._pieces.append(letter.piece)
        if letter.part + 1 < letter.parts:
            return None
        body = "".join(self._pieces)
        self._pieces.clear()
        return body
