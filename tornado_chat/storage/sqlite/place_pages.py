"""Reads channels, members and people in pages, a piece at a time where it searches. Used by SqliteMemberships."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from tornado_chat.chat.memberships import Browsed
from tornado_chat.chat.validation import name_key
from tornado_chat.storage.sqlite.place_rows import RECORD, loads, to_record
from tornado_chat.storage.sqlite.repository import Repository, reads

PIECE = 2_500  # rows that one query looks at where it searches for a part of a name

#: Whether a row has `find` in its name; queries for pages return rows as JSON, the last key, and how many they saw.
FOUND = "(:find = '' OR instr(key, :find))"
_CHANNELS = f"""
SELECT json_group_array(json_array({RECORD}, r.members)) FILTER (WHERE {FOUND}), max(name), count(*)
FROM (SELECT * FROM channel_records WHERE name > :after AND (:direct OR kind != 'direct')
    ORDER BY name LIMIT :piece) r
"""


class Page(NamedTuple):
    """Rows that were found, the key of the last one that was looked at, and how many these were."""

    rows: list[Any]
    last: str
    looked: int


class Pages(Repository):
    """See SqliteMemberships."""

    async def channels(
        self, find: str = "", after: str = "", limit: int = 200, *, direct: bool = False
    ) -> tuple[list[Browsed], bool]:
        def page(after: str, piece: int) -> Awaitable[Page]:
            values = {"find": name_key(find), "after": after, "piece": piece, "direct": direct}
            return self._page(_CHANNELS, values)

        rows, more = await collect(page, find, after, limit)
        return [Browsed(to_record(record), members) for record, members in rows], more

    @reads
    def _page(self, connection: sqlite3.Connection, asked: str, values: dict[str, Any]) -> Page:
        rows, last, looked = connection.execute(asked, values).fetchone()
        return Page(loads(rows or "[]"), last, looked)


async def collect(
    page: Callable[[str, int], Awaitable[Page]], find: str, after: str, limit: int
) -> tuple[list[Any], bool]:
    """Return `limit` rows from behind `after` on, and whether there are more; others read between two pages."""
    piece = PIECE if find else limit + 1
    found: list[Any] = []
    while len(found) <= limit:
        one = await page(after, piece)
        found += one.rows
        if one.looked < piece:
            break
        after = one.last
    return found[:limit], len(found) > limit
