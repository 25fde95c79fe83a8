"""Records of channels, memberships and people in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.memberships import Membership, Person, values
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import TOKEN
from tornado_chat.storage.place_rows import members_key
from tornado_chat.storage.place_trimming import PlaceTrimming
from tornado_chat.storage.postgres import forgetting
from tornado_chat.storage.postgres.channel_orders import ChannelOrders
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.membership_rows import add_memberships, set_memberships
from tornado_chat.storage.postgres.place_pages import ROLE, Pages
from tornado_chat.storage.postgres.place_rows import (
    HEIRS,
    MEMBERSHIP,
    RECORD,
    add_record,
    set_people,
    set_record,
    set_roles,
    to_membership,
    to_record,
    with_record,
)
from tornado_chat.storage.postgres.repository import count, reads, writes
from tornado_chat.storage.postgres.texts import can_be_stored

_RECORD = f"SELECT {RECORD} FROM channel_records r WHERE r.name = $1"
_RECORDS = f"SELECT {RECORD} FROM channel_records r WHERE r.name = ANY($1::text[])"
_DIRECT = f"SELECT {RECORD} FROM direct d JOIN channel_records r ON r.name = d.name WHERE d.members_key = $1"
_ADD_DIRECT = "INSERT INTO direct VALUES ($1, $2) ON CONFLICT DO NOTHING"
_OF = (
    f"SELECT {MEMBERSHIP}, r.* FROM memberships m JOIN LATERAL"
    f' (SELECT {RECORD} FROM channel_records r WHERE r.name = m.channel LIMIT 1) r ON true WHERE m."user" = '
)
_OF_USER = _OF + "$1"
_OF_USERS = _OF + "ANY($1::text[])"
_MEMBERSHIP = f'SELECT {MEMBERSHIP} FROM memberships m WHERE m."user" = $1 AND m.channel = $2'
_LASTING = 'SELECT "user" FROM memberships WHERE "user" = ANY($2::text[]) AND channel = $1 AND ended = 0'
_RANKED = f"""
SELECT {MEMBERSHIP} FROM memberships m WHERE channel = $1 AND ended = 0 AND role != 'member'
UNION ALL
(SELECT {MEMBERSHIP} FROM memberships m WHERE channel = $1 AND ended = 0 AND role = 'member' ORDER BY {HEIRS} LIMIT 1)
"""
_NAMED = f"""
SELECT at, name, {ROLE} FROM (SELECT id AS at, name FROM people WHERE key = ANY($1::text[])) f
WHERE $2::text[] IS NULL OR (SELECT true FROM memberships
    WHERE "user" = at AND channel = ANY($2::text[]) AND ended = 0 LIMIT 1)
"""


class PostgresMemberships(Pages, ChannelOrders, PlaceTrimming):
    """A Memberships (see there)."""

    @reads
    async def record(self, connection: Connection, name: str) -> ChannelRecord | None:
        row = await connection.fetchrow(_RECORD, name)
        return row and to_record(row)

    @reads
    async def records(self, connection: Connection, names: Sequence[str]) -> list[ChannelRecord]:
        return [to_record(row) for row in await connection.fetch(_RECORDS, list(names))]

    async def create(self, record: ChannelRecord, members: Sequence[Membership]) -> ChannelRecord:
        while True:
            there = await self.record(record.name)
            if there is None and record.kind == "direct":
                there = await self.direct(record.people)
            if there is not None:
                return there
            if await self._create(record, members):  # else another one was made meanwhile
                for one in members:
                    one.was = values(one)
                return record

    @writes
    async def _create(self, connection: Connection, record: ChannelRecord, members: Sequence[Membership]) -> bool:
        if not await add_record(connection, record):
            return False
        if record.kind == "direct" and not count(
            await connection.execute(_ADD_DIRECT, members_key(record.people), record.name)
        ):
            await connection.execute("DELETE FROM channel_records WHERE name = $1", record.name)
            return False
        await add_memberships(connection, members)
        return True

    @writes
    async def set(self, connection: Connection, record: ChannelRecord, changed: Collection[str]) -> None:
        await set_record(connection, record, changed)

    @writes
    async def delete(self, connection: Connection, name: str) -> None:
        await forgetting.delete(connection, [name])

    async def direct(self, people: Sequence[str]) -> ChannelRecord | None:
        return await self._direct(members_key(people))

    @reads
    async def _direct(self, connection: Connection, key: str) -> ChannelRecord | None:
        row = await connection.fetchrow(_DIRECT, key)
        return row and to_record(row)

    @reads
    async def of_user(self, connection: Connection, user: str) -> list[Membership]:
        return [with_record(row) for row in await connection.fetch(_OF_USER, user)]

    @reads
    async def of_users(self, connection: Connection, users: Sequence[str]) -> list[Membership]:
        return [with_record(row) for row in await connection.fetch(_OF_USERS, list(users))]

    async def put(self, memberships: Sequence[Membership]) -> None:
        await self._put(memberships)
        for one in memberships:
            one.was = values(one)

    @writes
    async def _put(self, connection: Connection, memberships: Sequence[Membership]) -> None:
        await set_memberships(connection, memberships)

    @reads
    async def membership(self, connection: Connection, user: str, record: ChannelRecord) -> Membership | None:
        row = await connection.fetchrow(_MEMBERSHIP, user, record.name)
        return row and to_membership(row, record)

    @reads
    async def count(self, connection: Connection, name: str) -> int:
        return await connection.fetchval("SELECT members FROM channel_records WHERE name = $1", name) or 0

    @reads
    async def lasting(self, connection: Connection, name: str, users: Sequence[str]) -> AbstractSet[str]:
        return {row[0] for row in await connection.fetch(_LASTING, name, list(users))}

    async def ranked(self, name: str) -> list[Membership]:
        record = await self.record(name)
        return [] if record is None else await self._ranked(record)

    @reads
    async def _ranked(self, connection: Connection, record: ChannelRecord) -> list[Membership]:
        return [to_membership(row, record) for row in await connection.fetch(_RANKED, record.name)]

    @reads
    async def named(self, connection: Connection, channels: Sequence[str] | None, keys: Sequence[str]) -> list[User]:
        found = await connection.fetch(_NAMED, list(filter(can_be_stored, keys)), channels and list(channels))
        return [User(*row) for row in found]

    @writes
    async def met(self, connection: Connection, people: Sequence[Person]) -> None:
        await set_people(connection, [(one.user.id, one.user.name, one.seen) for one in people])
        await set_roles(connection, [one.user for one in people if one.user.id.startswith(TOKEN)])

    # Forgetting

    @writes
    async def erase(self, connection: Connection, user: str) -> list[Membership]:
        return await forgetting.erase(connection, [user])

    @writes
    async def _end_piece(self, connection: Connection, now: int) -> int:
        return await forgetting.end(connection, now)

    @reads
    async def _guests(self, connection: Connection, since: int) -> list[str]:
        return await forgetting.guests(connection, since)

    @writes
    async def _erase(
        self, connection: Connection, guests: Sequence[str], since: int, here: AbstractSet[str], now: int
    ) -> list[Membership]:
        await forgetting.seen(connection, here, now)
        return await forgetting.erase(connection, await forgetting.guests(connection, since, guests))

    @reads
    async def empty(self, connection: Connection, before: int, after: str = "", limit: int = 200) -> list[str]:
        return await forgetting.empty(connection, before, after, limit)

    @writes
    async def discard(self, connection: Connection, names: Sequence[str]) -> int:
        return await forgetting.delete(connection, names, empty=True)
