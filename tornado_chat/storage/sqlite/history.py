"""History in SQLite. A message is on the disk before anyone sees it and before it is acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.memory import answer_retry
from tornado_chat.storage.sqlite import queries
from tornado_chat.storage.sqlite.disk_health import unavailable
from tornado_chat.storage.sqlite.jobs import WEIGHT, Job
from tornado_chat.storage.sqlite.queries import Numbers
from tornado_chat.storage.sqlite.writer import Database

ROWS = 256  # in one transaction: a few ms of the disk, and of the loop that delivers them
WAITING = 20_000  # messages that may wait for the disk; more are refused
ACTIVE = 4_096  # channels whose newest `seq` is cached
PIECE = 200  # rows that are deleted at a time
REST = 0.02  # seconds between two pieces


class _Batch:
    """The messages of one transaction. It is open until the writer takes it."""

    def __init__(self, history: SqliteHistory) -> None:
        self._history = history
        self._posts: list[tuple[Message, PendingMessage]] = []
        self.taken = False
        self.size = 0

    def run(self, connection: sqlite3.Connection) -> queries.Stored:
        """Store the oldest that wait, on the writer's thread."""
        self.taken = True  # first: an append after this opens another batch
        waiting = self._history.waiting
        while waiting and len(self._posts) < ROWS:
            self._posts.append(waiting.popleft())
        return self._history.numbers.store(connection, [message for message, _ in self._posts])

    def done(self, stored: queries.Stored | None, error: Exception | None) -> None:
        """Deliver the messages, then resolve each post, on the loop."""
        if stored is None:
            self._fail()
            return
        try:
            self._history.commit(stored.new)
        finally:
            for (message, post), kept in zip(self._posts, stored.kept, strict=True):
                if kept is message:
                    post.keep(message)
                elif kept is None:
                    post.fail(Refused("a lone surrogate is no text", Error.INVALID_FIELD))
                else:
                    answer_retry(kept, message, post)

    def _fail(self) -> None:
        if not self.taken:  # refused before the writer saw it
            self.taken = True
            while self._history.waiting:
                self._posts.append(self._history.waiting.popleft())
        for _, post in self._posts:
            post.fail(unavailable())


class SqliteHistory:
    """A History in a Database.

    keep_days, keep_messages: what `trim` leaves of each channel; None: everything.
    """

    def __init__(self, database: Database, keep_days: float | None = None, keep_messages: int | None = None) -> None:
        self.epoch = database.epoch
        self.waiting: deque[tuple[Message, PendingMessage]] = deque()
        self.numbers = Numbers(database)
        self._database = database
        self._keep_days = keep_days
        self._keep_messages = keep_messages
        self._committed: Callable[[Sequence[Message]], None] = lambda messages: None
        self._newest: dict[str, int] = {}
        self._batch = _Batch(self)
        self._batch.taken = True

    def on_commit(self, committed: Callable[[Sequence[Message]], None]) -> None:
        self._committed = committed

    def append(self, message: Message) -> PendingMessage:
        post = PendingMessage()
        if len(self.waiting) >= WAITING:
            post.fail(unavailable())
            return post
        self.waiting.append((message, post))
        batch = self._batch
        if batch.taken or batch.size == ROWS:  # checked after the append: an open batch takes what waits
            batch = _Batch(self)
            try:
                self._database.submit(Job(batch.run, batch.done, WEIGHT))
            except BaseException:
                with contextlib.suppress(IndexError):  # the previous batch has taken it already
                    self.waiting.pop()
                raise
            self._batch = batch  # last: an open batch that never runs would block everyone for ever
        batch.size += 1
        return post

    def commit(self, messages: Sequence[Message]) -> None:
        """Pass committed messages on, in order."""
        newest = self._newest
        for message in messages:
            newest[message.channel] = message.seq
        while len(newest) > ACTIVE:
            del newest[next(iter(newest))]
        if messages:
            self._committed(messages)

    async def find(self, sender: User, ref: str) -> Message | None:
        return await self._database.read(lambda connection: queries.find(connection, sender.id, ref))

    async def last(self, channel: str) -> int:
        known = self._newest.get(channel)
        if known is not None:
            return known
        last = await self._database.read(lambda connection: queries.last(connection, channel))
        if last:
            last = self._newest[channel] = max(last, self._newest.get(channel, 0))
        return last

    async def floor(self, channel: str) -> int:
        return await self._database.read(lambda connection: queries.floor(connection, channel))

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> tuple[list[Message], bool]:
        messages = await self._database.read(
            lambda connection: queries.page(connection, channel, after, before, limit + 1)
        )
        if len(messages) <= limit:
            return messages, False
        return (messages[:limit] if after is not None else messages[1:]), True

    async def trim(self) -> int:
        if self._keep_days is None and self._keep_messages is None:
            return 0
        since = None if self._keep_days is None else int((time.time() - self._keep_days * 86_400) * 1_000)
        keep, deleted = self._keep_messages, 0
        at: int | None = 0
        while at is not None:
            channels, at = await self._database.read(partial(queries.stale, after=at, since=since, keep=keep))
            for no in channels:
                count = PIECE
                while count == PIECE:
                    count = await self._database.write(
                        partial(queries.trim, no=no, since=since, keep=keep, piece=PIECE)
                    )
                    deleted += count
                    await asyncio.sleep(REST)
        return deleted
