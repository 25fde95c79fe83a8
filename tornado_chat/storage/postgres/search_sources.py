"""Where a search looks: blocks and runs of the index, and messages that it does not have yet as they are.

Each knows when its messages were sent, so that the newest are looked at first, whatever the clocks did.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.search import Place
from tornado_chat.chat.threads import Sees
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.indexing import BLOCK, scope
from tornado_chat.storage.postgres.rows import LARGEST, SHIFT, end, start
from tornado_chat.storage.postgres.search_tails import SHORT, Kind, Source, chunks, tails
from tornado_chat.storage.postgres.search_terms import Terms

_CHANNELS = """
SELECT c.name, c.no, coalesce(s.indexed, 0), c.last FROM channels c
LEFT JOIN search_channels s ON s.channel = c.no WHERE c.name = ANY($1)
"""
_BLOCKS = f"""
SELECT b.block, b.since, b.until FROM unnest($1::bigint[]) AS given (no)
JOIN search_blocks b ON b.block BETWEEN no << {SHIFT - BLOCK} AND (no << {SHIFT - BLOCK}) + {LARGEST >> BLOCK}
"""
_CHANGED = f"""
SELECT m.id, m.time FROM unnest($1::bigint[], $2::bigint[]) AS given (first, indexed)
JOIN messages m ON m.rev_key > indexed AND m.rev_key <= first + {LARGEST} AND m.id <= indexed
"""
_RUNS = "SELECT r.first, r.last, r.since, r.until"
_FULL = f"{_RUNS} FROM unnest($1::text[]) AS given (query), search_runs r WHERE r.words @@ query::tsquery"
# The run before may go on here. One that is not seen as a whole is not asked for its words.
_PART = f"""
{_RUNS}, given.first, given.last FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS given (first, last, query)
JOIN search_runs r ON r.first BETWEEN given.first >> {BLOCK} << {BLOCK} AND given.last AND r.last >= given.first
WHERE CASE WHEN query IS NULL OR r.first < given.first OR r.last > given.last THEN true
    ELSE r.words @@ query::tsquery END
"""


@dataclass(slots=True)
class _Channel:
    name: str
    no: int
    indexed: int
    last: int
    sees: Sequence[Stretch] | None


async def sources(connection: Connection, sees: Sees, before: Place) -> tuple[list[Source], dict[int, str]]:
    """Return what there is to look at in channels before a place, as far as somebody may see them.

    And the names of the channels by number.
    """
    rows = await connection.fetch(_CHANNELS, list(sees))
    channels = [_Channel(name, no, indexed, last, sees[name]) for name, no, indexed, last in rows]
    found = [one async for one in _blocks(connection, {one.no: one for one in channels})]
    if behind := [one for one in channels if one.indexed < one.last]:
        found += [one async for one in _not_indexed(connection, behind, before)]
    return found, {one.no: one.name for one in channels}


async def _blocks(connection: Connection, channels: dict[int, _Channel]) -> AsyncIterator[Source]:
    for block, since, until in await connection.fetch(_BLOCKS, list(channels)):
        base = block << BLOCK
        for first, last in _parts(channels[base >> SHIFT], base, base + (1 << BLOCK) - 1):
            yield Source(Kind.BLOCK, first, last, since, until)


async def _not_indexed(connection: Connection, channels: Sequence[_Channel], before: Place) -> AsyncIterator[Source]:
    parts = [part for one in channels for part in _parts(one, start(one.no) + one.indexed + 1, end(one.no))]
    is_short = sum(one.last - one.indexed for one in channels) <= SHORT
    for source in await (chunks(connection, parts) if is_short else tails(connection, parts, before)):
        yield source
    by_no = {one.no: one for one in channels if one.indexed}  # of others nothing can be other than it is indexed
    starts = [start(no) for no in by_no]
    ends = [start(no) + one.indexed for no, one in by_no.items()]
    for id, time in await connection.fetch(_CHANGED, starts, ends) if by_no else ():
        if may_see(by_no[id >> SHIFT].sees, id & LARGEST):
            yield Source(Kind.PLAIN, id, id, time, time)


def _parts(channel: _Channel, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield what somebody may see of some ids, both included."""
    base, seen = start(channel.no), 0
    for after, upto in ((0, None),) if channel.sees is None else sorted(channel.sees, key=lambda one: one[0]):
        begin, stop = max(base + max(after, seen) + 1, first), min(base + (LARGEST if upto is None else upto), last)
        if begin <= stop:
            yield begin, stop
        seen = max(seen, LARGEST if upto is None else upto)


async def runs(connection: Connection, blocks: Sequence[Source], terms: Terms) -> list[Source]:
    """Return the runs of blocks that may have what is looked for."""
    full = [one for one in blocks if terms and _is_full(one)]
    parts = [one for one in blocks if not (terms and _is_full(one))]
    found: list[Source] = []
    if full:
        rows = await connection.fetch(_FULL, [terms.expression(scope(one.first)) for one in full])
        found += [Source(Kind.RUN, *row) for row in rows]
    if parts:
        queries = [terms.expression(scope(one.first)) if terms else None for one in parts]
        ends = [one.first for one in parts], [one.last for one in parts]
        for first, last, since, until, low, high in await connection.fetch(_PART, *ends, queries):
            is_whole = first >= low and last <= high
            kind = Kind.RUN if terms and is_whole else Kind.PLAIN
            found.append(Source(kind, max(first, low), min(last, high), since, until))
    return found


def _is_full(block: Source) -> bool:
    """Return whether somebody may see all of a block. No message has the number 0."""
    size = 1 << BLOCK
    return (block.first % size == 0 or block.first & LARGEST == 1) and block.last % size == size - 1
