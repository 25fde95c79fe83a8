"""The timers of plugins: each is called on one node at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.nodes import Nodes
from tornado_chat.routing.context import TimerContext
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.registry import Timer


class Timers:
    """Calls timers when it is this node's turn. The others wait for the end of a call that takes long."""

    def __init__(self, nodes: Nodes, context: Callable[[Plugin], TimerContext]) -> None:
        self._nodes = nodes
        self._context = context
        self._at_work: set[str] = set()  # here, and told
        self._elsewhere: dict[str, Collection[str]] = {}  # by node
        nodes.hear("timers", self._hear)
        nodes.on_come(self._come)
        nodes.on_gone(self._lose)
        nodes.on_return(self._return)

    def start(self, timers: Collection[Timer]) -> None:
        """Call these timers from now on, for the first time after their seconds."""
        names: set[str] = set()
        for timer in timers:
            name = f"timer:{timer.plugin.name}:{timer.name}"
            while name in names:  # two of one name
                name += "+"
            names.add(name)
            timer.plugin.own(asyncio.ensure_future(self._tick(timer, name)))

    async def _tick(self, timer: Timer, name: str) -> None:
        plugin, loop = timer.plugin, asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + timer.seconds, loop.time())
            try:
                await asyncio.sleep(due - loop.time())
                if not plugin.off and await self._is_own_turn(timer, name):
                    await self._call(timer, name)
            except asyncio.CancelledError:
                if plugin.off or plugin.stopped:  # else somebody cancelled all tasks that there are
                    raise

    async def _is_own_turn(self, timer: Timer, name: str) -> bool:
        if any(name in there for there in self._elsewhere.values()):
            return False
        try:
            return await self._nodes.turn(name, timer.seconds)
        except Refused:  # nobody knows whose it is
            return False

    async def _call(self, timer: Timer, name: str) -> None:
        """Call a timer under a lock: that it is at work may be told late, and is told only if it takes long."""
        with suppress(Refused):  # the database is away, and another node may call it next
            async with self._nodes.lock(name):
                await self._call_alone(timer, name)

    async def _call_alone(self, timer: Timer, name: str) -> None:
        telling = asyncio.get_running_loop().call_later(timer.seconds / 2, self._tell, name)
        try:
            await timer.plugin.run(f"timer {timer.name}", timer.call, self._context(timer.plugin), None)
        finally:
            telling.cancel()
            if name in self._at_work:
                self._at_work.discard(name)
                self._nodes.tell("timers", sorted(self._at_work))

    def _tell(self, name: str) -> None:
        self._at_work.add(name)
        self._nodes.tell("timers", sorted(self._at_work))

    # Other nodes

    def _hear(self, node: str, at_work: Any) -> None:
        self._elsewhere[node] = frozenset(at_work)

    def _come(self, node: str) -> None:
        self._elsewhere.pop(node, None)
        self._nodes.tell("timers", sorted(self._at_work), node)

    def _lose(self, node: str) -> None:
        self._elsewhere.pop(node, None)

    async def _return(self) -> None:
        self._elsewhere.clear()  # some may have ended meanwhile
