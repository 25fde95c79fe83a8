"""What somebody sees who waits for a chat to be moved."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")

SOON, SELDOM = 0.2, 10.0  # seconds between two lines on a terminal, which replace each other, and in a file


class Progress:
    def __init__(self, out: TextIO | None = None) -> None:
        self._out = sys.stderr if out is None else out
        self._told = time.monotonic()
        self._shown = 0  # characters of the line on the terminal

    def count(self, things: Iterable[T], what: str, total: int) -> Iterator[T]:
        """Yield things, and tell now and then how many have been."""
        for done, one in enumerate(things):
            self.tell(what, done, total)
            yield one

    def tell(self, what: str, done: int, total: int) -> None:
        is_terminal = self._out.isatty()
        now = time.monotonic()
        if now - self._told < (SOON if is_terminal else SELDOM):
            return
        self._told = now
        line = f"{done:,} of {total:,} {what}"
        if is_terminal:
            self._out.write(f"\r{line.ljust(self._shown)}")
            self._shown = len(line)
        else:
            self._out.write(f"{line}\n")
        self._out.flush()

    def end(self) -> None:
        """Remove the line from the terminal."""
        if self._shown:
            self._out.write(f"\r{' ' * self._shown}\r")
            self._out.flush()
            self._shown = 0
