"""The messages of channels, for commands: counts them, and deletes them where no server has the database."""

from __future__ import annotations

import sqlite3
from functools import partial

from tornado_chat.storage.sqlite import queries, trimming
from tornado_chat.storage.sqlite.direct import DirectDatabase

PIECE = 10_000  # rows of one transaction

_WITHOUT_RECORD = f"""
SELECT name FROM channels WHERE name NOT IN (SELECT name FROM channel_records) AND EXISTS
    (SELECT 1 FROM messages WHERE id BETWEEN no << {queries.SHIFT} AND (no << {queries.SHIFT}) + {queries.LARGEST})
ORDER BY name
"""
_COUNT = "SELECT count(*), max(time) FROM messages WHERE id BETWEEN :first AND :last"


def messages(connection: sqlite3.Connection, channel: str) -> tuple[int, int]:
    """Return how many messages a channel has, and when the newest was posted (ms since 1970, or 0)."""
    no = queries.number(connection, channel)
    if no is None:
        return 0, 0
    ends = {"first": no << queries.SHIFT, "last": queries.end(no)}
    count, newest = connection.execute(_COUNT, ends).fetchone()
    return count, newest or 0


def without_record(connection: sqlite3.Connection) -> list[str]:
    """Return the names of channels that have messages, and no record."""
    return [row[0] for row in connection.execute(_WITHOUT_RECORD).fetchall()]


async def last(database: DirectDatabase, channel: str) -> int:
    """Return the newest number of a channel."""
    return await database.read(partial(queries.last, channel=channel))


async def forget(database: DirectDatabase, channel: str) -> None:
    """Delete all messages of a channel. No number comes twice, should it be made again."""
    no = await database.read(partial(queries.number, channel=channel))
    count = 0 if no is None else PIECE
    while no is not None and count == PIECE:
        cut = partial(trimming.trim, no=no, since=None, over=queries.end(no), piece=PIECE)
        count, _ = await database.write(cut)
