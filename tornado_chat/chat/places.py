"""Places: the channels that there are, who belongs to them, and who may do what there. One for a server.

Callers are connections: what they may depends on the user and on the token's channels. What is not the caller's own
is answered like what is not there: Refused, `not-found` (errors.no_channel). A public channel is anybody's to find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tornado_chat.chat.asking import Asking, power_to_set
from tornado_chat.chat.catching_up import CatchingUp
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import DIRECT_PEOPLE, SETTINGS, ChannelRecord, is_secret, new_address
from tornado_chat.chat.channel_settings import clean_settings
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.memberships import MOST, Membership, Person, used
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import Denied, called
from tornado_chat.chat.protocol import encode
from tornado_chat.chat.sight import open_since
from tornado_chat.chat.validation import clean_name


class Places(Asking):
    """`ctx.server.places`. Names of channels are addresses in any spelling; users are named by id."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._others = CatchingUp(self._hub, self)

    def connected(self, connection: Connection, fresh: bool = False) -> None:
        """Read where a user belongs who has just connected, and tell them. fresh: nothing can be stored of them."""
        online = self._hub.here(connection.user)
        if online is not None and fresh and online.memberships is None and not self.default_channels:
            online.kept = False
        self._news.introduce(connection)

    async def entries(self, user: User, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return channels of the user's own list as the event `channels` has them; names: only these."""
        return await self._news.entries(user, names)

    async def create(
        self,
        by: Connection,
        kind: str,
        *,
        name: str = "",
        title: str = "",
        topic: str = "",
        users: Sequence[str] = (),
    ) -> ChannelRecord:
        """Make a channel that the caller owns, with these people invited. `refused` where a public name is taken."""
        self.need(by, "create-channel")
        if kind == "public":
            name = clean_name(name)
            if is_secret(name):
                raise Refused("the name of a channel does not begin with p: or dm:", Error.INVALID_NAME)
        else:
            name = new_address(kind)
        self._within_token(by, name)
        about = clean_settings(ChannelRecord(name, kind), {"title": title, "topic": topic})
        people = [user for user in await self.known(users) if user != by.user]
        own = await self._with_room(by.user)
        used = name in self._hub.channels or name in await self._hub.history.times([name])
        if used or await self.record(name) is not None:
            raise _taken(name)
        self._charge(by)
        people = await self._invitable(by, name, people)
        last = await self._hub.history.last(name)
        record = ChannelRecord(name, kind, **about, creator=by.user.id, made=self._now())
        owner = Membership(record, by.user.id, "owner", since=last, began=self._now(), read=last)
        self.keep(by.user.id)
        if self.know(record) is not record:  # somebody has made it meanwhile; from here on they join this one
            raise _taken(name)
        if await self.storage.create(record, [owner]) is not record:
            self._records.pop(name)
            raise _taken(name)
        own[name] = owner
        self.writer.on_written([owner])
        self._news.began(by.user, owner)
        await self._settle(record, await self._add(by, record, people, last))
        return record

    async def open_direct(self, by: Connection, users: Sequence[str]) -> ChannelRecord:
        """Return the direct conversation of the caller with these people (up to 8 ids), made if there is none."""
        self.need(by, "open-direct")
        others = [user for user in await self.known(users) if user != by.user]
        people = sorted({user.id for user in (*others, by.user)})
        least, most = DIRECT_PEOPLE
        if not least <= len(people) <= most:
            raise Refused(f"users are 1 to {most - 1} others", Error.INVALID_FIELD)
        record = await self.storage.direct(people)
        if record is None:
            if by.allowed is not None:  # no token includes an address that is not there yet
                raise Denied("token", "Your token includes no new conversations").refused()
            await self._with_room(by.user)
            self._charge(by)
            self.keep(by.user.id)
            record = await self._begin_direct(people, by.user.id)
        self._within_token(by, record.name)
        membership = await self.membership_of(by.user.id, self.know(record))
        if membership is not None and membership.hidden:
            membership.hidden = False
            self._store(membership)
        self._news.tell(by.user.id, record.name)
        return self.know(record)

    async def direct(self, users: Sequence[User]) -> ChannelRecord:
        """Return the direct conversation of these people, made if there is none, and shown with its next message."""
        people = {user.id: user for user in users}
        least, most = DIRECT_PEOPLE
        if not least <= len(people) <= most:
            raise Refused(f"a direct conversation has {least} to {most} people", Error.INVALID_FIELD)
        record = await self.storage.direct(sorted(people))
        if record is None:
            for user_id in people:
                self.keep(user_id)
            met = await self._news.people(list(people))
            await self.storage.met([Person(user, self._now()) for user in users if user.id not in met])
            record = await self._begin_direct(sorted(people), "")
        return self.know(record)

    async def _begin_direct(self, people: Sequence[str], creator: str) -> ChannelRecord:
        new = ChannelRecord(new_address("direct"), "direct", creator=creator, made=self._now(), people=tuple(people))
        members = [Membership(new, one, began=self._now(), hidden=one != creator) for one in people]
        record = await self.storage.create(new, members)
        if record is new:
            self.know(new)
            for member in members:
                await self._give(member)
            await self._settle(new, [User(one, "") for one in people])
        return record

    async def change_record(self, by: Connection, name: str, **settings: Any) -> ChannelRecord:
        """Give a channel other settings (channel_records.SETTINGS, and `plugins`)."""
        record, _ = await self.find(by, name, own=True)
        for power in sorted({power_to_set(setting) for setting in settings}):
            self.need(by, power, record)
        settings = clean_settings(record, settings)
        changed = {key: value for key, value in settings.items() if getattr(record, key) != value}
        if not changed:
            return record
        await self._moderation.record(by.user, "set-channel", {"channel": record.name, **changed})
        await self.set_record(record, changed)
        return record

    async def set_record(self, record: ChannelRecord, changed: dict[str, Any]) -> None:
        """Store other settings of a channel, and tell its members. The caller has checked and cleaned them."""
        await self.writer.written()  # the record may be new, too
        if "newcomers" in changed:  # asked just before it is so: what is posted meanwhile is under what was
            last = await self._hub.history.last(record.name)
            changed["open"] = open_since(record, changed["newcomers"], last)
        async with self._others.alone_with(record.name):
            before = {key: getattr(record, key) for key in changed}
            _set(record, changed)
            try:
                await self.storage.set(record, changed)
            except Refused:
                _set(record, before)
                raise
        self.tell_record_here(record, {key: changed[key] for key in SETTINGS if key in changed})
        await self._others.record_set(record.name, changed)
        if self._hub.on_record is not None:
            told = {key: value for key, value in changed.items() if key in SETTINGS or key == "plugins"}
            self._hub.on_record(record.name, told)

    async def delete(self, name: str, *, messages: bool = True) -> None:
        """Delete a channel with its memberships and its messages; whoever is in it leaves it."""
        await self.forget_here(name)
        await self.storage.delete(name)
        await self._others.deleted(name)
        if messages:
            await self._hub.history.forget(name)

    async def forget_here(self, name: str) -> None:
        """Forget a channel that is deleted, and let those leave it who are connected to this node."""
        channel = self._hub.channels.get(name)
        for user in list(channel.present) if channel is not None else ():
            self._hub.control_here(user.id, leave=name)
        for user, online in list(self._hub.everyone()):
            own = await self.own(user) if online.reading is not None else online.memberships or {}
            membership = own.pop(name, None)
            if membership is not None and not membership.ended:
                self._news.tell_here(user.id, name, about={"deleted": True})
        for _, own in self._gone.values():
            own.pop(name, None)
        self._records.pop(name, None)
        self.writer.forget(name)
        await self.writer.written()

    def tell_record_here(self, record: ChannelRecord, changed: Mapping[str, Any]) -> None:
        """Tell those at this node who belong to a channel, or are in it, what is new of its record."""
        channel = self._hub.channels.get(record.name)
        if channel is not None:
            channel.guarded = record.has_rules() or self._silences(channel)
        if changed:
            line = encode({"action": "channel", "channel": record.name, **changed})
            if channel is not None:
                channel.publish_here(line)
            for user, online in list(self._hub.everyone()):
                membership = (online.memberships or {}).get(record.name)
                if membership is not None and not membership.ended:
                    self._hub.control_here(user.id, line=line, about=record.name)

    def heed_membership(self, channel: Channel, membership: Membership) -> None:
        """Let a channel know what another node has changed for somebody who is in it."""
        user = User(membership.user, "")
        if membership.silenced_until > self._now():
            channel.guarded = True
        if membership.sees is None:
            channel.limited.pop(user, None)
        elif self._hub.here(user) is not None:
            channel.limited[user] = membership

    async def _with_room(self, user: User) -> dict[str, Membership]:
        own = await self.own(user)
        if used(own) >= MOST:
            raise Refused(f"at most {MOST:,} channels; leave one", Error.TOO_MANY)
        return own

    async def _give(self, membership: Membership) -> None:
        """Let somebody who is here know of a membership that is stored already."""
        if self._hub.online(membership.user) is not None:
            own = await self.own(User(membership.user, ""))
            own.setdefault(membership.record.name, membership)

    @staticmethod
    def _within_token(by: Connection, name: str) -> None:
        if not by.may_enter(name):
            raise Denied("token", "Your token does not include this channel").refused()

    @staticmethod
    def _charge(by: Connection) -> None:
        if by.gate is not None:
            by.gate.daily("creations", 1)


def _set(record: ChannelRecord, values: dict[str, Any]) -> None:
    for key, value in values.items():
        setattr(record, key, value)


def _taken(name: str) -> Refused:
    return Refused(f"there is a channel {called(ChannelRecord(name))} already")
