"""Plugin code under supervision: what it raises is read without trust, and what never ends is cut.

A plugin's exception is as hostile as any input: its `__str__`, a property or its metaclass may raise SystemExit. Only
this module looks at one; everybody else sees a plain `Refused`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Callable, Collection, Coroutine
from types import TracebackType
from typing import Any

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.pending import PendingMessage

LIMIT = 2.0  # seconds that a call may take
LONGEST = 20_000  # characters of a traceback

#: What a plugin may raise without hurting others: everything. (While the server runs, SIGINT raises nothing: the
#: loop handles it.) Never catch it around an `await`, where CancelledError may be the server's; see `contained`.
FAULTS = BaseException

log = logging.getLogger("tornado_chat")
_kind = type.__dict__["__name__"].__get__
#: The traceback of an exception, whatever its class makes of the attribute.
trace_of: Callable[[BaseException], TracebackType | None] = BaseException.__dict__["__traceback__"].__get__


class Failed(Refused):
    """Plugin code failed. That is logged and counted already; this is what its caller is answered."""


class TimedOut(Failed):
    """Plugin code took too long and was cut."""


class Running(asyncio.Future[Any]):
    """A running coroutine of a plugin. Gives its result or raises Refused; cancelling this cancels it.

    After `limit` seconds the coroutine is cut, unless one of its `posts` still waits for the disk. It may swallow the
    cancellation: nobody waits for it. `caught` makes a Refused of what it raised, `late` of the limit.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        limit: float | None,
        posts: Collection[PendingMessage],
        caught: Callable[[BaseException], Refused],
        late: Callable[[float], Refused],
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(loop=loop)
        self._limit, self._posts, self._caught, self._late = limit, posts, caught, late
        self._timer = None if limit is None else loop.call_later(limit, self._expire, limit)
        self._coroutine = coroutine
        self._task = loop.create_task(contained(coroutine))
        self._task.add_done_callback(self._ended)
        self.add_done_callback(self._settled)

    def _expire(self, limit: float) -> None:
        if all(post.stored or post.error for post in self._posts):
            if not self.done():
                self.set_exception(self._late(limit))
        else:
            self._timer = self.get_loop().call_later(limit, self._expire, limit)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._coroutine.close()  # it was cancelled before it began
        error = RuntimeError("it cancelled its own task") if task.cancelled() else task.exception()
        if self.done():
            return
        if error is None:
            self.set_result(task.result())
        else:
            self.set_exception(self._caught(error))

    def _settled(self, future: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._task.cancel()
        if not self.cancelled():
            self.exception()  # nobody need ask for it


async def contained(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return what a plugin's coroutine returns; it raises an Exception, or CancelledError when its task is cancelled.

    Anything else would end the event loop.
    """
    task = asyncio.current_task()
    try:
        return await coroutine
    except Exception:
        raise
    except FAULTS as error:
        if issubclass(type(error), GeneratorExit) and not _is_running(task):
            raise  # it is thrown away
        if issubclass(type(error), asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        raised = RuntimeError(f"it raised {describe(error)}").with_traceback(trace_of(error))
    raise raised


def make_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **about: Any) -> asyncio.Task[Any]:
    """Make a task in which SystemExit and KeyboardInterrupt are errors like any other (a loop's task factory).

    asyncio lets both end the loop, whoever made the task: gather(), wait_for() and TaskGroup make some for plugins.
    """
    return asyncio.Task(_going_on(coroutine) if asyncio.iscoroutine(coroutine) else coroutine, loop=loop, **about)


def _is_running(task: asyncio.Task[Any] | None) -> bool:
    try:
        return asyncio.current_task() is task
    except RuntimeError:  # the loop has ended
        return False


async def _going_on(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await coroutine
    except (SystemExit, KeyboardInterrupt) as error:
        raised = RuntimeError(f"it raised {describe(error)}").with_traceback(trace_of(error))
    raise raised


# Reading what was raised


def describe(error: BaseException) -> str:
    """Return the kind of an error and its first 500 characters; its own `__str__` may fail."""
    kind = plain(_kind(type(error)))
    try:
        text = plain(str(error)[:500])
    except FAULTS:
        text = "(its text cannot be read)"
    return f"{kind}: {text}" if text else kind


def plain(text: str) -> str:
    """Return exactly a str, without lone surrogates: a subclass has methods of its own."""
    return str.encode(text, errors="backslashreplace").decode()


def refusal(error: Any) -> Refused | None:
    """Return the Refused that plugin code raised, rebuilt; None where it is none, or cannot be read."""
    kind = type(error)
    if not issubclass(kind, Refused):
        return None
    try:
        about = plain(str(error.message)), plain(str(error.code)), float(error.retry_after)
        rule, needs = plain(str(error.rule)), plain(str(error.needs))
    except FAULTS:
        return None
    return (kind if kind in (Failed, TimedOut) else Refused)(*about, rule=rule, needs=needs)


def log_fault(text: str, error: BaseException) -> None:
    """Log an error of a plugin's with its traceback, which is formatted here, once."""
    try:
        trace = plain("".join(traceback.format_exception(error))[-LONGEST:].strip())
    except FAULTS:
        trace = describe(error)
    harmless = RuntimeError(describe(error))  # for handlers that look for an exception themselves
    about = (RuntimeError, harmless, trace_of(error))
    record = log.makeRecord(log.name, logging.ERROR, __file__, 0, text, (), about)
    record.exc_text = trace
    with contextlib.suppress(
        FAULTS
    ):  # a handler that cannot write prints its own error, whose context is the plugin's
        if log.isEnabledFor(logging.ERROR):
            log.handle(record)
