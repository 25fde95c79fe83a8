"""Two servers of one cluster in one process: their history and tables are the same, and they hear each other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from tests.helpers import Client, History, House, turns
from tests.nodes import MemoryNodes, Wires
from tornado_chat.chat.changes import Changed, Replied
from tornado_chat.chat.history import Committed
from tornado_chat.storage.memory_attachments import MemoryAttachments
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore


class Town:
    """A cluster of Houses, by name. `kept`: their tables; `repositories`: what knows them."""

    def __init__(self, *names: str, **hub: Any) -> None:
        self.wires = Wires()
        self.kept = DirectDatabase()
        self.repositories = sqlite_repositories(self.kept)
        self.history = History()
        self._told: dict[str, Callable[[Sequence[Committed]], None]] = {}
        self._hub = hub
        self.history.on_commit(self._committed)
        self._maker = ""
        self.houses = [self.house(name) for name in names]

    def about(self, name: str) -> dict[str, Any]:
        """Return what a server of this name is made with."""
        shared = {"repositories": self.repositories, "store": SqliteStore(self.kept), **self._hub}
        return {**shared, "history": _OfNode(self, name), "nodes": self.wires.node(name)}

    def house(self, name: str, *plugins: ModuleType, **hub: Any) -> House:
        """Add a server."""
        return House(*plugins, **{**self.about(name), **hub})

    def nodes(self, name: str) -> MemoryNodes:
        return self.wires.nodes[name]

    def _committed(self, committed: Sequence[Committed]) -> None:
        for name, tell in list(self._told.items()):
            if name in self.wires.nodes:
                tell([one if name == self._maker else _heard(one) for one in committed])

    async def kill(self, name: str) -> None:
        """End a server without a word."""
        self.wires.kill(name)
        await turns()


def _heard(one: Committed) -> Committed:
    """Return what another node hears of it: a copy, whose listeners run where it was made."""
    if isinstance(one, Replied):
        return replace(one, changed=_heard(one.changed))
    if not isinstance(one, Changed):
        return one
    return replace(one, change=replace(one.change, heard=False), set=dict(one.set), what=list(one.what))


class _OfNode:
    """The history, as one server knows it."""

    def __init__(self, town: Town, name: str) -> None:
        self._town, self._name = town, name

    def on_commit(self, committed: Callable[[Sequence[Committed]], None]) -> None:
        self._town._told[self._name] = committed

    def append(self, message: Any) -> Any:
        self._town._maker = self._name
        return self._town.history.append(message)

    async def change(self, change: Any) -> int:
        self._town._maker = self._name
        return await self._town.history.change(change)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._town.history, name)


class Spread(House):
    """A house of a town whose clients are at it and at a second one, in turn; calls go to where a client is."""

    def __init__(self, *plugins: ModuleType) -> None:
        town = Town()
        self.houses = [town.house(name, *plugins) for name in ("a", "b")]
        self.town = town
        self.__dict__.update({**vars(self.houses[0]), "kept": town.kept})
        self.houses[1].hub.gather = 0.0
        self.houses[1].router._strict = False
        self._turn = 0

    def keep_files(self) -> None:
        self.town.history.attachments = MemoryAttachments(self.kept)

    def client(self, *args: Any, **about: Any) -> Client:
        self._turn += 1
        return self.houses[(self._turn + 1) % 2].client(*args, **about)

    async def say(self, client: Client, frame: str) -> None:
        for one in self.houses:
            if client.connection in one.hub.connections:
                pending = one.router.dispatch(client.connection, frame)
                if pending is not None:
                    await pending
        await turns()
