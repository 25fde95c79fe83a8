"""The server as handlers know it: `ctx.server`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from heapq import nsmallest
from typing import Any, NamedTuple, Protocol, TypeVar

from tornado_chat.chat.banning import Banning
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.file_sharing import Files
from tornado_chat.chat.history import History
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.loads import Loads
from tornado_chat.chat.memberships import Person
from tornado_chat.chat.models import User
from tornado_chat.chat.moderation import Moderation
from tornado_chat.chat.nodes import Nodes
from tornado_chat.chat.places import Places
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.chat.repositories import Repositories
from tornado_chat.chat.searching import Searching
from tornado_chat.chat.slices import slices
from tornado_chat.chat.store import Store

T = TypeVar("T")


class Identity(Protocol):
    """What actions need of the providers of identities."""

    async def rename(self, user: User, name: str) -> tuple[User, str | None]:
        """Give a user another name; return the user, and a new token where theirs held the name."""


class Reloaded(NamedTuple):
    """What was reloaded. `own`: here, what is wrong with each plugin, "" where nothing is.

    `wrong`: elsewhere, by node and plugin; `missing`: the nodes that have not answered.
    """

    own: dict[str, str]
    wrong: dict[str, dict[str, str]]
    missing: list[str]


class Plugins(Protocol):
    """What actions need of the plugin manager."""

    def describe(self) -> list[dict[str, Any]]:
        """Return each plugin's `name`, `state`, `error`, `commands`, and how many `calls` and `failures` it had."""

    async def reload_everywhere(self, name: str) -> Reloaded:
        """Reload a plugin, and what has changed, on all nodes."""


class HasPower(Protocol):
    """An action, as far as permissions are concerned. `power`: the one that it needs, "" for none."""

    @property
    def power(self) -> str: ...


class Server(Hub):
    """The hub with bans and the audit, the places, the store, identities and plugins.

    `channels`: those that have members, by name. `connections`: all of them. `files`, `identity`, `plugins` and
    `searching` are set by their maker; a chat in a test may have none of them. `find_action` (the router's) returns
    an action that clients can call, else Refused. `check_channel` (the plugin manager's) returns a plugin's settings
    in a channel: the known ones, and over them those that are given, else Refused. `describe_channel` (its too)
    returns what settings plugins have in a channel: `plugin` and `settings`.
    """

    identity: Identity
    searching: Searching
    files: Files
    plugins: Plugins | None = None
    find_action: Callable[[str], HasPower]
    check_channel: Callable[[str, Mapping[str, Any], object], dict[str, Any]]
    describe_channel: Callable[[Mapping[str, Mapping[str, Any]]], list[dict[str, Any]]]

    def __init__(
        self,
        history: History,
        store: Store,
        repositories: Repositories,
        frames: Callable[[list[bytes]], list[bytes]],
        announce_limit: int = 200,
        nodes: Nodes | None = None,
    ) -> None:
        super().__init__(history, frames, announce_limit, nodes)
        self.store = store
        self.moderation = Moderation(repositories)
        self.banning = Banning(self, self.moderation)
        self.loads = Loads(self)
        self.memberships = repositories.memberships
        self.places = Places(self, repositories.memberships, self.moderation)
        self.limits: Limits | None = None
        self.max_connections = sys.maxsize
        self.leaving = False  # it stops: what still comes up will be said again to the server after this one

    def is_full(self) -> bool:
        return len(self.connections) >= self.max_connections

    async def direct(self, *users: User) -> Channel:
        """Return the direct conversation of 2 to 9 users, made if there is none: a bot of the plugin and a user, say.

        Await its `post`, with the bot as the `sender`. The others see the conversation with its first message.
        Raises Refused (`invalid-field`) for a wrong number of users.
        """
        record = await self.places.direct(users)
        channel = self.channel(record.name)
        channel.record, channel.direct = record, True
        return channel

    async def introduce(self, bot: User) -> None:
        """Make a bot known, so that people find it among those to whom they may write, and whom they may invite."""
        await self.memberships.met([Person(bot, int(time.time() * 1000))])

    async def may(self, user: User, power: str, channel: str) -> bool:
        """Return whether a user has a power in a channel now. Ask before you do later what someone asked for.

        Nobody has any in a private channel or direct conversation to which they do not belong. See `ctx.may`.
        """
        return await self.places.allows(user, power, self.channel(channel).name)

    async def is_banned(self, user_id: str, address: str = "") -> bool:
        """Return whether a user or an address is banned. Ask before you do later what someone asked for."""
        await self.moderation.load()
        return self.moderation.ban_on(user_id, address) is not None

    async def first(
        self, many: Sequence[T], count: int, key: Callable[[T], Any], wanted: Callable[[T], bool] | None = None
    ) -> list[T]:
        """Return the first of very many (that are wanted) in the order of a key; others are served meanwhile."""
        found: list[T] = []
        async for some in slices(many):
            found = nsmallest(count, [*found, *filter(wanted, some)], key=key)
        return found
