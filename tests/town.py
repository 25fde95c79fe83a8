"""Two servers of one cluster in one process: their history and tables are the same, and they hear each other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.helpers import House, turns
from tests.nodes import Wires
from tornado_chat.chat.changes import Changed
from tornado_chat.chat.history import Committed
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore


class Town:
    """A cluster of Houses, by name. `kept`: their tables."""

    def __init__(self, *names: str, **hub: Any) -> None:
        self.wires = Wires()
        self.kept = DirectDatabase()
        self.history = MemoryHistory()
        self._told: dict[str, Callable[[Sequence[Committed]], None]] = {}
        self._hub = hub
        self.history.on_commit(self._committed)
        self._maker = ""
        self.houses = [self.house(name) for name in names or ("a", "b")]

    def house(self, name: str) -> House:
        """Add a server."""
        about = {"repositories": sqlite_repositories(self.kept), "store": SqliteStore(self.kept), **self._hub}
        return House(history=_OfNode(self, name), nodes=self.wires.node(name), **about)  # type: ignore[arg-type]

    def _committed(self, committed: Sequence[Committed]) -> None:
        for name, tell in list(self._told.items()):
            if name in self.wires.nodes:
                tell([one if name == self._maker else _heard(one) for one in committed])

    async def kill(self, name: str) -> None:
        """End a server without a word."""
        self.wires.kill(name)
        await turns()


def _heard(one: Committed) -> Committed:
    """Return what another node hears of it: its listeners run where it was made."""
    return replace(one, change=replace(one.change, heard=False)) if isinstance(one, Changed) else one


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
