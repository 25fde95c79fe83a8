"""Stores messages: those that wait form a batch, and one batch at a time is in flight, on a connection of its own.

What lost its answer is sent again: a batch has a number, under which it is stored once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from collections.abc import Sequence

from tornado_chat.chat.metrics import Histogram
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.postgres.batch import Batch, Waiting
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.health import EngineError, asyncpg, is_away, is_contended, unavailable
from tornado_chat.storage.postgres.passing import Passing
from tornado_chat.storage.postgres.queries import Known, known
from tornado_chat.storage.postgres.storing import Storing
from tornado_chat.storage.postgres.wire import WRITER

ROWS = 256  # in one transaction: a few ms of the disk, and of the loop that delivers them
WAITING = 20_000  # messages that may wait; more are refused
PATIENCE = 5.0  # seconds for which a message is tried
REST = 0.1  # seconds between two attempts
CHANNELS = 50_000  # whose numbers are cached
MOST_CHANNELS = 2**23  # numbers of channels: with SHIFT bits of a `seq` they fill an id

_NUMBERS = "SELECT name, no FROM channels WHERE name = ANY($1)"

log = logging.getLogger("tornado_chat")


class Appends:
    """The messages of one process on their way into the database. `writer`: what it is called there."""

    def __init__(self, engine: Engine, passing: Passing, node: str, topic: str) -> None:
        self.writer = secrets.token_hex(WRITER // 2)
        self.waiting: deque[Waiting] = deque()
        self.commits = Histogram()  # how long a batch took
        self._engine = engine
        self._passing = passing
        self._node = node
        self._storing = Storing(self.writer, node, topic)
        self._connection: Connection | None = None
        self._count = 0  # of batches
        self._numbers: dict[str, int] = {}  # of channels; they never change
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Take the place of the process that had this node's name before. Refused (`history-unavailable`)."""

        async def take_over(connection: Connection) -> None:
            await connection.execute("DELETE FROM batches WHERE node = $1", self._node)
            await connection.execute("INSERT INTO batches (writer, node) VALUES ($1, $2)", self.writer, self._node)

        await self._engine.write(take_over)

    async def close(self) -> None:
        """Store what waits, as long as that is tried."""
        if self._task is not None:
            await asyncio.wait([self._task])
        self._disconnect()

    def append(self, message: Message) -> PendingMessage:
        """Have a message stored; see History."""
        post = PendingMessage()
        if len(self.waiting) >= WAITING:
            post.fail(unavailable())
            return post
        loop = asyncio.get_running_loop()
        self.waiting.append((message, post, loop.time()))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return post

    async def _run(self) -> None:
        try:
            while self.waiting:
                batch = Batch.take(self.waiting, ROWS)
                try:
                    await self._store(batch)
                except Exception:
                    log.exception("messages cannot be stored")
                    batch.fail(unavailable())
        finally:
            self._task = None

    async def _store(self, batch: Batch) -> None:
        """Store a batch, and answer all who wait for it."""
        if not batch.messages:
            return
        self._count += 1
        while True:
            began = asyncio.get_running_loop().time()
            left = batch.since + PATIENCE - began
            try:
                async with asyncio.timeout(max(left, 1)):
                    ids, others = await self._send(batch)
            except Exception as error:
                if _is_contended(error) and left > REST:
                    continue
                if not isinstance(error, EngineError) and not is_away(error):
                    await self._store_singly(batch, error)
                    return
                self._engine.failed(error, "writing")
                self._disconnect()
                if left <= REST:
                    self._passing.doubt(batch.channels())
                    batch.fail(unavailable())
                    return
                await asyncio.sleep(REST)
            else:
                break
        self.commits.observe(asyncio.get_running_loop().time() - began)
        self._engine.succeeded("writing")
        self._settle(batch, ids, others)

    async def _store_singly(self, batch: Batch, error: Exception) -> None:
        """Store the messages of a batch one by one: one of them cannot be stored, for a reason nobody foresaw."""
        if len(batch.messages) == 1:
            log.error("a message in %r cannot be stored", batch.messages[0].channel, exc_info=error)
            batch.fail(unavailable())
            return
        for one in batch.singles():
            await self._store(one)

    async def _send(self, batch: Batch) -> tuple[Sequence[int | None], Known]:
        connection = self._connection
        if connection is None:
            connection = self._connection = await self._engine.connect()
        await self._number(connection, batch.channels())
        ids = await self._storing.store(connection, batch, self._count, self._numbers)
        others = [key for key, id in zip(batch.keys, ids, strict=True) if id is None and key is not None]
        return ids, await known(connection, others) if others else Known({}, set())

    def _settle(self, batch: Batch, ids: Sequence[int | None], others: Known) -> None:
        """Pass the new messages on, and answer each post."""
        new = batch.new(ids)
        if batch.committed is None:
            self._passing.offer_own(new)
        else:
            self._passing.offer((one.channel, one.seq, (one,)) for one in batch.committed)
        if len(new) == len(ids) and not batch.repeats:
            self._passing.keep_all(batch.messages, batch.posts)
            return
        for message, post, kept in batch.settle(ids, others):
            if kept is None:  # what had its key was refused, or deleted just now
                self.waiting.append((message, post, batch.since))
            elif isinstance(kept, Message):
                self._passing.keep_all([kept], [post])
            else:
                post.fail(kept)

    async def _number(self, connection: Connection, names: Sequence[str]) -> None:
        """Make sure that every channel has a number.

        New numbers are drawn at random: they are in the ids of messages, and how many channels there are is no
        reader's affair.
        """
        numbers = self._numbers
        missing = [name for name in names if name not in numbers]
        if missing and len(numbers) > CHANNELS:
            numbers.clear()
            missing = list(names)
        made = False
        while missing:
            if made:
                drawn = [1 + secrets.randbelow(MOST_CHANNELS - 1) for _ in missing]
                await connection.execute(
                    "INSERT INTO channels (no, name) SELECT * FROM unnest($1::integer[], $2::text[])"
                    " ON CONFLICT DO NOTHING",
                    drawn,
                    sorted(missing),
                )
            numbers.update(await connection.fetch(_NUMBERS, missing))
            missing = [name for name in missing if name not in numbers]
            made = True

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.terminate()
            self._connection = None


def _is_contended(error: BaseException) -> bool:
    """Return whether a batch met another one that stores the same, and is to be tried again at once."""
    return is_contended(error) or isinstance(error, asyncpg.UniqueViolationError)
