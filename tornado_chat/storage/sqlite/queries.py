"""The SQL of the history, one function for each question. All of them run on a thread of the Database.

A row's `id` combines its channel's number and its `seq`, so that the rows of a channel lie together. sqlite3 releases
the interpreter at each step of a statement, and then waits behind a busy loop for it. So rows are written with
one statement, and read as one JSON text.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from tornado_chat.chat.changes import is_repeated, ref_was_used
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.config import speed

SHIFT = 40
LARGEST = 2**SHIFT - 1  # the last possible `seq`
#: Sizes of VALUES tables: powers of two up to the first, multiples of it up to the second, and then of the third.
SIZES: Final = (32, 256, 128)

_loads = speed.loads or json.loads

_ROW = "json_array(channel, id, sender, name, text, time, ref, rev, json(extra))"
COLUMNS = f"json_group_array({_ROW})"
_FIELDS = f"m.id, s.id AS sender, m.name, m.text, m.time, m.ref, m.rev_key & {LARGEST} AS rev, m.extra"
ROWS = f"{_FIELDS} FROM messages m LEFT JOIN senders s ON s.no = m.sender"
_NO = f"((SELECT no FROM channels WHERE name = :channel) << {SHIFT})"
_PAGE = (
    f"SELECT {COLUMNS} FROM (SELECT :channel AS channel, {ROWS}"
    f" WHERE m.id > {_NO} + :after AND m.id < {_NO} + :before ORDER BY m.id {{order}} LIMIT :limit)"
)
_FORWARD, _BACKWARD = _PAGE.format(order="ASC"), _PAGE.format(order="DESC")
# A message alone, or one of replies that the timeline leaves out, of which the others are jumped over.
_TIMELINE = """
SELECT json_group_array(id) FROM (
    WITH RECURSIVE run (id, back) AS (
        SELECT * FROM (SELECT id, back FROM messages WHERE id > :low AND id < :high ORDER BY id {order} LIMIT 1)
        UNION ALL
        SELECT m.id, m.back FROM run r CROSS JOIN messages m ON m.id = {next} WHERE m.id > :low
        LIMIT 2 * :limit + 2
    ) SELECT id FROM run WHERE back IS NULL LIMIT :limit
)
"""
_UP = _TIMELINE.format(
    order="ASC",
    next="(SELECT id FROM messages WHERE id > iif(r.back IS NULL, r.id, (SELECT id FROM messages INDEXED BY replies"
    " WHERE back = r.back ORDER BY id DESC LIMIT 1)) AND id < :high ORDER BY id LIMIT 1)",
)
_DOWN = _TIMELINE.format(
    order="DESC",
    next="coalesce(r.back, (SELECT id FROM messages WHERE id < r.id AND id > :low ORDER BY id DESC LIMIT 1))",
)
_SOME = f"""
SELECT {COLUMNS} FROM (SELECT c.name AS channel, {ROWS} JOIN channels c ON c.no = m.id >> {SHIFT}
    WHERE m.id IN (SELECT value FROM json_each(?)))
"""
_SINGLE = f"SELECT {COLUMNS} FROM (SELECT :channel AS channel, {ROWS} WHERE m.id = {_NO} + :seq)"
_KNOWN = f"""
WITH k AS {{keys}}
SELECT (SELECT json_group_array(json_array({_ROW}, digest)) FROM (SELECT c.name AS channel, {_FIELDS}, m.digest
    FROM k CROSS JOIN messages m ON m.sender = k.column1 AND m.ref = k.column2
    JOIN senders s ON s.no = m.sender JOIN channels c ON c.no = m.id >> {SHIFT})),
  (SELECT json_group_array(json_array(s.id, r.ref)) FROM k CROSS JOIN change_refs r
    ON r.sender = k.column1 AND r.ref = k.column2 JOIN senders s ON s.no = r.sender)
"""
LAST = (
    "max(floor, last, coalesce((SELECT id FROM messages"
    f" WHERE id BETWEEN no << {SHIFT} AND (no << {SHIFT}) + {LARGEST} ORDER BY id DESC LIMIT 1) & {LARGEST}, 0))"
)


class Known(NamedTuple):
    """What is stored under some (sender, `ref`): messages, digests of those whose text was changed, and changes."""

    messages: dict[tuple[str, str], Message]
    digests: dict[str, str | None]  # by id
    changes: set[tuple[str, str]]

    def kept(self, message: Message, key: tuple[str, str]) -> Message | Refused:
        """Return what is stored instead of a message whose (sender, `ref`) is known, or why it is refused."""
        first = self.messages.get(key)
        if first is not None and is_repeated(message, first, self.digests.get(first.id)):
            return first
        return ref_was_used()


def table(rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """Return rows as a VALUES table (`column1`, …), and the values to bind.

    Rows of NULL pad it to one of a few sizes, so that there are few statements and SQLite caches them.
    """
    width, count = len(rows[0]), len(rows)
    small, large, coarse = SIZES
    if count <= small:
        height = 1 << (count - 1).bit_length()
    else:
        step = small if count <= large else coarse
        height = -(-count // step) * step
    marks = f"({','.join('?' * width)})"
    values = [value for row in rows for value in row]
    return f"(VALUES {','.join([marks] * height)})", values + [None] * (width * (height - count))


def to_messages(rows: Iterable[Sequence[Any]]) -> list[Message]:
    """Return the messages of rows that COLUMNS made."""
    users: dict[tuple[str, str], User] = {}  # one for all of their messages: it is encoded once
    messages = []
    for channel, number, sender, name, text, time, ref, rev, extra in rows:
        user = None
        if sender is not None:
            user = users.get((sender, name))
            if user is None:
                user = users[sender, name] = User(sender, name)
        messages.append(Message(channel, text, user, time, ref, number & LARGEST, str(number), rev or 0, extra))
    return messages


def select(connection: sqlite3.Connection, query: str, values: Any) -> list[Message]:
    """Return the messages of a query for COLUMNS."""
    return to_messages(_loads(connection.execute(query, values).fetchone()[0]))


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
    messages = select(connection, _BACKWARD if after is None else _FORWARD, values)
    return messages[::-1] if after is None else messages


def timeline(connection: sqlite3.Connection, no: int, after: int, before: int, limit: int, up: bool) -> list[int]:
    """Return the ids of the first messages of a channel's timeline between two numbers, or (not `up`) the last ones.

    Those are all but the replies that stand in their threads alone, however many of these there are.
    """
    values = {"low": (no << SHIFT) + after, "high": (no << SHIFT) + before, "limit": limit}
    found: list[int] = _loads(connection.execute(_UP if up else _DOWN, values).fetchone()[0])
    return found


def timeline_page(
    connection: sqlite3.Connection, channel: str, after: int | None, before: int | None, limit: int
) -> list[Message]:
    """Return messages of the timeline as `page` does."""
    no = number(connection, channel)
    if no is None:
        return []
    first = 0 if after is None else min(max(after, 0), LARGEST)
    last = LARGEST + 1 if before is None else min(max(before, 0), LARGEST + 1)
    ids = timeline(connection, no, first, last, limit, after is not None)
    return sorted(some(connection, ids), key=lambda one: one.seq)


def some(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Message]:
    """Return messages by id, in any order."""
    return select(connection, _SOME, (json.dumps(ids),))


def single(connection: sqlite3.Connection, channel: str, seq: int) -> Message | None:
    """Return a message, None if it is not there."""
    found = select(connection, _SINGLE, {"channel": channel, "seq": seq}) if 0 < seq <= LARGEST else ()
    return found[0] if found else None


def known(connection: sqlite3.Connection, keys: Sequence[tuple[int, str]]) -> Known:
    """Return what is stored under some (number of a sender, `ref`)."""
    keyed, values = table(keys)
    found, changes = map(_loads, connection.execute(_KNOWN.format(keys=keyed), values).fetchone())
    messages = to_messages(row for row, _ in found)
    return Known(
        {(one.sender.id, one.ref): one for one in messages if one.sender is not None and one.ref is not None},
        {one.id: digest for one, (_, digest) in zip(messages, found, strict=True)},
        {(sender, ref) for sender, ref in changes},
    )


def find(connection: sqlite3.Connection, sender: str, ref: str) -> Message | None:
    """Return the message that a sender stored with a `ref`."""
    return _under(connection, sender, ref).messages.get((sender, ref))


def repeated(connection: sqlite3.Connection, message: Message) -> Message | None:
    """Return what is stored already of a message that says the same under the same (sender, `ref`)."""
    if message.sender is None or message.ref is None:
        return None
    key = message.sender.id, message.ref
    kept = _under(connection, *key).kept(message, key)
    return kept if isinstance(kept, Message) else None


def _under(connection: sqlite3.Connection, sender: str, ref: str) -> Known:
    row = connection.execute("SELECT no FROM senders WHERE id = ?", (sender,)).fetchone()
    return known(connection, [(row[0], ref)]) if row else Known({}, {}, set())


def number(connection: sqlite3.Connection, channel: str) -> int | None:
    """Return the number of a channel, None if there is none."""
    row = connection.execute("SELECT no FROM channels WHERE name = ?", (channel,)).fetchone()
    return int(row[0]) if row else None


def end(no: int) -> int:
    """Return the last id that a message of the channel with a number can have."""
    return int((no << SHIFT) + LARGEST)


def last(connection: sqlite3.Connection, channel: str) -> int:
    """Return the newest number of a channel, 0 if it has none."""
    row = connection.execute(f"SELECT {LAST} FROM channels WHERE name = ?", (channel,)).fetchone()
    return row[0] if row else 0


def floor(connection: sqlite3.Connection, channel: str) -> int:
    """Return the number up to which a channel was trimmed."""
    row = connection.execute("SELECT floor FROM channels WHERE name = ?", (channel,)).fetchone()
    return row[0] if row else 0
