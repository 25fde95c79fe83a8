"""One version of a plugin. All its code is called by `Plugin.call`; three failures in a minute switch it off."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from functools import partial
from types import CoroutineType, ModuleType
from typing import Any, TypeVar

from tornado_chat.chat.calls import Call, current
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.routing.supervision import (
    FAULTS,
    LIMIT,
    Failed,
    Running,
    TimedOut,
    contained,
    describe,
    log_fault,
    plain,
    refusal,
)
from tornado_chat.routing.threads import DaemonThreads

QUICK = 1.0  # seconds that the function of an update may take
FAILURES, WITHIN = 3, 60.0  # so many in so many seconds switch a plugin off

Owned = TypeVar("Owned", bound=asyncio.Future[Any])
log = logging.getLogger("tornado_chat")


class Plugin:
    """One version of a plugin. `calls` and `failures` are counted; `error` is what is wrong with it, or "".

    `off`: it is switched off; `idle`: its settings ask nothing of it. `module` is None where it could not be loaded;
    `ui` is the JavaScript beside its file, or None. `stamp` changes when one of the two is changed.
    `shipped`: it came with the server; `replaced`: why it gave way to another plugin, or "".
    """

    def __init__(self, name: str, file: str, stamp: object = None, shipped: bool = False) -> None:
        self.name = name
        self.file = file
        self.stamp = stamp
        self.module: ModuleType | None = None
        self.ui: bytes | None = None
        self.settings: Any = None
        self.of_channels: Any = None  # those of them that channels set (see channel_settings), None until needed
        self.calls = self.failures = 0
        self.shipped = shipped
        self.off = self.idle = False
        self.error = self.replaced = ""
        self.tasks: set[asyncio.Future[Any]] = set()  # its timers, listeners and own tasks: what ends with it
        self.on_switch: Callable[[Plugin], None] = lambda plugin: None
        self._recent: deque[float] = deque(maxlen=FAILURES)
        self.stopped = False
        self._threads: DaemonThreads | None = None

    @property
    def state(self) -> str:
        """`on`, `idle`, `off` (switched off), `old` (an earlier version serves), `broken` or `replaced`."""
        if self.replaced:
            return "replaced"
        well = "idle" if self.idle else "on"
        return "broken" if self.module is None else "off" if self.off else "old" if self.error else well

    def call(
        self,
        what: str,
        function: Callable[[], Any],
        context: Call | None = None,
        limit: float | None = LIMIT,
    ) -> Any:
        """Call code of the plugin. A coroutine that it returns is started and returned as a Running.

        Only Refused is raised: what the code itself refuses, or Failed if it raised anything else.
        """
        token = current.set(context)
        try:
            result = function()
            if type(result) is CoroutineType:
                posts = () if context is None else context.posts
                return Running(result, limit, posts, partial(self.caught, what), partial(self._late, what))
            return result
        except FAULTS as error:
            refused = self.caught(what, error)
        finally:
            current.reset(token)
        raise refused

    async def run(self, what: str, function: Callable[[Any], Any], context: Call, limit: float | None) -> None:
        """Call code of the plugin that nobody waits for with its context, until it ends. What it raises ends here."""
        with contextlib.suppress(Refused):
            result = self.call(what, partial(function, context), context, limit)
            if type(result) is Running:
                await result

    def caught(self, what: str, error: BaseException) -> Refused:
        """Return what to answer when code of the plugin raised this; log and count it if it is a failure."""
        refused = refusal(error)
        if refused is not None:
            return refused
        self.failed(what, error)
        return Failed(f"{what.removeprefix('action ')} failed; it is in the server's log", Error.INTERNAL)

    def _late(self, what: str, limit: float) -> TimedOut:
        self.failed(what, why=f"did not end within {limit:g} s and was cut")
        return TimedOut(f"{what} took longer than {limit:g} s", Error.PLUGIN_TIMEOUT)

    def failed(self, what: str, error: BaseException | None = None, why: str = "failed") -> None:
        if error is None:
            log.error("plugin %s: %s %s", self.name, what, why)
            self.count(f"{what} {why}")
        else:
            log_fault(f"plugin {self.name}: {what} {why}", error)
            self.count(f"{what} {why}: {describe(error)}")

    def count(self, failure: str) -> None:
        """Count a failure that is logged already; too many in a minute switch the plugin off."""
        self.failures += 1
        now = time.monotonic()
        self._recent.append(now)
        if not self.off and len(self._recent) == FAILURES and now - self._recent[0] <= WITHIN:
            self.off, self.error = True, failure
            log.error("plugin %s is switched off: %d failures in a minute", self.name, FAILURES)
            self._cancel()
            self.on_switch(self)

    def refuse(self) -> Refused:
        """Return what to answer while it is switched off."""
        return Refused(f"the plugin {self.name} is switched off; the server's log says why", Error.PLUGIN_OFF)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], context: Context) -> asyncio.Task[Any]:
        """Run a coroutine of the plugin beside its calls until `stop` cancels it; count its failure."""
        task = self.own(asyncio.get_running_loop().create_task(contained(coroutine), context=context))
        task.add_done_callback(lambda task: coroutine.close())  # it was cancelled before it began
        task.add_done_callback(partial(self._ended, f"task {plain(getattr(coroutine, '__name__', ''))}"))
        if self.off or self.stopped:
            task.cancel()
        return task

    def in_thread(self, function: Callable[[], Any]) -> asyncio.Future[Any]:
        """Call a function on another thread; if nobody waits for it any more, it still goes on there."""
        if self._threads is None:
            self._threads = DaemonThreads(f"plugin {self.name}")
        return asyncio.get_running_loop().run_in_executor(self._threads, function)

    async def compute(self, function: Callable[[], Any]) -> Any:
        """Return what the function of an update returns on another thread; TimedOut if it takes long."""
        work = self.in_thread(function)
        if not (await asyncio.wait({work}, timeout=QUICK))[0]:
            work.cancel()
            raise self._late("the function given to ctx.store.update", QUICK)
        return work.result()

    def stop(self) -> None:
        """End its timers and tasks, and those of its listeners that are still at work."""
        self.stopped = True
        self._cancel()
        if self._threads is not None:
            self._threads.shutdown()

    def own(self, task: Owned) -> Owned:
        """Have `stop` cancel a task."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def _ended(self, what: str, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and type(refused := self.caught(what, error)) is Refused:
            # By a listener, or the disk: nobody asked, and it is no fault.
            log.warning("plugin %s: %s ended: %s", self.name, what, refused.message)

    def _cancel(self) -> None:
        for task in self.tasks:
            task.cancel()
