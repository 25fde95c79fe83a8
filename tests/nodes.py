"""A cluster in one process: Nodes that tell each other in the next turn of the loop."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any

from tornado_chat.chat.nodes import Hear


class Wires:
    """What connects the nodes of a test."""

    def __init__(self) -> None:
        self.nodes: dict[str, MemoryNodes] = {}
        self.locks: dict[str, asyncio.Lock] = {}
        self.holders: dict[str, str] = {}  # of locks
        self.due: dict[str, float] = {}

    def node(self, name: str) -> "MemoryNodes":
        """Add a node; it and the others hear of each other."""
        made = MemoryNodes(self, name)
        for other in self.nodes.values():
            other.come(name)
        self.nodes[name] = made
        return made

    def kill(self, name: str) -> None:
        """End a node without a word."""
        self.nodes.pop(name).dead = True
        for lock in [one for one, holder in self.holders.items() if holder == name]:
            del self.holders[lock]
            self.locks[lock].release()
        for other in self.nodes.values():
            for gone in other.gone:
                gone(name)


class MemoryNodes:
    """The Nodes of one server."""

    def __init__(self, wires: Wires, own: str) -> None:
        self.own = own
        self.dead = False
        self.gone: list[Callable[[str], None]] = []
        self.back: list[Callable[[], Awaitable[None]]] = []
        self._wires = wires
        self._come: list[Callable[[str], None]] = []
        self._hear: dict[str, Hear] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def others(self) -> Sequence[str]:
        return [name for name in self._wires.nodes if name != self.own]

    def come(self, name: str) -> None:
        for one in self._come:
            asyncio.get_running_loop().call_soon(one, name)

    def tell(self, kind: str, about: Any, to: str = "") -> None:
        words = json.dumps(about)
        for name in [to] if to else self.others:
            asyncio.get_running_loop().call_soon(self._pass_on, name, kind, words)

    def _pass_on(self, name: str, kind: str, words: str) -> None:
        node = self._wires.nodes.get(name)
        if node is not None and not self.dead:
            node._take(self.own, kind, words)

    def _take(self, by: str, kind: str, words: str) -> Awaitable[None] | None:
        done = self._hear[kind](by, json.loads(words)) if kind in self._hear else None
        if isawaitable(done):
            task = asyncio.ensure_future(done)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return task
        return None

    async def ask(self, kind: str, about: Any) -> Sequence[str]:
        await asyncio.sleep(0)
        words = json.dumps(about)
        for name in self.others:
            done = self._wires.nodes[name]._take(self.own, kind, words)
            if done is not None:
                await done
        return ()

    def hear(self, kind: str, hear: Hear) -> None:
        assert kind not in self._hear, kind
        self._hear[kind] = hear

    def on_come(self, come: Callable[[str], None]) -> None:
        self._come.append(come)

    def on_gone(self, gone: Callable[[str], None]) -> None:
        self.gone.append(gone)

    def on_return(self, back: Callable[[], Awaitable[None]]) -> None:
        self.back.append(back)

    async def turn(self, name: str, seconds: float) -> bool:
        now = asyncio.get_running_loop().time()
        if self._wires.due.get(name, 0) > now:
            return False
        self._wires.due[name] = now + seconds * 0.9
        return True

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        locks, holders = self._wires.locks, self._wires.holders
        await locks.setdefault(name, asyncio.Lock()).acquire()
        holders[name] = self.own
        try:
            yield
        finally:
            if not self.dead:
                del holders[name]
                locks[name].release()
