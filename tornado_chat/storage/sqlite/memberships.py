"""Records of channels, memberships and people in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.memberships import Browsed, Member, Membership, Person
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import TOKEN
from tornado_chat.chat.validation import name_key
from tornado_chat.storage.pages import Page, collect
from tornado_chat.storage.place_rows import loads, members_key, to_membership, to_record
from tornado_chat.storage.place_trimming import PlaceTrimming
from tornado_chat.storage.sqlite import forgetting
from tornado_chat.storage.sqlite.channel_orders import ChannelOrders
from tornado_chat.storage.sqlite.place_pages import FOUND, Pages
from tornado_chat.storage.sqlite.place_rows import (
    HEIRS,
    MEMBERSHIP,
    RECORD,
    check_rows,
    set_memberships,
    set_people,
    set_record,
    set_records,
    set_roles,
)
from tornado_chat.storage.sqlite.repository import reads, writes

_RECORD = f"SELECT {RECORD} FROM channel_records r WHERE r.name = ?"
_DIRECT = f"SELECT {RECORD} FROM direct d JOIN channel_records r ON r.name = d.name WHERE d.members_key = ?"
_OF_USER = (
    f"SELECT json_group_array(json_array({MEMBERSHIP}, {RECORD}))"
    " FROM memberships m JOIN channel_records r ON r.name = m.channel WHERE m.user = ?"
)
_MEMBERSHIP = f"SELECT {MEMBERSHIP} FROM memberships m WHERE m.user = ? AND m.channel = ?"
_LASTING = "SELECT user FROM memberships WHERE user IN (SELECT value FROM json_each(?)) AND channel = ? AND ended = 0"
_RANKED = f"""
SELECT json_group_array({MEMBERSHIP}) FROM (
    SELECT user, channel FROM memberships WHERE channel = :name AND ended = 0 AND role != 'member'
    UNION ALL SELECT user, channel FROM (SELECT user, channel FROM memberships
        WHERE channel = :name AND ended = 0 AND role = 'member' ORDER BY {HEIRS} LIMIT 1)
) r CROSS JOIN memberships m ON m.user = r.user AND m.channel = r.channel
"""
_ROLE = "coalesce((SELECT role FROM roles WHERE user = id), 'member')"
_MEMBERS = f"""
SELECT json_group_array(json_array(id, name, {_ROLE}, rank, silenced)) FILTER (WHERE {FOUND}), max(id), count(*)
FROM (SELECT m.user AS id, coalesce(p.name, m.user) AS name, coalesce(p.key, '') AS key, m.role AS rank,
        m.silenced_until AS silenced FROM memberships m LEFT JOIN people p ON p.id = m.user
    WHERE m.channel = :name AND m.ended = 0 AND m.user > :after ORDER BY m.user LIMIT :piece)
"""
_NAMED = f"""
SELECT json_group_array(json_array(id, name, {_ROLE})) FROM people p
WHERE key IN (SELECT value FROM json_each(:keys)) AND (:channels ISNULL OR EXISTS (SELECT 1 FROM memberships
    WHERE user = id AND channel IN (SELECT value FROM json_each(:channels)) AND ended = 0))
"""
_PEOPLE = f"""
SELECT json_group_array(json_array(id, name, {_ROLE}, seen)) FILTER (WHERE {FOUND}), max(id), count(*)
FROM (SELECT * FROM people WHERE id > :after ORDER BY id LIMIT :piece)
"""
_WITH_IDS = (
    f"SELECT json_group_array(json_array(id, name, {_ROLE}, seen))"
    " FROM (SELECT * FROM people WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id)"
)
_PARTNERS = "SELECT 1 FROM json_each(n.people) o JOIN people p ON p.id = o.value WHERE o.value != :user"
_BROWSE = f"""
SELECT json_group_array(json((SELECT json_array({RECORD}, r.members) FROM channel_records r WHERE r.name = n.name)))
FILTER (WHERE {FOUND} OR (people != '' AND EXISTS ({_PARTNERS} AND instr(p.key, :find)))), max(name), count(*)
FROM (
    SELECT name, key, '' AS people FROM channel_records WHERE listed AND kind = 'public' AND name > :after
    UNION ALL SELECT m.channel, r.key, iif(r.kind = 'direct', r.people, '')
        FROM memberships m CROSS JOIN channel_records r ON r.name = m.channel AND NOT (r.listed AND r.kind = 'public')
        WHERE m.user = :user AND m.channel > :after AND m.ended = 0 AND NOT m.hidden
    ORDER BY 1 LIMIT :piece
) n
"""


class SqliteMemberships(Pages, ChannelOrders, PlaceTrimming):
    """A Memberships (see there)."""

    @reads
    def record(self, connection: sqlite3.Connection, name: str) -> ChannelRecord | None:
        return _record(connection, _RECORD, name)

    @reads
    def records(self, connection: sqlite3.Connection, names: Sequence[str]) -> list[ChannelRecord]:
        found = (_record(connection, _RECORD, name) for name in names)
        return [one for one in found if one is not None]

    @writes
    def create(
        self, connection: sqlite3.Connection, record: ChannelRecord, members: Sequence[Membership]
    ) -> ChannelRecord:
        there = _record(connection, _RECORD, record.name)
        key = members_key(record.people) if record.kind == "direct" else None
        if there is None and key is not None:
            there = _record(connection, _DIRECT, key)
        if there is not None:
            return there
        check_rows(members)
        set_records(connection, [record])
        if key is not None:
            connection.execute("INSERT INTO direct VALUES (?, ?)", (key, record.name))
        set_memberships(connection, members)
        return record

    @writes
    def set(self, connection: sqlite3.Connection, record: ChannelRecord, changed: Collection[str]) -> None:
        set_record(connection, record, changed)

    @writes
    def delete(self, connection: sqlite3.Connection, name: str) -> None:
        forgetting.delete(connection, [name])

    async def direct(self, people: Sequence[str]) -> ChannelRecord | None:
        return await self._direct(members_key(people))

    @reads
    def _direct(self, connection: sqlite3.Connection, key: str) -> ChannelRecord | None:
        return _record(connection, _DIRECT, key)

    @reads
    def of_user(self, connection: sqlite3.Connection, user: str) -> list[Membership]:
        return _of_user(connection, user)

    @reads
    def of_users(self, connection: sqlite3.Connection, users: Sequence[str]) -> list[Membership]:
        return [one for user in users for one in _of_user(connection, user)]

    @writes
    def put(self, connection: sqlite3.Connection, memberships: Sequence[Membership]) -> None:
        set_memberships(connection, memberships)

    @reads
    def membership(self, connection: sqlite3.Connection, user: str, record: ChannelRecord) -> Membership | None:
        row = connection.execute(_MEMBERSHIP, (user, record.name)).fetchone()
        return row and to_membership(loads(row[0]), record)

    async def members(
        self, name: str, find: str = "", after: str = "", limit: int = 200
    ) -> tuple[list[Member], bool]:
        def page(after: str, piece: int) -> Awaitable[Page]:
            return self._page(_MEMBERS, {"name": name, "find": name_key(find), "after": after, "piece": piece})

        rows, more = await collect(page, find, after, limit)
        return [Member(User(*row[:3]), row[3], row[4]) for row in rows], more

    @reads
    def count(self, connection: sqlite3.Connection, name: str) -> int:
        row = connection.execute("SELECT members FROM channel_records WHERE name = ?", (name,)).fetchone()
        return row[0] if row else 0

    @reads
    def lasting(self, connection: sqlite3.Connection, name: str, users: Sequence[str]) -> AbstractSet[str]:
        return {row[0] for row in connection.execute(_LASTING, (json.dumps(list(users)), name))}

    async def ranked(self, name: str) -> list[Membership]:
        record = await self.record(name)
        return [to_membership(row, record) for row in await self._ranked(name)] if record else []

    @reads
    def _ranked(self, connection: sqlite3.Connection, name: str) -> list[Any]:
        return _rows(connection, _RANKED, {"name": name})

    @reads
    def named(
        self, connection: sqlite3.Connection, channels: Sequence[str] | None, keys: Sequence[str]
    ) -> list[User]:
        within = None if channels is None else json.dumps(channels)
        return [User(*row) for row in _rows(connection, _NAMED, {"keys": json.dumps(keys), "channels": within})]

    async def browse(self, user: str, find: str, after: str, limit: int) -> tuple[list[Browsed], bool]:
        def page(after: str, piece: int) -> Awaitable[Page]:
            return self._page(_BROWSE, {"user": user, "find": name_key(find), "after": after, "piece": piece})

        rows, more = await collect(page, find, after, limit)
        return [Browsed(to_record(record), members) for record, members in rows], more

    @writes
    def met(self, connection: sqlite3.Connection, people: Sequence[Person]) -> None:
        set_people(connection, [(one.user.id, one.user.name, one.seen) for one in people])
        set_roles(connection, [one.user for one in people if one.user.id.startswith(TOKEN)])

    async def people(
        self, *, ids: Sequence[str] = (), find: str = "", after: str = "", limit: int = 200
    ) -> tuple[list[Person], bool]:
        def page(after: str, piece: int) -> Awaitable[Page]:
            return self._page(_PEOPLE, {"find": name_key(find), "after": after, "piece": piece})

        rows, more = (await self._people(ids), False) if ids else await collect(page, find, after, limit)
        return [Person(User(*row[:3]), row[3]) for row in rows], more

    @reads
    def _people(self, connection: sqlite3.Connection, ids: Sequence[str]) -> list[Any]:
        return _rows(connection, _WITH_IDS, (json.dumps(ids),))

    # Forgetting

    @writes
    def erase(self, connection: sqlite3.Connection, user: str) -> list[Membership]:
        return forgetting.erase(connection, [user])

    @writes
    def _end_piece(self, connection: sqlite3.Connection, now: int) -> int:
        return forgetting.end(connection, now)

    @reads
    def _guests(self, connection: sqlite3.Connection, since: int) -> list[str]:
        return forgetting.guests(connection, since)

    @writes
    def _erase(
        self, connection: sqlite3.Connection, guests: Sequence[str], since: int, here: AbstractSet[str], now: int
    ) -> list[Membership]:
        forgetting.seen(connection, here, now)
        still = set(forgetting.guests(connection, since))  # who has come meanwhile stays
        return forgetting.erase(connection, [one for one in guests if one in still])

    @reads
    def empty(self, connection: sqlite3.Connection, before: int, after: str = "", limit: int = 200) -> list[str]:
        return forgetting.empty(connection, before, after, limit)

    @writes
    def discard(self, connection: sqlite3.Connection, names: Sequence[str]) -> int:
        return forgetting.delete(connection, names, empty=True)


def _of_user(connection: sqlite3.Connection, user: str) -> list[Membership]:
    return [to_membership(one, to_record(record)) for one, record in _rows(connection, _OF_USER, (user,))]


def _record(connection: sqlite3.Connection, asked: str, key: str) -> ChannelRecord | None:
    row = connection.execute(asked, (key,)).fetchone()
    return row and to_record(loads(row[0]))


def _rows(connection: sqlite3.Connection, asked: str, values: Any) -> list[Any]:
    found: list[Any] = loads(connection.execute(asked, values).fetchone()[0])
    return found
