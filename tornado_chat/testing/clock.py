"""An event loop whose clock jumps to the next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any


def never(moment: float | None) -> bool:
    """Let the clock jump; RuntimeError if there is no timer to jump to."""
    if moment is None:
        raise RuntimeError("the test waits for what will never happen")
    return False


class _Clock(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.threads = 0
        self.rest: Callable[[float | None], bool] = never
        self.stop: Callable[[], object]

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if found or timeout == 0:
            return found
        if self.threads:  # the clock stands until they are done
            return super().select()
        moment = None if timeout is None else self.now + timeout
        if self.rest(moment):
            self.stop()
        elif moment is not None:
            self.now = moment
        return []


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer as soon as nothing else is due and no thread is running.

    Before each jump it calls `clock.rest` with the time of that timer, or None if there is none; if that returns
    true the loop stops instead.
    """

    def __init__(self) -> None:
        self.clock = _Clock()
        super().__init__(self.clock)
        self.clock.stop = self.stop

    def time(self) -> float:
        return self.clock.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """Run a function on a thread; the clock stands meanwhile."""
        self.clock.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._back)
        return future

    async def shutdown_default_executor(self, *timeout: Any) -> None:
        """End the threads; one that waits for them says when that is done."""
        self.clock.threads += 1
        try:
            await super().shutdown_default_executor(*timeout)
        finally:
            self.clock.threads -= 1

    def _back(self, future: object) -> None:
        self.clock.threads -= 1
