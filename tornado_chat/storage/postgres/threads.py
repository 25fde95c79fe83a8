"""Threads in PostgreSQL: their replies, who follows them, and what somebody has not read there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.history import LOOKED_AT, MOST_UNREAD
from tornado_chat.chat.models import Message
from tornado_chat.chat.threads import MOST_THREADS, Followed, Place, Reading, Sees
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.repository import Repository, reads, writes
from tornado_chat.storage.postgres.rows import FIELDS, IS_LEFT, LARGEST, NAME, SHIFT, to_messages
from tornado_chat.storage.postgres.stretches import stretches
from tornado_chat.storage.postgres.texts import can_be_stored

_END = 2**62  # later than any time

_NO = "(SELECT no FROM channels WHERE name = $1)"
_START = f"({_NO}::bigint << {SHIFT})"
# Written so that no other index than the one of threads has that order, whatever the planner knows of the table.
_PAGE = f"""
SELECT {FIELDS} FROM messages m WHERE m.thread IS NOT NULL AND (m.thread, m.id) > ({_START} + $2, {_START} + $3)
    AND (m.thread, m.id) < ({_START} + $2, {_START} + $4) ORDER BY m.thread {{order}}, m.id {{order}} LIMIT $5
"""
_FORWARD, _BACKWARD = _PAGE.format(order="ASC"), _PAGE.format(order="DESC")


def _seen(id: str) -> str:
    """Return the condition that somebody may see a message, by its id; `f.sees`: a multirange, or NULL."""
    return f"(f.sees IS NULL OR ({id} & {LARGEST}) <@ f.sees)"


# Scalar subqueries and LIMITs keep each from being joined another way than by the index of what it looks up; a LIMIT
# that the planner cannot see, from sorting all that a short one would take the first of.
_READ_TO = f"((f.root >> {SHIFT} << {SHIFT}) + f.read)"
_REPLIES = f"""SELECT m.id, m.sender, m.text, m.extra FROM messages m
    WHERE m.thread IS NOT NULL AND (m.thread, m.id) > (f.root, {_READ_TO}) AND (m.thread, m.id) < (f.root + 1, 0)
    ORDER BY m.thread, m.id LIMIT (SELECT {LOOKED_AT})"""
_COUNTS = f"m.sender IS DISTINCT FROM $1 AND {IS_LEFT} AND {_seen('m.id')}"
#: Of a row `f` of follows with `sees`: how many replies, and mentions, somebody has not read.
_UNREAD = f"""
(SELECT count(*) FROM (SELECT 1 FROM ({_REPLIES}) m WHERE {_COUNTS} LIMIT (SELECT {MOST_UNREAD})) x) AS unread,
(SELECT count(*) FROM (SELECT 1 FROM mentions n WHERE n."user" = $1
    AND n.number > {_READ_TO} AND n.number <= (f.root >> {SHIFT} << {SHIFT}) + {LARGEST}
    AND (SELECT m.thread FROM messages m WHERE m.id = n.message) = f.root
    AND {_seen("n.message")} LIMIT {MOST_UNREAD}) x) AS mentions
"""
_READING = f"""
SELECT f.followed, f.read, {_UNREAD} FROM (
    SELECT root, read, followed, $4::text::int8multirange AS sees FROM follows
    WHERE "user" = $1 AND root = ((SELECT no FROM channels WHERE name = $2)::bigint << {SHIFT}) + $3
) f
"""
#: The threads of some channels that somebody follows, each with its root.
_FOLLOWED = f"""
unnest($2::text[], $3::text[]::int8multirange[]) AS g (channel, sees)
CROSS JOIN LATERAL (SELECT no::bigint << {SHIFT} AS start FROM channels WHERE name = g.channel LIMIT 1) c
CROSS JOIN LATERAL (
    SELECT root, read, g.sees FROM follows
    WHERE "user" = $1 AND root > c.start AND root <= c.start + {LARGEST} AND followed OFFSET 0
) f
CROSS JOIN LATERAL (
    SELECT m.rev_key, coalesce(m.active, m.time) AS active FROM messages m WHERE m.id = f.root LIMIT 1
) t
"""
_FOLLOWING = f"""
SELECT {FIELDS}, {NAME}, f.active, f.read, {_UNREAD} FROM (
    SELECT f.root, f.read, f.sees, t.active FROM {_FOLLOWED}
    WHERE (t.active, f.root) < ($4, $5) AND {_seen("f.root")} ORDER BY t.active DESC, f.root DESC LIMIT $6
) f CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = f.root LIMIT 1) m
ORDER BY f.active DESC, f.root DESC
"""
_IS_UNREAD = f"(SELECT 1 FROM ({_REPLIES}) m WHERE {_COUNTS} LIMIT 1) IS NOT NULL"
_THREADS = f"""
SELECT g.channel, (SELECT count(*) FROM (
    SELECT 1 FROM (
        SELECT root, read, g.sees FROM follows
        WHERE "user" = $1 AND root > c.start AND root <= c.start + {LARGEST} AND followed OFFSET 0
    ) f WHERE (SELECT m.rev_key FROM messages m WHERE m.id = f.root) > {_READ_TO} AND {_seen("f.root")}
    AND {_IS_UNREAD} LIMIT {MOST_THREADS}
) x)
FROM unnest($2::text[], $3::text[]::int8multirange[]) AS g (channel, sees)
CROSS JOIN LATERAL (SELECT no::bigint << {SHIFT} AS start FROM channels WHERE name = g.channel LIMIT 1) c
"""
# The lock keeps the root from being trimmed away before the position is stored, which goes with it.
_ROOT = f"SELECT id FROM messages WHERE id = {_START} + $2 AND thread IS NULL FOR KEY SHARE"
_FOLLOWERS = f'SELECT "user" FROM follows WHERE root = {_START} + $2 AND followed'
_SET = """
INSERT INTO follows ("user", root, read, followed) VALUES ($1, $2, $3, $4)
ON CONFLICT ("user", root) DO UPDATE SET followed = excluded.followed
"""
_READ = """
INSERT INTO follows ("user", root, read) VALUES ($1, $2, $3)
ON CONFLICT ("user", root) DO UPDATE
SET read = CASE WHEN $4 THEN excluded.read ELSE greatest(follows.read, excluded.read) END RETURNING read
"""
_ALL = """
WITH RECURSIVE next (who, place) AS (
    SELECT (SELECT "user" FROM follows WHERE "user" > $1 ORDER BY "user" LIMIT 1), 1
    UNION ALL
    SELECT (SELECT "user" FROM follows WHERE "user" > s.who ORDER BY "user" LIMIT 1), s.place + 1
    FROM next s WHERE s.who IS NOT NULL AND s.place < $2
) SELECT who FROM next WHERE who IS NOT NULL ORDER BY who
"""
# In the order in which others lock them, too: two that wait for each other would be a deadlock.
_LOCK = 'SELECT 1 FROM follows WHERE "user" = ANY($1) ORDER BY "user", root FOR UPDATE'
_FORGET = 'DELETE FROM follows WHERE "user" = ANY($1)'


class PostgresThreads(Repository):
    """What a History has of threads (chat/threads.py)."""

    async def thread(
        self, channel: str, root: int, *, after: int | None = None, before: int | None = None, limit: int
    ) -> tuple[list[Message], bool]:
        messages = await self._thread(channel, root, after, before, limit + 1)
        if len(messages) <= limit:
            return messages, False
        return (messages[:limit] if after is not None else messages[1:]), True

    @reads
    async def _thread(
        self, connection: Connection, channel: str, root: int, after: int | None, before: int | None, limit: int
    ) -> list[Message]:
        if not _is_possible(channel, root):
            return []
        low = 0 if after is None else min(max(after, 0), LARGEST)
        high = LARGEST + 1 if before is None else min(max(before, 0), LARGEST + 1)
        rows = await connection.fetch(_BACKWARD if after is None else _FORWARD, channel, root, low, high, limit)
        return to_messages(rows[::-1] if after is None else rows, channel)

    @reads
    async def reading(
        self, connection: Connection, user: str, channel: str, root: int, sees: Sequence[Stretch] | None
    ) -> Reading:
        if not _is_possible(channel, root):
            return Reading()
        row = await connection.fetchrow(_READING, user, channel, root, stretches(sees))
        return Reading() if row is None else Reading(bool(row[0]), *row[1:])

    @writes
    async def follow(self, connection: Connection, user: str, channel: str, root: int, on: bool, newest: int) -> None:
        id = await _locked(connection, channel, root)
        if id is not None:
            await connection.execute(_SET, user, id, newest, on)

    @writes
    async def read_thread(
        self, connection: Connection, user: str, channel: str, root: int, seq: int, back: bool
    ) -> int:
        id = await _locked(connection, channel, root)
        return seq if id is None else int(await connection.fetchval(_READ, user, id, seq, back))

    @reads
    async def followers(self, connection: Connection, channel: str, root: int) -> Sequence[str]:
        if not _is_possible(channel, root):
            return []
        return [user for (user,) in await connection.fetch(_FOLLOWERS, channel, root)]

    @reads
    async def following(
        self, connection: Connection, user: str, sees: Sees, before: Place | None, limit: int
    ) -> Sequence[Followed]:
        names, seen = _given(sees)
        rows = await connection.fetch(_FOLLOWING, user, names, seen, *(before or (_END, 0)), limit)
        found = zip(rows, to_messages(rows), strict=True)
        return [Followed(root, Reading(True, *row[-3:]), row[-4]) for row, root in found]

    @reads
    async def unread_threads(self, connection: Connection, user: str, sees: Sees) -> Mapping[str, int]:
        rows = await connection.fetch(_THREADS, user, *_given(sees))
        return {channel: count for channel, count in rows if count}

    @reads
    async def followers_after(self, connection: Connection, user: str, limit: int) -> Sequence[str]:
        return [one for (one,) in await connection.fetch(_ALL, user, limit)]

    @writes
    async def forget_followers(self, connection: Connection, users: Collection[str]) -> None:
        await forget(connection, users)


async def forget(connection: Connection, users: Collection[str]) -> None:
    """Forget what people (ids) follow, and how far they have read threads."""
    known = [user for user in users if can_be_stored(user)]
    await connection.execute(_LOCK, known)
    await connection.execute(_FORGET, known)


async def _locked(connection: Connection, channel: str, root: int) -> int | None:
    """Return the id of the root of a thread, which is there until the transaction ends; None if there is none."""
    if not _is_possible(channel, root):
        return None
    id: int | None = await connection.fetchval(_ROOT, channel, root)
    return id


def _is_possible(channel: str, root: int) -> bool:
    return 0 < root <= LARGEST and can_be_stored(channel)


def _given(sees: Sees) -> tuple[list[str], list[str | None]]:
    """Return names of channels, and in parallel what somebody may see of each."""
    names = [name for name in sees if can_be_stored(name)]
    return names, [stretches(sees[name]) for name in names]
