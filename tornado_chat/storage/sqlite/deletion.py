"""The messages of channels, for commands: counts them, and deletes them where no server has the database."""

from __future__ import annotations

import sqlite3

from tornado_chat.storage.sqlite import queries, trimming
from tornado_chat.storage.sqlite.repository import Repository, reads, writes

PIECE = 10_000  # rows of one transaction

_WITHOUT_RECORD = f"""
SELECT name FROM channels WHERE name NOT IN (SELECT name FROM channel_records) AND EXISTS
    (SELECT 1 FROM messages WHERE id BETWEEN no << {queries.SHIFT} AND (no << {queries.SHIFT}) + {queries.LARGEST})
ORDER BY name
"""
_COUNT = "SELECT count(*), max(time) FROM messages WHERE id BETWEEN :first AND :last"


class SqliteMessages(Repository):
    """See `server.cli.opened.Messages`."""

    @reads
    def count(self, connection: sqlite3.Connection, channel: str) -> tuple[int, int]:
        no = queries.number(connection, channel)
        if no is None:
            return 0, 0
        ends = {"first": no << queries.SHIFT, "last": queries.end(no)}
        count, newest = connection.execute(_COUNT, ends).fetchone()
        return count, newest or 0

    @reads
    def without_record(self, connection: sqlite3.Connection) -> list[str]:
        return [row[0] for row in connection.execute(_WITHOUT_RECORD).fetchall()]

    @reads
    def last(self, connection: sqlite3.Connection, channel: str) -> int:
        return queries.last(connection, channel)

    async def forget(self, channel: str) -> None:
        no = await self._number(channel)
        while no is not None and await self._cut(no) == PIECE:
            pass

    @reads
    def _number(self, connection: sqlite3.Connection, channel: str) -> int | None:
        return queries.number(connection, channel)

    @writes
    def _cut(self, connection: sqlite3.Connection, no: int) -> int:
        count, _ = trimming.trim(connection, no=no, since=None, over=queries.end(no), piece=PIECE)
        return count
