"""Who belongs where: joining, leaving and reading. Memberships of users who are here are in memory."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import PRIVATE, ChannelRecord, Stretch, is_secret
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused, no_channel
from tornado_chat.chat.hub import not_joined
from tornado_chat.chat.knowing import Knowing
from tornado_chat.chat.memberships import MOST, MOST_KEPT, Membership, used
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import Denied, called
from tornado_chat.chat.sight import sees_from
from tornado_chat.chat.validation import clean_name


class Joined(NamedTuple):
    """What became of a join. `came`: whether its user came with it; `new`: whether they are to be welcomed."""

    channel: Channel
    came: bool
    new: bool


class Belonging(Knowing):
    """See Places."""

    # Being there

    async def join(self, by: Connection, name: str, *, again: bool = False) -> Joined:
        """Make a connection present and its user a member; again: present alone, as after a broken connection."""
        self._hub.flusher.require_loop()
        name = clean_name(name)
        membership = await self._own(by, name)
        own = await self.own(by.user)
        if membership is None:
            await self._may_begin(by, name, own.get(name), again)
        record = membership.record if membership is not None else await self.record(name)
        made = record is None
        if record is None:
            self.need(by, "create-channel")
            used = name in await self._hub.history.times([name])  # by guests of whom nothing is stored
            record = ChannelRecord(name, creator="" if used else by.user.id, made=self._now())
            record = await self._claim(by, record)
        last = await self._hub.history.last(name) if membership is None else 0
        again_as = await self._role_again(own.get(name))
        if made:  # unless somebody has made it meanwhile
            record = self.know(record)
        # From here on nothing is awaited: what was removed or joined meanwhile is seen.
        if membership is None:
            known = own.get(name)
            if known is not None and known.ended:
                self._heed_removal(known)
                if again and not is_secret(name):
                    raise not_joined(name)
            elif known is not None:
                membership = known
        came = self._hub.join(by, name)
        kept = (online := self._hub.here(by.user)) is not None and online.kept
        new = membership is None and not again
        if new:
            role = "owner" if made and record.creator == by.user.id and kept else again_as
            if not kept or self._may_keep(by, own):
                membership = self._begin(own, by.user, record, last, role)
            else:
                membership = self._begin(own, by.user, record, last, "member", kept=False)
        channel = self._hub.channels[name]
        if membership is None:  # a visitor sees what a new member would
            membership = Membership(record, by.user.id, since=last, sees=sees_from(record, last))
        self._be_present(channel, by.user, record, membership)
        return Joined(channel, came, new or (came and not kept))

    async def _claim(self, by: Connection, record: ChannelRecord) -> ChannelRecord:
        """Return the record that a new channel has: in a cluster somebody at another node may make one, too."""
        online = self._hub.here(by.user)
        if self._hub.elsewhere is None or online is None or not online.kept:
            return record
        return self.know(await self.storage.create(record, []))

    def _heed_removal(self, ended: Membership) -> None:
        """Raise Refused while somebody is kept out who was removed."""
        if ended.kept_out_until > self._now():
            until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(ended.kept_out_until // 1000 + 59))
            words = f"You were removed from {called(ended.record)} until {until}"
            raise Denied("removed", words, until=ended.kept_out_until).refused()

    async def _role_again(self, ended: Membership | None) -> str:
        """Return the role of who belongs again: the last owner owns the channel again if nobody else does."""
        if ended is None or not ended.ended or ended.role != "owner":
            return "member"
        return "member" if await self._is_owned(ended.record.name) else "owner"

    async def _is_owned(self, name: str, but: str = "") -> bool:
        """Return whether somebody owns a channel, beside the user with the id `but`."""
        await self.writer.written()
        return any(one.role == "owner" and one.user != but for one in await self.storage.ranked(name))

    @staticmethod
    def _may_keep(by: Connection, own: Mapping[str, Membership]) -> bool:
        """Return whether the limits let one more membership of the caller be stored, which is counted."""
        if sum(one.counts for one in own.values()) >= MOST_KEPT:
            return False
        if by.gate is None:
            return True
        if not by.gate.may_keep():
            return False
        by.gate.keep()
        return True

    async def _may_begin(self, by: Connection, name: str, ended: Membership | None, again: bool) -> None:
        """Raise Refused unless the caller, who is no member, may be there; administrators may, in private ones."""
        if is_secret(name):
            if by.user.role != "admin" or again or not name.startswith(PRIVATE) or await self.record(name) is None:
                raise no_channel()
            await self._moderation.record(by.user, "join", {"channel": name})
        elif ended is not None:
            self._heed_removal(ended)
            if again:
                raise not_joined(name)
        if not again and used(await self.own(by.user)) >= MOST:
            raise Refused(f"at most {MOST:,} channels; leave one", Error.TOO_MANY)

    def _be_present(self, channel: Channel, user: User, record: ChannelRecord, membership: Membership) -> None:
        """Let a channel know what it must of somebody who is in it."""
        channel.record = record
        channel.direct = record.kind == "direct"
        channel.guarded = channel.guarded or record.has_rules() or membership.silenced_until > self._now()
        if membership.sees is not None:
            channel.limited.setdefault(user, membership)

    def _begin(
        self,
        own: dict[str, Membership],
        user: User,
        record: ChannelRecord,
        last: int,
        role: str = "member",
        *,
        kept: bool = True,
    ) -> Membership:
        """Begin a membership at the number `last`, and tell whom it concerns. A silence outlasts its end."""
        membership = own.get(record.name)
        if membership is None:
            membership = own[record.name] = Membership(record, user.id, kept=kept)
        membership.role, membership.since, membership.read, membership.began = role, last, last, self._now()
        membership.sees = sees_from(record, last)
        membership.ended = membership.kept_out_until = 0
        membership.hidden, membership.kept = False, membership.kept or kept
        self._store(membership)
        self._news.began(user, membership)
        return membership

    def _store(self, membership: Membership) -> None:
        """Store a membership, unless the limits forbid it, or it is of a guest of whom nothing is stored yet."""
        online = self._hub.online(membership.user)
        if membership.kept and (online is None or online.kept):
            self.writer.put(membership)

    async def read(self, by: Connection, channel: Channel, seq: int, *, back: bool = False) -> int:
        """Note how far the caller has read, and return it; it only grows, unless `back`."""
        await self.own(by.user)
        membership = self.membership(by.user, channel.name)
        if membership is None:
            return seq  # a visitor's is not stored
        if membership.sees:
            seq = max(seq, membership.sees[0][0])  # what came before is not theirs to count
        if seq > membership.read or (back and seq != membership.read):
            membership.read = seq
            self._store(membership)
            self._news.tell(by.user.id, channel.name)
        return membership.read

    async def readable(self, by: Connection) -> dict[str, Sequence[Stretch] | None]:
        """Return the channels that the caller may read now, with what they may see of each: None for all of it."""
        sees: dict[str, Sequence[Stretch] | None] = {
            name: one.sees for name, one in (await self.own(by.user)).items() if not one.ended
        }
        for name, channel in by.channels.items():  # a visitor's, too
            limits = channel.limited.get(by.user)
            sees.setdefault(name, None if limits is None else limits.sees)
        return {name: stretches for name, stretches in sees.items() if by.may_enter(name)}

    async def position(self, user: User, name: str) -> int:
        """Return up to which number a user has read a channel, 0 where that is not known."""
        membership = (await self.own(user)).get(name)
        return 0 if membership is None or membership.ended else membership.read

    async def _begin_defaults(self, user_id: str, own: dict[str, Membership]) -> None:
        for name in self.default_channels:
            record = await self.record(name)
            if record is None:
                record = self.know(ChannelRecord(name, made=self._now()))
            last = await self._hub.history.last(name)
            if name not in own and record.kind == "public" and not record.archived:
                self._begin(own, User(user_id, ""), record, last)
