"""What becomes of members: removed, silenced, given a role; and what is heard of a channel one is not in."""

from __future__ import annotations

from collections.abc import Sequence

from tornado_chat.chat import channel_settings
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import ChannelRecord, is_secret
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.hub import not_joined
from tornado_chat.chat.inviting import Inviting
from tornado_chat.chat.memberships import Membership, refresh
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import Denied, called, rank
from tornado_chat.chat.validation import clean_name


class Members(Inviting):
    """See Places."""

    async def count(self, name: str) -> int:
        """Return how many members a channel has."""
        await self.writer.written()
        return await self.storage.count(name)

    async def adopt(self, owners: Sequence[Membership]) -> None:
        """Know who has become an owner in the tables, because the last one was forgotten."""
        for one in owners:
            live = await self.membership_of(one.user, self.know(one.record))
            if live is not None:
                live.role = one.role
                self._news.ranked(live)
        self.writer.on_written(owners)

    async def succeed(self, name: str) -> None:
        """Know who owns a channel now whose owner a command has removed."""
        record = await self.record(name)
        if record is not None:
            async with self._ranks:
                await self.adopt([one for one in await self.storage.ranked(name) if one.role == "owner"])
                await self._follow_owner(record, "")  # where a position that waited has overwritten the new owner

    async def erased(self, user_id: str) -> None:
        """Forget what memory holds of somebody whom a command has removed, and what was stored of it since.

        Nothing happens where something is stored of them: they are not removed, or somebody new has their id.
        """
        if (await self.storage.people(ids=[user_id]))[0]:
            return
        online = self._hub.online(user_id)
        if online is not None:  # somebody whom a proxy names stays connected
            own, online.memberships = await self.own(User(user_id, "")), {}
            for name in own:
                self._hub.control(user_id, leave=name)
        self._gone.pop(user_id, None)
        self.writer.drop(user_id)
        for record in list(self._records.values()):
            if user_id in record.people:
                record.people = tuple(one for one in record.people if one != user_id)
        await self.writer.written()
        await self._hub.history.forget_followers([user_id])
        await self.adopt(await self.storage.erase(user_id))

    async def tell_partners(self, user: User) -> None:
        """Tell those who have a direct conversation with somebody what is new of them."""
        for name, membership in (await self.own(user)).items():
            if membership.record.kind == "direct":
                for other in membership.record.people:
                    self._news.tell(other, name)

    async def leave(self, by: Connection, name: str) -> str:
        """End the caller's membership and presence, or hide a direct conversation; return the channel's name."""
        name = clean_name(name)
        membership = await self._own(by, name)
        last = await self._hub.history.last(name) if is_secret(name) and membership is not None else 0
        if membership is None or membership.ended:
            if name not in by.channels:
                raise not_joined(name)
        elif membership.record.kind == "direct":
            self._shown.discard(name)
            membership.hidden, membership.read = True, max(membership.read, last)
            self._store(membership)
            self._news.tell(by.user.id, name)
        elif membership.role == "owner" or self._hub.elsewhere is not None:
            async with self._ranks:
                await self._leave(membership, by.user)
                await self.writer.written()
        else:
            self._end(membership, by.user)
        self._hub.control(by.user.id, leave=name)
        return name

    async def _leave(self, membership: Membership, user: User) -> None:
        """End a membership of who may be the last owner."""
        if self._hub.elsewhere is not None:  # another node may have made them one
            await self.writer.written()
            stored = await self.storage.membership(user.id, membership.record)
            if stored is not None:
                refresh(membership, stored)
        owned = membership.role != "owner" or await self._follow_owner(membership.record, user.id)
        if not membership.ended:  # or they were removed meanwhile
            self._end(membership, user, role="member" if owned else "owner")

    async def remove(
        self, by: Connection, name: str, users: Sequence[str], minutes: float = 0, reason: str = ""
    ) -> list[User]:
        """End the membership and the presence of people; with minutes they do not come back so long."""
        until = channel_settings.until(self._now(), minutes)
        record, _ = await self.find(by, name, own=True)
        self.need(by, "remove-member", record)
        async with self._ranks:
            removed = await self._below(by, record, users)
            for user, _ in removed:
                about = {"channel": record.name, "user": user.id, "name": user.name, "until": until, "reason": reason}
                await self._moderation.record(by.user, "remove-member", about)
                await self._remove(by, record, user, until, reason)
            await self._settle(record, [user for user, _ in removed])
        return [user for user, _ in removed]

    async def _remove(self, by: Connection, record: ChannelRecord, user: User, until: int, reason: str) -> None:
        membership = await self.membership_of(user.id, record)
        if membership is not None and membership.role == "owner":
            await self._follow_owner(record, user.id)
            membership = await self.membership_of(user.id, record)
        if membership is not None and not membership.ended:
            self._end(membership, user, until, {"by": by.user, **({"reason": reason} if reason else {})})
        elif until:  # a visitor, or somebody who has left
            ended = membership or self._outside(record, user)
            ended.kept_out_until, ended.role = until, "member"
            self.keep(user.id)
            self._store(ended)
        self._hub.control(user.id, leave=record.name)

    async def set_role(self, by: Connection, name: str, users: Sequence[str], role: str) -> list[User]:
        """Give members a role in a channel. The last owner keeps theirs."""
        record, _ = await self.find(by, name, own=True)
        self.need(by, "set-role", record)
        async with self._ranks:
            mine = self.membership(by.user, record.name)
            own = list(users) == [by.user.id] and mine is not None  # one may step down
            self.need(by, "set-role", record)  # still
            changed = [by.user] if own else [user for user, _ in await self._below(by, record, users)]
            for user in changed:
                await self._set_role(by, record, user, role, own)
            await self._settle(record, changed)
        return changed

    async def _set_role(self, by: Connection, record: ChannelRecord, user: User, role: str, own: bool) -> None:
        membership = await self._lasting(record, user)
        if membership.role == role:
            return
        if own and rank(by.user, role) > rank(by.user, membership.role):
            raise Denied("rank", "Nobody gives themselves a higher role").refused()
        if membership.role == "owner" and not await self._is_owned(record.name, but=user.id):
            raise Denied("last-owner", f"{called(record)} needs an owner; make somebody else one first").refused()
        about = {"channel": record.name, "user": user.id, "name": user.name, "role": role}
        await self._moderation.record(by.user, "set-role", about)
        self._rank(await self._lasting(record, user), role)

    async def silence(
        self, by: Connection, name: str, users: Sequence[str], minutes: float, reason: str = ""
    ) -> list[User]:
        """Let people not post in a channel for so long; 0 ends it. It holds for who joins later, too."""
        until = channel_settings.until(self._now(), minutes)
        record, _ = await self.find(by, name, own=True)
        self.need(by, "silence", record)
        async with self._ranks:
            silenced = [user for user, _ in await self._below(by, record, users)]
            for user in silenced:
                about = {"channel": record.name, "user": user.id, "name": user.name, "until": until, "reason": reason}
                await self._moderation.record(by.user, "silence", about)
                await self._silence(record, user, until)
        channel = self._hub.channels.get(record.name)
        if channel is not None:
            channel.guarded = record.has_rules() or self._silences(channel)
        await self._settle(record, silenced)
        return silenced

    async def _silence(self, record: ChannelRecord, user: User, until: int) -> None:
        """Silence somebody. A visitor becomes a member by it, and who is not there does not."""
        last, channel = await self._hub.history.last(record.name), self._hub.channels.get(record.name)
        membership = await self.membership_of(user.id, record)
        if membership is None:
            self.keep(user.id)
            if channel is not None and user in channel.present:
                membership = self._begin(await self.own(user), user, record, last)
            else:
                membership = self._outside(record, user)
        membership.silenced_until = until
        self._store(membership)
        if not membership.ended:
            self._news.tell(user.id, record.name)

    def _silences(self, channel: Channel) -> bool:
        """Return whether somebody who is in a channel is silenced."""
        now = self._now()
        own = (self.membership(user, channel.name) for user in channel.present)
        return any(one is not None and one.silenced_until > now for one in own)

    async def set_level(self, by: Connection, name: str, level: str, minutes: float = 0) -> Membership:
        """Set of what the caller is notified; with minutes, for so long."""
        until = channel_settings.until(self._now(), minutes)
        membership = await self._own(by, clean_name(name))
        if membership is None:
            raise not_joined(name)
        membership.level, membership.level_until = level, until
        self._store(membership)
        self._news.tell(by.user.id, membership.record.name)
        return membership
