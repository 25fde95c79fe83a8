"""What `channel.post` returns: a message on its way into the history.

It stands in for a future, of which a busy server would need one for each message: it wakes whom it must at once, not
in another turn of the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, MutableSequence
from contextvars import ContextVar
from typing import Protocol

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message


class Call(Protocol):
    """The call that is being handled: its `ok` waits for what it posts, and it is charged for what it reads."""

    posts: MutableSequence[PendingMessage]

    def charge(self, calls: float) -> None:
        """Count this call as so many more."""


#: The call that is being handled in this task, None outside of calls.
current: ContextVar[Call | None] = ContextVar("current", default=None)


class PendingMessage:
    """Awaited it gives the message as it is `stored` (`seq` and `id` are known then), or raises its `error`."""

    __slots__ = ("_waiting", "error", "stored")

    def __init__(self) -> None:
        self.stored: Message | None = None
        self.error: Refused | None = None
        self._waiting: list[Callable[[], object]] | None = None

    def keep(self, message: Message) -> None:
        """It is stored; tell who waits."""
        self.stored = message
        for tell in self._waiting or ():
            tell()

    def fail(self, error: Refused) -> None:
        """It could not be stored; tell who waits."""
        self.error = error
        for tell in self._waiting or ():
            tell()

    def then(self, tell: Callable[[], object]) -> None:
        """Have this called when it is stored or has failed, which has not come yet. It must not raise."""
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(tell)

    def __await__(self) -> Generator[object, None, Message]:
        """Wait for the disk."""
        if self.stored is None and self.error is None:
            decided = asyncio.Event()
            self.then(decided.set)
            yield from decided.wait().__await__()
        if self.error is not None:
            raise self.error
        assert self.stored is not None
        return self.stored
