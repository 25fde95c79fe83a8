"""Whether the index of search has the words of the messages that it is to have, and no others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.indexing import BLOCK, FORM, Run, runs
from tornado_chat.storage.postgres.rows import FIELDS, LARGEST, SHIFT, start, to_messages

AT_ONCE = 8  # runs that are made anew at once
MOST = 20  # runs of a channel that are named

_FORM = """
SELECT coalesce((SELECT value = $1 FROM facts WHERE name = 'search'), false)
    AND NOT EXISTS (SELECT 1 FROM facts WHERE name = 'search-built')
"""
_CHANNELS = f"""
SELECT s.channel, c.name, c.last, s.indexed, (SELECT count(*) FROM messages
    WHERE id BETWEEN s.channel::bigint << {SHIFT} AND (s.channel::bigint << {SHIFT}) + s.indexed), coalesce(r.sum, 0)
FROM search_channels s LEFT JOIN channels c ON c.no = s.channel LEFT JOIN (
    SELECT first >> {SHIFT} AS no, sum(messages) FROM search_runs GROUP BY 1
) r ON r.no = s.channel ORDER BY c.name
"""
_LEFT_OVER = f"""
SELECT count(*) FROM search_runs r WHERE NOT EXISTS (
    SELECT 1 FROM search_channels JOIN channels ON no = channel WHERE no = r.first >> {SHIFT})
"""
_BLOCKS = f"""
SELECT count(*) FROM search_runs r LEFT JOIN search_blocks b ON b.block = r.first >> {BLOCK}
WHERE b.block IS NULL OR b.since > r.since OR b.until < r.until
"""
_RUNS = """
SELECT first, last, since, until, messages, lead(first) OVER (ORDER BY first) AS next FROM search_runs ORDER BY first
"""
_MESSAGES = f"""
SELECT given.first, m.* FROM unnest($1::bigint[], $2::bigint[]) AS given (first, last)
CROSS JOIN LATERAL (SELECT {FIELDS} FROM messages m WHERE id BETWEEN given.first AND given.last ORDER BY id) m
"""
_SAME = """
SELECT r.first FROM unnest($1::bigint[], $2::text[]) AS given (first, words) JOIN search_runs r USING (first)
WHERE r.words = given.words::tsvector
"""
_CURE = "build it anew: python -m tornado_chat reindex"


async def contradictions(connection: Connection) -> AsyncIterator[str]:
    """Yield what is wrong in the index, as the open transaction sees it. One that is made anew is not looked at."""
    if not await connection.fetchval(_FORM, FORM):
        return
    channels = {}
    for no, name, last, indexed, messages, counted in await connection.fetch(_CHANNELS):
        channels[no] = name, indexed
        if name is not None and (indexed > last or messages != counted):
            yield f"channel {json.dumps(name)}: the index of search has {counted} messages, not {messages}; {_CURE}"
    if await connection.fetchval(_LEFT_OVER):
        yield f"the index of search has words of channels that are not there; {_CURE}"
    if await connection.fetchval(_BLOCKS):
        yield f"the index of search does not say when its messages were sent; {_CURE}"
    named = Counter[int]()
    async for first in _wrong(connection, {no: indexed for no, (_, indexed) in channels.items()}):
        no = first >> SHIFT
        named[no] += 1
        if no in channels and channels[no][0] is not None and named[no] <= MOST:
            where = f"channel {json.dumps(channels[no][0])}: message {first & LARGEST}, or one that follows,"
            yield f"{where} is not in the index of search as it is; {_CURE}"


async def _wrong(connection: Connection, indexed: dict[int, int]) -> AsyncIterator[int]:
    """Yield the first ids of runs that are not as their messages say."""
    some: list[Any] = []
    async for row in connection.cursor(_RUNS, prefetch=500):
        some.append(row)
        if len(some) == AT_ONCE:
            for first in await _wrong_ones(connection, some, indexed):
                yield first
            some = []
    if some:
        for first in await _wrong_ones(connection, some, indexed):
            yield first


async def _wrong_ones(connection: Connection, some: Sequence[Any], indexed: dict[int, int]) -> Iterator[int]:
    messages: dict[int, list[Any]] = {row["first"]: [] for row in some}
    changed = set[int]()
    firsts = list(messages)
    for first, *row in await connection.fetch(_MESSAGES, firsts, [row["last"] for row in some]):
        messages[first].append(row)
        if (row[6] or 0) > start(first >> SHIFT) + indexed.get(first >> SHIFT, 0):
            changed.add(first)  # a search looks at this message itself
    made: dict[int, list[Run]] = {first: list(runs(to_messages(rows, ""))) for first, rows in messages.items()}
    words = [made[first][0][5] if made[first] else "" for first in firsts]
    same = {first for (first,) in await connection.fetch(_SAME, firsts, words)} | changed
    fine = {
        row["first"]
        for row in some
        if (row["next"] is None or row["next"] > row["last"])
        and (row["first"] in changed or [one[:5] for one in made[row["first"]]] == [tuple(row)[:5]])
    }
    return (first for first in firsts if first not in same & fine)
