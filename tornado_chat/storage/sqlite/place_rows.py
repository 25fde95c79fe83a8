"""Records of channels and memberships as rows of tables. All of this runs on a thread of the Database.

Rows are written with one statement, and read as one JSON text (see queries.py).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from tornado_chat.chat.channel_records import ChannelRecord, is_secret
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import is_guest_id
from tornado_chat.chat.validation import name_key
from tornado_chat.storage.place_rows import (
    JSON,
    OF_MEMBERSHIP,
    OF_RECORD,
    changed_columns,
    loads,
    membership_row,
    record_row,
    texts_in,
)
from tornado_chat.storage.sqlite.numbers import can_be_encoded, no_text
from tornado_chat.storage.sqlite.queries import table

AT_ONCE = 256  # rows of one statement


def _array(columns: Sequence[str], of: str) -> str:
    return f"json_array({', '.join(f'json({of}.{one})' if one in JSON else f'{of}.{one}' for one in columns)})"


def _upsert(into: str, columns: Sequence[str], key: Sequence[str]) -> str:
    new = ", ".join(f"{one} = excluded.{one}" for one in columns if one not in key)
    return (
        f"INSERT INTO {into} ({', '.join(columns)}) SELECT * FROM {{given}} WHERE column1 NOTNULL"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {new}"
    )


#: What to_record and to_membership read: of a table that the query names `r`, or `m`.
RECORD, MEMBERSHIP = _array(OF_RECORD, "r"), _array(OF_MEMBERSHIP, "m")
#: The order in which members follow an owner: guests (user_ids.is_guest_id), and who is silenced, last.
HEIRS = "(instr(user, ':') = 0 OR user GLOB 'g:*'), silenced_until > 0, began, user"
_SET_RECORDS = _upsert("channel_records", (*OF_RECORD, "key"), ("name",))
_SET_MEMBERSHIPS = _upsert("memberships", OF_MEMBERSHIP, ("user", "channel"))
_SET_PEOPLE = _upsert("people", ("id", "name", "key", "seen", "guest"), ("id",)).replace(
    "excluded.seen", "max(seen, excluded.seen)"
)
_THERE = "SELECT json_group_array(name) FROM channel_records WHERE name IN (SELECT value FROM json_each(?))"


def set_records(connection: sqlite3.Connection, records: Sequence[ChannelRecord]) -> None:
    """Store records as they are."""
    _write(connection, _SET_RECORDS, [record_row(one) for one in records])


def set_record(connection: sqlite3.Connection, record: ChannelRecord, changed: Collection[str]) -> None:
    """Store what was changed of a record, as it is now; see Memberships.set."""
    now = dict(zip((*OF_RECORD, "key"), record_row(record), strict=True))
    _check_texts([list(now.values())])
    names = changed_columns(changed)
    asked = f"UPDATE channel_records SET {', '.join(f'{name} = ?' for name in names)} WHERE name = ?"
    found = connection.execute(asked, [*(now[name] for name in names), record.name]).rowcount
    if not found and not is_secret(record.name):
        set_records(connection, [record])


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
    rows = [membership_row(one) for one in memberships]
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


def _write(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    _check_texts(rows)
    for start in range(0, len(rows), AT_ONCE):
        given, values = table(rows[start : start + AT_ONCE])
        connection.execute(statement.format(given=given), values)


def _check_texts(rows: Sequence[Sequence[Any]]) -> None:
    if not can_be_encoded(texts_in(rows)):
        raise no_text()
