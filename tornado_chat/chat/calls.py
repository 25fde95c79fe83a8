"""The call that is being handled: channels and messages find by it who waits for what they do."""

from __future__ import annotations

from collections.abc import Awaitable, MutableSequence, Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from tornado_chat.chat.errors import Refused


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


#: The call that is being handled in this task, None outside of calls.
current: ContextVar[Call | None] = ContextVar("current", default=None)

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
