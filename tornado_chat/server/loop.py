"""The event loop that a server runs on."""

from __future__ import annotations

from tornado.platform.asyncio import AsyncIOLoop

from tornado_chat.config import speed


class MonotonicLoop(AsyncIOLoop):
    """Tornado's loop, with a clock that no one can step: a PeriodicCallback on it stays on time."""

    def time(self) -> float:
        """Return seconds of the asyncio loop's (monotonic) clock."""
        return self.asyncio_loop.time()


def new_loop() -> MonotonicLoop:
    """Return the loop that a server runs on: uvloop's where it is installed."""
    loop: MonotonicLoop = MonotonicLoop(asyncio_loop=speed.new_event_loop(), make_current=False)
    return loop
