"""Deletes the oldest messages of channels, a few at a time, each time with all that hangs on them."""

from __future__ import annotations

import asyncio
import time

from tornado_chat.storage.postgres import attachments, indexing
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.repository import Repository, count, reads, writes
from tornado_chat.storage.postgres.rows import LARGEST, SHIFT, end, number, start
from tornado_chat.storage.postgres.texts import can_be_stored

REFS_DAYS = 30  # for which the refs of changes are known
PIECE = 200  # rows that are deleted at a time: as long as those who post in that channel wait
REST = 0.02  # seconds between two pieces
STRETCH = 5_000  # messages that are counted at a time
AT_ONCE = 200  # channels that one query looks at

_OF_CHANNEL = f"m.id > (c.no::bigint << {SHIFT}) AND m.id <= (c.no::bigint << {SHIFT}) + {LARGEST}"
_STALE = f"""
SELECT s.no, coalesce(s.last - s.first >= $3, false)
    OR coalesce((SELECT m.time FROM messages m WHERE m.id = s.first) < $2, false)
FROM (
    SELECT c.no, (SELECT m.id FROM messages m WHERE {_OF_CHANNEL} ORDER BY m.id LIMIT 1) AS first,
        (SELECT m.id FROM messages m WHERE {_OF_CHANNEL} ORDER BY m.id DESC LIMIT 1) AS last
    FROM channels c WHERE c.no > $1 ORDER BY c.no LIMIT $4
) s ORDER BY s.no
"""
_NTH = "SELECT id FROM messages WHERE id > $1 AND id <= $2 ORDER BY id DESC LIMIT 1 OFFSET $3"
_CUT = """
WITH oldest AS MATERIALIZED (SELECT id, time FROM messages WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $5)
SELECT max(id) FROM oldest WHERE id < coalesce((
    SELECT min(id) FROM oldest WHERE NOT (coalesce(time < $3, false) OR coalesce(id <= $4, false))
), $2 + 1)
"""
_OF_MESSAGES = {**dict.fromkeys(("reactions", "pins", "mentions", "growing"), "message"), "follows": "root"}
_FORGET_REFS = """
DELETE FROM change_refs WHERE ref_key = ANY(ARRAY(
    SELECT ref_key FROM change_refs WHERE time < $1 ORDER BY time LIMIT $2
))
"""


class PostgresTrimming(Repository):
    """What of a History deletes messages. `_keep_days`, `_keep_messages`: what `trim` leaves, None: everything."""

    _keep_days: float | None
    _keep_messages: int | None

    async def forget(self, channel: str) -> None:
        no = await self._number(channel) if can_be_stored(channel) else None
        if no is not None:
            await self._trim(no, over=end(no))

    async def trim(self) -> int:
        before = int((time.time() - REFS_DAYS * 86_400) * 1_000)
        while await self._forget_refs(before, PIECE) == PIECE:
            await asyncio.sleep(REST)
        if self._keep_days is None and self._keep_messages is None:
            return 0
        since = None if self._keep_days is None else int((time.time() - self._keep_days * 86_400) * 1_000)
        deleted = 0
        at: int | None = 0
        while at is not None:
            channels, at = await self._stale(at, since)
            for no in channels:
                over = None if self._keep_messages is None else await self._over(no, self._keep_messages)
                deleted += await self._trim(no, since, over)
        return deleted

    async def _trim(self, no: int, since: int | None = None, over: int | None = None) -> int:
        """Delete the messages of a channel that are older than `since`, or up to the id `over`; return how many."""
        deleted, gone = 0, PIECE
        while gone == PIECE:
            gone = await self._cut(no, since, over, PIECE)
            deleted += gone
            await asyncio.sleep(REST)
        return deleted

    async def _over(self, no: int, keep: int) -> int | None:
        """Return the id of the newest of a channel's messages that are too many, None if none are."""
        place: int | None = end(no)
        while place is not None:  # a stretch at a time: the numbers have gaps, so messages must be counted
            step = min(keep, STRETCH)
            place = await self._nth(no, place, step)
            keep -= step
            if not keep:
                break
        return place

    @reads
    async def _number(self, connection: Connection, channel: str) -> int | None:
        return await number(connection, channel)

    @reads
    async def _stale(self, connection: Connection, after: int, since: int | None) -> tuple[list[int], int | None]:
        """Return which of the next channels may have messages to delete, and where to go on (None: that was all)."""
        rows = await connection.fetch(_STALE, after, since, self._keep_messages, AT_ONCE)
        return [no for no, is_stale in rows if is_stale], rows[-1][0] if rows else None

    @reads
    async def _nth(self, connection: Connection, no: int, before: int, count: int) -> int | None:
        """Return the id of a message, up to the id `before`, that `count` others of its channel follow, or None."""
        found: int | None = await connection.fetchval(_NTH, start(no), before, count)
        return found

    @writes
    async def _cut(self, connection: Connection, no: int, since: int | None, over: int | None, piece: int) -> int:
        return await cut(connection, no, since, over, piece)

    @writes
    async def _forget_refs(self, connection: Connection, before: int, piece: int) -> int:
        """Delete refs of changes that were made before a time (ms), at most `piece`; return how many."""
        return count(await connection.execute(_FORGET_REFS, before, piece))


async def cut(connection: Connection, no: int, since: int | None, over: int | None, piece: int) -> int:
    """Delete the oldest messages of a channel, at most `piece`; return how many.

    They are older than `since`, or their id is at most `over`.
    """
    # Whoever posts or changes something there waits until this is done, and then finds no message that is gone.
    await connection.execute("SELECT 1 FROM channels WHERE no = $1 FOR UPDATE", no)
    first = start(no)
    last = await connection.fetchval(_CUT, first, end(no), since, over, piece)
    if last is None:
        return 0
    deleted = await _delete(connection, "messages", "id", first, last)
    for table, column in _OF_MESSAGES.items():
        await _delete(connection, table, column, first, last)
    await attachments.detach(connection, first + 1, last, int(time.time() * 1_000))
    await indexing.remove(connection, no, last & LARGEST)
    await connection.execute("UPDATE channels SET floor = $2 WHERE no = $1", no, last & LARGEST)
    return deleted


async def _delete(connection: Connection, table: str, column: str, after: int, upto: int) -> int:
    """Delete the rows of messages between two ids, the second included; return how many."""
    return count(await connection.execute(f"DELETE FROM {table} WHERE {column} > $1 AND {column} <= $2", after, upto))
