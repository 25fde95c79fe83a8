"""Where a search looks: stretches of channels in which messages are in the order of their times."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, repeat

from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.search import Place
from tornado_chat.chat.threads import Sees
from tornado_chat.config import speed
from tornado_chat.storage.sqlite.queries import LARGEST, SHIFT

_loads = speed.loads or json.loads

_CHANNELS = """
SELECT json_group_array(json_array(name, no, (SELECT json_group_array(seq) FROM clock_steps WHERE channel = no)))
FROM channels WHERE name IN (SELECT value FROM json_each(?))
"""
_RANGES = """
SELECT value ->> 0 AS first, value ->> 1 AS last, value ->> 2 AS width, value ->> 3 AS time FROM json_each(?)
"""
_NEWEST = f"""
SELECT json_group_array((SELECT json_array(id, m.time) FROM messages m WHERE id BETWEEN first AND last
    ORDER BY id DESC LIMIT 1)) FROM ({_RANGES})
"""
# Goes on as far as all were sent in time, with steps each half as wide as the one before.
_UNTIL = f"""
SELECT json_group_array((
    WITH RECURSIVE steps (low, step) AS (
        SELECT first - 1, width
        UNION ALL
        SELECT low + iif(coalesce((SELECT m.time FROM messages m WHERE id > low AND id <= min(low + step, last)
            ORDER BY id DESC LIMIT 1) > ranges.time, 0), 0, step), step / 2 FROM steps WHERE step > 0
    ) SELECT min(low, last) FROM steps WHERE step = 0
)) FROM ({_RANGES}) ranges
"""


@dataclass(slots=True)
class Source:
    """A stretch of a channel, by ids, both included. `time`: when its newest message was sent (ms since 1970).

    `size`: how many numbers the next query of it covers.
    """

    first: int
    last: int
    time: int
    size: int

    @property
    def no(self) -> int:
        """The number of its channel."""
        return self.first >> SHIFT

    @property
    def place(self) -> Place:
        """Where its newest message stands among all."""
        return Place(self.time, self.last)


def sources(connection: sqlite3.Connection, sees: Sees, before: Place, size: int) -> list[Source]:
    """Return what there is to look at in these channels before a place, as far as somebody may see them."""
    found = _loads(connection.execute(_CHANNELS, (json.dumps(list(sees)),)).fetchone()[0])
    ranges = [
        ((no << SHIFT) + first, (no << SHIFT) + last)
        for name, no, steps in found
        for first, last in _parts(sees[name], sorted(steps))
    ]
    return _until(connection, newest(connection, [Source(first, last, 0, size) for first, last in ranges]), before)


def newest(connection: sqlite3.Connection, some: Sequence[Source]) -> list[Source]:
    """Return these that have messages, up to the newest of each."""
    if not some:
        return []
    found = _loads(connection.execute(_NEWEST, (_ranges(some),)).fetchone()[0])
    return [replace(one, last=at[0], time=at[1]) for one, at in zip(some, map(_read, found), strict=True) if at]


def _until(connection: sqlite3.Connection, some: Sequence[Source], before: Place) -> list[Source]:
    """Return these up to the last message of each that is before a place."""
    late = [one for one in some if one.place >= before]
    if not late:
        return list(some)
    late = [
        replace(one, last=min(one.last, before.message - 1)) if one.first < before.message else one for one in late
    ]
    # Of one time, the message with the lesser id comes before.
    times = [before.time - (one.first >= before.message) for one in late]
    lasts = _loads(connection.execute(_UNTIL, (_ranges(late, times),)).fetchone()[0])
    cut = [replace(one, last=last) for one, last in zip(late, lasts, strict=True) if one.first <= last]
    return [one for one in some if one.place < before] + newest(connection, cut)


def _ranges(some: Sequence[Source], times: Iterable[int] = repeat(0)) -> str:
    ranges = [(one.first, one.last, 1 << (one.last - one.first).bit_length()) for one in some]
    return json.dumps([(*range, time) for range, time in zip(ranges, times, strict=False)])


def _read(value: object) -> list[int] | None:
    found: list[int] | None = _loads(value) if isinstance(value, str) else value  # type: ignore[assignment]
    return found


def _parts(sees: Sequence[Stretch] | None, steps: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the numbers that somebody may see of a channel, first and last, cut where its clock was set back."""
    seen = 0
    for after, last in ((0, None),) if sees is None else sorted(sees, key=lambda one: one[0]):
        first, end = max(after, seen) + 1, LARGEST if last is None else min(last, LARGEST)
        places = [first, *(step for step in steps if first < step <= end), end + 1]
        yield from ((first, next - 1) for first, next in pairwise(places) if first < next)
        seen = max(seen, end)
