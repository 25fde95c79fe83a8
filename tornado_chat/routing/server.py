"""The server as handlers know it: `ctx.server`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from heapq import nsmallest
from typing import Any, Protocol, TypeVar

from tornado_chat.chat.history import History
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.models import User
from tornado_chat.chat.moderation import Moderation
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.chat.read_positions import Reading
from tornado_chat.chat.repositories import Repositories
from tornado_chat.chat.store import Store

SLICE = 1_000  # items that are looked through before the loop may serve others
T = TypeVar("T")


class Identity(Protocol):
    """What actions need of the providers of identities."""

    async def rename(self, user: User, name: str) -> tuple[User, str | None]:
        """Give a user another name; return the user, and a new token where theirs held the name."""


class Plugins(Protocol):
    """What actions need of the plugin manager."""

    def describe(self) -> list[dict[str, Any]]:
        """Return each plugin's `name`, `state`, `error`, `commands`, and how many `calls` and `failures` it had."""

    async def reload(self, *names: str) -> dict[str, str]:
        """Reload what has changed, and these plugins; return what is wrong with each, "" where nothing is."""


class Server(Hub):
    """The hub with bans and the audit, read positions, the store, identities and plugins.

    `channels`: those that have members, by name. `connections`: all of them. `identity` and `plugins` are set by
    their maker; a chat in a test may have neither.
    """

    identity: Identity
    plugins: Plugins | None = None

    def __init__(
        self,
        history: History,
        store: Store,
        repositories: Repositories,
        frames: Callable[[list[bytes]], list[bytes]],
        announce_limit: int = 200,
    ) -> None:
        super().__init__(history, frames, announce_limit)
        self.store = store
        self.moderation = Moderation(repositories)
        self.reading = Reading(store)
        self.limits: Limits | None = None
        self.max_connections = sys.maxsize
        self.leaving = False  # it stops: what still comes up will be said again to the server after this one

    def is_full(self) -> bool:
        return len(self.connections) >= self.max_connections

    async def is_banned(self, user_id: str, address: str = "") -> bool:
        """Return whether a user or an address is banned. Ask before you do later what someone asked for."""
        await self.moderation.load()
        return self.moderation.ban_on(user_id, address) is not None

    async def first(
        self, many: Sequence[T], count: int, key: Callable[[T], Any], wanted: Callable[[T], bool] | None = None
    ) -> list[T]:
        """Return the first of very many (that are wanted) in the order of a key; others are served meanwhile."""
        found: list[T] = []
        for start in range(0, len(many), SLICE):
            found = nsmallest(count, [*found, *filter(wanted, many[start : start + SLICE])], key=key)
            await asyncio.sleep(0)
        return found
