"""Search in SQLite: asks the index for one stretch of a channel after the other, the newest first."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.search import AT_MOST, Found, Phrase, Place, Query
from tornado_chat.chat.threads import Sees
from tornado_chat.config import speed
from tornado_chat.storage.sqlite import indexing, queries
from tornado_chat.storage.sqlite.indexing import is_current, scope
from tornado_chat.storage.sqlite.queries import SHIFT
from tornado_chat.storage.sqlite.search_sources import Source, newest, sources
from tornado_chat.storage.sqlite.writer import Database

FIRST, MOST = 32_768, 524_288  # numbers of a channel that one query covers, as nothing ends it
FEW, MANY = 4, 64  # stretches of one statement
MOST_SENDERS = 2_000  # that the index is asked for, counted in each stretch; more are told apart by the messages
QUICK, SLOW = 0.02, 0.06  # seconds of a statement after which the next one covers more, or less
LATEST = Place(2**62, 0)  # later than any

_loads = speed.loads or json.loads

_INDEXED = """
SELECT rowid + (s.value ->> 0) AS id FROM search_index WHERE search_index MATCH s.value ->> 3
AND rowid BETWEEN (s.value ->> 1) AND (s.value ->> 2){sent} ORDER BY rowid DESC LIMIT :most
"""
# Without a word to look for.
_ANY = """
SELECT id FROM messages WHERE id BETWEEN (s.value ->> 0) + (s.value ->> 1) AND (s.value ->> 0) + (s.value ->> 2)
AND (extra IS NULL OR extra ->> 'deleted' IS NULL){sent} ORDER BY id DESC LIMIT :most
"""
_SENT = " AND sender IN (SELECT value FROM json_each(:senders))"
_SENT_INDEXED = f" AND EXISTS (SELECT 1 FROM messages WHERE id = search_index.rowid + (s.value ->> 0){_SENT})"
_HITS = """
SELECT json_group_array(json(hits)) FROM (SELECT (
    SELECT json_group_array(json_array(m.id, m.time)) FROM ({ids}) f CROSS JOIN messages m ON m.id = f.id
) AS hits FROM json_each(:asked) s)
"""
_IDS = f"""
SELECT json_group_array(json(ids)) FROM (SELECT (SELECT json_group_array(id) FROM ({_INDEXED.format(sent="")})) AS ids
FROM json_each(:asked) s)
"""
_SENDERS = "SELECT json_group_array(no) FROM senders WHERE id IN (SELECT value FROM json_each(:asked))"


class SqliteSearch:
    """A Search in a Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, query: Query, sees: Sees, before: Place | None, limit: int) -> Found:
        ended = threading.Event()
        try:
            return await self._database.search(partial(_search, query, sees, before, limit, ended))
        except asyncio.CancelledError:
            ended.set()
            raise
        except _Damaged:
            with contextlib.suppress(Refused):
                await self._database.write(indexing.forget)
            raise _unavailable() from None


class _Damaged(Exception):
    pass


def _search(
    query: Query, sees: Sees, before: Place | None, limit: int, ended: threading.Event, connection: sqlite3.Connection
) -> Found:
    if not is_current(connection):
        raise _unavailable()
    try:
        return _Looking(connection, query, before, limit + 1, ended).found(sees, limit)
    except indexing.DAMAGES as error:
        if not indexing.is_damage(error):
            raise
        indexing.log_damage(error)
        raise _Damaged from None


def _unavailable() -> Refused:
    return Refused("search is not available until the server is started again", Error.HISTORY_UNAVAILABLE)


class _Looking:
    """One search, on the thread of searches. want: how many hits end it."""

    def __init__(
        self, connection: sqlite3.Connection, query: Query, before: Place | None, want: int, ended: threading.Event
    ) -> None:
        self._connection, self._query, self._want, self._ended = connection, query, want, ended
        self._deadline = time.monotonic() + AT_MOST
        self._before = min(before or LATEST, LATEST if query.before is None else Place(query.before, 0))
        self._after = query.after or 0
        self._hits: list[Place] = []  # the newest ones, in order
        self._left: list[tuple[int, int, Source]] = []  # a heap: where to look next, the newest first
        self._senders: list[int] = []
        self._given = "[]"  # numbers of senders, where the index is not asked for them
        if query.senders is not None:
            self._senders = self._read(_SENDERS, list(query.senders))
        self._has_words, self._statement = False, ""

    def found(self, sees: Sees, limit: int) -> Found:
        """Look until there are enough, or the time is over."""
        if self._query.senders is not None and not self._senders:
            return Found([], False, True, None)
        # For words with a beginning the index gathers all of a channel anew, however little a query covers.
        starts = any(one.starts for one in (*self._query.phrases, *self._query.without))
        places = sources(self._connection, sees, self._before, MOST if starts else FIRST)
        self._prepare(len(places))
        self._add(places)
        many, now = FEW, time.monotonic()
        while some := self._next(many):
            self._look(some)
            began, now = now, time.monotonic()
            if now - began < QUICK:
                many = min(many * 2, MANY)
            elif now - began > SLOW:
                many = max(many // 2, 1)
            if now > self._deadline or self._ended.is_set():
                break
        return self._answer(limit)

    def _prepare(self, stretches: int) -> None:
        """Choose what is asked of each of so many stretches."""
        many = len(self._senders) * stretches > MOST_SENDERS
        if many:
            self._given, self._senders = json.dumps(self._senders), []
        self._has_words = bool(self._query.phrases or self._query.marks or self._senders)
        ids, sent = (_INDEXED, _SENT_INDEXED) if self._has_words else (_ANY, _SENT)
        self._statement = _HITS.format(ids=ids.format(sent=sent if many else ""))

    def _add(self, some: Iterable[Source]) -> None:
        for one in some:
            if one.time >= self._after:
                heapq.heappush(self._left, (-one.time, -one.last, one))

    def _is_done(self) -> bool:
        """Return whether what was not looked at is older than what was found."""
        return not self._left or (len(self._hits) == self._want and self._left[0][-1].place < self._hits[-1])

    def _next(self, many: int) -> list[Source]:
        some: list[Source] = []
        while len(some) < many and not self._is_done():
            some.append(heapq.heappop(self._left)[-1])
        return some

    def _look(self, some: Sequence[Source]) -> None:
        """Look at the newest part of these, and keep the rest for later."""
        parts = [max(one.first, one.last - one.size + 1) for one in some]
        asked = [self._asked(one.no, part, one.last) for one, part in zip(some, parts, strict=True)]
        without = [set[int]()] * len(some)
        if self._query.without and not self._has_words:
            without = [set(ids) for ids in self._read(_IDS, asked)]
        limit = self._want + max(map(len, without), default=0)
        found = self._read(self._statement, asked, limit)
        full, exhausted = [], []
        for one, part, gone, hits in zip(some, parts, without, found, strict=True):
            places = [Place(time, id) for id, time in hits]
            self._hits += [place for place in places if place.time >= self._after and place.message not in gone]
            if len(places) == limit:
                full.append(replace(one, last=places[-1].message - 1, time=places[-1].time))
            else:
                exhausted.append(replace(one, last=part - 1, size=min(one.size * 2, MOST)))
        self._hits = sorted(self._hits, reverse=True)[: self._want]
        self._add(one for one in full if one.first <= one.last)
        self._add(newest(self._connection, [one for one in exhausted if one.first <= one.last]))

    def _read(self, statement: str, asked: object, most: int = -1) -> list[Any]:
        given = {"asked": json.dumps(asked), "most": most, "senders": self._given}
        found: list[Any] = _loads(self._connection.execute(statement, given).fetchone()[0])
        return found

    def _asked(self, no: int, first: int, last: int) -> tuple[int, int, int, str]:
        base = no << SHIFT
        return base, first - base, last - base, self._expression(scope(no))

    def _expression(self, begin: str) -> str:
        """Return what is looked for in the syntax of FTS5, in a channel."""
        query = self._query
        without = " OR ".join(_quoted(begin, phrase) for phrase in query.without)
        if not self._has_words:
            return without
        parts = [_quoted(begin, phrase) for phrase in query.phrases]
        parts += [f'"{begin}#{mark}"' for mark in query.marks]
        if self._senders:
            parts.append("({})".format(" OR ".join(f'"{begin}#{no}"' for no in self._senders)))
        together = " AND ".join(parts)
        return f"({together}) NOT ({without})" if without else together

    def _answer(self, limit: int) -> Found:
        complete = self._is_done()
        hits, more, place = self._hits[:limit], len(self._hits) > limit, None
        if not complete:  # where nothing was looked at there may be some that are newer than the oldest of these
            newest = self._left[0][-1].place
            hits, more, place = [one for one in hits if one > newest], True, Place(newest.time, newest.message + 1)
        elif more:
            place = hits[-1]
        messages = {int(one.id): one for one in queries.some(self._connection, [hit.message for hit in hits])}
        there = [messages[hit.message] for hit in hits if hit.message in messages]
        return Found([one for one in there if "deleted" not in (one.extra or {})], more, complete, place)


def _quoted(begin: str, phrase: Phrase) -> str:
    return '"{}{}"{}'.format(begin, f" {begin}".join(phrase.words), " *" if phrase.starts else "")
