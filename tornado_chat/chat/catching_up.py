"""Keeps what this node has in memory of places as the tables have it, while other nodes change them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Protocol

from tornado_chat.chat import rereading
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import SETTINGS, ChannelRecord, is_secret
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.memberships import Membership, of_values, values
from tornado_chat.chat.models import User
from tornado_chat.chat.rereading import AGAIN, Rereading


class Memory(rereading.Memory, Protocol):
    """What a node has in memory; see Places."""

    on_held: Callable[[str, Mapping[str, Membership]], None]

    def hold(self, user_id: str, memberships: dict[str, Membership]) -> None: ...
    def keep(self, user_id: str, but: str = "") -> None: ...
    def take_up(self, membership: Membership) -> None: ...


class CatchingUp:
    """Hears of other nodes which rows they have written, and tells them of those of this one."""

    def __init__(self, hub: Hub, places: Memory) -> None:
        self._hub = hub
        self._places = places
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_missed = self._is_reading = False  # whether all is to be read again, and whether that is under way
        self._rereading = Rereading(hub, places)
        #: Lets one task in that changes a record, or reads it again: memory is then as the row.
        self.alone_with = self._rereading.alone_with
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
            await self._rereading.membership(user_id, name)
        self._places.tell_list_here(user_id, name)

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
            self._rereading.heed(own[name])

    def _list(self, node: str, about: list[Any]) -> None:
        user_id, name, told = about
        self._places.tell_list_here(user_id, name, told)

    async def _record(self, node: str, about: list[Any]) -> None:
        name, changed = about
        if self._places.known_record(name) is None:  # it may just be read for the first time, as it was
            self._do(self._reread_later(name))
            return
        await self._rereading.records([name])
        record = self._places.known_record(name)
        if record is not None:
            self._places.tell_record_here(record, changed)

    async def _reread_later(self, name: str) -> None:
        await asyncio.sleep(AGAIN)
        with suppress(Refused):  # the database is away; when it is back, all is read again
            for record, changed in await self._rereading.records([name]):
                self._places.tell_record_here(record, changed)

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
        self._has_missed = True
        if not self._is_reading:  # else it goes on, and begins again at its end: gaps may come faster than it ends
            self._is_reading = True
            self._do(self._read_all_again())

    async def _read_all_again(self) -> None:
        try:
            while self._has_missed:
                self._has_missed = False
                await self._rereading.all()
        finally:
            self._is_reading = False

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
