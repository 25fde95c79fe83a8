"""What a history's tables must agree on. Each rule is a query for what breaks it, or compares a message with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.message_consistency import AT_ONCE, COLUMNS, Hanging, wrong
from tornado_chat.storage.postgres.rows import LARGEST, SHIFT

MOST = 20  # messages of one rule that are named

_CHANNELS = f"""
SELECT m.no, c.name, c.floor, c.last, m.first & {LARGEST}, m.newest & {LARGEST}
FROM (SELECT id >> {SHIFT} AS no, min(id) AS first, max(id) AS newest FROM messages GROUP BY 1) m
LEFT JOIN channels c ON c.no = m.no ORDER BY c.name
"""
_IN_CHANNEL = f"JOIN channels c ON c.no = {{id}} >> {SHIFT}"
_NOT_THERE = "SELECT {column} FROM {table} EXCEPT SELECT id FROM messages"
# One pass over all messages: which one of the timeline comes before each.
_BEFORE = f"""
SELECT id, back, coalesce(
    max(CASE WHEN back IS NULL THEN id END) OVER (PARTITION BY id >> {SHIFT} ORDER BY id ROWS UNBOUNDED PRECEDING), 0
) AS before FROM messages
"""

#: What is wrong, and the query for the ids of its messages (channel and number).
_RULES = {
    "was changed under a number that does not follow its own": (
        f"SELECT id FROM messages WHERE rev_key <= id OR rev_key >> {SHIFT} != id >> {SHIFT}"
    ),
    "was changed under a number that its channel has not reached": (
        f"SELECT m.id FROM messages m {_IN_CHANNEL.format(id='m.id')} WHERE m.rev_key & {LARGEST} > c.last"
    ),
    # The root of a thread is changed under the number of a reply, or of its deletion.
    "has the number of a change": (
        "SELECT m.id FROM messages o JOIN messages m ON m.id = o.rev_key WHERE m.thread IS DISTINCT FROM o.id"
    ),
    "was changed under the number of another change": (
        "SELECT m.id FROM messages o JOIN messages m ON m.rev_key = o.rev_key AND m.id > o.id"
        " WHERE m.thread IS DISTINCT FROM o.id"
    ),
    "has reactions, but is not there": _NOT_THERE.format(table="reactions", column="message"),
    "is pinned, but is not there": _NOT_THERE.format(table="pins", column="message"),
    "grows, but is not there": _NOT_THERE.format(table="growing", column="message"),
    "has files, but is not there": _NOT_THERE.format(table="attachments", column="message"),
    "mentions someone, but is not there": _NOT_THERE.format(table="mentions", column="message"),
    "mentions someone since a number that it does not have": (
        "SELECT n.message FROM mentions n JOIN messages m ON m.id = n.message"
        " WHERE n.number != m.id AND NOT coalesce(n.number BETWEEN m.id AND m.rev_key, false)"
    ),
    "is not there, and a call that changed it is known": (
        f"SELECT r.message FROM change_refs r LEFT {_IN_CHANNEL.format(id='r.message')} WHERE c.no IS NULL"
        f" OR (r.message & {LARGEST} > c.floor AND NOT EXISTS (SELECT 1 FROM messages WHERE id = r.message))"
    ),
    "was changed by a call whose number its channel has not reached": (
        f"SELECT r.message FROM change_refs r {_IN_CHANNEL.format(id='r.message')} WHERE r.number > c.last"
    ),
    "was changed by a call whose ref is that of a message": (
        "SELECT r.message FROM change_refs r JOIN messages m ON m.ref_key = r.ref_key"
    ),
    "is in the thread of a reply": (
        "SELECT r.id FROM messages r JOIN messages m ON m.id = r.thread WHERE m.thread IS NOT NULL"
    ),
    "is in a thread whose root is not there": (
        f"SELECT r.id FROM messages r {_IN_CHANNEL.format(id='r.id')} WHERE r.thread >= r.id"
        f" OR (r.thread & {LARGEST} > c.floor AND NOT EXISTS (SELECT 1 FROM messages WHERE id = r.thread))"
    ),
    "is not where the timeline has it": (
        f"SELECT b.id FROM ({_BEFORE}) b {_IN_CHANNEL.format(id='b.id')} WHERE b.back IS NOT NULL"
        f" AND b.before != CASE WHEN b.back & {LARGEST} <= c.floor THEN 0 ELSE b.back END"
    ),
    "is followed, but is not there": "SELECT root FROM follows EXCEPT SELECT id FROM messages WHERE thread IS NULL",
    "is read further than there is": (
        f"SELECT f.root FROM follows f {_IN_CHANNEL.format(id='f.root')} WHERE f.read > c.last"
    ),
}
_MESSAGES = f"SELECT {COLUMNS} FROM messages WHERE id > $1 ORDER BY id LIMIT {AT_ONCE}"
_NAMES = "SELECT no, name FROM channels WHERE no = ANY($1)"


async def contradictions(connection: Connection) -> list[str]:
    """Return what is wrong in the tables of messages, and of what hangs on them, as of one moment, one line each."""
    problems = [line async for line in _of_channels(connection)]
    for words, query in _RULES.items():
        rows = await connection.fetch(f"SELECT DISTINCT id FROM ({query}) w (id) ORDER BY id LIMIT {MOST}")
        problems += await _lines(connection, [(row[0], words) for row in rows])
    return problems + await _lines(connection, [one async for one in _of_messages(connection)])


async def _of_channels(connection: Connection) -> AsyncIterator[str]:
    above = "SELECT name, floor, last FROM channels WHERE floor > last ORDER BY name"
    for name, floor, last in await connection.fetch(above):
        yield f"channel {json.dumps(name)}: trimmed up to {floor}, which is above its newest number, {last}"
    for no, name, floor, last, first, newest in await connection.fetch(_CHANNELS):
        where = f"channel {json.dumps(name)}"
        if name is None:
            yield f"messages of a channel that is not there (number {no})"
        elif first <= floor:
            yield f"{where}: begins with seq {first}, but is trimmed up to {floor}"
        elif newest > last:
            yield f"{where}: has seq {newest}, which is above its newest number, {last}"


async def _of_messages(connection: Connection) -> AsyncIterator[tuple[int, str]]:
    """Yield the ids of messages that say something else than the tables, and what."""
    named: Counter[str] = Counter()
    after = -1
    while rows := await connection.fetch(_MESSAGES, after):
        hanging = await Hanging.read(connection, [row[0] for row in rows])
        after = rows[-1][0]
        for row, words in _compared(rows, hanging):
            named[words] += 1
            if named[words] <= MOST:
                yield row[0], words


def _compared(rows: Sequence[Any], hanging: Hanging) -> Iterator[tuple[Any, str]]:
    for row in rows:
        for words in wrong(row, hanging):
            yield row, words


async def _lines(connection: Connection, found: Sequence[tuple[int, str]]) -> list[str]:
    """Return what is said of messages, by id."""
    names = dict(await connection.fetch(_NAMES, list({id >> SHIFT for id, _ in found}))) if found else {}
    return [
        f"channel {json.dumps(names.get(id >> SHIFT, ''))}: message {id & LARGEST} {words}" for id, words in found
    ]
