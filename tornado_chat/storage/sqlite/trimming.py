"""Deletes the oldest messages of channels, a few at a time. These run on a thread of the Database."""

from __future__ import annotations

import json
import sqlite3
import time

from tornado_chat.config import speed
from tornado_chat.storage.sqlite import attachments, indexing
from tornado_chat.storage.sqlite.queries import LARGEST, SHIFT

AT_ONCE = 200  # channels that one query of `stale` covers

_loads = speed.loads or json.loads

_STALE = f"""
WITH some AS (
    SELECT no, name, (SELECT id FROM messages WHERE id > no << {SHIFT} ORDER BY id LIMIT 1) AS first,
        (SELECT id FROM messages WHERE id <= (no << {SHIFT}) + {LARGEST} ORDER BY id DESC LIMIT 1) AS last
    FROM channels WHERE no > :after ORDER BY no LIMIT :limit
)
SELECT max(no), json_group_array(json_array(no, name)) FILTER (WHERE first <= (no << {SHIFT}) + {LARGEST}
    AND (last - first >= :keep OR (SELECT time FROM messages WHERE id = first) < :since))
FROM some
"""
_NTH = "SELECT id FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1 OFFSET ?"
_CUT = """
WITH some AS (SELECT id, time FROM messages WHERE id BETWEEN :first AND :last ORDER BY id LIMIT :piece),
    kept AS (SELECT min(id) AS id FROM some WHERE NOT (coalesce(id <= :over, 0) OR coalesce(time < :since, 0)))
SELECT max(id) FROM some WHERE id < coalesce((SELECT id FROM kept), :last + 1)
"""


def stale(
    connection: sqlite3.Connection, after: int, since: int | None, keep: int | None
) -> tuple[list[tuple[int, str]], int | None]:
    """Return which of the next channels may have messages to delete, and where to go on (None: that was all)."""
    values = {"after": after, "since": since, "keep": keep, "limit": AT_ONCE}
    end, channels = connection.execute(_STALE, values).fetchone()
    return [(no, name) for no, name in _loads(channels)], end


def nth(connection: sqlite3.Connection, no: int, before: int, count: int) -> int | None:
    """Return the id of a channel's message, up to the id `before`, that `count` others follow; None if none is."""
    row = connection.execute(_NTH, (no << SHIFT, before, count)).fetchone()
    return row and int(row[0])


def trim(connection: sqlite3.Connection, no: int, since: int | None, over: int | None, piece: int) -> tuple[int, int]:
    """Delete the oldest messages of a channel, at most `piece`; return how many, and the new floor.

    They are older than `since`, or their id is at most `over`.
    """
    first, high = no << SHIFT, (no << SHIFT) + LARGEST
    newest = nth(connection, no, high, 0)
    if newest is None:
        return 0, 0
    values = {"first": first, "last": newest, "since": since, "over": over, "piece": piece}
    cut = connection.execute(_CUT, values).fetchone()[0]
    if cut is None:
        return 0, 0
    indexing.remove(connection, [entry for _, entry in indexing.stored(connection, first, cut)])
    deleted = connection.execute("DELETE FROM messages WHERE id BETWEEN ? AND ?", (first, cut)).rowcount
    for table in ("reactions", "pins", "mentions", "growing"):
        connection.execute(f"DELETE FROM {table} WHERE message BETWEEN ? AND ?", (first, cut))
    connection.execute("DELETE FROM follows WHERE root BETWEEN ? AND ?", (first, cut))
    attachments.detach(connection, first, cut, int(time.time() * 1000))
    connection.execute("DELETE FROM clock_steps WHERE channel = ? AND seq <= ?", (no, cut & LARGEST))
    floor = cut & LARGEST
    ends = "UPDATE channels SET floor = ?, last = max(last, ?) WHERE no = ?"
    connection.execute(ends, (floor, newest & LARGEST, no))
    return deleted, floor


def forget_refs(connection: sqlite3.Connection, before: int, piece: int) -> int:
    """Delete refs of changes that were made before a time (ms), at most `piece`; return how many."""
    some = "SELECT sender, ref FROM change_refs WHERE time < ? ORDER BY time LIMIT ?"
    return connection.execute(f"DELETE FROM change_refs WHERE (sender, ref) IN ({some})", (before, piece)).rowcount
