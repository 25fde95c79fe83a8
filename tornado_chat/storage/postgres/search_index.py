"""Search in PostgreSQL: looks into blocks, then runs, then at messages, the newest first, until there are enough."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Iterable, Sequence

from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.models import Message
from tornado_chat.chat.search import AT_MOST, Found, Place, Query, fits
from tornado_chat.chat.slices import Pause
from tornado_chat.chat.threads import Sees
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.indexing import scope
from tornado_chat.storage.postgres.rows import FIELDS, SHIFT, to_messages
from tornado_chat.storage.postgres.search_sources import runs, sources
from tornado_chat.storage.postgres.search_tails import Kind, Source, split
from tornado_chat.storage.postgres.search_terms import Terms

AT_ONCE = 2  # searches, of the connections of a node
FEW, MANY = 4, 64  # sources of one query
LOOKED_AT = 10_000  # messages that one search looks at, because the index does not have them yet
QUICK, SLOW = 0.02, 0.06  # seconds of a query after which the next one covers more, or less
LATEST = Place(2**62, 0)  # later than any

# Only what is looked for is unnested: of all the words of a run that would take ten times as long. `{a}` is a weight,
# of which the index makes no use.
_PLACES = """
SELECT r.first, substr(w.lexeme, length(scope) + 1), w.positions
FROM unnest($1::bigint[], $2::text[]) AS given (first, scope) JOIN search_runs r USING (first)
CROSS JOIN LATERAL (SELECT array_agg(scope || word) AS words FROM unnest($3::text[]) AS asked (word)) a
CROSS JOIN LATERAL (SELECT array_agg(scope || word) AS words FROM unnest($4::text[]) AS asked (word)) s
CROSS JOIN LATERAL (
    SELECT array_agg(word) AS words
    FROM unnest(CASE WHEN s.words IS NOT NULL THEN tsvector_to_array(r.words) END) AS known (word)
    WHERE word ^@ ANY(s.words)
) b
CROSS JOIN LATERAL unnest(ts_filter(setweight(r.words, 'A', a.words || b.words), '{a}')) w
"""
_SENT = "m.time >= $3 AND m.time <= $4 AND ($5::text[] IS NULL OR m.sender = ANY($5))"
_MESSAGES = f"""
SELECT {FIELDS} FROM unnest($1::bigint[], $2::bigint[]) AS given (first, last)
JOIN messages m ON m.id BETWEEN first AND last WHERE {_SENT}
"""


class PostgresSearch:
    """A Search on an Engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def search(self, query: Query, sees: Sees, before: Place | None, limit: int) -> Found:
        if query.senders is not None and not query.senders:
            return Found([], False, True, None)
        async with self._turns:
            looking = _Looking(query, sees, before, limit + 1)
            return await self._engine.read(lambda connection: looking.found(connection, limit), snapshot=True)


class _Looking:
    """One search. want: how many hits end it."""

    def __init__(self, query: Query, sees: Sees, before: Place | None, want: int) -> None:
        self._query, self._sees, self._want = query, sees, want
        self._terms = Terms(query)
        self._start = min(before or LATEST, LATEST if query.before is None else Place(query.before, 0))
        self._after = query.after if query.after is not None else -LATEST.time
        self._senders = None if query.senders is None else list(query.senders)
        self._names: dict[int, str] = {}  # of channels, by number
        self._hits: list[Message] = []  # the newest ones, in order
        self._seen = set[int]()  # ids of hits
        self._left: list[tuple[int, int, int, Source]] = []
        self._count = itertools.count()  # lets them be told apart  # a heap: where to look next, the newest first
        self._pause = Pause()
        self._plain = 0  # messages without the index that were looked at

    async def found(self, connection: Connection, limit: int) -> Found:
        """Look until there are enough, or the time is over."""
        deadline = time.monotonic() + AT_MOST
        found, self._names = await sources(connection, self._sees, self._start)
        self._add(found)
        many, now = FEW, time.monotonic()
        while some := self._next(many):
            await self._look(connection, some)
            began, now = now, time.monotonic()
            if now - began < QUICK:
                many = min(many * 2, MANY)
            elif now - began > SLOW:
                many = max(many // 2, 1)
            is_over = now > deadline or self._plain > LOOKED_AT
            if is_over and self._left and self._next_start < self._start:  # going on comes to an end
                break
        return self._answer(limit)

    @property
    def _place(self) -> Place:
        """Nothing that was not looked at stands behind this."""
        return min(self._left[0][-1].place, self._start)

    @property
    def _next_start(self) -> Place:
        """Where a search for the rest begins."""
        return min(Place(self._place.time, self._place.message + 1), self._start)

    def _add(self, some: Iterable[Source]) -> None:
        for one in some:
            if one.until >= self._after and (one.since, one.first) < self._start:
                heapq.heappush(self._left, (-one.until, -one.last, next(self._count), one))

    def _is_done(self) -> bool:
        """Return whether what was not looked at is older than what was found."""
        return not self._left or (len(self._hits) == self._want and self._place < _place_of(self._hits[-1]))

    def _next(self, many: int) -> list[Source]:
        some: list[Source] = []
        while len(some) < many and not self._is_done():
            some.append(heapq.heappop(self._left)[-1])
        return some

    async def _look(self, connection: Connection, some: Sequence[Source]) -> None:
        if blocks := [one for one in some if one.kind is Kind.BLOCK]:
            self._add(await runs(connection, blocks, self._terms))
        if behind := [one for one in some if one.kind is Kind.TAIL]:
            self._add(await split(connection, behind))
        ranges = [(one.first, one.last) for one in some if one.kind is Kind.PLAIN]
        if indexed := [one for one in some if one.kind is Kind.RUN]:
            ids = await self._ids(connection, indexed)
            await self._fetch(connection, [(id, id) for id in ids])
        if ranges:
            self._plain += await self._fetch(connection, ranges)

    async def _fetch(self, connection: Connection, ranges: Sequence[tuple[int, int]]) -> int:
        """Compare the messages of ranges of ids; return how many these are."""
        if not ranges:
            return 0
        firsts, lasts = zip(*ranges, strict=True)
        sent = max(self._after, -LATEST.time), self._start.time, self._senders
        rows = await connection.fetch(_MESSAGES, firsts, lasts, *sent)
        await self._compare(to_messages(rows, ""))
        return len(rows)

    async def _ids(self, connection: Connection, indexed: Sequence[Source]) -> list[int]:
        """Return the ids of the messages of runs that have what is looked for, as far as the index tells."""
        firsts, scopes = [one.first for one in indexed], [scope(one.first) for one in indexed]
        words = dict[int, dict[str, list[int]]]()
        asked = self._terms.asked, self._terms.starts
        for first, word, places in await connection.fetch(_PLACES, firsts, scopes, *asked):
            words.setdefault(first, {})[word] = places
        return [first + place - 1 for first, found in words.items() for place in self._terms.places(found)]

    async def _compare(self, messages: Sequence[Message]) -> None:
        """Add those of these messages that fit to the hits."""
        for one in messages:
            id, place = int(one.id), _place_of(one)
            name = self._names[id >> SHIFT]
            if place < self._start and id not in self._seen and may_see(self._sees[name], one.seq):
                is_wanted = len(self._hits) < self._want or place > _place_of(self._hits[-1])
                if is_wanted and fits(one, self._query):
                    one.channel = name
                    self._keep(one)
                await self._pause()

    def _keep(self, one: Message) -> None:
        self._hits.append(one)
        self._hits.sort(key=_place_of, reverse=True)
        self._seen.add(int(one.id))
        del self._hits[self._want :]

    def _answer(self, limit: int) -> Found:
        complete = self._is_done()
        hits, more, place = self._hits[:limit], len(self._hits) > limit, None
        if not complete:  # where nothing was looked at there may be some that are newer than the oldest of these
            newest = self._place
            hits, more = [one for one in hits if _place_of(one) > newest], True
            place = self._next_start
        elif more:
            place = _place_of(hits[-1])
        return Found(hits, more, complete, place)


def _place_of(message: Message) -> Place:
    return Place(message.time, int(message.id))
