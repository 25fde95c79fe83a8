"""Reads rows of places again that other nodes have written: memory is then as the tables have it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import fields
from typing import Any, Protocol
from weakref import WeakValueDictionary

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import SETTINGS, ChannelRecord, is_secret
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.membership_writer import MembershipWriter
from tornado_chat.chat.memberships import Membership, Memberships, refresh, values
from tornado_chat.chat.models import User

AGAIN = 1.0  # seconds after which what could not be read is read again
AT_ONCE = 50  # users, or channels, of whom all is read again at once


class Memory(Protocol):
    """What a node has in memory; see Places."""

    storage: Memberships
    writer: MembershipWriter

    def know(self, record: ChannelRecord) -> ChannelRecord: ...
    def known_record(self, name: str) -> ChannelRecord | None: ...
    def known_records(self) -> list[str]: ...
    async def own(self, user: User) -> dict[str, Membership]: ...
    async def record(self, name: str) -> ChannelRecord | None: ...
    async def forget_here(self, name: str) -> None: ...
    def heed_membership(self, channel: Channel, membership: Membership) -> None: ...
    def tell_list_here(self, user_id: str, name: str, about: Mapping[str, object] | None = None) -> None: ...
    def tell_record_here(self, record: ChannelRecord, changed: Mapping[str, Any]) -> None: ...


class Rereading:
    """What is read again. Of all who are here, in pieces of AT_ONCE: each is one query."""

    def __init__(self, hub: Hub, places: Memory) -> None:
        self._hub = hub
        self._places = places
        self._alone: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def membership(self, user_id: str, name: str) -> None:
        """Read again a membership of somebody who is here."""
        own = await self._places.own(User(user_id, ""))
        while True:
            known = own.get(name)
            was = known and known.was
            record = await self._places.record(name)
            stored = None if record is None else await self._places.storage.membership(user_id, record)
            if own.get(name) is known and (known is None or known.was is was):
                break  # else something was stored meanwhile, and what was read may be older
        if stored is not None and record is not None:
            stored.record = record
        self._take(own, user_id, name, stored)

    def _take(self, own: dict[str, Membership], user_id: str, name: str, stored: Membership | None) -> bool:
        """Go by what the table has of a membership of somebody who is here; return whether that is new."""
        known = own.get(name)
        if stored is None:
            if known is None or not known.kept or self._places.writer.waits(user_id, name):
                return False
            del own[name]
            return True
        before = known and values(known)
        if known is None:
            own[name] = known = stored
        else:
            refresh(known, stored)
        self.heed(known)
        return values(known) != before

    def heed(self, membership: Membership) -> None:
        channel = self._hub.channels.get(membership.record.name)
        if channel is not None and User(membership.user, "") in channel.present:
            self._places.heed_membership(channel, membership)

    async def records(self, names: Collection[str]) -> list[tuple[ChannelRecord, dict[str, Any]]]:
        """Read again records that are known here; return them, each with the settings that are new."""
        found = []
        async with AsyncExitStack() as alone:
            for name in sorted(names):
                await alone.enter_async_context(self.alone_with(name))
            for fresh in await self._places.storage.records([one for one in names if self._places.known_record(one)]):
                known = self._places.known_record(fresh.name)
                if known is None:
                    continue
                new = [one.name for one in fields(fresh) if getattr(known, one.name) != getattr(fresh, one.name)]
                for one in new:
                    setattr(known, one, getattr(fresh, one))
                found.append((known, {one: getattr(known, one) for one in SETTINGS if one in new}))
        return found

    def alone_with(self, name: str) -> asyncio.Lock:
        """Return what lets one task in that reads a record again, or changes it: memory is then as the row."""
        return self._alone.setdefault(name, asyncio.Lock())

    async def all(self) -> None:
        """Read again what is known of channels and of people who are here, until that is done: it may be outdated."""
        users = [user.id for user, online in self._hub.everyone() if online.memberships is not None or online.reading]
        for work, all_of_them in ((self._some_records, self._places.known_records()), (self._some_users, users)):
            for start in range(0, len(all_of_them), AT_ONCE):
                while not await _is_done(work(all_of_them[start : start + AT_ONCE])):
                    await asyncio.sleep(AGAIN)

    async def _some_records(self, names: Sequence[str]) -> None:
        found = await self.records(names)
        for record, changed in found:
            self._places.tell_record_here(record, changed)
        for name in set(names) - {record.name for record, _ in found}:
            if is_secret(name):  # others may not be stored yet
                await self._places.forget_here(name)

    async def _some_users(self, users: Sequence[str]) -> None:
        """Read all memberships again of people who are here, and tell them what is new."""
        own = {user: await self._places.own(User(user, "")) for user in users if self._is_stored(user)}
        known = {(user, name): (one, one.was) for user, many in own.items() for name, one in many.items()}
        stored = {}
        for one in await self._places.storage.of_users(list(own)):
            one.record = self._places.know(one.record)
            stored[one.user, one.record.name] = one
        for user, name in known.keys() | stored.keys():
            online = self._hub.online(user)
            if online is None or online.memberships is not own[user]:
                continue  # they went meanwhile; if they are back, all was read anew
            before, was = known.get((user, name), (None, None))
            now = own[user].get(name)
            if now is before and (now is None or now.was is was):
                is_new = self._take(own[user], user, name, stored.get((user, name)))
            else:  # something was stored meanwhile, and what was read may be older
                await self.membership(user, name)
                is_new = True
            if is_new:
                self._places.tell_list_here(user, name)

    def _is_stored(self, user_id: str) -> bool:
        online = self._hub.online(user_id)
        return online is not None and online.kept


async def _is_done(work: Coroutine[Any, Any, None]) -> bool:
    """Do something; return False where the disk fails."""
    try:
        await work
    except Refused:
        return False
    return True
