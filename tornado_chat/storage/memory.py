"""History in memory: the newest 1,000 messages of each channel, and 16 Mi characters of all channels."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage

KEEP = 1_000
MAX = 16 * 1024 * 1024  # characters of all channels; above that the fullest lose their oldest messages
ROOM = MAX // 4  # characters that are freed at once
SMALL = 4 * 1024  # characters that a channel keeps while there are fuller ones, or ones without members
EACH = 250  # characters that a message counts in addition to its text


class _Log:
    """The messages of a channel, and their size in characters."""

    __slots__ = ("messages", "size")

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self.size = 0


class MemoryHistory:
    """A History that commits as it appends.

    `is_used`: whether a channel has members; channels without members are forgotten first.
    """

    def __init__(self, keep: int = KEEP) -> None:
        self.epoch = secrets.token_hex(8)
        self.is_used: Callable[[str], bool] = lambda channel: False
        self._keep = keep
        self._logs: dict[str, _Log] = {}
        self._size = 0  # of all, in characters
        self._floor = 0  # the newest `seq` of all forgotten channels: no number is used twice
        self._refs: dict[tuple[str, str], Message] = {}
        self._count = 0
        self._committed: Callable[[Sequence[Message]], None] = lambda messages: None

    def on_commit(self, committed: Callable[[Sequence[Message]], None]) -> None:
        self._committed = committed

    def append(self, message: Message) -> PendingMessage:
        post = PendingMessage()
        if message.ref is not None and message.sender is not None:
            known = self._refs.setdefault((message.sender.id, message.ref), message)
            if known is not message:
                answer_retry(known, message, post)
                return post
        log = self._logs.get(message.channel)
        if log is None:
            log = self._logs[message.channel] = _Log()
        self._count += 1
        message.id = str(self._count)
        messages = log.messages
        message.seq = (messages[-1].seq if messages else self._floor) + 1
        messages.append(message)
        size = EACH + len(message.text)
        # A channel that has its share of a full history pays for its message itself.
        if len(messages) > self._keep or (self._size + size > MAX and log.size > MAX // len(self._logs) - size):
            old = messages.popleft()
            size -= EACH + len(old.text)
            if old.ref is not None and old.sender is not None:
                del self._refs[old.sender.id, old.ref]
        log.size += size
        self._size += size
        if self._size > MAX:
            self._make_room()
        self._committed((message,))
        post.keep(message)
        return post

    async def find(self, sender: User, ref: str) -> Message | None:
        return self._refs.get((sender.id, ref))

    async def last(self, channel: str) -> int:
        log = self._logs.get(channel)
        return log.messages[-1].seq if log else self._floor

    async def floor(self, channel: str) -> int:
        log = self._logs.get(channel)
        return log.messages[0].seq - 1 if log else self._floor

    async def trim(self) -> int:
        """Do nothing: each append trims."""
        return 0

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> tuple[list[Message], bool]:
        if channel not in self._logs:
            return [], False
        log = self._logs[channel].messages
        first = log[0].seq
        if after is not None:
            start = min(max(after + 1 - first, 0), len(log))
            end = min(start + limit, len(log))
            return list(islice(log, start, end)), end < len(log)
        end = len(log) if before is None else min(max(before - first, 0), len(log))
        start = max(end - limit, 0)
        return list(islice(log, start, end)), start > 0

    def _cut(self, log: _Log, size: int, least: int) -> None:
        """Forget the oldest messages of a channel until it has this size, but leave `least` messages."""
        before = log.size
        while log.size > size and len(log.messages) > least:
            old = log.messages.popleft()
            log.size -= EACH + len(old.text)
            if old.ref is not None and old.sender is not None:
                del self._refs[old.sender.id, old.ref]
        self._size -= before - log.size

    def _make_room(self) -> None:
        """Cut the fullest channels to one size; if that is not enough, forget unused channels, then the quietest."""
        goal, below = MAX - ROOM, 0
        for count, size in enumerate(sorted(log.size for log in self._logs.values())):
            if below + size * (len(self._logs) - count) > goal:
                size = max(SMALL, (goal - below) // (len(self._logs) - count))
                break
            below += size
        for log in self._logs.values():
            self._cut(log, size, 1)
        if self._size <= goal:
            return
        silent = sorted(self._logs, key=lambda name: (self.is_used(name), self._logs[name].messages[-1].time))
        for name in silent[:-1]:
            if self._size <= goal:
                break
            log = self._logs.pop(name)
            self._floor = max(self._floor, log.messages[-1].seq)
            self._cut(log, 0, 0)


def answer_retry(known: Message, message: Message, post: PendingMessage) -> None:
    """Answer a repeated `ref`: as the first time, or Refused if the message is another one."""
    if known.channel == message.channel and known.text == message.text:
        post.keep(known)
    else:
        post.fail(Refused("ref was used for another message; take a new one", Error.INVALID_FIELD))
