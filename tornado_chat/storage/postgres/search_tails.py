"""What the index of search does not have yet: the newest messages of channels, and after a move most of all.

Where these are few, it is known of each chunk of them when its messages were sent, as it is of what is indexed. Where
they are many, a search would have to read all of them to know that. It takes them from the newest on, a piece at a
time, as if the clock had never been set back meanwhile. Once they are indexed, that is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from tornado_chat.chat.search import Place
from tornado_chat.storage.postgres.engine import Connection

SHORT = 4_096  # numbers of all channels together that a tail has which is read as a whole
STEP = 256  # messages that are split off a longer one
CHUNK = 6  # bits of a number within its chunk
LONG_AGO = -(2**62)

_CHUNKS = f"""
SELECT min(m.id), max(m.id), min(m.time), max(m.time) FROM unnest($1::bigint[], $2::bigint[]) AS given (first, last)
JOIN messages m ON m.id BETWEEN first AND last GROUP BY first, m.id >> {CHUNK}
"""
_NEWEST = """
SELECT given.first, m.id, m.time FROM unnest($1::bigint[], $2::bigint[]) AS given (first, last)
CROSS JOIN LATERAL (
    SELECT id, time FROM messages WHERE id BETWEEN given.first AND given.last ORDER BY id DESC LIMIT 1
) m
"""
# Goes on as far as all were sent in time, with steps each half as wide as the one before.
_UNTIL = """
SELECT given.first, (
    WITH RECURSIVE steps (low, step) AS (
        SELECT given.first - 1, given.width
        UNION ALL
        SELECT low + CASE WHEN coalesce((SELECT m.time FROM messages m WHERE m.id > low
            AND m.id <= least(low + step, given.last) ORDER BY m.id DESC LIMIT 1) > $4, false) THEN 0 ELSE step END,
            step / 2 FROM steps WHERE step > 0
    ) SELECT least(low, given.last) FROM steps WHERE step = 0 ORDER BY low LIMIT 1
) FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS given (first, last, width)
"""
_SPLIT = """
SELECT given.first, m.id FROM unnest($1::bigint[], $2::bigint[]) AS given (first, last) CROSS JOIN LATERAL (
    SELECT id FROM messages WHERE id BETWEEN given.first AND given.last ORDER BY id DESC OFFSET $3 LIMIT 1
) m
"""

Range = tuple[int, int]  # ids, both included


class Kind(Enum):
    BLOCK = 1  # has runs
    RUN = 2  # of which the index knows the words
    PLAIN = 3  # messages to be looked at, each
    TAIL = 4  # more of them than are looked at at once


@dataclass(slots=True)
class Source:
    """Messages that somebody may see, by ids, both included. `since`, `until`: when they were sent."""

    kind: Kind
    first: int
    last: int
    since: int
    until: int

    @property
    def place(self) -> Place:
        """Nothing in it stands behind this."""
        return Place(self.until, self.last)


async def chunks(connection: Connection, ranges: Sequence[Range]) -> list[Source]:
    """Return the messages of ranges, in pieces of which it is known when they were sent."""
    if not ranges:
        return []
    return [Source(Kind.PLAIN, *row) for row in await connection.fetch(_CHUNKS, *zip(*ranges, strict=True))]


async def tails(connection: Connection, ranges: Sequence[Range], before: Place) -> list[Source]:
    """Return the messages of ranges up to a place, as they are before any of them is read."""
    if not ranges:
        return []
    rows = await connection.fetch(_NEWEST, *zip(*ranges, strict=True))
    found = [Source(Kind.TAIL, first, last, LONG_AGO, time) for first, last, time in rows]
    if late := [(one.first, one.last) for one in found if one.until > before.time]:
        widths = [1 << (last - first).bit_length() for first, last in late]
        ends = await connection.fetch(_UNTIL, *zip(*late, strict=True), widths, before.time)
        found = [one for one in found if one.until <= before.time]
        if rest := [(first, last) for first, last in ends if first <= last]:
            rows = await connection.fetch(_NEWEST, *zip(*rest, strict=True))
            found += [Source(Kind.TAIL, first, last, LONG_AGO, time) for first, last, time in rows]
    return found


async def split(connection: Connection, some: Sequence[Source]) -> list[Source]:
    """Return the newest messages of each of these tails in chunks, and what is left of it as another one."""
    ends = {one.first: one.last for one in some}
    cuts = dict(await connection.fetch(_SPLIT, list(ends), list(ends.values()), STEP))
    found = await chunks(connection, [(cuts.get(first, first - 1) + 1, last) for first, last in ends.items()])
    return found + await tails(connection, list(cuts.items()), Place(2**62, 0))
