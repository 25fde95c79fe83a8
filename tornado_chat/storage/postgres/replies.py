"""Stores replies in threads, with what becomes of their roots. The transaction has locked the channels' rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from tornado_chat.chat.changes import Change, Changed
from tornado_chat.chat.models import Message
from tornado_chat.chat.replies import LOOKED_AT, replied, without_reply
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.rows import FIELDS, IS_LEFT, LARGEST, NAME, SHIFT, some, to_messages
from tornado_chat.storage.postgres.texts import can_be_stored
from tornado_chat.storage.replies import Replies

_ROOTS = f"""
SELECT {FIELDS}, {NAME} FROM unnest($1::text[], $2::bigint[]) AS g (channel, seq)
CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE id = ((SELECT no FROM channels WHERE name = g.channel)::bigint << {SHIFT}) + g.seq
    LIMIT 1
) m
"""
_FRONTS = f"""
SELECT start, coalesce((
    SELECT coalesce(m.back, m.id) FROM messages m WHERE m.id > start AND m.id <= start + {LARGEST}
    ORDER BY m.id DESC LIMIT 1
), start) FROM unnest($1::bigint[]) AS g (start)
"""
_STORE = "UPDATE messages SET rev_key = $2, extra = $3, active = $4 WHERE id = $1"
# In the order of the rows: two transactions that wait for each other's would be a deadlock.
_FOLLOW = """
INSERT INTO follows ("user", root, read, followed)
SELECT g.who, g.root, g.read, true FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS g (who, root, read)
WHERE (SELECT id FROM messages WHERE id = g.root) IS NOT NULL  -- else the root was trimmed away
ORDER BY g.who COLLATE "C", g.root
ON CONFLICT ("user", root) DO UPDATE SET followed = coalesce(follows.followed, true)
"""
_READ = 'UPDATE follows SET read = greatest(read, $3) WHERE "user" = $1 AND root = $2'
# As in threads.py: the planner has no other index for that order, and cannot see the LIMIT.
_LEFT = f"""
SELECT m.sender, m.time FROM (
    SELECT * FROM messages WHERE thread IS NOT NULL AND (thread, id) > ($1, 0) AND (thread, id) < ($1 + 1, 0)
    ORDER BY thread DESC, id DESC LIMIT (SELECT {LOOKED_AT})
) m WHERE {IS_LEFT} ORDER BY m.id DESC
"""


async def begin(connection: Connection, messages: Iterable[Message]) -> Replies:
    """Return the Replies of a transaction. messages: all that it may store; only the replies among them are read."""
    keys = {(one.channel, one.thread) for one in messages if one.thread is not None}
    possible = [(channel, seq) for channel, seq in keys if 0 < seq <= LARGEST]
    rows = await connection.fetch(_ROOTS, *_columns(possible, 2)) if possible else ()
    roots = {(one.channel, one.seq): one for one in to_messages(rows)}
    return Replies(lambda channel, seq: roots.get((channel, seq)))


async def places(
    connection: Connection, replies: Replies, messages: Sequence[Message]
) -> dict[int, tuple[int, int | None]]:
    """Return the columns `thread` and `back` of replies, by `id()`; messages: all new ones, in order, not stored."""
    starts = {int(one.id) - one.seq for one in messages}
    fronts = dict(await connection.fetch(_FRONTS, list(starts)))
    return replies.places(messages, fronts.__getitem__)


async def write(connection: Connection, replies: Replies) -> None:
    """Store the roots of replies as they are now, and who follows them."""
    await _store(connection, replies.changed())
    await follow(connection, replies.readers, replies.wrote)


async def follow(
    connection: Connection,
    readers: Mapping[tuple[int, str], int],
    wrote: Mapping[tuple[int, str], int] = MappingProxyType({}),
) -> None:
    """Let users follow threads, unless they do not want to. readers, wrote: as those of Replies."""
    rows = [(user, root, read) for (root, user), read in readers.items() if can_be_stored(user)]
    if rows:
        await connection.execute(_FOLLOW, *_columns(rows, 3))
    rows = [(user, root, read) for (root, user), read in wrote.items() if can_be_stored(user)]
    if rows:
        await connection.executemany(_READ, rows)


async def deleted(connection: Connection, change: Change, reply: Message, number: int) -> Changed | None:
    """Store what becomes of the root by the deletion of a reply under a number; None if it is not there any more.

    The reply is stored already as one that was deleted.
    """
    found = await some(connection, [int(reply.id) - reply.seq + (reply.thread or 0)])
    if not found:
        return None
    before, root = found[0], replace(found[0])
    left = [(sender, time) for sender, time in await connection.fetch(_LEFT, int(root.id))]
    changed = replied(root, without_reply(root, left), number, change.user, change.time)
    await _store(connection, [(before, root)])
    return changed


async def _store(connection: Connection, roots: Sequence[tuple[Message, Message]]) -> None:
    """Store roots with their new `replies`; roots: each before and after."""
    if roots:
        await connection.executemany(_STORE, [_row(root) for _, root in roots])


def _row(root: Message) -> tuple[int, int, str | None, int | None]:
    extra = root.extra or {}
    id = int(root.id)
    return id, id - root.seq + root.rev, json.dumps(extra) if extra else None, extra.get("replies", {}).get("last")


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(width)]
