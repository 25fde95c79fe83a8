"""What a node has told the others, and waits until they have done. Without a database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from secrets import randbits


class Question:
    """One that waits for some nodes."""

    def __init__(self, number: int, names: Sequence[str]) -> None:
        self.number = number
        self._left = dict.fromkeys(names)
        self._undone: list[str] = []
        self._settled = asyncio.Event()

    def settle(self, name: str, done: bool = True) -> None:
        if name in self._left:
            del self._left[name]
            if not done:
                self._undone.append(name)
        if not self._left:
            self._settled.set()

    async def wait(self, seconds: float) -> list[str]:
        """Return the names of the nodes that have not done it after so long, or that could not."""
        if self._left:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._settled.wait()
        return [*self._undone, *self._left]


class Asking:
    """The questions of one node."""

    def __init__(self) -> None:
        self._open: dict[int, Question] = {}
        self._numbers = count(randbits(48))  # an answer to the process before this one fits none

    @contextmanager
    def question(self, names: Sequence[str]) -> Iterator[Question]:
        """Give a question to these nodes."""
        question = Question(next(self._numbers), names)
        self._open[question.number] = question
        try:
            yield question
        finally:
            del self._open[question.number]

    def settle(self, name: str, number: int, done: bool) -> None:
        """A node has answered."""
        if number in self._open:
            self._open[number].settle(name, done)

    def go(self, name: str) -> None:
        """A node has ended: nobody is there any more who would have to do anything."""
        for question in self._open.values():
            question.settle(name)
