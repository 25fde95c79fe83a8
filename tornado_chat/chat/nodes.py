"""The other servers of a cluster, which share one history. A server by itself is `Alone`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

#: Gets the name of the node that tells something, and what it tells.
Hear = Callable[[str, Any], Awaitable[None] | None]


class Nodes(Protocol):
    """What a server knows of the others, and how it speaks with them. `own`: the name of this one.

    What is told arrives once at most, and in the order in which a node tells it. What must hold is in a table first:
    then a node that has missed something reads it again when it is back (`on_return`).
    """

    own: str

    @property
    def others(self) -> Sequence[str]:
        """The names of the other nodes that are alive."""

    def tell(self, kind: str, about: Any, to: str = "") -> None:
        """Tell something, which JSON can say, to all the others, or to one."""

    async def ask(self, kind: str, about: Any) -> Sequence[str]:
        """Tell the others, and wait until they have done it, at most 1 s; return the names of those that have not."""

    def hear(self, kind: str, hear: Hear) -> None:
        """Have this called with what another node tells of a kind. `ask` waits until an awaitable of it is done."""

    def on_come(self, come: Callable[[str], None]) -> None:
        """Have this called with the name of a node that has started, or is there again."""

    def on_gone(self, gone: Callable[[str], None]) -> None:
        """Have this called with the name of a node that has ended, or says nothing any more."""

    def on_return(self, back: Callable[[], Awaitable[None]]) -> None:
        """Have this awaited when this node hears the others again, and has missed what they told meanwhile."""

    async def turn(self, name: str, seconds: float) -> bool:
        """Return whether it is on this node to do now what is done every so many seconds, once in the cluster."""

    def lock(self, name: str) -> AbstractAsyncContextManager[None]:
        """Return what lets one task of one node in at a time. Refused (`history-unavailable`)."""


class Alone:
    """The Nodes of a server that is no cluster: nobody hears it, and every turn is its own."""

    own = ""
    others: Sequence[str] = ()

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    def tell(self, kind: str, about: Any, to: str = "") -> None:
        pass

    async def ask(self, kind: str, about: Any) -> Sequence[str]:
        return ()

    def hear(self, kind: str, hear: Hear) -> None:
        pass

    def on_come(self, come: Callable[[str], None]) -> None:
        pass

    def on_gone(self, gone: Callable[[str], None]) -> None:
        pass

    def on_return(self, back: Callable[[], Awaitable[None]]) -> None:
        pass

    async def turn(self, name: str, seconds: float) -> bool:
        return True

    def lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())
