"""Records of channels, memberships and people as rows of PostgreSQL. See migrations/places.py on locks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from tornado_chat.chat.channel_records import ChannelRecord, is_secret
from tornado_chat.chat.memberships import Membership, values
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import is_guest_id
from tornado_chat.chat.validation import name_key
from tornado_chat.storage import place_rows
from tornado_chat.storage.place_rows import OF_MEMBERSHIP, OF_RECORD, changed_columns, loads, texts_in
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.repository import count
from tornado_chat.storage.postgres.texts import can_be_stored, no_text

#: What to_record and to_membership read: of a table that the query names `r`, or `m`.
RECORD = ", ".join(f"r.{one}" for one in OF_RECORD)
MEMBERSHIP = ", ".join(f'm."{one}"' for one in OF_MEMBERSHIP)
#: The order in which members follow an owner: guests (user_ids.is_guest_id), and who is silenced, last.
HEIRS = """(strpos("user", ':') = 0 OR starts_with("user", 'g:')), (silenced_until > 0), began, "user\""""
WIDTH = len(OF_MEMBERSHIP)

_COLUMNS = (*OF_RECORD, "key")
_ADD_RECORD = (
    f"INSERT INTO channel_records ({', '.join(_COLUMNS)}) VALUES"
    f" ({', '.join(f'${n + 1}' for n in range(len(_COLUMNS)))}) ON CONFLICT (name) DO NOTHING"
)
_SET_PEOPLE = (
    "INSERT INTO people (id, name, key, seen, guest)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::boolean[])"
    " ON CONFLICT (id) DO UPDATE SET name = excluded.name, key = excluded.key, guest = excluded.guest,"
    " seen = greatest(people.seen, excluded.seen)"
)
_SET_ROLES = (
    'INSERT INTO roles SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT ("user") DO UPDATE'
    " SET role = excluded.role WHERE roles.role != excluded.role"
)
_THERE = "SELECT name FROM channel_records WHERE name = ANY($1::text[])"
_LOCK = f"{_THERE} ORDER BY name FOR NO KEY UPDATE"


def to_record(row: Sequence[Any]) -> ChannelRecord:
    *plain, open, people, plugins = row
    return place_rows.to_record([*plain, loads(open), people, loads(plugins)])


def to_membership(row: Sequence[Any], record: ChannelRecord) -> Membership:
    *plain, sees = row
    found = place_rows.to_membership([*plain, sees and loads(sees)], record)
    found.was = values(found)
    return found


def with_record(row: Sequence[Any]) -> Membership:
    """Return the membership of a row of MEMBERSHIP and RECORD."""
    return to_membership(row[:WIDTH], to_record(row[WIDTH:]))


def record_row(one: ChannelRecord) -> list[Any]:
    """Return the values of OF_RECORD, and of `key`; Refused if one of them cannot be stored."""
    *plain, _, plugins, key = place_rows.record_row(one)
    check_texts([[*plain, *one.people, plugins, key]])
    return [*plain, list(one.people), plugins, key]


def check_texts(rows: Sequence[Sequence[Any]]) -> None:
    """Raise Refused if there is a text in these rows that cannot be stored."""
    if not can_be_stored(texts_in(rows)):
        raise no_text()


async def set_record(connection: Connection, record: ChannelRecord, changed: Collection[str]) -> None:
    """Store what was changed of a record, as it is now; see Memberships.set."""
    now = dict(zip(_COLUMNS, record_row(record), strict=True))
    names = changed_columns(changed)
    new = ", ".join(f"{name} = ${n + 2}" for n, name in enumerate(names))
    asked, values = f"UPDATE channel_records SET {new} WHERE name = $1", [now[name] for name in names]
    while not count(await connection.execute(asked, record.name, *values)):
        if is_secret(record.name) or await add_record(connection, record):
            return


async def add_record(connection: Connection, record: ChannelRecord) -> bool:
    """Store a new record, and return True; or False if there is one of the name."""
    return count(await connection.execute(_ADD_RECORD, *record_row(record))) == 1


async def need_records(connection: Connection, records: Iterable[ChannelRecord]) -> None:
    """Store those of these records that are of public channels and not there."""
    public = {one.name: one for one in records if not is_secret(one.name)}
    there = {row[0] for row in await connection.fetch(_THERE, list(public))}
    for name in sorted(public.keys() - there):
        await add_record(connection, public[name])


async def lock_records(connection: Connection, names: Iterable[str]) -> set[str]:
    """Return those of these channels that have a record, which is not deleted until the transaction ends."""
    return {row[0] for row in await connection.fetch(_LOCK, list(names))}


async def set_people(connection: Connection, people: Sequence[tuple[str, str, int]]) -> None:
    """Store the ids and names of people, and when they were here (ms; the latest time counts)."""
    latest: dict[str, tuple[Any, ...]] = {}
    for id, name, seen in people:
        latest[id] = id, name, name_key(name), max(seen, latest[id][3] if id in latest else 0), is_guest_id(id)
    rows = [latest[id] for id in sorted(latest)]
    check_texts(rows)
    if rows:
        await connection.execute(_SET_PEOPLE, *map(list, zip(*rows, strict=True)))


async def set_roles(connection: Connection, users: Sequence[User]) -> None:
    """Store the roles of users who bring them in a token, for while they are away; no token is checked by these."""
    roles = {user.id: user.role for user in users}
    members = [id for id, role in roles.items() if role == "member"]
    others = sorted((id, role) for id, role in roles.items() if role != "member")
    if members:
        await connection.execute('DELETE FROM roles WHERE "user" = ANY($1::text[])', members)
    if others:
        await connection.execute(_SET_ROLES, *map(list, zip(*others, strict=True)))
