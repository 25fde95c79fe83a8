"""History in SQLite. A message is on the disk before anyone sees it and before it is acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tornado_chat.chat.changes import PINS, Change, Changed, Replied
from tornado_chat.chat.history import NO_LIMITS, Arisen, ChangesPage, Committed, Unread
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.threads import Sees
from tornado_chat.storage.sqlite import changes, mentions, queries, trimming
from tornado_chat.storage.sqlite.disk_health import unavailable
from tornado_chat.storage.sqlite.index_merging import merge
from tornado_chat.storage.sqlite.jobs import WEIGHT, Job
from tornado_chat.storage.sqlite.numbers import Numbers, Stored
from tornado_chat.storage.sqlite.threads import SqliteThreads
from tornado_chat.storage.sqlite.writer import Database

ROWS = 1_024  # in one transaction; 500 take some 17 ms
WAITING = 20_000  # messages and changes that may wait for the disk; more are refused
ACTIVE = 4_096  # channels whose newest number is cached, and whose floor
REFS_DAYS = 30  # for which the refs of changes are known
PIECE = 200  # rows that are deleted at a time
REST = 0.02  # seconds between two pieces
STRETCH = 5_000  # messages that are counted at a time


class _Batch:
    """The messages of one transaction. It is open until the writer takes it."""

    def __init__(self, history: SqliteHistory) -> None:
        self._history = history
        self._posts: list[tuple[Message, PendingMessage]] = []
        self.taken = False
        self.size = 0

    def run(self, connection: sqlite3.Connection) -> Stored:
        """Store the oldest that wait, on the writer's thread."""
        self.taken = True  # first: an append after this opens another batch
        waiting = self._history.waiting
        while waiting and len(self._posts) < ROWS:
            self._posts.append(waiting.popleft())
        return self._history.numbers.store(connection, [message for message, _ in self._posts])

    def done(self, stored: Stored | None, error: Exception | None) -> None:
        """Deliver the messages, then resolve each post, on the loop."""
        if stored is None:
            self._fail()
            return
        try:
            self._history.commit(stored.new)
        finally:
            for (_, post), kept in zip(self._posts, stored.kept, strict=True):
                if isinstance(kept, Message):
                    post.keep(kept)
                else:
                    post.fail(kept)

    def _fail(self) -> None:
        if not self.taken:  # refused before the writer saw it
            self.taken = True
            while self._history.waiting:
                self._posts.append(self._history.waiting.popleft())
        for _, post in self._posts:
            post.fail(unavailable())


class SqliteHistory(SqliteThreads):
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
        self._committed: Callable[[Sequence[Committed]], None] = lambda messages: None
        self._newest: dict[str, int] = {}
        self._floors: dict[str, int] = {}
        self._changing = 0  # changes that wait
        self._batch = _Batch(self)
        self._batch.taken = True

    def on_commit(self, committed: Callable[[Sequence[Committed]], None]) -> None:
        self._committed = committed

    def append(self, message: Message) -> PendingMessage:
        post = PendingMessage()
        if len(self.waiting) + self._changing >= WAITING:
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

    def commit(self, messages: Sequence[Message | Replied]) -> None:
        """Pass committed messages on, in order."""
        newest = self._newest
        for message in messages:
            newest[message.channel] = message.seq
        _limit(newest)
        if messages:
            self._committed(messages)

    async def change(self, change: Change) -> int:
        if len(self.waiting) + self._changing >= WAITING:
            raise unavailable()
        made: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def done(result: changes.Made | None, error: Exception | None) -> None:
            self._changing -= 1
            try:
                if result is not None and result.changed:
                    self._commit_changes(result.changed)
            finally:
                if made.done():  # nobody waits any more
                    pass
                elif result is not None:
                    made.set_result(result.number)
                else:
                    made.set_exception(error or unavailable())

        self._database.submit(Job(partial(changes.make, self.numbers, change), done))
        self._changing += 1
        return await made

    def _commit_changes(self, changed: Sequence[Changed]) -> None:
        self._newest[changed[0].channel] = changed[0].number
        _limit(self._newest)
        self._committed(changed)

    async def changes(self, channel: str, since: int, limit: int) -> ChangesPage:
        return await self._database.read(partial(changes.changes, channel=channel, since=since, limit=limit))

    async def get(self, channel: str, seqs: Sequence[int]) -> list[Message]:
        return await self._database.read(partial(changes.get, channel=channel, seqs=seqs))

    async def pinned(self, channel: str, after: int = 0, limit: int = PINS) -> list[Message]:
        return await self._database.read(partial(changes.pinned, channel=channel, after=after, limit=limit))

    async def growing(self) -> list[tuple[str, int]]:
        return await self._database.read(changes.growing)

    async def find(self, sender: User, ref: str) -> Message | None:
        return await self._database.read(lambda connection: queries.find(connection, sender.id, ref))

    async def repeated(self, message: Message) -> Message | None:
        return await self._database.read(lambda connection: queries.repeated(connection, message))

    async def last(self, channel: str) -> int:
        known = self._newest.get(channel)
        if known is not None:
            return known
        last = await self._database.read(lambda connection: queries.last(connection, channel))
        if last:
            last = self._newest[channel] = max(last, self._newest.get(channel, 0))
        return last

    async def floor(self, channel: str) -> int:
        known = self._floors.get(channel)
        if known is None:
            floor = await self._database.read(lambda connection: queries.floor(connection, channel))
            known = self._floors[channel] = max(floor, self._floors.get(channel, 0))
            _limit(self._floors)
        return known

    async def read(
        self,
        channel: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int,
        timeline: bool = False,
    ) -> tuple[list[Message], bool]:
        page = queries.timeline_page if timeline else queries.page
        messages = await self._database.read(lambda connection: page(connection, channel, after, before, limit + 1))
        if len(messages) <= limit:
            return messages, False
        return (messages[:limit] if after is not None else messages[1:]), True

    async def unread(self, user: str, read: Mapping[str, int], sees: Sees = NO_LIMITS) -> Mapping[str, Unread]:
        return await self._database.read(partial(mentions.unread, user=user, read=read, sees=sees))

    async def mentions(
        self, user: str, sees: Sees, before: Arisen | None, limit: int
    ) -> list[tuple[Arisen, Message]]:
        return await self._database.read(partial(mentions.newest, user=user, sees=sees, before=before, limit=limit))

    async def times(self, channels: Sequence[str]) -> Mapping[str, int]:
        return await self._database.read(partial(mentions.times, channels=channels))

    async def forget(self, channel: str) -> None:
        no = await self._database.read(partial(queries.number, channel=channel))
        if no is not None:
            await self._trim(no, channel, over=queries.end(no))

    async def trim(self) -> int:
        before = int((time.time() - REFS_DAYS * 86_400) * 1_000)
        while await self._database.write(partial(trimming.forget_refs, before=before, piece=PIECE)) == PIECE:
            await asyncio.sleep(REST)
        deleted = await self._trim_all()
        await merge(self._database)
        return deleted

    async def _trim_all(self) -> int:
        if self._keep_days is None and self._keep_messages is None:
            return 0
        since = None if self._keep_days is None else int((time.time() - self._keep_days * 86_400) * 1_000)
        deleted = 0
        at: int | None = 0
        while at is not None:
            stale = partial(trimming.stale, after=at, since=since, keep=self._keep_messages)
            channels, at = await self._database.read(stale)
            for no, name in channels:
                over = None if self._keep_messages is None else await self._over(no, self._keep_messages)
                deleted += await self._trim(no, name, since, over)
        return deleted

    async def _trim(self, no: int, name: str, since: int | None = None, over: int | None = None) -> int:
        """Delete the messages of a channel that are older than `since`, or up to the id `over`; return how many."""
        deleted, count = 0, PIECE
        while count == PIECE:
            cut = partial(trimming.trim, no=no, since=since, over=over, piece=PIECE)
            count, floor = await self._database.write(cut)
            if count:  # known or not: what is being read now may be older
                self._floors[name] = floor
            deleted += count
            await asyncio.sleep(REST)
        return deleted

    async def _over(self, no: int, keep: int) -> int | None:
        """Return the id of the newest of a channel's messages that are too many, None if none are."""
        place: int | None = queries.end(no)
        while place is not None:  # a stretch at a time: the numbers have gaps, so messages must be counted
            step = min(keep, STRETCH)
            place = await self._database.read(partial(trimming.nth, no=no, before=place, count=step))
            keep -= step
            if not keep:
                break
        return place


def _limit(cached: dict[str, int]) -> None:
    while len(cached) > ACTIVE:
        del cached[next(iter(cached))]
