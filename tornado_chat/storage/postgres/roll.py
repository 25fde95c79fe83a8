"""Which other nodes are alive, by what they tell and by what the table says. Without a database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from tornado_chat.storage.postgres.lease import Found
from tornado_chat.storage.postgres.letters import Letter, Reader

log = logging.getLogger("tornado_chat")


class Roll:
    """The other nodes that are alive: `others`, each with what reads its letters.

    news: a number that grows with each that comes.
    """

    def __init__(self) -> None:
        self.others: dict[str, Reader] = {}
        self.news = 0
        self._came: dict[str, int] = {}  # `news` then
        self._over: dict[str, int] = {}  # the newest boot of a name that has ended: what it has left is not heard
        self._on_come: list[Callable[[str], None]] = []
        self._on_gone: list[Callable[[str], None]] = []

    def on_come(self, come: Callable[[str], None]) -> None:
        self._on_come.append(come)

    def on_gone(self, gone: Callable[[str], None]) -> None:
        self._on_gone.append(gone)

    def know(self, name: str, boot: int, is_new: bool = False) -> Reader:
        """Take a node in that was there before this one, and that nobody need be told of."""
        self.news += 1
        self._came[name] = self.news
        self.others[name] = Reader(boot, is_new)
        return self.others[name]

    def come(self, name: str, boot: int) -> Reader:
        """Take a node in that has started, or is there again."""
        if name in self.others:
            self.go(name)
        log.info("the node %s is there", name)
        reader = self.know(name, boot, is_new=True)
        _call(self._on_come, name)
        return reader

    def go(self, name: str) -> None:
        """Let go of a node that has ended."""
        log.info("the node %s is gone", name)
        self._over[name] = self.others.pop(name).boot
        _call(self._on_gone, name)

    def reader(self, letter: Letter) -> Reader | None:
        """Return what reads a letter, None if it is of a process that is over. Whoever is not known comes."""
        known = self.others.get(letter.by)
        if known is not None and known.boot >= letter.boot:
            return known if known.boot == letter.boot else None
        return None if letter.boot <= self._over.get(letter.by, 0) else self.come(letter.by, letter.boot)

    def meet_again(self) -> None:
        """Have all told everything again that nodes tell who comes: they took this node for dead."""
        for name in list(self.others):
            _call(self._on_come, name)

    def compare(self, found: Found, since: int) -> None:
        """Go by what the table says. since: `news` before it was read; what came since, it need not know."""
        for name in list(self.others):
            if name not in found.others and self._came[name] <= since:
                self.go(name)
        for name in found.alive:
            boot = found.others[name]
            known = self.others.get(name)
            if boot > (known.boot if known is not None else self._over.get(name, 0)):
                self.come(name, boot)


def _call(calls: Iterable[Callable[[str], Any]], name: str) -> None:
    for call in calls:
        try:
            call(name)
        except Exception:
            log.exception("what follows from the node %s could not be done", name)
