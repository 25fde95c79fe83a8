"""Threads in SQLite: their replies, who follows them, and what somebody has not read there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.history import LOOKED_AT as LOOKED_AT_UNREAD
from tornado_chat.chat.history import MOST_UNREAD
from tornado_chat.chat.models import Message
from tornado_chat.chat.threads import MOST_THREADS, Followed, Place, Reading, Sees
from tornado_chat.config import speed
from tornado_chat.storage.sqlite.numbers import Numbers
from tornado_chat.storage.sqlite.queries import COLUMNS, LARGEST, ROWS, SHIFT, number, select, some
from tornado_chat.storage.sqlite.writer import Database

_END = 2**62  # later than any time

_loads = speed.loads or json.loads

_REPLIES = ROWS.replace("messages m", "messages m INDEXED BY threads")
_PAGE = (
    f"SELECT {COLUMNS} FROM (SELECT :channel AS channel, {_REPLIES} WHERE m.thread = :root"
    " AND m.id > :low AND m.id < :high ORDER BY m.id {order} LIMIT :limit)"
)
_FORWARD, _BACKWARD = _PAGE.format(order="ASC"), _PAGE.format(order="DESC")


def _seen(id: str) -> str:
    """Return the condition that somebody may see a message, by its id; `sees`: stretches as JSON, or NULL."""
    seq = f"({id}) & {LARGEST}"
    return (
        f"(sees IS NULL OR EXISTS (SELECT 1 FROM json_each(sees) WHERE {seq} > value ->> 0"
        f" AND (value ->> 1 IS NULL OR {seq} <= value ->> 1)))"
    )


_READ_TO = f"((root >> {SHIFT} << {SHIFT}) + read)"
_NEW = f"thread = root AND id > {_READ_TO} AND {_seen('messages.id')}"
_COUNTS = "sender IS NOT :user AND extra ->> 'deleted' IS NULL"
#: Of a row with `root`, `read` and `sees`: how many replies, and mentions, somebody has not read.
_UNREAD = f"""
min({MOST_UNREAD}, (SELECT count(*) FROM (SELECT sender, extra FROM messages INDEXED BY threads
    WHERE {_NEW} ORDER BY id LIMIT {LOOKED_AT_UNREAD}) WHERE {_COUNTS})),
(SELECT count(*) FROM (SELECT 1 FROM mentions n JOIN messages r ON r.id = n.message WHERE n.user = :user
    AND n.number > {_READ_TO} AND n.number <= (root >> {SHIFT} << {SHIFT}) + {LARGEST} AND r.thread = root
    AND {_seen("r.id")} LIMIT {MOST_UNREAD}))
"""
_READING = f"""
SELECT coalesce(followed, 0), read, {_UNREAD}
FROM (SELECT f.*, :sees AS sees FROM follows f WHERE user = :user AND root = :root)
"""
_OWN = f"""
FROM json_each(:sees) s CROSS JOIN channels c ON c.name = s.key
CROSS JOIN follows f ON f.user = :user AND f.root > c.no << {SHIFT} AND f.root <= (c.no << {SHIFT}) + {LARGEST}
"""
_FOLLOWING = f"""
SELECT json_group_array(json_array(root, active, read, {_UNREAD})) FROM (
    SELECT f.root, f.read, s.value AS sees, coalesce(t.extra ->> '$.replies.last', t.time) AS active
    {_OWN} JOIN messages t ON t.id = f.root
    WHERE f.followed = 1 AND (active, f.root) < (:active, :id) AND {_seen("f.root")}
    ORDER BY active DESC, f.root DESC LIMIT :limit
)
"""
_THREADS = f"""
SELECT json_group_object(name, count) FROM (
    SELECT name, (SELECT count(*) FROM (
        SELECT 1 FROM follows f JOIN messages t ON t.id = f.root
        WHERE f.user = :user AND f.root > no << {SHIFT} AND f.root <= (no << {SHIFT}) + {LARGEST} AND f.followed = 1
        AND t.rev_key > {_READ_TO} AND {_seen("f.root")}
        AND EXISTS (SELECT 1 FROM messages INDEXED BY threads WHERE {_NEW} AND {_COUNTS}) LIMIT {MOST_THREADS}
    )) AS count FROM (SELECT c.name, c.no, s.value AS sees FROM json_each(:sees) s JOIN channels c ON c.name = s.key)
) WHERE count
"""
_FOLLOWERS = """
SELECT json_group_array(s.id) FROM follows f JOIN senders s ON s.no = f.user WHERE f.root = ? AND f.followed = 1
"""
_SET = """
INSERT INTO follows SELECT :user, id, :read, :on FROM messages WHERE id = :root AND thread IS NULL
ON CONFLICT (user, root) DO UPDATE SET followed = excluded.followed
"""
_READ = """
INSERT INTO follows SELECT :user, id, :read, NULL FROM messages WHERE id = :root AND thread IS NULL
ON CONFLICT (user, root) DO UPDATE SET read = iif(:back, excluded.read, max(read, excluded.read)) RETURNING read
"""
_ALL = """
SELECT json_group_array(id) FROM (SELECT s.id FROM senders s
    WHERE s.id > ? AND EXISTS (SELECT 1 FROM follows WHERE user = s.no) ORDER BY s.id LIMIT ?)
"""
_FORGET = "DELETE FROM follows WHERE user IN (SELECT no FROM senders WHERE id IN (SELECT value FROM json_each(?)))"


class SqliteThreads:
    """What a History has of threads (chat/threads.py), in a Database."""

    _database: Database
    numbers: Numbers

    async def thread(
        self, channel: str, root: int, *, after: int | None = None, before: int | None = None, limit: int
    ) -> tuple[list[Message], bool]:
        stretch = partial(page, channel=channel, root=root, after=after, before=before, limit=limit + 1)
        messages = await self._database.read(stretch)
        if len(messages) <= limit:
            return messages, False
        return (messages[:limit] if after is not None else messages[1:]), True

    async def reading(self, user: str, channel: str, root: int, sees: Sequence[Stretch] | None) -> Reading:
        return await self._database.read(partial(reading, user=user, channel=channel, root=root, sees=sees))

    async def follow(self, user: str, channel: str, root: int, on: bool, newest: int) -> None:
        await self._put(_SET, user, channel, root, read=newest, on=on)

    async def read_thread(self, user: str, channel: str, root: int, seq: int, back: bool) -> int:
        read = await self._put(_READ, user, channel, root, read=seq, back=back)
        return seq if read is None else read

    async def _put(self, statement: str, user: str, channel: str, root: int, **values: int) -> int | None:
        def put(connection: sqlite3.Connection) -> int | None:
            self.numbers.refresh()
            no = number(connection, channel)
            who = self.numbers.sender(connection, user, make=True)
            if no is None or not 0 < root <= LARGEST:
                return None
            row = connection.execute(statement, {"user": who, "root": (no << SHIFT) + root, **values}).fetchone()
            return row and int(row[0])

        return await self._database.write(put)

    async def followers(self, channel: str, root: int) -> Sequence[str]:
        return await self._database.read(partial(followers, channel=channel, root=root))

    async def following(self, user: str, sees: Sees, before: Place | None, limit: int) -> Sequence[Followed]:
        return await self._database.read(partial(following, user=user, sees=sees, before=before, limit=limit))

    async def unread_threads(self, user: str, sees: Sees) -> Mapping[str, int]:
        return await self._database.read(partial(unread_threads, user=user, sees=sees))

    async def followers_after(self, user: str, limit: int) -> Sequence[str]:
        return await self._database.read(partial(followers_after, user=user, limit=limit))

    async def forget_followers(self, users: Collection[str]) -> None:
        await self._database.write(partial(forget, users=users))


def page(
    connection: sqlite3.Connection, channel: str, root: int, after: int | None, before: int | None, limit: int
) -> list[Message]:
    """Return replies of a thread as queries.page does messages."""
    no = number(connection, channel)
    if no is None or not 0 < root <= LARGEST:
        return []
    first = no << SHIFT
    values = {
        "channel": channel,
        "root": first + root,
        "low": first + (0 if after is None else min(max(after, 0), LARGEST)),
        "high": first + (LARGEST + 1 if before is None else min(max(before, 0), LARGEST + 1)),
        "limit": limit,
    }
    messages = select(connection, _BACKWARD if after is None else _FORWARD, values)
    return messages[::-1] if after is None else messages


def reading(
    connection: sqlite3.Connection, user: str, channel: str, root: int, sees: Sequence[Stretch] | None
) -> Reading:
    """Return how far somebody has read a thread, as Threads.reading does."""
    no, who = number(connection, channel), _sender(connection, user)
    if no is None or not 0 < root <= LARGEST:
        return Reading()
    values = {"user": who, "root": (no << SHIFT) + root, "sees": None if sees is None else json.dumps(sees)}
    row = connection.execute(_READING, values).fetchone()
    return Reading(bool(row[0]), *row[1:]) if row else Reading()


def followers(connection: sqlite3.Connection, channel: str, root: int) -> list[str]:
    """Return who follows a thread, by id."""
    no = number(connection, channel)
    if no is None or not 0 < root <= LARGEST:
        return []
    return list(_loads(connection.execute(_FOLLOWERS, ((no << SHIFT) + root,)).fetchone()[0]))


def following(
    connection: sqlite3.Connection, user: str, sees: Sees, before: Place | None, limit: int
) -> list[Followed]:
    """Return the threads that somebody follows, as Threads.following does."""
    active, id = before or (_END, 0)
    values = {"user": _sender(connection, user), "sees": json.dumps(sees), "active": active, "id": id, "limit": limit}
    rows = _loads(connection.execute(_FOLLOWING, values).fetchone()[0])
    roots = {one.id: one for one in some(connection, [row[0] for row in rows])}
    found = [
        Followed(roots[str(root)], Reading(True, read, unread, mentions), active)
        for root, active, read, unread, mentions in rows
        if str(root) in roots  # else it was trimmed in this moment
    ]
    return sorted(found, key=lambda one: one.place, reverse=True)


def unread_threads(connection: sqlite3.Connection, user: str, sees: Sees) -> dict[str, int]:
    """Return of each channel how many threads somebody has not read, as Threads.unread_threads does."""
    who = _sender(connection, user)
    if not who or connection.execute("SELECT 1 FROM follows WHERE user = ? LIMIT 1", (who,)).fetchone() is None:
        return {}
    values = {"user": who, "sees": json.dumps(sees)}
    return dict(_loads(connection.execute(_THREADS, values).fetchone()[0]))


def followers_after(connection: sqlite3.Connection, user: str, limit: int) -> list[str]:
    """Return the next who follow something, or have a position in a thread."""
    return list(_loads(connection.execute(_ALL, (user, limit)).fetchone()[0]))


def forget(connection: sqlite3.Connection, users: Collection[str]) -> None:
    """Forget what people (ids) follow, and how far they have read threads."""
    connection.execute(_FORGET, (json.dumps(list(users)),))


def _sender(connection: sqlite3.Connection, user: str) -> int:
    """Return the number of a user, 0 if there is none."""
    row = connection.execute("SELECT no FROM senders WHERE id = ?", (user,)).fetchone()
    return int(row[0]) if row else 0
