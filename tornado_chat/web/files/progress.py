"""Ends what makes no progress, however long it takes altogether."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STALLED = 30.0  # seconds without progress
LEAST = 4_096  # bytes that are progress: what trickles would hold a connection for nothing


class Progress:
    """Watches what a client sends. `cut` is called once, when too little came for a while."""

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._bytes = 0
        self._busy = False
        self._timer = self._loop.call_later(STALLED, self._look)

    def made(self, count: int) -> None:
        """Note that so many bytes came."""
        self._bytes += count
        if self._bytes >= LEAST:
            self._bytes, self._since = 0, self._loop.time()

    @contextmanager
    def ours(self) -> Iterator[None]:
        """Blame the client for none of the time in which something is done with what it sent."""
        began = self._loop.time()
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
            self._since += self._loop.time() - began

    def end(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        if self._busy:
            self._timer = self._loop.call_later(STALLED, self._look)
        elif self._loop.time() - self._since >= STALLED:
            self._cut()
        else:
            self._timer = self._loop.call_at(self._since + STALLED, self._look)
