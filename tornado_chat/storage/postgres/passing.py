"""Passes on what is committed, by this node or by others: see feed.py. Reads the log where something is missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import Committed
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.postgres import missed, wire
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.feed import Entry, Feed
from tornado_chat.storage.postgres.rows import LARGEST

WAIT = 1.0  # seconds that who has stored something waits at most until it is passed on
WARY = 60.0  # seconds after which a call without an answer can have no effect any more
REST = 0.5  # seconds after which a log is read again that could not be read
AT_ONCE = 1_000  # channels whose newest number is asked for at once

log = logging.getLogger("tornado_chat")


class Passing:
    """`committed`: is told of what is committed, in order. `writer`: the name under which this node notifies.

    `gaps`: how often the log of a channel was read, as something was missing.
    """

    def __init__(self, engine: Engine) -> None:
        self.feed = Feed()
        self.gaps = 0
        self.writer = ""
        self.committed: Callable[[Sequence[Committed]], None] = lambda committed: None
        self._engine = engine
        self._wary = 0.0  # until when own notifications are taken
        self._waiting: dict[str, list[tuple[int, Callable[[], object]]]] = {}  # by channel: for a number
        self._timer: asyncio.Handle | None = None
        self._at: float | None = None  # when it ends
        self._reading: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Read no log any more."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._reading:
            task.cancel()

    def heard(self, payload: str) -> None:
        """Take a notification. What this node has stored it knows already, unless an answer may have been lost."""
        if not payload.startswith(self.writer) or self._now() < self._wary:
            self.offer(wire.heard(payload))

    def offer(self, entries: Iterable[Entry]) -> None:
        """Pass on what is committed, as soon as its turn comes."""
        self._tell(self.feed.offer(entries, self._now()))

    def offer_own(self, messages: Iterable[Message]) -> None:
        """Pass on new messages of this node."""
        self._tell(self.feed.offer_own(messages, self._now()))

    def keep_all(self, messages: Sequence[Message], posts: Sequence[PendingMessage]) -> None:
        """Answer posts with the messages that are stored, each as soon as it was passed on."""
        known = self.feed.known
        for message, post in zip(messages, posts, strict=True):
            if known.get(message.channel, LARGEST) >= message.seq:
                post.keep(message)
            else:
                self.when_passed(message.channel, message.seq, partial(post.keep, message))

    def when_passed(self, channel: str, number: int, call: Callable[[], object]) -> None:
        """Call this once a number of a channel was passed on, after WAIT at the latest."""
        if self.feed.known.get(channel, number) >= number:
            call()
            return
        waiting = self._waiting.setdefault(channel, [])
        waiting.append(one := (number, call))
        asyncio.get_running_loop().call_later(WAIT, self._give_up, channel, one)

    async def passed(self, channel: str, number: int) -> None:
        """Wait until a number of a channel was passed on, WAIT at most."""
        if self.feed.known.get(channel, number) < number:
            done = asyncio.Event()
            self.when_passed(channel, number, done.set)
            await done.wait()

    def doubt(self, channels: Iterable[str]) -> None:
        """Have the log of channels read: what this node sent may be stored in it, now or later, without an answer."""
        self._wary = self._now() + WARY
        self.feed.look(channels, self._now())
        self._schedule()

    async def catch_up(self) -> None:
        """Read what was missed of all channels while nothing was heard. Refused (`history-unavailable`)."""
        feed = self.feed
        for channel in list(feed.known):
            if not feed.is_used(channel) and not feed.is_waiting(channel):
                del feed.known[channel]
        channels = list(feed.known)
        for start in range(0, len(channels), AT_ONCE):
            some = channels[start : start + AT_ONCE]
            newest = await self._engine.read(partial(_newest, channels=some))
            lost = [name for name in some if newest.get(name, 0) < feed.known[name]]
            if lost:
                log.error("the database has lost messages, of %d channels: give the chat a new epoch", len(lost))
            for name in lost:  # else what comes now would count as known
                feed.rewind(name, newest.get(name, 0))
            feed.look([name for name in some if newest.get(name, 0) > feed.known[name]], self._now())
        await self._read_all()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _tell(self, passed: Sequence[Committed]) -> None:
        if passed:
            try:
                self.committed(passed)
            except Exception:
                log.exception("the callback of a commit failed")
            if self._waiting:
                self._wake({one.channel for one in passed})
        self._schedule()

    def _wake(self, channels: Iterable[str]) -> None:
        for channel in channels:
            known = self.feed.known[channel]
            waiting = self._waiting.pop(channel, ())
            left = [one for one in waiting if one[0] > known]
            if left:
                self._waiting[channel] = left
            for number, call in waiting:
                if number <= known:
                    call()

    def _give_up(self, channel: str, one: tuple[int, Callable[[], object]]) -> None:
        waiting = self._waiting.get(channel, [])
        if one in waiting:
            waiting.remove(one)
            if not waiting:
                del self._waiting[channel]
            one[1]()

    def _schedule(self) -> None:
        at = self.feed.next_due()
        if at == self._at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._at = at
        self._timer = None if at is None else asyncio.get_running_loop().call_at(at, self._read_due)

    def _read_due(self) -> None:
        self._timer = self._at = None
        task = asyncio.get_running_loop().create_task(self._read_all())
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read_all(self) -> None:
        channels = self.feed.due(self._now())
        for start in range(0, len(channels), AT_ONCE):
            left = channels[start : start + AT_ONCE]
            try:
                newest = await self._engine.read(partial(_newest, channels=left)) if len(left) > 1 else None
                while left:
                    known = self.feed.known.get(left[-1], 0)
                    if newest is None or newest.get(left[-1], 0) > known:
                        await self._read(left[-1])
                    else:
                        self._tell(self.feed.read(left[-1], (), known, False, self._now()))
                    left.pop()
            except Exception as error:
                if not isinstance(error, Refused):
                    log.exception("the log of %r cannot be read", left[-1])
                for channel in left:
                    self.feed.put_off(channel, self._now() + REST)
        self._schedule()

    async def _read(self, channel: str) -> None:
        self.gaps += 1
        more = True
        while more:
            since = self.feed.known.get(channel, 0)
            read = partial(missed.read, channel=channel, since=since)
            entries, upto, more = await self._engine.read(read, snapshot=True)
            self._tell(self.feed.read(channel, entries, upto, more, self._now()))
            self._wake([channel])


async def _newest(connection: Connection, channels: Sequence[str]) -> dict[str, int]:
    return dict(await connection.fetch("SELECT name, last FROM channels WHERE name = ANY($1)", channels))
