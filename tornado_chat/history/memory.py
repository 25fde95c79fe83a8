"""History in memory: the newest 1,000 messages of each channel, gone with the process."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from tornado_chat.errors import Error, Refused
from tornado_chat.messages import Message, User
from tornado_chat.post import Post

KEEP = 1_000


class MemoryHistory:
    """A History (see there) that commits as it appends."""

    def __init__(self, keep: int = KEEP) -> None:
        self.epoch = secrets.token_hex(8)
        self._keep = keep
        self._logs: dict[str, deque[Message]] = {}
        self._refs: dict[tuple[str, str], Message] = {}
        self._count = 0
        self._committed: Callable[[Sequence[Message]], None] = lambda messages: None

    def on_commit(self, committed: Callable[[Sequence[Message]], None]) -> None:
        """See History."""
        self._committed = committed

    def append(self, message: Message) -> Post:
        """See History."""
        post = Post()
        if message.ref is not None and message.sender is not None:
            known = self._refs.setdefault((message.sender.id, message.ref), message)
            if known is not message:
                again(known, message, post)
                return post
        log = self._logs.get(message.channel)
        if log is None:
            log = self._logs[message.channel] = deque()
        self._count += 1
        message.id = str(self._count)
        message.seq = log[-1].seq + 1 if log else 1
        log.append(message)
        if len(log) > self._keep:
            old = log.popleft()
            if old.ref is not None and old.sender is not None:
                del self._refs[old.sender.id, old.ref]
        self._committed((message,))
        post.keep(message)
        return post

    async def find(self, sender: User, ref: str) -> Message | None:
        """See History."""
        return self._refs.get((sender.id, ref))

    async def last(self, channel: str) -> int:
        """See History."""
        log = self._logs.get(channel)
        return log[-1].seq if log else 0

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> tuple[list[Message], bool]:
        """See History."""
        log = self._logs.get(channel)
        if not log:
            return [], False
        first = log[0].seq
        if after is not None:
            start = min(max(after + 1 - first, 0), len(log))
            end = min(start + limit, len(log))
            return list(islice(log, start, end)), end < len(log)
        end = len(log) if before is None else min(max(before - first, 0), len(log))
        start = max(end - limit, 0)
        return list(islice(log, start, end)), start > 0


def again(known: Message, message: Message, post: Post) -> None:
    """Answer a repeated `ref`: as the first time, or Refused where it now names something else."""
    if known.channel == message.channel and known.text == message.text:
        post.keep(known)
    else:
        post.fail(Refused("ref was used for another message; take a new one", Error.INVALID_FIELD))
