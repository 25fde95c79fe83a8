"""History in memory: the newest 1,000 messages of each channel, and 16 Mi characters of all channels."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from heapq import nlargest
from itertools import islice
from operator import itemgetter
from typing import Any, Final, NamedTuple

from tornado_chat.chat.changes import (
    PINS,
    SHOWN,
    Change,
    apply,
    fields_of,
    first_digest,
    is_repeated,
    ref_was_used,
    refuse_pin,
)
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import Attachments
from tornado_chat.chat.history import NO_LIMITS, Arisen, ChangesPage, Committed, Unread
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.replies import not_a_root
from tornado_chat.chat.threads import Sees
from tornado_chat.config.compiled import mypyc_attr
from tornado_chat.storage.memory_log import Log
from tornado_chat.storage.memory_threads import MemoryThreads

KEEP: Final = 1_000
MAX = 16 * 1024 * 1024  # characters of all channels; above that the fullest lose their oldest messages
ROOM = MAX // 4  # characters that are freed at once
SMALL = 4 * 1024  # characters that a channel keeps while there are fuller ones, or ones without members
EACH: Final = 250  # characters that a message counts in addition to its text
BASES = 1_000_000  # ids begin with a number of so many digits
REACTION = 100  # characters that a reaction counts
FILE = 800  # characters that a file of a message counts: its name, its preview
CHANGE_REFS = 10_000  # refs of changes that are known


class _Made(NamedTuple):
    """A change that was made under a ref."""

    digest: str
    number: int


@mypyc_attr(allow_interpreted_subclasses=True)
class MemoryHistory(MemoryThreads):
    """A History that commits as it appends.

    `is_used`: whether a channel has members; channels without members are forgotten first. `attachments`: where it
    is noted which files messages have, None if they have none.
    """

    def __init__(self, keep: int = KEEP) -> None:
        self.epoch = secrets.token_hex(8)
        self.is_used: Callable[[str], bool] = lambda channel: False
        self.attachments: Attachments | None = None
        self._keep = keep
        self._max = MAX  # asked for with each message
        self._logs: dict[str, Log] = {}
        self._size = 0  # of all, in characters
        self._floor = 0  # the newest number of all forgotten channels: none is used twice
        self._refs: dict[tuple[str, str], Message] = {}
        self._made: dict[tuple[str, str], _Made] = {}  # by user and ref, oldest first
        self._first: dict[str, str] = {}  # by the id of a message whose text was changed: the digest of the first one
        self._reactors: dict[str, dict[str, dict[str, None]]] = {}  # by id and key: the ids of users, oldest first
        self._growing: dict[str, Message] = {}  # by id, as they were posted
        self._prefixes: set[str] = set()
        self._committed: Callable[[Sequence[Committed]], None] = lambda messages: None

    @property
    def logs(self) -> Mapping[str, Log]:
        """The messages of each channel."""
        return self._logs

    def on_commit(self, committed: Callable[[Sequence[Committed]], None]) -> None:
        self._committed = committed

    def append(self, message: Message) -> PendingMessage:
        post = PendingMessage()
        if message.ref is not None and message.sender is not None:
            key = (message.sender.id, message.ref)
            known = self._refs.setdefault(key, message)
            if known is not message:
                if is_repeated(message, known, self._first.get(known.id)):
                    post.keep(known)
                else:
                    post.fail(ref_was_used())
                return post
            if self._made and key in self._made:
                del self._refs[key]
                post.fail(ref_was_used())
                return post
        log = self._logs.get(message.channel)
        extra = message.extra
        if extra is not None and (refused := self._refused(log, message)):
            if message.ref is not None and message.sender is not None:
                del self._refs[message.sender.id, message.ref]
            post.fail(refused)
            return post
        if log is None:
            log = self._logs[message.channel] = Log(self._floor, self._prefix())
        message.seq = log.last = log.last + 1
        message.id = log.prefix + str(message.seq)
        messages = log.messages
        messages.append(message)
        committed = message if extra is None else self._noted(log, message)
        size = EACH + len(message.text) + (_files(extra) if extra else 0)
        # A channel that has its share of a full history pays for its message itself.
        if len(messages) > self._keep or (
            self._size + size > self._max and log.size > self._max // len(self._logs) - size
        ):
            old = messages.popleft()
            log.floor = old.seq
            size -= EACH + len(old.text)
            if old.ref is not None and old.sender is not None:
                del self._refs[old.sender.id, old.ref]
            if old.rev or old.extra is not None or log.follows:
                size -= self._forget_changes(log, old)
        log.size += size
        self._size += size
        if self._size > self._max:
            self._make_room()
        self._committed((committed,))
        post.stored = message  # nobody waits for it yet
        return post

    async def change(self, change: Change) -> int:
        key = None if change.user is None or change.ref is None else (change.user.id, change.ref)
        if key is not None and (key in self._refs or key in self._made):
            made = self._made.get(key)
            if made is None or made.digest != change.digest():
                raise ref_was_used()
            return made.number
        log = self._logs.get(change.channel)
        message = log.get(change.seq) if log else None
        reactors = self._reactors.get(message.id, {}).get(change.key, {}) if message else {}
        who = change.user.id if change.user else ""
        fields = fields_of(
            change, message, who in reactors, [one for one in islice(reactors, SHOWN + 1) if one != who]
        )
        assert log is not None
        assert message is not None
        if change.what == "pinned" and fields and change.on:
            refuse_pin(len(log.pinned()))
        number = message.number
        if fields:
            number = self._change(log, message, change, fields)
        if key is not None:
            self._made[key] = _Made(change.digest(), number)
            if len(self._made) > CHANGE_REFS:
                del self._made[next(iter(self._made))]
        return number

    def _change(self, log: Log, old: Message, change: Change, fields: dict[str, object]) -> int:
        new = log.copy(old)
        log.last += 1
        changed = apply(change, new, log.last, fields)
        log.replace(new)
        log.mention(new, change.time, old)
        self._mentioned_in(log, new, old)
        if "growing" in fields:
            self._growing.pop(old.id, None)
        size = len(new.text) - len(old.text)
        if new.ref is not None and new.sender is not None:
            self._refs[new.sender.id, new.ref] = new
            if "message" in fields:
                self._first.setdefault(old.id, first_digest(old))
        if change.what == "reacted":
            users = self._reactors.setdefault(old.id, {}).setdefault(change.key, {})
            who = change.user.id if change.user else ""
            if change.on:
                users[who] = None
                size += REACTION
            else:
                del users[who]
                size -= REACTION
        elif change.what == "deleted":
            size -= self._forget_reactions(old.id) + self._forget_files(old, change.time)
        log.size += size
        self._size += size
        if self._size > self._max:
            self._make_room()
        root = self._unreply(log, new, change, changed.number) if change.what == "deleted" and new.thread else None
        self._committed((changed,) if root is None else (changed, root))
        return changed.number

    def _noted(self, log: Log, message: Message) -> Committed:
        """Note whom a message mentions, that it grows, that it is a reply; return what the members are told."""
        log.mention(message, message.time)
        if message.extra and "growing" in message.extra:
            self._growing[message.id] = message
        if self.attachments is not None and message.extra and "files" in message.extra:
            self.attachments.attach(message)
        return message if message.thread is None else self._reply(log, message)

    def _prefix(self) -> str:
        """Draw what ids of a new channel begin with, at random: they tell nobody how many channels there are."""
        while (prefix := str(BASES + secrets.randbelow(9 * BASES))) in self._prefixes:
            pass
        self._prefixes.add(prefix)
        return prefix

    def _forget_changes(self, log: Log, old: Message) -> int:
        """Forget all that hangs on a message that left its log; return the size of that."""
        if old.extra is not None:
            log.forget_mentions(old)
            self._growing.pop(old.id, None)
        self._first.pop(old.id, None)
        files = self._forget_files(old, int(time.time() * 1000))
        return files + self._forget_thread(log, old.seq) + self._forget_reactions(old.id)

    def _forget_files(self, old: Message, now: int) -> int:
        size = _files(old.extra) if old.extra else 0
        if size and self.attachments is not None:
            self.attachments.detach(old.channel, [old.seq], now)
        return size

    def _refused(self, log: Log | None, message: Message) -> Refused | None:
        """Return why a message cannot stand where it says, or have its files; None if it can."""
        if message.thread is not None and (refused := not_a_root(log.get(message.thread) if log else None)):
            return refused
        if self.attachments is not None and message.extra and "files" in message.extra:
            return self.attachments.refused(message)
        return None

    def _forget_reactions(self, id: str) -> int:
        return REACTION * sum(len(users) for users in self._reactors.pop(id, {}).values())

    async def changes(self, channel: str, since: int, limit: int) -> ChangesPage:
        log = self._logs.get(channel)
        return log.changes(since, limit) if log else ChangesPage([], self._floor, False)

    async def get(self, channel: str, seqs: Sequence[int]) -> list[Message]:
        log = self._logs.get(channel)
        return [one for seq in sorted(set(seqs)) if (one := log.get(seq))] if log else []

    async def pinned(self, channel: str, after: int = 0, limit: int = PINS) -> list[Message]:
        log = self._logs.get(channel)
        return [one for one in log.pinned() if one.seq > after][:limit] if log else []

    async def growing(self) -> list[tuple[str, int]]:
        return [(one.channel, one.seq) for one in self._growing.values()]

    async def find(self, sender: User, ref: str) -> Message | None:
        return self._refs.get((sender.id, ref))

    async def repeated(self, message: Message) -> Message | None:
        known = message.sender and self._refs.get((message.sender.id, message.ref or ""))
        return known if known and is_repeated(message, known, self._first.get(known.id)) else None

    async def last(self, channel: str) -> int:
        log = self._logs.get(channel)
        return log.last if log else self._floor

    async def floor(self, channel: str) -> int:
        log = self._logs.get(channel)
        return log.floor if log else self._floor

    async def unread(self, user: str, read: Mapping[str, int], sees: Sees = NO_LIMITS) -> Mapping[str, Unread]:
        logs = self._logs
        return {name: logs[name].unread(user, seq, sees.get(name)) for name, seq in read.items() if name in logs}

    async def mentions(
        self, user: str, sees: Sees, before: Arisen | None, limit: int
    ) -> list[tuple[Arisen, Message]]:
        logs = ((self._logs[name], some) for name, some in sees.items() if name in self._logs)
        found = (one for log, some in logs for one in log.mentions_of(user, some))
        older = (one for one in found if before is None or one[0] < before)
        return nlargest(limit, older, key=itemgetter(0))

    async def times(self, channels: Sequence[str]) -> Mapping[str, int]:
        logs = {name: self._logs[name] for name in channels if name in self._logs}
        return {name: log.messages[-1].time for name, log in logs.items() if log.messages}

    async def forget(self, channel: str) -> None:
        if channel in self._logs:
            self._drop(channel)

    async def trim(self) -> int:
        """Do nothing: each append trims."""
        return 0

    async def read(
        self,
        channel: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int,
        timeline: bool = False,
    ) -> tuple[list[Message], bool]:
        log = self._logs.get(channel)
        return log.page(after, before, limit, timeline) if log else ([], False)

    def _cut(self, log: Log, size: int, least: int) -> None:
        """Forget the oldest messages of a channel until it has this size, but leave `least` messages."""
        before = log.size
        while log.size > size and len(log.messages) > least:
            old = log.messages.popleft()
            log.floor = old.seq
            log.size -= EACH + len(old.text)
            if old.ref is not None and old.sender is not None:
                del self._refs[old.sender.id, old.ref]
            if old.rev or old.extra is not None or log.follows:
                log.size -= self._forget_changes(log, old)
        self._size -= before - log.size

    def _drop(self, name: str) -> None:
        log = self._logs.pop(name)
        self._prefixes.discard(log.prefix)
        self._floor = max(self._floor, log.last)
        self._cut(log, 0, 0)

    def _make_room(self) -> None:
        """Cut the fullest channels to one size; if that is not enough, forget unused channels, then the quietest."""
        goal, below = self._max - ROOM, 0
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
            self._drop(name)


def _files(extra: Mapping[str, Any]) -> int:
    """Return how many characters the files of a message count."""
    return FILE * len(extra.get("files", ()))
