"""The fence around a plugin: failures are named, what never ends is cut, three failures in a minute switch it off."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.routing.threads import DaemonThreads
from tornado_chat.web.assets import Asset

LIMIT = 2.0  # seconds that a call may take
FAILURES, WITHIN = 3, 60.0  # so many in so many seconds switch a plugin off

#: What a plugin may raise without hurting others: all there is. (While the server runs SIGINT raises nothing: the
#: loop handles it.) Not to be caught around an `await`, where CancelledError may be the server's; see `call_plugin`.
FAULTS = BaseException

T = TypeVar("T")
log = logging.getLogger("tornado_chat")


class TimedOut(Refused):
    """A call took too long and was cut; it is logged and counted."""


class Plugin:
    """One version of a plugin. `calls` and `failures` are counted; `error` is what is wrong with it, or "".

    `off`: it is switched off; `idle`: its settings ask nothing of it. `module` is None where it could not be loaded;
    `ui` is the JavaScript beside its file, or None. `stamp` is another one when one of the two was changed.
    `shipped`: it came with the server; `replaced`: why it gave way to another plugin, or "".
    """

    def __init__(self, name: str, file: str, stamp: object = None) -> None:
        self.name = name
        self.file = file
        self.stamp = stamp
        self.module: ModuleType | None = None
        self.ui: Asset | None = None
        self.settings: Any = None
        self.calls = self.failures = 0
        self.off = self.idle = self.shipped = False
        self.error = self.replaced = ""
        self.tasks: set[asyncio.Task[Any]] = set()  # its timers, listeners and own tasks: what ends with it
        self.on_switch: Callable[[Plugin], None] = lambda plugin: None
        self._recent: deque[float] = deque(maxlen=FAILURES)
        self._stopped = False
        self._threads: DaemonThreads | None = None

    @property
    def state(self) -> str:
        """`on`, `idle`, `off` (switched off), `old` (an earlier version serves), `broken` or `replaced`."""
        if self.replaced:
            return "replaced"
        well = "idle" if self.idle else "on"
        return "broken" if self.module is None else "off" if self.off else "old" if self.error else well

    def failed(self, what: str, error: BaseException | None = None, why: str = "failed") -> None:
        """Log and count one failure."""
        log.error("plugin %s: %s %s", self.name, what, why, exc_info=error)
        self.count(f"{what} {why}" + (f": {describe(error)}" if error is not None else ""))

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
        """Return what is answered while it is switched off."""
        return Refused(f"the plugin {self.name} is switched off; the server's log says why", Error.PLUGIN_OFF)

    def begin(self, coroutine: Coroutine[Any, Any, Any], context: Context | None = None) -> asyncio.Task[Any]:
        """Run a coroutine of the plugin's; it raises nothing but an Exception, or CancelledError when it is cut."""
        task = asyncio.get_running_loop().create_task(contained(coroutine), context=context)
        task.add_done_callback(lambda task: coroutine.close())  # it was cancelled before it began
        return task

    async def within(
        self, limit: float | None, what: str, task: asyncio.Task[Any], posts: Iterable[PendingMessage] = ()
    ) -> Any:
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
        if task.cancelled():  # not by us: whoever waits here is not to end with it
            raise RuntimeError("it cancelled its own task")
        error = task.exception()
        if error is not None and not isinstance(error, Exception):
            raise RuntimeError(f"it raised {describe(error)}") from error
        return task.result()

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine of ours on the plugin's behalf, which `stop` ends."""
        return self._own(asyncio.ensure_future(coroutine))

    def spawn(self, coroutine: Coroutine[Any, Any, Any], context: Context) -> asyncio.Task[Any]:
        """Run a coroutine of the plugin's beside its calls, which `stop` ends; a failure is counted."""
        task = self._own(self.begin(coroutine, context))
        task.add_done_callback(partial(self._ended, f"task {getattr(coroutine, '__name__', coroutine)}"))
        if self.off or self._stopped:
            task.cancel()
        return task

    async def in_thread(self, function: Callable[[], Any]) -> Any:
        """Return what a function returns on another thread; one that is cut meanwhile goes on there."""
        if self._threads is None:
            self._threads = DaemonThreads(f"plugin {self.name}")
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    def stop(self) -> None:
        """End its timers and tasks, and those of its listeners that are still at work."""
        self._stopped = True
        self._cancel()
        if self._threads is not None:
            self._threads.shutdown()

    def _own(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def _ended(self, what: str, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Refused):  # by a listener, or the disk: nobody asked, and it is no fault
            log.warning("plugin %s: %s ended: %s", self.name, what, error.message)
        elif error is not None:
            self.failed(what, error)

    def _cancel(self) -> None:
        for task in self.tasks:
            task.cancel()


def describe(error: BaseException) -> str:
    """Return the kind of an error and its first 500 characters; its own `__str__` may fail."""
    try:
        text = str(error)[:500]
    except FAULTS:
        text = "(its text cannot be read)"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def call_plugin(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Return what a function of a plugin's returns; it raises nothing but an Exception."""
    try:
        return function(*args, **kwargs)
    except Exception:
        raise
    except FAULTS as error:
        raise RuntimeError(f"it raised {describe(error)}") from error


async def contained(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return what a plugin's coroutine returns; see `call_plugin`."""
    try:
        return await coroutine
    except (Exception, GeneratorExit):  # the latter comes when it is thrown away, too
        raise
    except FAULTS as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        raise RuntimeError(f"it raised {describe(error)}") from error


def _retrieve(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
