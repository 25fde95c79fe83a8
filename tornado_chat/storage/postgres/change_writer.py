"""Changes on their way into the database: those of one channel that wait share a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from tornado_chat.chat.changes import Change
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres import wire
from tornado_chat.storage.postgres.changes import Made, Making, is_text
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.health import asyncpg, unavailable
from tornado_chat.storage.postgres.passing import Passing
from tornado_chat.storage.postgres.texts import no_text

WAITING = 20_000  # changes that may wait; more are refused
AT_ONCE = 64  # in one transaction
CHANNELS = 4  # whose changes are made at the same time; the other connections of a node are for reading
ATTEMPTS = 5  # where two calls of one ref meet

_Asked = tuple[Change, asyncio.Future[int]]


class ChangeWriter:
    """The changes of one process."""

    def __init__(self, engine: Engine, passing: Passing, topic: str) -> None:
        self.writer = ""
        self._engine = engine
        self._passing = passing
        self._topic = topic
        self._count = 0
        self._waiting: dict[str, list[_Asked]] = {}  # by channel, while one is at work for it
        self._slots = asyncio.Semaphore(CHANNELS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Make what waits."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def change(self, change: Change) -> int:
        """Make a change; see History."""
        if not is_text(change):
            raise no_text()
        if self._count >= WAITING:
            raise unavailable()
        made: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._count += 1
        if change.channel in self._waiting:
            self._waiting[change.channel].append((change, made))
        else:
            self._waiting[change.channel] = [(change, made)]
            task = asyncio.get_running_loop().create_task(self._work(change.channel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await made

    async def _work(self, channel: str) -> None:
        while waiting := self._waiting[channel]:
            async with self._slots:
                some = waiting[:AT_ONCE]
                del waiting[:AT_ONCE]
                try:
                    await self._make(channel, some)
                except Exception as error:
                    for _, made in some:
                        if not made.done():
                            made.set_exception(error)
                self._count -= len(some)
        del self._waiting[channel]

    async def _make(self, channel: str, asked: Sequence[_Asked]) -> None:
        job = partial(self._transact, channel=channel, asked=[change for change, _ in asked])
        for attempt in range(ATTEMPTS):
            try:
                answers = await self._engine.write(job)
                break
            except asyncpg.UniqueViolationError:
                if attempt == ATTEMPTS - 1:
                    raise unavailable() from None
            except Refused:  # it may have been made all the same
                self._passing.doubt([channel])
                raise
        self._passing.offer(
            (channel, one.number, one.changed) for one in answers if isinstance(one, Made) and one.changed
        )
        for (_, made), answer in zip(asked, answers, strict=True):
            if isinstance(answer, Refused):
                if not made.done():
                    made.set_exception(answer)
            else:
                self._passing.when_passed(channel, answer.number, partial(_answer, made, answer.number))

    async def _transact(
        self, connection: Connection, channel: str, asked: Sequence[Change]
    ) -> Sequence[Made | Refused]:
        making = Making(connection, channel)
        await making.begin(asked)
        answers: list[Made | Refused] = []
        for change in asked:
            try:
                answers.append(await making.make(change))
            except Refused as refused:
                answers.append(refused)
        await making.end()
        told = [
            wire.entry(making.no, one.number, one.changed) for one in answers if isinstance(one, Made) and one.changed
        ]
        for payload in wire.payloads(self.writer, told):
            await connection.execute("SELECT pg_notify($1, $2)", self._topic, payload)
        return answers


def _answer(made: asyncio.Future[int], number: int) -> None:
    if not made.done():  # somebody waits
        made.set_result(number)
