"""What this node does when others tell it something. Without a database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from tornado_chat.chat.nodes import Hear

log = logging.getLogger("tornado_chat")


class Hearing:
    """Calls what hears each kind. answer: gets who asked, the number of the question, and whether it is done."""

    def __init__(self, answer: Callable[[str, int, bool], None]) -> None:
        self._answer = answer
        self._kinds: dict[str, Hear] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, kind: str, hear: Hear) -> None:
        assert kind not in self._kinds, kind
        self._kinds[kind] = hear

    def do(self, by: str, kind: str, about: Any, question: int) -> None:
        """Do what follows from what a node tells; question: 0 if it does not wait for it."""
        hear = self._kinds.get(kind)
        if hear is None:  # a node of a newer version tells it
            self._settle(by, question, False)
            return
        try:
            doing = hear(by, about)
        except Exception:
            log.exception("what the node %s told could not be done: %s", by, kind)
            self._settle(by, question, False)
            return
        if isawaitable(doing):
            task = asyncio.get_running_loop().create_task(self._finish(by, kind, doing, question))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._settle(by, question, True)

    async def _finish(self, by: str, kind: str, doing: Awaitable[None], question: int) -> None:
        try:
            await doing
        except Exception:
            log.exception("what the node %s told could not be done: %s", by, kind)
            self._settle(by, question, False)
        else:
            self._settle(by, question, True)

    def _settle(self, by: str, question: int, done: bool) -> None:
        if question:
            self._answer(by, question, done)

    async def close(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
