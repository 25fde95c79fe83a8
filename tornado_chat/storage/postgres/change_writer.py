"""Changes on their way into the database: those that wait share a transaction, and one is in flight at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import TypeGuard

from tornado_chat.chat.changes import Change
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres import wire
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.health import asyncpg, unavailable
from tornado_chat.storage.postgres.making import Made, Making, is_text
from tornado_chat.storage.postgres.passing import Passing
from tornado_chat.storage.postgres.texts import no_text

WAITING = 20_000  # changes that may wait; more are refused
AT_ONCE = 64  # in one transaction: so long others wait who post in their channels
ATTEMPTS = 5  # where two calls of one ref meet

_Asked = tuple[Change, asyncio.Future[int]]


class ChangeWriter:
    """The changes of one process. `writer`: what it is called in notifications."""

    def __init__(self, engine: Engine, passing: Passing, topic: str) -> None:
        self.writer = ""
        self._engine = engine
        self._passing = passing
        self._topic = topic
        self._waiting: deque[_Asked] = deque()
        self._task: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Make what waits."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def change(self, change: Change) -> int:
        """Make a change; see History."""
        if not is_text(change):
            raise no_text()
        if len(self._waiting) >= WAITING:
            raise unavailable()
        loop = asyncio.get_running_loop()
        made: asyncio.Future[int] = loop.create_future()
        self._waiting.append((change, made))
        if self._task is None:
            self._task = loop.create_task(self._work())
        return await made

    async def _work(self) -> None:
        try:
            while waiting := self._waiting:
                await self._try([waiting.popleft() for _ in range(min(AT_ONCE, len(waiting)))])
        finally:
            self._task = None

    async def _try(self, asked: Sequence[_Asked]) -> None:
        """Make changes; one by one if together they cannot be made, for a reason nobody foresaw."""
        try:
            await self._make(asked)
        except Exception as error:
            if len(asked) > 1 and not isinstance(error, Refused):
                for one in asked:
                    await self._try([one])
                return
            for _, made in asked:
                if not made.done():
                    made.set_exception(error)

    async def _make(self, asked: Sequence[_Asked]) -> None:
        job = partial(self._transact, asked=[change for change, _ in asked])
        for attempt in range(ATTEMPTS):
            try:
                answers = await self._engine.write(job)
                break
            except asyncpg.UniqueViolationError:
                if attempt == ATTEMPTS - 1:
                    raise unavailable() from None
            except Refused:  # they may have been made all the same
                self._passing.doubt({change.channel for change, _ in asked})
                raise
        made = [(one.changed[0].channel, one.number, one.changed) for one in answers if _is_news(one)]
        self._passing.offer(made)
        for (change, waits), answer in zip(asked, answers, strict=True):
            if isinstance(answer, Made):
                answered = partial(_answer, waits, answer.number)
                self._passing.when_passed(change.channel, answer.number, answered)
            elif not waits.done():
                waits.set_exception(answer)

    async def _transact(self, connection: Connection, asked: Sequence[Change]) -> Sequence[Made | Refused]:
        making = Making(connection)
        await making.begin(asked)
        answers: list[Made | Refused] = []
        for change in asked:
            try:
                answers.append(await making.make(change))
            except Refused as refused:
                answers.append(refused)
        await making.end()
        news = [one for one in answers if _is_news(one)]
        told = [wire.entry(making.numbers[one.changed[0].channel], one.number, one.changed) for one in news]
        for payload in wire.payloads(self.writer, told):
            await connection.execute("SELECT pg_notify($1, $2)", self._topic, payload)
        return answers


def _is_news(answer: Made | Refused) -> TypeGuard[Made]:
    return isinstance(answer, Made) and bool(answer.changed)


def _answer(waits: asyncio.Future[int], number: int) -> None:
    if not waits.done():  # somebody waits
        waits.set_result(number)
