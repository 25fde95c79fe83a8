"""When gathered lines leave: once a turn of the loop has added nothing more to them.

At rest that is one empty turn (some 20 µs); under load the batches grow by themselves, and a batch costs one
frame and one system call per reader however many lines it holds.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from time import perf_counter
from typing import Final

from tornado_chat.chat.metrics import Histogram
from tornado_chat.config.compiled import mypyc_attr

MAX_TURNS: Final = 16

log = logging.getLogger("tornado_chat")


@mypyc_attr(allow_interpreted_subclasses=True)
class Batch(ABC):
    """Lines that gather until `flush`; what a channel and a connection have in common."""

    __slots__ = ("_flusher", "_planned", "lines")

    def __init__(self, flusher: Batcher) -> None:
        self.lines: list[bytes] = []
        self._flusher = flusher
        self._planned = False

    def gather(self, line: bytes) -> None:
        """Add a line to what the next flush sends."""
        if self.lines:
            self.lines.append(line)
        else:
            self.lines = [line]
        if not self._planned:
            self._flusher.plan(self)
            self._planned = True  # last: were it set and nothing planned, no later line would leave

    @abstractmethod
    def flush(self) -> None:
        """Send what has gathered."""


class Batcher:
    """The outboxes that hold lines, looked at once a turn of the loop. `thread`: the loop's, 0 before it runs.

    frames: turns the lines of a flush into what the transports write.
    """

    def __init__(self, frames: Callable[[list[bytes]], list[bytes]]) -> None:
        self.frames = frames
        self.thread = 0
        self.spent = Histogram()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[Batch, int, int]] = []  # outbox, lines it had a turn ago, turns waited

    def require_loop(self) -> None:
        """Raise RuntimeError outside the chat's loop, as on another thread. Whatever changes something asks first."""
        if threading.get_ident() == self.thread:
            return
        if self._loop is None or self._loop.is_closed():  # the chat runs here from now on
            self._loop, self.thread = asyncio.get_running_loop(), threading.get_ident()
            return
        raise RuntimeError(
            f"called outside the server's event loop (thread {threading.current_thread().name}): nothing was done. "
            "Only slow work of your own belongs on another thread: result = await ctx.in_thread(function, ...); "
            "then post, reply or store the result from the handler"
        )

    def plan(self, outbox: Batch) -> None:
        """Flush an outbox when it has come to rest."""
        if not self._waiting:
            self.require_loop()  # a thread may have a loop of its own
            asyncio.get_running_loop().call_soon(self._turn)
        self._waiting.append((outbox, 0, 0))

    def _turn(self) -> None:
        began = perf_counter()
        waiting, self._waiting = self._waiting, []
        still = []
        for outbox, before, turns in waiting:
            now = len(outbox.lines)
            if now > before and turns < MAX_TURNS:
                still.append((outbox, now, turns + 1))
            else:
                outbox._planned = False
                try:
                    outbox.flush()
                except Exception:  # ours: it must not cost the other outboxes their lines
                    log.exception("a flush failed")
        if still:
            if not self._waiting:
                asyncio.get_running_loop().call_soon(self._turn)
            self._waiting += still
        if len(still) < len(waiting):
            self.spent.observe(perf_counter() - began)
