"""Searching as people do it: what the caller may see, whom and which channels names mean, and what is shown."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from weakref import WeakValueDictionary

from tornado_chat.chat.channel_records import ChannelRecord, Stretch
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import charge_for
from tornado_chat.chat.places import Places
from tornado_chat.chat.protocol import MAX_PAGE_BYTES, encode
from tornado_chat.chat.search import AT_MOST, Found, Place, Query, Search
from tornado_chat.chat.search_query import Asked, parse
from tornado_chat.chat.slices import Pause, slices
from tornado_chat.chat.snippets import snippet
from tornado_chat.chat.validation import clean_place, name_key

MOST = 50  # messages of a page
PER_SECOND = 40  # calls that a second of searching counts as
NOTHING = Found([], False, True, None)


class _Turn:
    """What the searches of one user share. `newest`: the one that goes on when all others are done, or gone."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.newest: object = None


class Searching:
    """`ctx.server.searching`. Each user searches once at a time; of those who wait the newest is next."""

    def __init__(self, hub: Hub, places: Places, engine: Search) -> None:
        self._hub = hub
        self._places = places
        self._engine = engine
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()

    async def search(self, by: Connection, text: str, before: str = "", limit: int = 20) -> dict[str, Any]:
        """Return what the caller finds, as the action `search` does."""
        asked, place = parse(text), clean_place(before)
        if not 1 <= limit <= MOST:
            raise Refused(f"limit must be 1 to {MOST}", Error.INVALID_FIELD)
        turn = self._turns.setdefault(by.user.id, _Turn())
        turn.newest = mine = object()
        async with turn.lock:
            if turn.newest is not mine:
                raise Refused("a newer search of yours took the place of this one", Error.RATE_LIMITED)
            found = await self._find(by, asked, None if place is None else Place(*place), limit)
            return await self._shown(found, asked)

    async def _find(self, by: Connection, asked: Asked, before: Place | None, limit: int) -> Found:
        sees = await self._places.readable(by)
        if asked.channels:
            wanted = await self._channels(by, asked.channels, sees)
            sees = {name: stretches for name, stretches in sees.items() if name in wanted}
        senders = await self._people(by, asked.senders, sees) if asked.senders else None
        began = time.monotonic()
        phrases, without, marks = tuple(asked.phrases), tuple(asked.without), frozenset(asked.marks)
        query = Query(phrases, without, senders, asked.after, asked.before, marks)
        found = await self._engine.search(query, sees, before, limit)
        if by.gate is not None:
            by.gate.charge(PER_SECOND * min(time.monotonic() - began, AT_MOST))
        sees = await self._places.readable(by)  # still: they may have been removed meanwhile
        return found._replace(messages=[one for one in found.messages if _is_seen(one, sees)])

    async def _shown(self, found: Found, asked: Asked) -> dict[str, Any]:
        """Return found messages with what is shown of them: as many as go into one answer, at least one."""
        shown: list[dict[str, Any]] = []
        size, place, pause = 0, found.place, Pause()
        for message in found.messages:
            line = message.line()
            pieces = snippet(message.text, asked.phrases)
            size += len(line) + len(encode({"snippet": pieces}))
            if size > MAX_PAGE_BYTES and shown:
                last = found.messages[len(shown) - 1]
                place = Place(last.time, int(last.id))
                break
            shown.append({**json.loads(line), "snippet": pieces})
            await pause()
        charge_for(found.messages[: len(shown)])
        more = found.more or len(shown) < len(found.messages)
        before = "{}-{}".format(*place) if more and place is not None else ""
        return {"messages": shown, "more": more, "before": before, "complete": found.complete}

    # Names. What is not there, and what is not the caller's to know, is found alike: not at all.

    async def _channels(self, by: Connection, names: Sequence[str], sees: Collection[str]) -> set[str]:
        """Return those channels of `sees` that people call so: by address, by title, or by whom one talks to."""
        records = await self._records(by, sees)
        found = set()
        for name in names:
            keys = {name_key(name), name_key(name.removeprefix("#"))}
            called = {one.name for one in records if one.name == name or not keys.isdisjoint(_keys(one))}
            if not called:
                people = await self._people(by, [name], sees)
                called = {one.name for one in records if _others(one, by.user.id) in [{user} for user in people]}
            found |= called
        return found

    async def _records(self, by: Connection, names: Iterable[str]) -> list[ChannelRecord]:
        own = await self._places.own(by.user)
        here = {name: channel.record for name, channel in by.channels.items() if channel.record is not None}
        return [own[name].record if name in own else here.get(name) or ChannelRecord(name) for name in names]

    async def _people(self, by: Connection, names: Sequence[str], sees: Iterable[str]) -> set[str]:
        """Return the ids of people who are called so, and of the caller for `me`. An id means its user, too."""
        keys = {key for name in names for key in (name_key(name), name_key(name.removeprefix("@")))}
        found = set(names)
        if "me" in keys:
            keys.discard("me")
            found.add(by.user.id)
        all_people = self._places.denied(by, "open-direct") is None
        with contextlib.suppress(Refused):  # the disk fails: whoever is stored already can be named
            await self._places.writer.written()
        stored = await self._places.storage.named(None if all_people else sorted(sees), sorted(keys))
        found |= {user.id for user in stored}
        async for users in slices(list(self._hub.present())):
            found |= {user.id for user in users if name_key(user.name) in keys}
        return found


def _keys(record: ChannelRecord) -> set[str]:
    """Return what a channel is called, folded. The address of a private one is no name."""
    names = [record.title] if record.kind != "public" else [record.name, record.title]
    return {name_key(name) for name in names if name}


def _others(record: ChannelRecord, user: str) -> set[str]:
    """Return the others of a direct conversation; nobody of another channel."""
    return {one for one in record.people if one != user}


def _is_seen(message: Message, sees: dict[str, Sequence[Stretch] | None]) -> bool:
    return message.channel in sees and may_see(sees[message.channel], message.seq)
