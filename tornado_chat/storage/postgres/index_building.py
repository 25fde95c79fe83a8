"""Keeps the index of search up with the messages, a little at a time, on one node of all.

The fact `search` says how its words are made (FORM). A node that finds another there has all runs made anew: up to
which that is done is the fact `search-built`. Meanwhile searches find what they did: they compare all they find.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres.connecting import PATIENCE, UNHURRIED
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.indexing import BLOCK, FORM, MOST, Range, hold, make
from tornado_chat.storage.postgres.rows import SHIFT, start

REST = 1.0  # seconds between two looks for what is to be indexed
FEW = 16  # numbers of a channel that are left to the searches until then…
ALL = 10  # …but for each so many-th look, at which every channel is indexed
PIECE = 500  # messages of one transaction, and channels
AGAIN = 2  # runs of a channel in it that are made anew
SMALL = MOST // 2  # messages of a run that may become part of a larger one
LOCK = 7_203_544_192  # of the database, and of a schema: one node alone writes the index

log = logging.getLogger("tornado_chat")

_NUMBER = "$1::bigint # hashtext(current_schema())::bigint"
_MINE = f"SELECT pg_try_advisory_xact_lock({_NUMBER})"
_WAIT = f"SELECT pg_advisory_xact_lock({_NUMBER})"
_FACT = "SELECT value FROM facts WHERE name = $1"
_SET = "INSERT INTO facts VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_BEHIND = """
SELECT c.no, c.last - coalesce(s.indexed, 0) FROM channels c LEFT JOIN search_channels s ON s.channel = c.no
WHERE c.last - coalesce(s.indexed, 0) >= $1 LIMIT $2
"""
# Of each channel, what is new, at most a piece.
_STATES = f"""
SELECT c.no, s.indexed, c.last, new.count, new.first, new.last
FROM unnest($1::integer[]) AS given (no) JOIN channels c USING (no) JOIN search_channels s ON s.channel = c.no
CROSS JOIN LATERAL (
    SELECT count(*), min(id) AS first, max(id) AS last FROM (
        SELECT id FROM messages WHERE id > (c.no::bigint << {SHIFT}) + s.indexed
            AND id <= (c.no::bigint << {SHIFT}) + c.last ORDER BY id LIMIT $2
    ) piece
) new WHERE c.last > s.indexed ORDER BY c.no
"""
_CHANGED = """
SELECT low, c.rev_key, r.first, r.last FROM unnest($1::bigint[], $2::bigint[]) AS given (low, high)
CROSS JOIN LATERAL (
    SELECT id, rev_key FROM messages WHERE rev_key > low AND rev_key <= high AND id <= low ORDER BY rev_key LIMIT $3
) c LEFT JOIN LATERAL (
    SELECT first, last FROM search_runs WHERE first <= c.id ORDER BY first DESC LIMIT 1
) r ON r.last >= c.id ORDER BY c.rev_key
"""
_RUNS_BEFORE = """
SELECT given.first, r.first, r.messages FROM unnest($1::bigint[]) AS given (first) CROSS JOIN LATERAL (
    SELECT first, messages FROM search_runs WHERE first < given.first ORDER BY first DESC LIMIT 9
) r ORDER BY r.first DESC
"""
_DROP = """
DELETE FROM search_runs r USING unnest($1::bigint[], $2::bigint[]) AS given (first, last)
WHERE r.first BETWEEN given.first AND given.last
"""
_INDEXED = """
UPDATE search_channels SET indexed = given.indexed FROM unnest($1::integer[], $2::bigint[]) AS given (no, indexed)
WHERE channel = no
"""
_NEXT = "SELECT first, last FROM search_runs WHERE first > $1 ORDER BY first LIMIT $2"


async def begin(connection: Connection) -> None:
    """Have the index made as this server makes it; and what is in it anew, if that was made otherwise."""
    await connection.execute(_WAIT, LOCK)
    known = await connection.fetchval(_FACT, "search")
    if known != FORM:
        await connection.execute(_SET, "search", FORM)
        if known is not None:
            await connection.execute(_SET, "search-built", "0")


async def keep_up(engine: Engine, is_mine: Callable[[], Awaitable[bool]]) -> None:
    """Index what is posted and changed, until cancelled. is_mine: asked each REST whether it is this node's turn."""
    looks, has_begun = 0, False
    while True:
        await asyncio.sleep(REST)
        try:
            if not has_begun:
                await engine.write(begin)
                has_begun = True
            if await is_mine():
                looks += 1
                await catch_up(engine, 1 if looks % ALL == 0 else FEW)
        except Refused:
            pass  # the database is away, which the engine has logged
        except Exception:
            log.exception("the index of search could not be brought up to date; it is tried again")


async def build_anew(engine: Engine) -> int:
    """Empty the index and build it again, while nodes may be running; return how many messages were to be indexed."""
    connection = await engine.connect(PATIENCE, **UNHURRIED)
    try:
        async with connection.transaction():
            count = await _empty(connection)
    finally:
        await connection.close()
    while await engine.read(lambda connection: connection.fetch(_BEHIND, 1, 1)):
        if await engine.write(piece) is None:
            await asyncio.sleep(0.01)  # a node is at it
    return count


async def _empty(connection: Connection) -> int:
    await connection.execute(_WAIT, LOCK)
    await hold(connection, [no for (no,) in await connection.fetch("SELECT no FROM channels ORDER BY no")])
    await connection.execute("TRUNCATE search_runs, search_blocks, search_channels")
    await connection.execute(_SET, "search", FORM)
    await connection.execute("DELETE FROM facts WHERE name = 'search-built'")
    count: int = await connection.fetchval("SELECT count(*) FROM messages")
    return count


async def catch_up(engine: Engine, few: int = 1) -> int:
    """Index all channels that are behind by so many numbers; return how many messages. It works half of the time."""
    count = 0
    while True:
        began = time.monotonic()
        some = await engine.write(lambda connection: piece(connection, few))
        if some is None:
            return count
        count += some
        await asyncio.sleep(time.monotonic() - began)


async def piece(connection: Connection, few: int = 1) -> int | None:
    """Index some messages in the open transaction; return how many, None if there was nothing to do."""
    if not await connection.fetchval(_MINE, LOCK) or await connection.fetchval(_FACT, "search") != FORM:
        return None
    if channels := await connection.fetch(_BEHIND, few, PIECE):
        return await _index(connection, _enough(channels))
    return 0 if await _make_anew(connection) else None


def _enough(channels: Iterable[tuple[int, int]]) -> list[int]:
    """Return those of channels, by number and by how many numbers they are behind, that a piece may be of.

    Each is looked at for a whole piece: after a move, when all are far behind, most of that would be for nothing.
    """
    some, numbers = list[int](), 0
    for no, behind in channels:
        some.append(no)
        numbers += behind
        if numbers >= PIECE:
            break
    return some


@dataclass(slots=True)
class _Part:
    """What is indexed of a channel at once: from behind `low` up to `high`, both ids.

    `count`: how many of its messages are new; `first`: the id of the first of them. `again`: by their first id, the
    last ids of runs with messages that were changed.
    """

    no: int
    low: int
    high: int
    count: int
    first: int | None
    again: dict[int, int] = field(default_factory=dict)
    changed: int = 0

    def add(self, number: int, first: int | None, last: int) -> None:
        """Add a message that was changed, and its run, in the order of these numbers, until they are too many."""
        self.changed += 1
        if number > self.high:
            return
        if self.changed == PIECE or (len(self.again) == AGAIN and first not in self.again):
            self.high = number - 1  # one number may be of two messages
        elif first is not None:
            self.again[first] = last

    @property
    def work(self) -> int:
        return self.count + MOST * len(self.again)


async def _index(connection: Connection, channels: Sequence[int]) -> int:
    """Index a piece of these channels; return how many messages."""
    await hold(connection, channels)
    parts = [_part(*row) for row in await connection.fetch(_STATES, channels, PIECE)]
    by_low = {one.low: one for one in parts}
    for low, *change in await connection.fetch(_CHANGED, list(by_low), [one.high for one in parts], PIECE):
        by_low[low].add(*change)
    parts = parts[: _fitting(parts)]
    new = {one.first: one for one in parts if one.first is not None and one.first <= one.high}
    before: dict[int, list[tuple[int, int]]] = {first: [] for first in new}
    for first, run, messages in await connection.fetch(_RUNS_BEFORE, list(new)):
        if run >> BLOCK == first >> BLOCK:
            before[first].append((run, messages))
    ranges = [(_absorbing(first, one.count, before[first]), one.high) for first, one in new.items()]
    absorbed = {one.no: first for (first, _), one in zip(ranges, new.values(), strict=True)}
    for one in parts:
        ranges += [run for run in one.again.items() if run[0] < absorbed.get(one.no, one.high)]
    await _make(connection, ranges)
    await connection.execute(_INDEXED, [one.no for one in parts], [one.high - start(one.no) for one in parts])
    return sum(one.work for one in parts)


def _part(no: int, indexed: int, newest: int, count: int, first: int | None, last: int) -> _Part:
    base = start(no)
    return _Part(no, base + indexed, last if count == PIECE else base + newest, count, first)


def _fitting(parts: Sequence[_Part]) -> int:
    """Return how many of these make a piece: one at least."""
    work = 0
    for at, one in enumerate(parts):
        work += one.work
        if work > PIECE:
            return max(at, 1)
    return len(parts)


def _absorbing(first: int, count: int, before: Iterable[tuple[int, int]]) -> int:
    """Return from which id on runs are made anew, so that there are not many small ones, and none is made very often.

    first, count: of what is new. before: the runs in front of that, the last one first.
    """
    for run, messages in before:
        if messages > min(count, SMALL):
            break
        first, count = run, count + messages
    return first


async def _make(connection: Connection, ranges: Sequence[Range]) -> None:
    if ranges:
        await connection.execute(_DROP, *zip(*ranges, strict=True))
        await make(connection, ranges)


async def _make_anew(connection: Connection) -> bool:
    """Make the next runs anew that were made otherwise; return whether there were any."""
    done = await connection.fetchval(_FACT, "search-built")
    if done is None:
        return False
    some: list[Any] = await connection.fetch(_NEXT, int(done), AGAIN)
    if some:
        await hold(connection, sorted({first >> SHIFT for first, _ in some}))
        await _make(connection, [(first, last) for first, last in some])
        await connection.execute(_SET, "search-built", str(some[-1][1]))
    else:
        await connection.execute("DELETE FROM facts WHERE name = 'search-built'")
        log.info("the index of search is made anew")
    return True
