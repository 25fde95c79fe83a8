"""What `channel.post` returns, a message on its way into the history, and what `channel.edit` and the like return.

A PendingMessage stands in for a future, of which a busy server would need one for each message: it wakes whom it must
at once, not in another turn of the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Generator, Mapping, MutableSequence, Sequence
from typing import Any, Generic, TypeVar

from tornado_chat.chat.calls import current
from tornado_chat.chat.models import Message

PER_CALL = 24_000  # characters that a call reads of the history; more count as further calls
ROW = 300  # of those, that a message counts as beside its text
ID = 40  # that a user counts who reacted
FILE = 500  # that a file counts
T = TypeVar("T")

_making: set[asyncio.Task[None]] = set()  # changes; a loop holds its tasks weakly


def charge_for(messages: Sequence[Message]) -> None:
    """Count the call that reads these as several, if they are much."""
    size = sum(ROW + len(message.text) + (_further(message.extra) if message.extra else 0) for message in messages)
    call = current.get()
    if call is not None and size > PER_CALL:
        call.charge(size / PER_CALL - 1)


def _further(extra: Mapping[str, Any]) -> int:
    reactions = sum(ID * len(one["users"]) for one in extra.get("reactions", ()))
    return reactions + FILE * len(extra.get("files", ()))


class Pending(Generic[T]):
    """Awaited it gives what is `stored`, or raises its `error`."""

    __slots__ = ("_waiting", "error", "stored")

    def __init__(self) -> None:
        self.stored: T | None = None
        self.error: Exception | None = None
        self._waiting: list[tuple[Callable[..., object], tuple[Any, ...]]] | None = None

    def keep(self, stored: T) -> None:
        """It is stored; tell who waits."""
        self.stored = stored
        self._tell()

    def fail(self, error: Exception) -> None:
        """It could not be stored; tell who waits."""
        self.error = error
        self._tell()

    def _tell(self) -> None:
        # Let go of first: a call that waits has this among its posts, and would stay until Python looks for cycles.
        waiting, self._waiting = self._waiting, None
        for tell, arguments in waiting or ():
            tell(*arguments)

    def then(self, tell: Callable[..., object], *arguments: Any) -> None:
        """Have this called when it is stored or has failed, which has not come yet. It must not raise."""
        if self._waiting is None:
            self._waiting = []
        self._waiting.append((tell, arguments))

    def __await__(self) -> Generator[object, None, T]:
        """Wait for the disk."""
        if self.stored is None and self.error is None:
            decided = asyncio.Event()
            self.then(decided.set)
            yield from decided.wait().__await__()
        if self.error is not None:
            raise self.error
        assert self.stored is not None
        return self.stored


class PendingMessage(Pending[Message]):
    """Awaited it gives the message as it is `stored` (`seq` and `id` are known then), or raises its `error`."""

    __slots__ = ()


class PendingChange(Pending[int]):
    """Awaited it gives the number that a change drew, or raises its `error`.

    The change is made whether or not anyone waits for it. Until then it is one of the `posts` of its call, and so it
    stays if it fails and nobody hears of it: the call is answered with its error.
    """

    __slots__ = ("_posts",)

    def __init__(self, change: Coroutine[Any, Any, int], posts: MutableSequence[Any] | None) -> None:
        super().__init__()
        self._posts = posts
        if posts is not None:
            posts.append(self)
        task = asyncio.ensure_future(self._make(change))
        _making.add(task)
        task.add_done_callback(_making.discard)

    async def _make(self, change: Coroutine[Any, Any, int]) -> None:
        try:
            number = await change
        except Exception as error:
            self.fail(error)
        else:
            self._withdraw()
            self.keep(number)

    def _withdraw(self) -> None:
        if self._posts is not None:
            with contextlib.suppress(ValueError):
                self._posts.remove(self)

    def __await__(self) -> Generator[object, None, int]:
        """Wait for the disk."""
        try:
            return (yield from super().__await__())
        finally:
            if self.error is not None:
                self._withdraw()  # who waited knows of it
