"""Reads channels, members and people in pages, a piece at a time where it searches. Used by SqliteMemberships."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable
from typing import Any

from tornado_chat.chat.memberships import Browsed
from tornado_chat.chat.validation import name_key
from tornado_chat.storage.pages import Page, collect
from tornado_chat.storage.place_rows import loads, to_record
from tornado_chat.storage.sqlite.place_rows import RECORD
from tornado_chat.storage.sqlite.repository import Repository, reads

#: Whether a row has `find` in its name; queries for pages return rows as JSON, the last key, and how many they saw.
FOUND = "(:find = '' OR instr(key, :find))"
_CHANNELS = f"""
SELECT json_group_array(json_array({RECORD}, r.members)) FILTER (WHERE {FOUND}), max(name), count(*)
FROM (SELECT * FROM channel_records WHERE name > :after AND (:direct OR kind != 'direct')
    ORDER BY name LIMIT :piece) r
"""


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
