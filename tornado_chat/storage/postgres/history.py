"""History in PostgreSQL, shared by several nodes. A message is on its disk before anyone sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from tornado_chat.chat.changes import PINS, Change
from tornado_chat.chat.history import ChangesPage, Committed
from tornado_chat.chat.metrics import Histogram
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.postgres import changes, queries
from tornado_chat.storage.postgres.append import Appends
from tornado_chat.storage.postgres.change_writer import ChangeWriter
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.listener import Listener
from tornado_chat.storage.postgres.mentions import PostgresMentions
from tornado_chat.storage.postgres.passing import Passing
from tornado_chat.storage.postgres.threads import PostgresThreads
from tornado_chat.storage.postgres.trimming import PostgresTrimming

TOPIC = "log"


class PostgresHistory(PostgresThreads, PostgresMentions, PostgresTrimming):
    """The History of one node. `open` it before anything else.

    keep_days, keep_messages: what `trim` leaves of each channel; None: everything. `is_used`: whether somebody is in
    a channel on this node.
    """

    def __init__(
        self,
        engine: Engine,
        listener: Listener,
        node: str,
        keep_days: float | None = None,
        keep_messages: int | None = None,
    ) -> None:
        super().__init__(engine)
        self.epoch = ""
        self._node = node
        self._keep_days = keep_days
        self._keep_messages = keep_messages
        self._passing = Passing(engine)
        topic = listener.channel(TOPIC)
        self._appends = Appends(engine, self._passing, node, topic)
        self._changes = ChangeWriter(engine, self._passing, topic)
        self._passing.writer = self._changes.writer = self._appends.writer
        listener.hear(TOPIC, self._passing.heard)
        listener.on_return(self._passing.catch_up)

    async def open(self) -> None:
        """Read the epoch, and take the place of the process that had this node's name before."""
        self.epoch = await self._engine.read(
            lambda connection: connection.fetchval("SELECT value FROM facts WHERE name = 'epoch'")
        )
        await self._appends.open()

    async def close(self) -> None:
        """Finish what was begun."""
        await self._appends.close()
        await self._changes.close()
        self._passing.close()

    @property
    def commits(self) -> Histogram:
        """How long a batch of messages took, its sync included."""
        return self._appends.commits

    @property
    def gaps(self) -> int:
        """How often the log of a channel was read, as something that others have stored was missing."""
        return self._passing.gaps

    @property
    def is_used(self) -> Callable[[str], bool]:
        return self._passing.feed.is_used

    @is_used.setter
    def is_used(self, is_used: Callable[[str], bool]) -> None:
        self._passing.feed.is_used = is_used

    def on_commit(self, committed: Callable[[Sequence[Committed]], None]) -> None:
        self._passing.committed = committed

    def append(self, message: Message) -> PendingMessage:
        return self._appends.append(message)

    async def change(self, change: Change) -> int:
        return await self._changes.change(change)

    async def changes(self, channel: str, since: int, limit: int) -> ChangesPage:
        page = partial(changes.changes, channel=channel, since=since, limit=limit)
        return await self._engine.read(page, snapshot=True)

    async def get(self, channel: str, seqs: Sequence[int]) -> list[Message]:
        return await self._engine.read(partial(changes.get, channel=channel, seqs=seqs))

    async def pinned(self, channel: str, after: int = 0, limit: int = PINS) -> list[Message]:
        return await self._engine.read(partial(changes.pinned, channel=channel, after=after, limit=limit))

    async def growing(self) -> list[tuple[str, int]]:
        return await self._engine.read(partial(changes.growing, node=self._node))

    async def find(self, sender: User, ref: str) -> Message | None:
        return await self._engine.read(partial(queries.find, sender=sender.id, ref=ref))

    async def repeated(self, message: Message) -> Message | None:
        return await self._engine.read(partial(queries.repeated, message=message))

    async def last(self, channel: str) -> int:
        last = await self._engine.read(partial(queries.last, channel=channel))
        feed = self._passing.feed
        if feed.is_used(channel):  # what comes after this will be passed on
            feed.begin(channel, last)
        await self._passing.passed(channel, last)
        return last

    async def floor(self, channel: str) -> int:
        return await self._engine.read(partial(queries.floor, channel=channel))

    async def read(
        self,
        channel: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int,
        timeline: bool = False,
    ) -> tuple[list[Message], bool]:
        page = partial(queries.page, channel=channel, after=after, before=before, in_timeline=timeline)
        messages = await self._engine.read(partial(page, limit=limit + 1))
        if len(messages) <= limit:
            return messages, False
        return (messages[:limit] if after is not None else messages[1:]), True
