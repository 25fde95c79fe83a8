"""Two Houses or more over one history and one database, which know each other: a cluster in one process."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, cast

from tests.helpers import House
from tests.nodes import MemoryNodes, Wires
from tornado_chat.chat.changes import Change, Changed, Replied
from tornado_chat.chat.history import Committed
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore


class SharedHistory(MemoryHistory):
    """A history of several hubs. Each hears what is committed; who has not asked for it, in the next turn."""

    def __init__(self) -> None:
        super().__init__()
        self.by: View | None = None  # whose call is at work
        self.views: list[View] = []
        super().on_commit(self._share)

    def _share(self, committed: Sequence[Committed]) -> None:
        for view in self.views:
            if view is self.by:
                view.hear(committed)
            else:
                asyncio.get_running_loop().call_soon(view.hear, [_elsewhere(one) for one in committed])


def _elsewhere(one: Committed) -> Committed:
    """Return what another node hears of something: it has a copy of its own, and tells no listeners."""
    if isinstance(one, Changed):
        return replace(one, change=replace(one.change, heard=False), set=dict(one.set), what=list(one.what))
    if isinstance(one, Replied):
        return replace(one, changed=cast(Changed, _elsewhere(one.changed)))
    return one


class View:
    """The history as one hub has it."""

    def __init__(self, shared: SharedHistory) -> None:
        self.shared = shared
        self.hear: Callable[[Sequence[Committed]], None] = lambda committed: None
        shared.views.append(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shared, name)

    def on_commit(self, committed: Callable[[Sequence[Committed]], None]) -> None:
        self.hear = committed

    def append(self, message: Message) -> PendingMessage:
        self.shared.by = self
        try:
            return self.shared.append(message)
        finally:
            self.shared.by = None

    async def change(self, change: Change) -> int:
        self.shared.by = self
        try:
            return await self.shared.change(change)  # which waits for nothing
        finally:
            self.shared.by = None


class Cluster:
    """Nodes of one chat. `wires` connects them; `repositories` are all of theirs."""

    def __init__(self) -> None:
        self.wires = Wires()
        self.history = SharedHistory()
        self.kept = DirectDatabase()
        self.repositories = sqlite_repositories(self.kept)

    def about(self, name: str) -> dict[str, Any]:
        """Return what a House of this name is made with."""
        shared = {"repositories": self.repositories, "store": SqliteStore(self.kept)}
        return {**shared, "nodes": self.wires.node(name), "history": View(self.history)}

    def house(self, name: str, *plugins: ModuleType, **hub: Any) -> House:
        """Add a node of this name."""
        return House(*plugins, **{**self.about(name), **hub})

    def nodes(self, name: str) -> MemoryNodes:
        return self.wires.nodes[name]


def two(*plugins: ModuleType, **hub: Any) -> tuple[Cluster, House, House]:
    """Return a cluster with the nodes `one` and `two`."""
    cluster = Cluster()
    return cluster, cluster.house("one", *plugins, **hub), cluster.house("two", *plugins, **hub)
