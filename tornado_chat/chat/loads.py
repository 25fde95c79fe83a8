"""How much each node of a cluster has to do, as it says itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tornado_chat.chat.hub import Hub


class Loads:
    """Asks all nodes. `version`: of this one.

    `clock`: returns by how many seconds its clock is ahead of the one that all share, 0 while it is right.
    """

    def __init__(self, hub: Hub) -> None:
        self.version = ""
        self.clock: Callable[[], float] = lambda: 0.0
        self._hub = hub
        hub.questions.answer("load", self._answer)

    async def all(self, past: bool = False) -> list[dict[str, Any]]:
        """Return of each node `name`, `connections`, `users`, `version`, `late` (ms) and `totals` (see Metrics).

        past: with those of the last minutes. Of a node whose clock is wrong: `clock`, too. Of one that does not
        answer: `missing`. Empty without a cluster.
        """
        nodes = self._hub.nodes
        if not nodes.own:
            return []
        others = await self._hub.questions.ask_all("load", past)
        missing = {name: {"missing": True} for name in others.missing}
        found = {nodes.own: self._own(past), **others.found, **missing}
        return [{"name": name, **load} for name, load in sorted(found.items())]

    def _own(self, past: bool) -> dict[str, Any]:
        hub, metrics = self._hub, self._hub.metrics
        load = {
            "connections": len(hub.connections),
            "users": sum(1 for _ in hub.everyone()),
            "version": self.version,
            "late": round(1000 * metrics.late, 1),
            "totals": metrics.totals(),
        }
        if ahead := self.clock():
            load["clock"] = round(ahead, 1)
        return {**load, "past": list(metrics.past)} if past else load

    async def _answer(self, node: str, past: Any) -> dict[str, Any]:
        return self._own(bool(past))

    @staticmethod
    def together(loads: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take the past out of the loads of nodes; return it: points with the totals of each node, oldest first."""
        pasts = {load["name"]: load.pop("past", []) for load in loads}
        longest = max((len(past) for past in pasts.values()), default=0)
        points = []
        for back in range(longest, 0, -1):
            then = {name: past[-back] for name, past in pasts.items() if len(past) >= back}
            users = max(point["users"] for point in then.values())
            nodes = [{"name": name, "totals": _totals(point)} for name, point in then.items()]
            points.append({"users": users, "nodes": nodes})
        return points


def _totals(point: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in point.items() if name != "users"}
