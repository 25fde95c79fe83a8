"""Removes people, memberships and channels. These functions run on a thread of the Database."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence

from tornado_chat.chat.channel_records import DIRECT
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.user_ids import TOKEN
from tornado_chat.storage import place_trimming
from tornado_chat.storage.place_rows import loads, to_membership, to_record
from tornado_chat.storage.sqlite import attachments, threads
from tornado_chat.storage.sqlite.place_rows import HEIRS, MEMBERSHIP, RECORD

_THESE = "IN (SELECT value FROM json_each(:these))"
# Of direct conversations they stay: `erase` finds those of a person by them.
_ENDED = (
    "SELECT user, channel FROM memberships WHERE ended > 0 AND ended < :before AND kept_out_until <= :now"
    f" AND channel NOT GLOB '{DIRECT}*' LIMIT :piece"
)
_OWNED = f"SELECT json_group_array(channel) FROM memberships WHERE user {_THESE} AND ended = 0 AND role = 'owner'"
_OF_PEOPLE = f"SELECT channel FROM memberships WHERE user {_THESE}"
_WITHOUT = (
    "UPDATE channel_records SET people ="
    f" (SELECT json_group_array(value) FROM json_each(people) WHERE NOT value {_THESE})"
    f" WHERE kind = 'direct' AND name IN ({_OF_PEOPLE})"
)
_NEXT = f"""
SELECT user FROM memberships WHERE channel = :name AND ended = 0
    AND NOT EXISTS (SELECT 1 FROM memberships WHERE channel = :name AND ended = 0 AND role = 'owner')
ORDER BY role != 'moderator', {HEIRS} LIMIT 1
"""
_PROMOTED = (
    f"SELECT {MEMBERSHIP}, {RECORD} FROM memberships m JOIN channel_records r ON r.name = m.channel"
    " WHERE m.user = ? AND m.channel = ?"
)
_EMPTY = """
SELECT json_group_array(name) FROM (SELECT name FROM channel_records r
    WHERE members = 0 AND name > :after AND made < :before
    AND coalesce((SELECT max(ended) FROM memberships WHERE channel = r.name), 0) < :before
    ORDER BY name LIMIT :limit)
"""


def erase(connection: sqlite3.Connection, people: Sequence[str]) -> list[Membership]:
    """Forget people (ids) with all that is theirs alone; return the memberships of who owns their channels now.

    Their direct conversations stay with the others, and nobody opens them anew: not a later user of the same id.
    """
    these = {"these": json.dumps(list(people))}
    owned = loads(connection.execute(_OWNED, these).fetchone()[0])
    connection.execute(f"DELETE FROM direct WHERE name IN ({_OF_PEOPLE})", these)
    connection.execute(_WITHOUT, these)
    connection.execute(f"DELETE FROM memberships WHERE user {_THESE}", these)
    connection.execute(f"DELETE FROM people WHERE id {_THESE}", these)
    connection.execute(f"DELETE FROM roles WHERE user {_THESE} AND user GLOB '{TOKEN}*'", these)  # of the last token
    threads.forget(connection, people)
    attachments.erase(connection, people, int(time.time() * 1000))
    return [new for name in owned for new in _promote(connection, name)]


def _promote(connection: sqlite3.Connection, name: str) -> list[Membership]:
    row = connection.execute(_NEXT, {"name": name}).fetchone()
    if row is None:
        return []
    connection.execute("UPDATE memberships SET role = 'owner' WHERE user = ? AND channel = ?", (row[0], name))
    membership, record = connection.execute(_PROMOTED, (row[0], name)).fetchone()
    return [to_membership(loads(membership), to_record(loads(record)))]


def guests(connection: sqlite3.Connection, since: int) -> list[str]:
    """Return ids of guests who were last here before a time (ms)."""
    found = "SELECT json_group_array(id) FROM (SELECT id FROM people WHERE guest AND seen < ? LIMIT ?)"
    return list(loads(connection.execute(found, (since, place_trimming.PIECE)).fetchone()[0]))


def seen(connection: sqlite3.Connection, people: Iterable[str], now: int) -> None:
    """Note that people were here at a time (ms)."""
    these = {"these": json.dumps(list(people)), "now": now}
    connection.execute(f"UPDATE people SET seen = :now WHERE id {_THESE}", these)


def end(connection: sqlite3.Connection, now: int) -> int:
    """Remove silences that are over, and memberships that ended long ago, at most a piece; return how many."""
    connection.execute(
        "UPDATE memberships SET silenced_until = 0 WHERE silenced_until > 0 AND silenced_until <= ?", (now,)
    )
    values = {
        "before": now - place_trimming.ENDED_DAYS * place_trimming.DAY,
        "now": now,
        "piece": place_trimming.PIECE,
    }
    return connection.execute(f"DELETE FROM memberships WHERE (user, channel) IN ({_ENDED})", values).rowcount


def empty(connection: sqlite3.Connection, before: int, after: str, limit: int) -> list[str]:
    """Return names of channels, in order, that have had no members since before a time (ms)."""
    values = {"before": before, "after": after, "limit": limit}
    return list(loads(connection.execute(_EMPTY, values).fetchone()[0]))


def delete(connection: sqlite3.Connection, names: Sequence[str], empty: bool = False) -> int:
    """Delete channels with their memberships; return how many. empty: only those that have no members."""
    if empty:
        asked = f"SELECT json_group_array(name) FROM channel_records WHERE members = 0 AND name {_THESE}"
        names = loads(connection.execute(asked, {"these": json.dumps(list(names))}).fetchone()[0])
    these = {"these": json.dumps(list(names))}
    connection.execute(f"DELETE FROM direct WHERE name {_THESE}", these)
    connection.execute(f"DELETE FROM memberships WHERE channel {_THESE}", these)
    return connection.execute(f"DELETE FROM channel_records WHERE name {_THESE}", these).rowcount
