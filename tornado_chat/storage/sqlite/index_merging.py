"""Merges the segments of the index of search, each of which a search looks at, while little else is to be done.

FTS5 itself merges some of them with each transaction, so that they are never very many. A word that was removed is in
its segment until that is merged with the one that says so: for that, all of them are merged once a day.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from functools import partial

from tornado_chat.storage.sqlite.indexing import is_current
from tornado_chat.storage.sqlite.writer import Database

PAGES = 64  # that are written at a time, each of 4 KB
REST = 0.02  # seconds between two pieces
DAY = 86_400_000  # ms after which what was removed is gone

_MERGE = "INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)"
# What was removed after the beginning is left to the next time.
_BEGIN = (
    "UPDATE OR REPLACE facts SET name = 'search-purge' WHERE name = 'search-removed' AND CAST(value AS INTEGER) < ?"
)
_BEGUN = "SELECT 1 FROM facts WHERE name = 'search-purge'"
_END = "DELETE FROM facts WHERE name = 'search-purge'"


async def merge(database: Database) -> None:
    """Merge what is worth it, in pieces; everything, if something was removed a day ago or longer."""
    if not await database.write(partial(_begin, now=int(time.time() * 1000))):
        return
    while await database.write(_go_on):
        await asyncio.sleep(REST)


def _begin(connection: sqlite3.Connection, now: int) -> bool:
    if not is_current(connection):
        return False
    connection.execute(_BEGIN, (now - DAY,))
    if connection.execute(_BEGUN).fetchone():  # now, or before a restart
        connection.execute(_MERGE, (-PAGES,))
    return True


def _go_on(connection: sqlite3.Connection) -> bool:
    """Merge a piece; return whether there may be more."""
    if not is_current(connection):
        return False
    before = connection.total_changes
    connection.execute(_MERGE, (PAGES,))
    if connection.total_changes - before >= 2:  # FTS5 counts one if there was nothing to do
        return True
    connection.execute(_END)
    return False
