"""The SQL of the history, one function for each question. All of them run on a thread of the Database.

A row's `id` combines its channel's number and its `seq`, so that the rows of a channel lie together. sqlite3 releases
the interpreter at each step of a statement, and then waits behind a busy loop for it. So rows are written with
one statement, and read as one JSON text.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from tornado_chat.chat.models import Message, User
from tornado_chat.config import speed
from tornado_chat.storage.sqlite.writer import Database

SHIFT = 40
LARGEST = 2**SHIFT - 1  # the last possible `seq`
REMEMBERED = 50_000  # channels and senders whose numbers are cached
AT_ONCE = 200  # channels that one query of `stale` covers
SIZES = 32  # of VALUES tables: powers of two up to this, then multiples of it

_loads = speed.loads or json.loads

_COLUMNS = "json_group_array(json_array(channel, id, sender, name, text, time, ref))"
_ROWS = "m.id, s.id AS sender, m.name, m.text, m.time, m.ref FROM messages m LEFT JOIN senders s ON s.no = m.sender"
_NO = f"((SELECT no FROM channels WHERE name = :channel) << {SHIFT})"
_PAGE = (
    f"SELECT {_COLUMNS} FROM (SELECT :channel AS channel, {_ROWS}"
    f" WHERE m.id > {_NO} + :after AND m.id < {_NO} + :before ORDER BY m.id {{order}} LIMIT :limit)"
)
_FORWARD, _BACKWARD = _PAGE.format(order="ASC"), _PAGE.format(order="DESC")
_KNOWN = (
    f"SELECT {_COLUMNS} FROM (SELECT c.name AS channel, m.id, s.id AS sender, m.name, m.text, m.time, m.ref"
    " FROM {keys} k CROSS JOIN messages m ON m.sender = k.column1 AND m.ref = k.column2"
    f" JOIN senders s ON s.no = m.sender JOIN channels c ON c.no = m.id >> {SHIFT})"
)
_LAST = (
    f"max(floor, coalesce((SELECT id FROM messages WHERE id BETWEEN no << {SHIFT} AND (no << {SHIFT}) + {LARGEST}"
    f" ORDER BY id DESC LIMIT 1) & {LARGEST}, 0))"
)


class Stored(NamedTuple):
    """The new messages of a batch, and for each of all the one that is stored (None: it is no valid text)."""

    new: list[Message]
    kept: list[Message | None]


# Writing


class Numbers:
    """The writer's cache: the numbers of channels and senders, and the last `seq` of each channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rollbacks = 0
        self._channels: dict[str, tuple[int, int]] = {}
        self._senders: dict[str, int] = {}

    def store(self, connection: sqlite3.Connection, messages: Sequence[Message]) -> Stored:
        """Number and insert the messages whose (sender, `ref`) is new, in the open transaction."""
        if self._rollbacks != self._database.rollbacks or len(self._channels) + len(self._senders) > REMEMBERED:
            self._rollbacks = self._database.rollbacks
            self._channels.clear()
            self._senders.clear()
        sound = messages if _is_text(messages) else [message for message in messages if _is_text([message])]
        known = self._known(connection, sound)
        self._prepare(connection, sound)
        new, rows = [], []
        for message in sound:
            sender = message.sender
            if (
                sender
                and message.ref is not None
                and known.setdefault((sender.id, message.ref), message) is not message
            ):
                continue
            no, last = self._channels[message.channel]
            self._channels[message.channel] = no, last + 1
            message.seq = last + 1
            number = (no << SHIFT) + message.seq
            message.id = str(number)
            who = (None, None) if sender is None else (self._senders[sender.id], sender.name)
            new.append(message)
            rows.append((number, *who, message.text, message.time, message.ref))
        if rows:
            # OR FAIL: ABORT would keep a journal to undo this statement; here the whole transaction is rolled back.
            table, values = _table(rows)
            connection.execute(f"INSERT OR FAIL INTO messages SELECT * FROM {table} WHERE column1 NOTNULL", values)
        stored = {
            id(one): known[one.sender.id, one.ref] if one.sender and one.ref is not None else one for one in sound
        }
        return Stored(new, [stored.get(id(one)) for one in messages])

    def _known(self, connection: sqlite3.Connection, messages: Sequence[Message]) -> dict[tuple[str, str], Message]:
        named = [(one.sender.id, one.ref) for one in messages if one.sender is not None and one.ref is not None]
        unknown = {sender for sender, _ in named if sender not in self._senders}
        if unknown:
            self._senders.update(_numbers(connection, "senders", "id", "no", unknown))
        keys = [(self._senders[sender], ref) for sender, ref in named if sender in self._senders]
        if not keys:
            return {}
        table, values = _table(keys)
        found = _messages(connection.execute(_KNOWN.format(keys=table), values))
        return {(one.sender.id, one.ref): one for one in found if one.sender is not None and one.ref is not None}

    def _prepare(self, connection: sqlite3.Connection, messages: Sequence[Message]) -> None:
        """Make sure that every channel and sender has a number."""
        senders = {one.sender.id for one in messages if one.sender is not None} - self._senders.keys()
        if senders:
            self._senders.update(_numbers(connection, "senders", "id", "no", senders, make=True))
        channels = {one.channel for one in messages} - self._channels.keys()
        if channels:
            found = _numbers(connection, "channels", "name", f"json_array(no, {_LAST})", channels, make=True)
            self._channels.update((name, (no, last)) for name, (no, last) in found.items())


def _is_text(messages: Sequence[Message]) -> bool:
    """Return whether all texts of these can be stored; a lone surrogate cannot."""
    words = "".join([f"{one.channel}{one.text}{one.ref}" for one in messages])
    words += "".join([f"{one.sender.id}{one.sender.name}" for one in messages if one.sender])
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True


def _table(rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """Return rows as a VALUES table (`column1`, …), and the values to bind.

    Rows of NULL pad it to one of a few sizes, so that there are few statements and SQLite caches them.
    """
    width, count = len(rows[0]), len(rows)
    height = 1 << (count - 1).bit_length() if count <= SIZES else -(-count // SIZES) * SIZES
    marks = f"({','.join('?' * width)})"
    values = [value for row in rows for value in row]
    return f"(VALUES {','.join([marks] * height)})", values + [None] * (width * (height - count))


def _numbers(
    connection: sqlite3.Connection, table: str, key: str, number: str, names: set[str], make: bool = False
) -> dict[str, Any]:
    values = list(names)
    if make:
        marks = ",".join(["(?)"] * len(values))
        connection.execute(f"INSERT OR IGNORE INTO {table} ({key}) VALUES {marks}", values)
    marks = ",".join("?" * len(values))
    pairs = f"SELECT json_group_array(json_array({key}, {number})) FROM {table} WHERE {key} IN ({marks})"
    return dict(_loads(connection.execute(pairs, values).fetchone()[0]))


# Reading


def _messages(cursor: sqlite3.Cursor) -> list[Message]:
    users: dict[tuple[str, str], User] = {}  # one for all of their messages: it is encoded once
    messages = []
    for channel, number, sender, name, text, time, ref in _loads(cursor.fetchone()[0]):
        user = None
        if sender is not None:
            user = users.get((sender, name))
            if user is None:
                user = users[sender, name] = User(sender, name)
        messages.append(Message(channel, text, user, time, ref, number & LARGEST, str(number)))
    return messages


def page(
    connection: sqlite3.Connection, channel: str, after: int | None, before: int | None, limit: int
) -> list[Message]:
    """Return the first messages after a `seq`, the last ones before one, or the newest; oldest first."""
    values = {
        "channel": channel,
        "after": 0 if after is None else min(max(after, 0), LARGEST),
        "before": LARGEST + 1 if before is None else min(max(before, 0), LARGEST + 1),
        "limit": limit,
    }
    messages = _messages(connection.execute(_BACKWARD if after is None else _FORWARD, values))
    return messages[::-1] if after is None else messages


def find(connection: sqlite3.Connection, sender: str, ref: str) -> Message | None:
    """Return the message that a sender stored with a `ref`."""
    key = "(SELECT (SELECT no FROM senders WHERE id = ?) AS column1, ? AS column2)"
    messages = _messages(connection.execute(_KNOWN.format(keys=key), (sender, ref)))
    return messages[0] if messages else None


def last(connection: sqlite3.Connection, channel: str) -> int:
    """Return the newest `seq` of a channel, 0 if it has none."""
    row = connection.execute(f"SELECT {_LAST} FROM channels WHERE name = ?", (channel,)).fetchone()
    return row[0] if row else 0


def floor(connection: sqlite3.Connection, channel: str) -> int:
    """Return the `seq` up to which a channel was trimmed."""
    row = connection.execute("SELECT floor FROM channels WHERE name = ?", (channel,)).fetchone()
    return row[0] if row else 0


# Trimming

_STALE = f"""
WITH some AS (
    SELECT no, (SELECT id FROM messages WHERE id > no << {SHIFT} ORDER BY id LIMIT 1) AS first,
        (SELECT id FROM messages WHERE id <= (no << {SHIFT}) + {LARGEST} ORDER BY id DESC LIMIT 1) AS last
    FROM channels WHERE no > :after ORDER BY no LIMIT {AT_ONCE}
)
SELECT max(no), json_group_array(no) FILTER (WHERE first <= (no << {SHIFT}) + {LARGEST}
    AND (last - first >= :keep OR (SELECT time FROM messages WHERE id = first) < :since))
FROM some
"""
_CUT = """
SELECT coalesce(min(CASE WHEN NOT (coalesce(id <= :last - :keep, 0) OR coalesce(time < :since, 0)) THEN id END) - 1,
    max(id))
FROM (SELECT id, time FROM messages WHERE id BETWEEN :first AND :last ORDER BY id LIMIT :piece)
"""


def stale(
    connection: sqlite3.Connection, after: int, since: int | None, keep: int | None
) -> tuple[list[int], int | None]:
    """Return which of the next channels have messages to delete, and where to go on (None: that was all)."""
    end, channels = connection.execute(_STALE, {"after": after, "since": since, "keep": keep}).fetchone()
    return _loads(channels), end


def trim(connection: sqlite3.Connection, no: int, since: int | None, keep: int | None, piece: int) -> int:
    """Delete the oldest messages of a channel, at most `piece`; return how many."""
    first, high = no << SHIFT, (no << SHIFT) + LARGEST
    newest = "SELECT id FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1"
    row = connection.execute(newest, (first, high)).fetchone()
    if row is None:
        return 0
    values = {"first": first, "last": row[0], "since": since, "keep": keep, "piece": piece}
    cut = connection.execute(_CUT, values).fetchone()[0]
    deleted = connection.execute("DELETE FROM messages WHERE id BETWEEN ? AND ?", (first, cut)).rowcount
    if deleted:
        connection.execute("UPDATE channels SET floor = ? WHERE no = ?", (cut & LARGEST, no))
    return deleted
