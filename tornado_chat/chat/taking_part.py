"""What those who are in a channel do there: read as far as they may see, post by the rules."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from tornado_chat.chat import sight
from tornado_chat.chat.changes import no_message
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import ChannelRecord, is_secret
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.history import ChangesPage
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.mentioning import Mentioning
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.permissions import MODERATOR, Denied, rank
from tornado_chat.chat.validation import MAX_PAGE

MAX_USERS = 200  # in the answer to a join
SLOWED = 1_000  # users of a slow channel of whom it is known when they posted


class TakingPart(Mentioning):
    """See Places."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._slowed: dict[str, dict[str, float]] = {}  # by channel and user: when they may post again, monotonic
        self._hub.nodes.hear("slowed", self._hear_slowed)
        self._hub.nodes.on_come(self._tell_slowed)

    # Reading: of a channel in which the caller is present

    async def history(
        self,
        by: Connection,
        channel: Channel,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = MAX_PAGE,
        timeline: bool = False,
    ) -> tuple[list[Message], bool]:
        """Return what `channel.read` does, as far as the caller may see it."""
        read = partial(channel.read, timeline=timeline)
        return await sight.read(read, self._limits(by, channel), limit, after, before)

    async def changes(self, by: Connection, channel: Channel, since: int, limit: int = MAX_PAGE) -> ChangesPage:
        """Return what `channel.changes` does, as far as the caller may see it."""
        return await sight.changes(channel, self._limits(by, channel), since, limit)

    async def messages(self, by: Connection, channel: Channel, seqs: Sequence[int]) -> sight.Page:
        """Return what `channel.get` does, as far as the caller may see it."""
        found, more = await channel.get(seqs)
        return sight.visible(found, self._limits(by, channel)), more

    async def pinned(self, by: Connection, channel: Channel, after: int = 0) -> sight.Page:
        """Return what `channel.pinned` does, as far as the caller may see it."""
        found, more = await channel.pinned(after)
        return sight.visible(found, self._limits(by, channel)), more

    def sees(self, by: Connection, channel: Channel, seq: int) -> bool:
        """Return whether the caller may see a message, whether or not it is there."""
        return self._hub.is_here(by.user, channel) and sight.may_see(channel, channel.limited.get(by.user), seq)

    def _limits(self, by: Connection, channel: Channel) -> Membership | None:
        """Return what limits what the caller may see; Refused if they have left, as it is known no more then."""
        self._hub.joined(by, channel.name)
        return channel.limited.get(by.user)

    def need_sight(self, by: Connection, channel: Channel, seq: int) -> None:
        """Raise Refused, as of a message that is not there, unless the caller may see it."""
        if not self.sees(by, channel, seq):
            raise no_message()

    async def need_knowledge(self, by: Connection, name: str) -> None:
        """Raise Refused, as of a channel that is not there, if a private address is not the caller's own."""
        if is_secret(name) and name not in by.channels:
            await self.find(by, name, own=True)

    async def about(self, user: User, channel: Channel) -> dict[str, Any]:
        """Return what somebody is told who has come into a channel: of its record, and of their membership."""
        record = channel.record or ChannelRecord(channel.name)
        told = record.fields()
        if record.kind == "direct":
            told["with"] = await self._news.others(user, record)
        membership = self.membership(user, channel.name)
        if membership is not None:
            told |= {"role": membership.role, "notify": membership.level}
            if membership.silenced_until > self._now():
                told["silenced_until"] = membership.silenced_until
        return told

    async def arrival(
        self,
        by: Connection,
        channel: Channel,
        since: tuple[str, int] | None = None,
        history: int = 50,
        changes: bool = False,
        timeline: bool = False,
    ) -> dict[str, Any]:
        """Return the `ok` of who has come into a channel, as `join-channel` has it. since: an epoch and a number."""
        name, log = channel.name, self._hub.history
        last, floor = await log.last(name), await log.floor(name)
        known = since[1] if since is not None and since[0] == log.epoch and floor <= since[1] <= last else None
        upto = {}
        if known is not None and changes:
            messages, number, more = await self.changes(by, channel, known)
            upto["upto"] = number
        elif known is not None:
            messages, more = await self.history(by, channel, after=known, timeline=timeline)
        else:
            messages, more = await self.history(by, channel, limit=history, timeline=timeline)
        return {
            **await self.about(by.user, channel),
            "epoch": log.epoch,
            "seq": last,
            "floor": floor,
            **upto,
            "users": list(islice(channel.present, MAX_USERS)),
            "count": len(channel.present),
            "messages": messages,
            "recovered": known is not None,
            "more": more,
            "read": await self.position(by.user, name),
        }

    # Posting

    def may_post(self, by: Connection, channel: Channel) -> None:
        """Raise Refused unless the rules of a channel let the caller post now; that counts where it is slow."""
        record = channel.record
        if record is None:
            return
        self.need(by, "post", record)
        if not self._is_slow(by, record):
            return
        if (too_soon := self._too_soon(by, record)) is not None:
            raise too_soon.refused()
        self._slow_down(record.name, {by.user.id: float(record.slow)})
        self._hub.nodes.tell("slowed", [record.name, {by.user.id: record.slow}])

    def _slow_down(self, name: str, waits: Mapping[str, float]) -> None:
        """Let users post in a slow channel again only after so many seconds."""
        now, slowed = time.monotonic(), self._slowed.setdefault(name, {})
        if len(slowed) >= SLOWED:
            self._slowed[name] = slowed = {user: until for user, until in slowed.items() if until > now}
        for user, wait in waits.items():
            slowed[user] = max(slowed.get(user, now), now + wait)

    def _hear_slowed(self, node: str, about: Any) -> None:
        self._slow_down(*about)

    def _tell_slowed(self, node: str) -> None:
        """Tell a node that has come who has just posted in slow channels."""
        now = time.monotonic()
        for name, slowed in self._slowed.items():
            if waits := {user: until - now for user, until in slowed.items() if until > now}:
                self._hub.nodes.tell("slowed", [name, waits], node)

    def _is_slow(self, by: Connection, record: ChannelRecord) -> bool:
        membership = self.membership(by.user, record.name)
        return record.slow > 0 and rank(by.user, membership.role if membership else None) < MODERATOR

    def _too_soon(self, by: Connection, record: ChannelRecord) -> Denied | None:
        """Return why the caller may not post yet where a channel is slow; None: they may."""
        now = time.monotonic()
        wait = self._slowed.get(record.name, {}).get(by.user.id, now) - now
        if wait <= 0 or not self._is_slow(by, record):
            return None
        return Denied("slow", f"One message in {record.slow} s here", wait)
