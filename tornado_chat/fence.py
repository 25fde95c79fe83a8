"""The fence around a plugin: failures are named, what never ends is cut, three failures in a minute switch it off."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from types import ModuleType
from typing import Any

from tornado_chat.assets import Asset
from tornado_chat.errors import Error, Refused
from tornado_chat.post import Post

LIMIT = 2.0  # seconds that a call may take
FAILURES, WITHIN = 3, 60.0  # so many in so many seconds switch a plugin off

#: What a plugin may raise without hurting others.
FAULTS = (Exception, SystemExit)

log = logging.getLogger("tornado_chat")


class TimedOut(Refused):
    """A call took too long and was cut; it is logged and counted."""


class Plugin:
    """One version of a plugin. `calls` and `failures` are counted; `error` is what is wrong with it, or "".

    `off`: it is switched off; `idle`: its settings ask nothing of it. `module` is None where it could not be loaded;
    `face` is the JavaScript beside its file, or None. `stamp` is another one when one of the two was changed.
    """

    def __init__(self, name: str, file: str, stamp: object = None) -> None:
        self.name = name
        self.file = file
        self.stamp = stamp
        self.module: ModuleType | None = None
        self.face: Asset | None = None
        self.settings: Any = None
        self.calls = self.failures = 0
        self.off = self.idle = False
        self.error = ""
        self.tasks: set[asyncio.Task[Any]] = set()  # its timers and listeners: what ends with it
        self.on_switch: Callable[[Plugin], None] = lambda plugin: None
        self._recent: deque[float] = deque(maxlen=FAILURES)

    @property
    def state(self) -> str:
        """`on`, `idle`, `off` (switched off), `old` (an earlier version serves, the file is broken) or `broken`."""
        well = "idle" if self.idle else "on"
        return "broken" if self.module is None else "off" if self.off else "old" if self.error else well

    def failed(self, what: str, error: BaseException | None = None, why: str = "failed") -> None:
        """Log and count one failure."""
        log.error("plugin %s: %s %s", self.name, what, why, exc_info=error)
        self.count(f"{what} {why}" + (f": {type(error).__name__}: {error}" if error else ""))

    def count(self, failure: str) -> None:
        """Count a failure that is logged already; too many in a minute switch the plugin off."""
        self.failures += 1
        now = time.monotonic()
        self._recent.append(now)
        if not self.off and len(self._recent) == FAILURES and now - self._recent[0] <= WITHIN:
            self.off, self.error = True, failure
            log.error("plugin %s is switched off: %d failures in a minute", self.name, FAILURES)
            self.on_switch(self)

    def refuse(self) -> Refused:
        """Return what is answered while it is switched off."""
        return Refused(f"the plugin {self.name} is switched off; the server's log says why", Error.PLUGIN_OFF)

    def begin(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine of the plugin's; a sys.exit() in it is an error like another."""
        task = asyncio.ensure_future(_contained(coroutine))
        task.add_done_callback(lambda task: coroutine.close())  # it was cancelled before it began
        return task

    async def within(self, limit: float, what: str, task: asyncio.Task[Any], posts: Iterable[Post] = ()) -> Any:
        """Return what a task returns; after `limit` seconds it is cut, and TimedOut is raised.

        While one of its `posts` waits for the disk it has more time.
        """
        try:
            done, _ = await asyncio.wait({task}, timeout=limit)
            while not done and not all(post.stored or post.error for post in posts):
                done, _ = await asyncio.wait({task}, timeout=limit)
        finally:
            if not task.done():
                task.cancel()  # it may swallow that: nobody waits for it
                task.add_done_callback(_retrieve)
        if not done:
            self.failed(what, why=f"did not end within {limit:g} s and was cut")
            raise TimedOut(f"{what} took longer than {limit:g} s", Error.PLUGIN_TIMEOUT)
        return task.result()

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine of the plugin's own, which `stop` ends."""
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def stop(self) -> None:
        """End its timers, and those of its listeners that are still at work."""
        for task in self.tasks:
            task.cancel()


async def _contained(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await coroutine
    except SystemExit as error:
        raise RuntimeError("it called sys.exit()") from error


def _retrieve(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
