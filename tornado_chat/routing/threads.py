"""Threads for the slow work of one plugin."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any

MOST = 8  # threads of one plugin; further calls wait for one of them


class DaemonThreads(Executor):
    """An Executor whose threads end with the process, whatever they are doing.

    ThreadPoolExecutor's are waited for, and asyncio's default ones are shared: one plugin could use them all up.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._count = 0

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See Executor. Called on one thread only, that of the event loop."""
        future: Future[Any] = Future()
        self._calls.put((future, partial(function, *args, **kwargs)))
        if not self._idle.acquire(blocking=False) and self._count < MOST:
            self._count += 1
            threading.Thread(target=self._work, name=f"{self._name} {self._count}", daemon=True).start()
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:
        """End each thread after what it is doing; wait for none."""
        for _ in range(self._count):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            future, function = call
            if future.set_running_or_notify_cancel():
                _run(future, function)
            del call, future, function  # what they hold is free while the thread waits
            self._idle.release()


def _run(future: Future[Any], function: Callable[[], Any]) -> None:
    try:
        result = function()
    except StopIteration:  # which no asyncio future takes
        future.set_exception(RuntimeError("it raised StopIteration"))
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
