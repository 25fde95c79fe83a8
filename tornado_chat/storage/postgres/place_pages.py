"""Reads channels, members and people in pages, a piece at a time where it searches. Used by PostgresMemberships."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from tornado_chat.chat.memberships import Browsed, Member, Person
from tornado_chat.chat.models import User
from tornado_chat.chat.validation import name_key
from tornado_chat.storage.pages import Page, collect
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.place_rows import RECORD, to_record
from tornado_chat.storage.postgres.repository import Repository, reads
from tornado_chat.storage.postgres.texts import can_be_stored

#: Whether a row has `find` in its key. In all of these $1 is `find`, $2 `after` and $3 how many rows to look at.
FOUND = "($1 = '' OR strpos({of}.key, $1) > 0)"
#: The rest of a query: how many rows of a piece there are, and the last one's `at`; beside each of those found.
_SEEN = "FROM (SELECT count(*) AS looked, max(at) AS last FROM piece) l LEFT JOIN LATERAL"
ROLE = """coalesce((SELECT role FROM roles WHERE "user" = f.at), 'member')"""
# A subquery that ends with LIMIT 1 is looked up for each row, whatever the planner believes of the tables.
_ITS_RECORD = f"(SELECT {RECORD}, r.members FROM channel_records r WHERE r.name = f.at LIMIT 1) r ON true"

_CHANNELS = f"""
WITH piece AS MATERIALIZED (
    SELECT name AS at, key FROM channel_records WHERE name > $2 AND ($4 OR kind != 'direct') ORDER BY name LIMIT $3)
SELECT l.looked, l.last, f.at, r.* {_SEEN} (SELECT * FROM piece WHERE {FOUND.format(of="piece")}) f ON true
LEFT JOIN LATERAL {_ITS_RECORD} ORDER BY f.at
"""
_MEMBERS = f"""
WITH piece AS MATERIALIZED (
    SELECT m.at, coalesce(p.name, m.at) AS name, coalesce(p.key, '') AS key, m.rank, m.silenced FROM (
        SELECT "user" AS at, role AS rank, silenced_until AS silenced FROM memberships
        WHERE channel = $4 AND ended = 0 AND "user" > $2 ORDER BY "user" LIMIT $3) m
    LEFT JOIN LATERAL (SELECT name, key FROM people WHERE id = m.at LIMIT 1) p ON true)
SELECT l.looked, l.last, f.at, f.name, {ROLE}, f.rank, f.silenced
{_SEEN} (SELECT * FROM piece WHERE {FOUND.format(of="piece")}) f ON true ORDER BY f.at
"""
_PEOPLE = f"""
WITH piece AS MATERIALIZED (SELECT id AS at, name, key, seen FROM people WHERE id > $2 ORDER BY id LIMIT $3)
SELECT l.looked, l.last, f.at, f.name, {ROLE}, f.seen
{_SEEN} (SELECT * FROM piece WHERE {FOUND.format(of="piece")}) f ON true ORDER BY f.at
"""
_WITH_IDS = (
    f"SELECT at, name, {ROLE}, seen FROM (SELECT id AS at, * FROM people WHERE id = ANY($1::text[])) f ORDER BY at"
)
_PARTNERS = "SELECT 1 FROM people p WHERE p.id = ANY(piece.people) AND p.id != $4 AND strpos(p.key, $1) > 0"
_BROWSE = f"""
WITH piece AS MATERIALIZED (
    (SELECT name AS at, key, '{{}}'::text[] AS people FROM channel_records
        WHERE listed AND kind = 'public' AND name > $2 ORDER BY name LIMIT $3)
    UNION ALL
    (SELECT m.channel, r.key, CASE WHEN r.kind = 'direct' THEN r.people ELSE '{{}}' END FROM memberships m
        JOIN LATERAL (SELECT * FROM channel_records WHERE name = m.channel LIMIT 1) r
            ON NOT (r.listed AND r.kind = 'public')
        WHERE m."user" = $4 AND m.channel > $2 AND m.ended = 0 AND NOT m.hidden ORDER BY m.channel LIMIT $3)
    ORDER BY 1 LIMIT $3)
SELECT l.looked, l.last, f.at, r.* {_SEEN} (SELECT at FROM piece
    WHERE {FOUND.format(of="piece")} OR (people != '{{}}' AND EXISTS ({_PARTNERS}))) f ON true
LEFT JOIN LATERAL {_ITS_RECORD} ORDER BY f.at
"""


class Pages(Repository):
    """See PostgresMemberships."""

    async def members(
        self, name: str, find: str = "", after: str = "", limit: int = 200
    ) -> tuple[list[Member], bool]:
        rows, more = await self._collect(_MEMBERS, find, after, limit, name)
        return [Member(User(*row[:3]), row[3], row[4]) for row in rows], more

    async def browse(self, user: str, find: str, after: str, limit: int) -> tuple[list[Browsed], bool]:
        return _browsed(await self._collect(_BROWSE, find, after, limit, user))

    async def channels(
        self, find: str = "", after: str = "", limit: int = 200, *, direct: bool = False
    ) -> tuple[list[Browsed], bool]:
        return _browsed(await self._collect(_CHANNELS, find, after, limit, direct))

    async def people(
        self, *, ids: Sequence[str] = (), find: str = "", after: str = "", limit: int = 200
    ) -> tuple[list[Person], bool]:
        rows, more = (await self._people(ids), False) if ids else await self._collect(_PEOPLE, find, after, limit)
        return [Person(User(*row[:3]), row[3]) for row in rows], more

    @reads
    async def _people(self, connection: Connection, ids: Sequence[str]) -> list[Any]:
        found: list[Any] = await connection.fetch(_WITH_IDS, list(filter(can_be_stored, ids)))
        return found

    async def _collect(self, asked: str, find: str, after: str, limit: int, *more: Any) -> tuple[list[Any], bool]:
        def page(after: str, piece: int) -> Awaitable[Page]:
            return self._page(asked, key, after, piece, *more)

        key = name_key(find)
        return await collect(page, find, after, limit)

    @reads
    async def _page(self, connection: Connection, asked: str, *values: Any) -> Page:
        rows = await connection.fetch(asked, *values)
        looked, last = rows[0][:2]
        return Page([tuple(row)[2:] for row in rows if row[2] is not None], last or "", looked)


def _browsed(found: tuple[list[Any], bool]) -> tuple[list[Browsed], bool]:
    rows, more = found
    return [Browsed(to_record(row[1:-1]), row[-1]) for row in rows], more
