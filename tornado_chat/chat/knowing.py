"""What is known of places: records, memberships of those who are here, and what somebody may."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from weakref import WeakValueDictionary

from tornado_chat.chat import permissions
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import ChannelRecord, Stretch, is_secret
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused, no_channel
from tornado_chat.chat.hub import Hub, not_joined
from tornado_chat.chat.membership_news import MembershipNews
from tornado_chat.chat.membership_writer import MembershipWriter
from tornado_chat.chat.memberships import Membership, Memberships, Person
from tornado_chat.chat.models import User
from tornado_chat.chat.moderation import Moderation
from tornado_chat.chat.online import Online
from tornado_chat.chat.permissions import Denied, called
from tornado_chat.chat.sight import sees_from
from tornado_chat.chat.sight_elsewhere import SightElsewhere
from tornado_chat.chat.user_ids import is_guest_id, is_new_guest
from tornado_chat.chat.validation import clean_name

AWAY = 3_600  # seconds for which memory holds where guests belonged who have gone
MOST_AWAY = 5_000


class Knowing:
    """The memberships of those who are here, and the records of their channels: one object for each channel."""

    def __init__(self, hub: Hub, storage: Memberships, moderation: Moderation) -> None:
        self.storage = storage
        self.writer = MembershipWriter(storage)
        self.default_channels: tuple[str, ...] = ()  # those that a new person belongs to from the first visit on
        self._hub = hub
        self._moderation = moderation
        self._records: WeakValueDictionary[str, ChannelRecord] = WeakValueDictionary()
        self._gone: dict[str, tuple[float, dict[str, Membership]]] = {}  # of guests who are not stored, and when
        #: Told of what is held from now on of a guest.
        self.on_held: Callable[[str, Mapping[str, Membership]], None] = lambda user_id, memberships: None
        hub.on_gone = self._keep_for_a_while
        self._sight = SightElsewhere(hub, self.own)
        self._news = MembershipNews(hub, storage, self.writer, self.own)

    # Asking. What is synchronous needs the caller to have joined something, or to have awaited `own` before.

    async def own(self, user: User) -> dict[str, Membership]:
        """Return a user's memberships by the channel's name, ended ones too; of one who is here they are live."""
        while True:
            online = self._hub.here(user)
            if online is None:
                found = self._known(await self.writer.of_user(user.id))
            elif online.memberships is not None:
                return online.memberships
            elif online.has_nothing:
                online.memberships = {}
                return online.memberships
            else:
                if online.reading is None:
                    online.reading = asyncio.ensure_future(self._load(user.id, online))
                found = await asyncio.shield(online.reading)
            if self._hub.here(user) is online:  # else they came or went meanwhile
                return found

    async def _load(self, user_id: str, online: Online) -> dict[str, Membership]:
        try:
            with suppress(Refused):  # a node has died
                await self._keep_elsewhere(user_id)
            stored = await self.writer.of_user(user_id)
            _, held = self._gone.pop(user_id, (0, {}))
            online.memberships = found = self._known({**held, **stored})
            online.kept = bool(stored) or not is_new_guest(user_id) or bool(self._nodes_of(user_id))
            for name in held if online.kept else ():
                self.writer.put(found[name])
                if name not in stored:
                    self._news.kept(User(user_id, ""), found[name])
            self.meet([online[0].user] if online else [])
            if not found:
                await self._begin_defaults(user_id, found)
        finally:
            online.reading = None
        return found

    async def _begin_defaults(self, user_id: str, own: dict[str, Membership]) -> None:
        """Begin what a new person belongs to from the first visit on."""

    def _keep_for_a_while(self, user: User, online: Online) -> None:
        """Hold where a guest belongs of whom nothing is stored: a page that is loaded anew is no new visit."""
        if online.memberships:
            self.hold(user.id, online.memberships)
            self.on_held(user.id, online.memberships)

    def hold(self, user_id: str, memberships: dict[str, Membership]) -> None:
        """Hold where a guest belonged who has gone, here or at another node."""
        now = time.monotonic()
        while self._gone and (len(self._gone) >= MOST_AWAY or next(iter(self._gone.values()))[0] < now - AWAY):
            del self._gone[next(iter(self._gone))]
        self._gone.pop(user_id, None)  # the latest stands last
        self._gone[user_id] = (now, memberships)

    def membership(self, user: User, name: str) -> Membership | None:
        """Return the membership of a user who is here, None where there is none that lasts."""
        online = self._hub.here(user)
        found = online.memberships.get(name) if online is not None and online.memberships is not None else None
        return None if found is None or found.ended else found

    async def membership_of(self, user_id: str, record: ChannelRecord) -> Membership | None:
        """Return anybody's membership in a channel, live where they are here; also one that has ended."""
        if self._hub.online(user_id) is None:
            found = await self.writer.membership(user_id, record)
            if self._hub.online(user_id) is None:  # nor have they come meanwhile
                if found is not None:
                    found.record = record
                return found
        return (await self.own(User(user_id, ""))).get(record.name)

    async def limits_of(self, user: User, channel: Channel) -> Membership | None:
        """Return what limits what somebody sees who is in a channel, at this node or another; None: nothing.

        Where the node that knows it does not answer, it is taken to be as narrow as the channel's rules allow.
        """
        if self._hub.is_here(user, channel):
            return channel.limited.get(user)
        record = channel.record or await self.record(channel.name) or ChannelRecord(channel.name)
        found = await self.membership_of(user.id, record)
        if found is None or found.ended:
            sees = await self._sight.ask(user, channel.name)
            if sees == ():
                sees = sees_from(record, await self._hub.history.last(channel.name))
            return Membership(record, user.id, sees=sees)
        return found

    async def visitor_sees(self, user: User, name: str) -> tuple[Stretch, ...] | None:
        """Return what somebody sees of a channel to which they do not belong as far as is stored; None: all of it."""
        sees = self._sight.here(user, name)
        return await self._sight.ask(user, name) if sees == () else sees

    async def record(self, name: str) -> ChannelRecord | None:
        """Return the record of a channel, whoever asks."""
        found = self._records.get(name)
        if found is None:
            read = await self.storage.record(name)
            found = self.know(read) if read is not None else self._records.get(name)
        return found

    def know(self, record: ChannelRecord) -> ChannelRecord:
        """Return the one object for this channel."""
        return self._records.setdefault(record.name, record)

    def known_record(self, name: str) -> ChannelRecord | None:
        """Return the record of a channel, if it is in memory."""
        return self._records.get(name)

    def known_records(self) -> list[str]:
        """Return the channels whose records are in memory."""
        return list(self._records)

    def tell_list_here(self, user_id: str, name: str, about: Mapping[str, object] | None = None) -> None:
        """Tell a user's connections to this node in a moment how a channel of theirs is now."""
        self._news.tell_here(user_id, name, about=about)

    def _known(self, memberships: dict[str, Membership]) -> dict[str, Membership]:
        for membership in memberships.values():
            membership.record = self.know(membership.record)
        return memberships

    async def find(self, by: Connection, name: str, *, own: bool = False) -> tuple[ChannelRecord, Membership | None]:
        """Return a channel that the caller may know of, and their membership if it lasts.

        own: only a channel that they belong to or are present in, and any for administrators; else Refused
        (`not-joined`, or `not-found` of a private one).
        """
        name = clean_name(name)
        membership = await self._own(by, name)
        if membership is not None:
            return membership.record, membership
        manages = by.user.role == "admin"
        if is_secret(name) and not manages and name not in by.channels:
            raise no_channel()
        here = self._hub.channels.get(name)
        record = here.record if here is not None and here.record is not None else await self.record(name)
        if record is None or (record.kind == "direct" and name not in by.channels):
            raise not_joined(name)
        if own and not manages and name not in by.channels:
            raise not_joined(name)
        return record, None

    async def _own(self, by: Connection, name: str) -> Membership | None:
        """Return the caller's membership if it lasts; Refused where their token does not include the channel."""
        membership = (await self.own(by.user)).get(name)
        if not by.may_enter(name):
            raise no_channel() if is_secret(name) else _outside(name)
        return None if membership is None or membership.ended else membership

    def denied(self, by: Connection, power: str, record: ChannelRecord | None = None) -> Denied | None:
        """Return why the caller may not use a power, in a channel if there is a record; None: they may."""
        if record is None:
            return permissions.denied(by.user, power)
        if not by.may_enter(record.name):
            return Denied("token", f"Your token does not include {called(record)}")
        membership = self.membership(by.user, record.name)
        if membership is None:
            return permissions.denied(by.user, power, record)
        return permissions.denied(by.user, power, record, membership.role, membership.silenced_until)

    def need(self, by: Connection, power: str, record: ChannelRecord | None = None) -> None:
        """Raise Refused (`not-allowed`, with `rule` and `needs`) unless the caller has the power."""
        denied = self.denied(by, power, record)
        if denied is not None:
            raise denied.refused()

    def keep(self, user_id: str, but: str = "") -> None:
        """Store what memory holds of a guest who came with a bare name: they are somebody from now on.

        but: a channel in which another node has stored their membership.
        """
        online = self._hub.online(user_id)
        if online is not None and not online.kept:
            online.kept = True
            self.meet([online[0].user])
            for name, membership in (online.memberships or {}).items():
                if membership.kept and name != but:
                    self.writer.put(membership)
                    self._news.kept(online[0].user, membership)

    def take_up(self, membership: Membership) -> None:
        """Store and tell what another node has held of a guest who is here by now, if they are stored."""
        online = self._hub.online(membership.user)
        if online is not None and online.kept:
            self.writer.put(membership)
            self._news.kept(online[0].user, membership)
        self.tell_list_here(membership.user, membership.record.name)

    async def keep_everywhere(self, users: Iterable[User]) -> None:
        """Do so with people on whom somebody acts, wherever they are: what is not stored, other nodes do not know.

        Refused (`history-unavailable`) if their node does not answer.
        """
        for user in users:
            self.keep(user.id)
            await self._keep_elsewhere(user.id)

    async def _keep_elsewhere(self, user_id: str) -> None:
        for node in self._nodes_of(user_id) - self._hub.questions.silent:
            await self._hub.questions.ask(node, "keep", user_id)

    def _nodes_of(self, user_id: str) -> set[str]:
        """Return the other nodes to which a guest is connected, who may hold what is not stored."""
        if self._hub.elsewhere is None or not is_guest_id(user_id):
            return set()
        return self._hub.elsewhere.nodes_of(User(user_id, ""))

    def meet(self, users: Iterable[User]) -> None:
        """Store what people who are here are called, and that they are here now."""
        for user in users:
            online = self._hub.here(user)
            if online is not None and online.kept:
                self.writer.met(Person(user, self._now()))

    @staticmethod
    def _now() -> int:
        return int(time.time() * 1000)


def _outside(name: str) -> Refused:
    needs = f"Your token does not include {name}"
    return Refused(f"you may not enter {name}", Error.NOT_ALLOWED, rule="token", needs=needs)
