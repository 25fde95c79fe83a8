"""Records of channels and memberships as rows of tables. All of this runs on a thread of the Database.

Rows are written with one statement, and read as one JSON text (see queries.py).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tornado_chat.chat.channel_records import ChannelRecord, Stretch, is_secret
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import User
from tornado_chat.chat.store import encode
from tornado_chat.chat.user_ids import is_guest_id
from tornado_chat.chat.validation import name_key
from tornado_chat.config import speed
from tornado_chat.storage.sqlite.numbers import can_be_encoded, no_text
from tornado_chat.storage.sqlite.queries import table

AT_ONCE = 256  # rows of one statement

loads: Callable[[str], Any] = speed.loads or json.loads

_OF_RECORD = (
    *("name", "kind", "title", "topic", "description", "posting", "slow", "edit_window", "newcomers", "listed"),
    *("archived", "creator", "made", "open", "people", "plugins"),
)
_OF_MEMBERSHIP = (
    *("user", "channel", "role", "since", "began", "read", "level", "level_until", "silenced_until", "ended"),
    *("kept_out_until", "hidden", "sees"),
)
_JSON = ("open", "people", "plugins", "sees")


def _array(columns: Sequence[str], of: str) -> str:
    return f"json_array({', '.join(f'json({of}.{one})' if one in _JSON else f'{of}.{one}' for one in columns)})"


def _upsert(into: str, columns: Sequence[str], key: Sequence[str]) -> str:
    new = ", ".join(f"{one} = excluded.{one}" for one in columns if one not in key)
    return (
        f"INSERT INTO {into} ({', '.join(columns)}) SELECT * FROM {{given}} WHERE column1 NOTNULL"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {new}"
    )


#: What to_record and to_membership read: of a table that the query names `r`, or `m`.
RECORD, MEMBERSHIP = _array(_OF_RECORD, "r"), _array(_OF_MEMBERSHIP, "m")
#: The order in which members follow an owner: guests (user_ids.is_guest_id), and who is silenced, last.
HEIRS = "(instr(user, ':') = 0 OR user GLOB 'g:*'), silenced_until > 0, began, user"
_SET_RECORDS = _upsert("channel_records", (*_OF_RECORD, "key"), ("name",))
_SET_MEMBERSHIPS = _upsert("memberships", _OF_MEMBERSHIP, ("user", "channel"))
_SET_PEOPLE = _upsert("people", ("id", "name", "key", "seen", "guest"), ("id",)).replace(
    "excluded.seen", "max(seen, excluded.seen)"
)
_THERE = "SELECT json_group_array(name) FROM channel_records WHERE name IN (SELECT value FROM json_each(?))"


def to_record(row: Sequence[Any]) -> ChannelRecord:
    name, kind, title, topic, description, posting, slow, window, newcomers, listed, archived, *more = row
    creator, made, open, people, plugins = more
    words = name, kind, title, topic, description, posting
    settings = slow, window, newcomers, _stretches(open), bool(listed), bool(archived)
    return ChannelRecord(*words, *settings, creator, made, tuple(people), plugins)


def to_membership(row: Sequence[Any], record: ChannelRecord) -> Membership:
    user, _, role, since, began, read, level, level_until, silenced, ended, kept_out, hidden, sees = row
    seen = None if sees is None else _stretches(sees)
    until = level_until, silenced, ended, kept_out
    return Membership(record, user, role, since, began, seen, read, level, *until, bool(hidden))


def _stretches(rows: Iterable[Sequence[Any]]) -> tuple[Stretch, ...]:
    return tuple((first, last) for first, last in rows)


def key_of(record: ChannelRecord) -> str:
    """Return what a channel is found by: its title, and the name of a public one."""
    found = [record.title] if record.kind != "public" else {record.name, record.title or record.name}
    return "\n".join(sorted(map(name_key, found)))


def members_key(people: Iterable[str]) -> str:
    """Return what is the same for the same people (ids) alone."""
    return hashlib.blake2b(json.dumps(sorted(set(people))).encode(), digest_size=16).hexdigest()


def set_records(connection: sqlite3.Connection, records: Sequence[ChannelRecord]) -> None:
    """Store records as they are."""
    _write(connection, _SET_RECORDS, [_record_row(one) for one in records])


def set_memberships(connection: sqlite3.Connection, memberships: Sequence[Membership]) -> None:
    """Store memberships as they are, with the records of public channels that have none.

    Those of secret channels without a record are left out: the channel was deleted meanwhile.
    """
    records = {one.record.name: one.record for one in memberships}
    there = set(loads(connection.execute(_THERE, (json.dumps(list(records)),)).fetchone()[0]))
    rows = check_rows([one for one in memberships if one.record.name in there or not is_secret(one.record.name)])
    set_records(connection, [one for name, one in records.items() if name not in there and not is_secret(name)])
    _write(connection, _SET_MEMBERSHIPS, rows)


def check_rows(memberships: Sequence[Membership]) -> list[list[Any]]:
    """Return the rows of memberships; Refused, before anything is written, if one of them cannot be stored."""
    rows = [_membership_row(one) for one in memberships]
    _check_texts(rows)
    return rows


def set_people(connection: sqlite3.Connection, people: Sequence[tuple[str, str, int]]) -> None:
    """Store the ids and names of people, and when they were here (ms; the latest time counts)."""
    _write(connection, _SET_PEOPLE, [[id, name, name_key(name), seen, is_guest_id(id)] for id, name, seen in people])


def set_roles(connection: sqlite3.Connection, users: Sequence[User]) -> None:
    """Store the roles of users who bring them in a token, for while they are away; no token is checked by these."""
    connection.executemany("DELETE FROM roles WHERE user = ?", [(user.id,) for user in users])
    others = [(user.id, user.role) for user in users if user.role != "member"]
    connection.executemany("INSERT INTO roles VALUES (?, ?)", others)


def _record_row(one: ChannelRecord) -> list[Any]:
    plain = [one.name, one.kind, one.title, one.topic, one.description, one.posting, one.slow, one.edit_window]
    more = [one.newcomers, one.listed, one.archived, one.creator, one.made]
    return [*plain, *more, json.dumps(one.open), json.dumps(one.people), encode(one.plugins), key_of(one)]


def _membership_row(one: Membership) -> list[Any]:
    times = [one.level_until, one.silenced_until, one.ended, one.kept_out_until]
    sees = None if one.sees is None else json.dumps(one.sees)
    plain = [one.user, one.record.name, one.role, one.since, one.began, one.read, one.level]
    return [*plain, *times, one.hidden, sees]


def _write(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    _check_texts(rows)
    for start in range(0, len(rows), AT_ONCE):
        given, values = table(rows[start : start + AT_ONCE])
        connection.execute(statement.format(given=given), values)


def _check_texts(rows: Sequence[Sequence[Any]]) -> None:
    """Raise Refused if there is a text in these rows that cannot be stored: written halfway it would undo others."""
    if not can_be_encoded("".join([value for row in rows for value in row if isinstance(value, str)])):
        raise no_text()
