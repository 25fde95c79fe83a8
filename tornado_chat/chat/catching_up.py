"""Keeps what this node has in memory of places as the tables have it, while other nodes change them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import fields
from typing import Any, Protocol
from weakref import WeakValueDictionary

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import SETTINGS, ChannelRecord, is_secret
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.membership_writer import MembershipWriter
from tornado_chat.chat.memberships import Membership, Memberships, of_values, refresh, values
from tornado_chat.chat.models import User

AGAIN = 1.0  # seconds after which what could not be read is read again


class Memory(Protocol):
    """What a node has in memory; see Places."""

    storage: Memberships
    writer: MembershipWriter
    on_held: Callable[[str, Mapping[str, Membership]], None]

    def hold(self, user_id: str, memberships: dict[str, Membership]) -> None: ...
    def known_record(self, name: str) -> ChannelRecord | None: ...
    def known_records(self) -> list[str]: ...
    def keep(self, user_id: str, but: str = "") -> None: ...
    def take_up(self, membership: Membership) -> None: ...
    async def own(self, user: User) -> dict[str, Membership]: ...
    async def record(self, name: str) -> ChannelRecord | None: ...
    async def forget_here(self, name: str) -> None: ...
    def heed_membership(self, channel: Channel, membership: Membership) -> None: ...
    def tell_list_here(self, user_id: str, name: str, about: Mapping[str, object] | None = None) -> None: ...
    def tell_record_here(self, record: ChannelRecord, changed: Mapping[str, Any]) -> None: ...


class CatchingUp:
    """Hears of other nodes which rows they have written, and tells them of those of this one."""

    def __init__(self, hub: Hub, places: Memory) -> None:
        self._hub = hub
        self._places = places
        self._tasks: set[asyncio.Task[None]] = set()
        self._alone: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        places.writer.on_written = self._written
        places.on_held = self._held
        hub.on_elsewhere = self._channel_elsewhere
        for kind, hear in (
            ("member", self._member),
            ("members", self._members),
            ("held", self._hold),
            ("list", self._list),
            ("record", self._record),
            ("deleted", self._deleted),
        ):
            hub.nodes.hear(kind, hear)
        hub.questions.answer("keep", self._keep)
        hub.nodes.on_return(self._returned)

    # What others are told, once it is stored

    def _written(self, memberships: Collection[Membership]) -> None:
        if self._hub.elsewhere is None:
            return
        for one in memberships:
            self._hub.elsewhere.to_nodes_of(one.user, "member", [one.user, one.record.name])

    def _held(self, user_id: str, memberships: Mapping[str, Membership]) -> None:
        if self._hub.elsewhere is not None:
            told = {name: values(one) for name, one in memberships.items()}
            self._hub.nodes.tell("held", [user_id, told])

    async def record_set(self, name: str, changed: Mapping[str, Any]) -> None:
        """Tell of a record that was stored; return when what has changed holds at the other nodes, too."""
        await self._hub.nodes.ask("record", [name, {key: changed[key] for key in SETTINGS if key in changed}])

    async def deleted(self, name: str) -> None:
        """Tell of a channel that is deleted; return when everybody has left it."""
        await self._hub.nodes.ask("deleted", name)

    # What they tell

    async def _members(self, node: str, about: list[list[str]]) -> None:
        for one in about:
            await self._member(node, one)

    async def _member(self, node: str, about: list[str]) -> None:
        user_id, name = about
        online = self._hub.online(user_id)
        if online is None:
            return
        self._places.keep(user_id, but=name)  # of whom something is stored now
        if online.memberships is not None or online.reading is not None:
            await self._again(user_id, name)
        self._places.tell_list_here(user_id, name)

    async def _again(self, user_id: str, name: str) -> None:
        """Read a membership of somebody who is here again."""
        own = await self._places.own(User(user_id, ""))
        while True:
            known = own.get(name)
            was = known and known.was
            record = await self._places.record(name)
            stored = None if record is None else await self._places.storage.membership(user_id, record)
            if own.get(name) is known and (known is None or known.was is was):
                break  # else something was stored meanwhile, and what was read may be older
        if stored is None or record is None:
            if not self._places.writer.waits(user_id, name):
                own.pop(name, None)
            return
        if known is None:
            stored.record = record
            own[name] = known = stored
        else:
            refresh(known, stored)
        self._heed(known)

    def _heed(self, membership: Membership) -> None:
        channel = self._hub.channels.get(membership.record.name)
        if channel is not None and User(membership.user, "") in channel.present:
            self._places.heed_membership(channel, membership)

    async def _keep(self, node: str, user_id: str) -> None:
        """Store what is held of a guest: another node acts on them, or they are connected to it, too."""
        self._places.keep(user_id)
        await self._places.writer.written()

    async def _hold(self, node: str, about: list[Any]) -> None:
        """Hold where a guest belonged, of whom nothing is stored: they may come back to this node."""
        user_id, told = about
        memberships = {}
        for name, known in told.items():
            record = await self._places.record(name) or ChannelRecord(name)
            memberships[name] = of_values(record, user_id, known)
        if self._hub.online(user_id) is None:
            self._places.hold(user_id, memberships)
            return
        own = await self._places.own(User(user_id, ""))
        for name in memberships.keys() - own.keys():  # they have come back already
            own[name] = memberships[name]
            self._places.take_up(own[name])
            self._heed(own[name])

    def _list(self, node: str, about: list[Any]) -> None:
        user_id, name, told = about
        self._places.tell_list_here(user_id, name, told)

    async def _record(self, node: str, about: list[Any]) -> None:
        name, changed = about
        record = await self._reread(name)
        if record is not None:
            self._places.tell_record_here(record, changed)

    async def _reread(self, name: str) -> ChannelRecord | None:
        """Read a record again; return it, if it is known here."""
        async with self.alone_with(name):
            known = self._places.known_record(name)
            fresh = await self._places.storage.record(name) if known is not None else None
            if known is None or fresh is None:
                return known
            for one in fields(fresh):
                setattr(known, one.name, getattr(fresh, one.name))
            return known

    def alone_with(self, name: str) -> asyncio.Lock:
        """Return what lets one task in that reads a record again, or changes it: memory is then as the row."""
        return self._alone.setdefault(name, asyncio.Lock())

    async def _deleted(self, node: str, name: str) -> None:
        await self._places.forget_here(name)

    # A channel in which others alone are: its record says who finds it

    def _channel_elsewhere(self, channel: Channel) -> None:
        self._do(self._look_up(channel))

    async def _look_up(self, channel: Channel) -> None:
        while self._hub.channels.get(channel.name) is channel and channel.record is None:
            try:
                record = await self._places.record(channel.name)
            except Refused:  # the disk fails
                await asyncio.sleep(AGAIN)
                continue
            if self._hub.channels.get(channel.name) is channel and channel.record is None:
                channel.record = record or ChannelRecord(channel.name)
                channel.guarded = channel.record.has_rules()
                if not is_secret(channel.name):
                    self._hub.list_channel(channel.name)

    # After a while in which nothing was heard

    async def _returned(self) -> None:
        self._do(self._read_all_again())

    async def _read_all_again(self) -> None:
        for name in self._places.known_records():
            with contextlib.suppress(Refused):
                record = await self._reread(name)
                if record is not None:
                    self._places.tell_record_here(record, {})
        for user, online in list(self._hub.everyone()):
            known = online.memberships
            if known is None:
                continue
            with contextlib.suppress(Refused):
                names = {one.record.name for one in await self._places.storage.of_user(user.id)}
                for name in names | known.keys():
                    if online.kept:  # else nothing is stored of them
                        await self._again(user.id, name)
                    self._places.tell_list_here(user.id, name)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
