"""The call that is being handled: channels and messages find by it who waits for what they do."""

from __future__ import annotations

from collections.abc import Awaitable, MutableSequence, Sequence
from contextvars import ContextVar, Token
from typing import Any, Final, Generic, Protocol, TypeVar

from tornado_chat.chat.errors import Refused

C = TypeVar("C")


class Place(Protocol):
    """What a message has its channel do; see Channel."""

    def post(
        self,
        text: str,
        *,
        sender: Any = None,
        reply_to: int | None = None,
        thread: int | None = None,
        files: Sequence[Any] = (),
    ) -> Awaitable[Any]: ...
    def edit(self, seq: int, text: str, *, by: Any = None) -> Awaitable[int]: ...
    def delete(self, seq: int, *, by: Any = None) -> Awaitable[int]: ...
    def react(self, seq: int, key: str, on: bool = True, *, by: Any) -> Awaitable[int]: ...
    def pin(self, seq: int, on: bool = True, *, by: Any = None) -> Awaitable[int]: ...


class Places(Protocol):
    """The server, as messages know it."""

    def channel(self, name: str) -> Place: ...


class Call(Protocol):
    """The call that is being handled: its `ok` waits for its `posts`, and it is charged for what it reads.

    `refused`: why it changes nothing that it has not changed already; None for most calls.
    """

    posts: MutableSequence[Any]

    @property
    def refused(self) -> Refused | None: ...

    @property
    def server(self) -> Places:
        """The server that it runs in."""

    def charge(self, calls: float) -> None:
        """Count this call as so many more."""

    def heed(self, channel: Any, power: str, user: object) -> None:
        """Raise Refused unless a channel's rules let this call do there what a power is for, in a user's name."""


class Current(Generic[C]):
    """The call that is being handled: that of the task, or `here` the one whose handler the router is calling.

    Most handlers return at once. For those a ContextVar would cost more than all else that is known of their call.
    """

    __slots__ = ("_of_task", "here")

    def __init__(self) -> None:
        self.here: C | None = None
        self._of_task: ContextVar[C | None] = ContextVar("current", default=None)

    def get(self) -> C | None:
        """Return the call, None outside of calls."""
        here = self.here
        return self._of_task.get() if here is None else here

    def set(self, call: C | None) -> tuple[C | None, Token[C | None]]:
        """Have a call handled from now on, also in the tasks that are made; return what `reset` takes."""
        before, self.here = self.here, None
        return before, self._of_task.set(call)

    def reset(self, before: tuple[C | None, Token[C | None]]) -> None:
        """Have the call handled again that was before."""
        self.here, token = before
        self._of_task.reset(token)


current: Final[Current[Call]] = Current()

#: Whether what is posted is generated: its text comes from elsewhere, so listeners to `message` see it in any case.
generated: ContextVar[bool] = ContextVar("generated", default=False)


def place_of(channel: str, what: str) -> Place:
    """Return the channel of that name of the server in which this runs; RuntimeError where none does."""
    call = current.get()
    if call is None:
        raise RuntimeError(
            f"message.{what} works in what a server calls: actions, listeners, timers, routes and what they spawn"
        )
    return call.server.channel(channel)
