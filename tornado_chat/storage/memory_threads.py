"""Threads in memory: their replies, who follows them, and what somebody has not read there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import nlargest, nsmallest
from itertools import islice

from tornado_chat.chat.changes import Change, Changed, Replied
from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.history import LOOKED_AT as LOOKED_AT_UNREAD
from tornado_chat.chat.history import MOST_UNREAD, mentioned
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.models import Message
from tornado_chat.chat.replies import LOOKED_AT, not_a_root, readers, replied, with_reply, without_reply
from tornado_chat.chat.threads import MOST_THREADS, Followed, Place, Reading, Sees
from tornado_chat.config.compiled import mypyc_attr
from tornado_chat.storage.memory_log import Follow, Log, is_deleted

FOLLOW = 100  # characters that a follower counts


@mypyc_attr(allow_interpreted_subclasses=True)
class MemoryThreads:
    """What a MemoryHistory has of threads (chat/threads.py)."""

    _logs: dict[str, Log]
    _refs: dict[tuple[str, str], Message]
    _size: int

    # As replies come and go

    def _reply(self, log: Log, message: Message) -> Replied:
        """Let a reply, which is in its log, be known to its thread; return it with its root."""
        seq = message.thread or 0
        before = log.get(seq)
        assert before is not None
        log.threads.setdefault(seq, []).append(message.seq)
        for user, read in readers(before, message).items():
            follow = self._follow(log, seq, user, read)
            if follow.on is None:
                follow.on = True
            if read == message.seq:
                follow.read = max(follow.read, read)
        root = log.copy(before)
        made = replied(root, with_reply(before, message), message.seq, message.sender, message.time)
        self._replace(log, root)
        return Replied(made, message)

    def _unreply(self, log: Log, reply: Message, change: Change, number: int) -> Changed | None:
        """Let the root of a deleted reply change under a number; None if it is not there any more."""
        before = log.get(reply.thread or 0)
        if before is None:
            return None
        newest = (log.get(seq) for seq in islice(reversed(log.threads[before.seq]), LOOKED_AT))
        left = [(one.sender.id if one.sender else None, one.time) for one in newest if one and not is_deleted(one)]
        root = log.copy(before)
        changed = replied(root, without_reply(before, left), number, change.user, change.time)
        self._replace(log, root)
        return changed

    def _replace(self, log: Log, message: Message) -> None:
        log.replace(message)
        if message.ref is not None and message.sender is not None:
            self._refs[message.sender.id, message.ref] = message

    def _mentioned_in(self, log: Log, reply: Message, before: Message) -> None:
        """Let those follow a thread whom a reply mentions since it was edited."""
        thread = reply.thread
        if thread is not None and log.get(thread) is not None:
            for user in mentioned(reply):
                if user not in mentioned(before):
                    follow = self._follow(log, thread, user, reply.seq - 1)
                    follow.on = True if follow.on is None else follow.on

    def _follow(self, log: Log, root: int, user: str, read: int) -> Follow:
        follows = log.follows.setdefault(root, {})
        if user not in follows:
            follows[user] = Follow(read)
            log.size += FOLLOW
            self._size += FOLLOW
        return follows[user]

    def _forget_thread(self, log: Log, root: int) -> int:
        """Forget the thread of a message that left its log; return the size of that."""
        log.threads.pop(root, None)
        return FOLLOW * len(log.follows.pop(root, ()))

    # As a History

    async def thread(
        self, channel: str, root: int, *, after: int | None = None, before: int | None = None, limit: int
    ) -> tuple[list[Message], bool]:
        log = self._logs.get(channel)
        seqs = log.threads.get(root, []) if log else []
        if after is not None:
            start = bisect_right(seqs, after)
            end = min(start + limit, len(seqs))
            more = end < len(seqs)
        else:
            end = len(seqs) if before is None else bisect_left(seqs, before)
            start = max(end - limit, 0)
            more = start > 0
        return [one for seq in seqs[start:end] if log and (one := log.get(seq))], more

    async def reading(self, user: str, channel: str, root: int, sees: Sequence[Stretch] | None) -> Reading:
        log = self._logs.get(channel)
        return _reading(log, user, root, sees) if log else Reading()

    async def follow(self, user: str, channel: str, root: int, on: bool, newest: int) -> None:
        log = self._logs.get(channel)
        if log is not None and not not_a_root(log.get(root)):
            self._follow(log, root, user, newest).on = on

    async def read_thread(self, user: str, channel: str, root: int, seq: int, back: bool) -> int:
        log = self._logs.get(channel)
        if log is None or not_a_root(log.get(root)):
            return seq
        follow = self._follow(log, root, user, seq)
        follow.read = seq if back else max(follow.read, seq)
        return follow.read

    async def followers(self, channel: str, root: int) -> Sequence[str]:
        log = self._logs.get(channel)
        return [user for user, one in log.follows.get(root, {}).items() if one.on] if log else []

    async def following(self, user: str, sees: Sees, before: Place | None, limit: int) -> Sequence[Followed]:
        found = _find_followed(self._logs, user, sees, before)
        newest = nlargest(limit, found, key=lambda one: one.place)
        channels = [(self._logs[one.root.channel], sees[one.root.channel]) for one in newest]
        return [
            one._replace(reading=_reading(log, user, one.root.seq, stretches))
            for one, (log, stretches) in zip(newest, channels, strict=True)
        ]

    async def unread_threads(self, user: str, sees: Sees) -> Mapping[str, int]:
        counts = {}
        for name, stretches in sees.items():
            log = self._logs.get(name)
            followed = _followed(log, user, stretches) if log else ()
            unread = (seq for seq in followed if log and _reading(log, user, seq, stretches).unread)
            if count := sum(1 for _ in islice(unread, MOST_THREADS)):
                counts[name] = count
        return counts

    async def followers_after(self, user: str, limit: int) -> Sequence[str]:
        users = {one for log in self._logs.values() for follows in log.follows.values() for one in follows}
        return nsmallest(limit, (one for one in users if one > user))

    async def forget_followers(self, users: Collection[str]) -> None:
        for log in self._logs.values():
            for follows in log.follows.values():
                for user in users:
                    if follows.pop(user, None) is not None:
                        log.size -= FOLLOW
                        self._size -= FOLLOW


def _followed(log: Log, user: str, stretches: Sequence[Stretch] | None) -> list[int]:
    """Return the threads of a channel that somebody follows and may see."""
    return [root for root, one in log.follows.items() if user in one and one[user].on and may_see(stretches, root)]


def _find_followed(logs: Mapping[str, Log], user: str, sees: Sees, before: Place | None) -> Iterator[Followed]:
    """Yield the threads of these channels that somebody follows and may see, those before a place."""
    for name, stretches in sees.items():
        log = logs.get(name)
        for seq in _followed(log, user, stretches) if log else ():
            assert log is not None
            root = log.get(seq)
            assert root is not None
            one = Followed(root, Reading(), (root.extra or {}).get("replies", {}).get("last", root.time))
            if before is None or one.place < before:
                yield one


def _reading(log: Log, user: str, root: int, stretches: Sequence[Stretch] | None) -> Reading:
    follow = log.follows.get(root, {}).get(user)
    if follow is None:
        return Reading()
    seqs = log.threads.get(root, [])
    seen = (seq for seq in islice(seqs, bisect_right(seqs, follow.read), None) if may_see(stretches, seq))
    behind = [one for seq in islice(seen, LOOKED_AT_UNREAD) if (one := log.get(seq))]
    count = sum(1 for one in behind if (one.sender is None or one.sender.id != user) and not is_deleted(one))
    theirs = log.mentions.get(user, {})
    mentions = sum(
        1
        for seq, (number, _) in theirs.items()
        if number > follow.read and may_see(stretches, seq) and (one := log.get(seq)) and one.thread == root
    )
    return Reading(bool(follow.on), follow.read, min(count, MOST_UNREAD), min(mentions, MOST_UNREAD))
