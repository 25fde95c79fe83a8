"""Questions that nodes ask each other, each of which answers with what JSON can say, or refuses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from secrets import randbits
from typing import Any, NamedTuple

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.nodes import Nodes

SECONDS = 1.0  # that a node has for its answer

#: Gets the name of the node that asks, and what about.
Answer = Callable[[str, Any], Awaitable[Any]]
log = logging.getLogger("tornado_chat")


class Answers(NamedTuple):
    """`found`: what the other nodes have answered, by name; `missing`: the names of those that have not done it."""

    found: dict[str, Any]
    missing: list[str]


class _Open:
    """A question that waits for answers."""

    def __init__(self, asked: Sequence[str]) -> None:
        self.asked = list(asked)
        self.left = set(asked)
        self.found: dict[str, Any] = {}
        self.refused: dict[str, Refused] = {}
        self.done = asyncio.Event()

    def settle(self, node: str) -> None:
        self.left.discard(node)
        if not self.left:
            self.done.set()


class Questions:
    """What this node asks the others, and answers them. A kind of question has one answer, which is awaited.

    `silent`: the names of nodes that have not answered, and said nothing since: they may have died.
    """

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.silent: set[str] = set()
        self._answers: dict[str, Answer] = {}
        self._open: dict[int, _Open] = {}
        self._numbers = count(randbits(48))  # an answer to the process before this one must fit none of them
        self._tasks: set[asyncio.Task[None]] = set()
        nodes.hear("question", self._asked)
        nodes.hear("answer", self._answered)
        nodes.on_come(self.silent.discard)
        nodes.on_gone(self._gone)

    def answer(self, kind: str, answer: Answer) -> None:
        """Have questions of a kind answered with what this returns; a Refused reaches who asks."""
        self._answers[kind] = answer

    async def ask_all(self, kind: str, about: Any, seconds: float = SECONDS) -> Answers:
        """Ask all other nodes that are alive, and wait at most so long."""
        asked = await self._ask(self.nodes.others, kind, about, seconds)
        return Answers(asked.found, [name for name in asked.asked if name not in asked.found])

    async def ask(self, node: str, kind: str, about: Any, seconds: float = SECONDS) -> Any:
        """Ask one node. Refused as it refuses; `history-unavailable` if it does not answer in time."""
        asked = await self._ask([node] if node in self.nodes.others else [], kind, about, seconds)
        if refused := asked.refused.get(node):
            raise refused
        if node not in asked.found:
            raise Refused("a part of the server does not answer; try again", Error.HISTORY_UNAVAILABLE, 1.0)
        return asked.found[node]

    async def _ask(self, nodes: Sequence[str], kind: str, about: Any, seconds: float) -> _Open:
        asked, number = _Open(nodes), next(self._numbers)
        if not asked.left:
            return asked
        self._open[number] = asked
        try:
            for node in asked.asked:
                self.nodes.tell("question", [number, kind, about], node)
            async with asyncio.timeout(seconds):
                await asked.done.wait()
        except TimeoutError:
            if asked.left - self.silent:  # thousands may ask it
                log.warning("no answer about %s from %s", kind, ", ".join(sorted(asked.left)))
            self.silent |= asked.left
        finally:
            del self._open[number]
        return asked

    def _asked(self, by: str, question: Any) -> None:
        self.silent.discard(by)
        # In a task: what this node is told next may be the answer that another one waits for.
        task = asyncio.get_running_loop().create_task(self._do(by, *question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, by: str, number: int, kind: str, about: Any) -> None:
        answer = self._answers.get(kind)
        if answer is None:  # a node of another version asks
            self.nodes.tell("answer", [number, False, _told(Refused(f"{kind}: not known here"))], by)
            return
        try:
            self.nodes.tell("answer", [number, True, await answer(by, about)], by)
        except Refused as refused:
            self.nodes.tell("answer", [number, False, _told(refused)], by)
        except Exception:
            log.exception("a question of %s about %s could not be answered", by, kind)
            self.nodes.tell("answer", [number, False, _told(Refused("it failed there", Error.INTERNAL))], by)

    def _answered(self, by: str, answer: Any) -> None:
        self.silent.discard(by)
        number, well, said = answer
        asked = self._open.get(number)
        if asked is None or by not in asked.left:
            return
        if well:
            asked.found[by] = said
        else:
            asked.refused[by] = _refused(**said)
        asked.settle(by)

    def _gone(self, node: str) -> None:
        self.silent.discard(node)
        for asked in self._open.values():
            asked.settle(node)


def _told(refused: Refused) -> dict[str, Any]:
    shown = ("message", "code", "retry_after", "rule", "needs", "length", "until")
    return {name: getattr(refused, name) for name in shown}


def _refused(until: int, **about: Any) -> Refused:
    refused = Refused(**about)
    refused.until = until
    return refused
