"""What is read of messages and their changes."""

from __future__ import annotations

from collections.abc import Sequence

from tornado_chat.chat.history import ChangesPage, page_end
from tornado_chat.chat.models import Message
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.rows import FIELDS, LARGEST, NAME, number, start, to_messages

STRETCH = 10_000  # numbers that one page of changes covers

_SOME = f"SELECT {FIELDS} FROM messages m WHERE m.id = ANY($1) ORDER BY m.id"
_PINNED = (
    f"SELECT {FIELDS} FROM messages m WHERE m.id IN ("
    " SELECT message FROM pins WHERE message > $1 AND message <= $2 ORDER BY message LIMIT $3) ORDER BY m.id"
)
# Numbers alone are sorted, not whole rows.
_CHANGES = (
    f"SELECT {FIELDS} FROM messages m WHERE m.id IN (SELECT id FROM ("
    " SELECT id, id AS number FROM messages WHERE id > $1 AND id <= $2 AND rev_key IS NULL"
    " UNION ALL SELECT id, rev_key FROM messages WHERE rev_key > $1 AND rev_key <= $2"
    " ) n ORDER BY number, id LIMIT $3) ORDER BY coalesce(m.rev_key, m.id), m.id"
)
_GROWING = (
    f"SELECT {NAME}, m.id FROM growing g CROSS JOIN LATERAL (SELECT id FROM messages WHERE id = g.message LIMIT 1) m"
    " WHERE g.node = $1 OR (SELECT n.name FROM nodes n WHERE n.name = g.node) IS NULL"
)


async def changes(connection: Connection, channel: str, since: int, limit: int) -> ChangesPage:
    """Return what is new or changed since a number, and up to which that is complete, as of one moment."""
    row = await connection.fetchrow("SELECT no, last FROM channels WHERE name = $1", channel)
    since = max(since, 0)
    newest = row["last"] if row else 0
    if row is None or since >= newest:
        return ChangesPage([], newest, False)
    base, upto = start(row["no"]), min(since + STRETCH, newest)
    messages = to_messages(await connection.fetch(_CHANGES, base + since, base + upto, limit + 1), channel)
    count = page_end(messages, limit)
    if count < len(messages) or count == limit:
        upto = messages[count - 1].number if count else since
    return ChangesPage(messages[:count], upto, upto < newest)


async def get(connection: Connection, channel: str, seqs: Sequence[int]) -> list[Message]:
    """Return single messages, those of these that there are, in order."""
    no = await number(connection, channel)
    if no is None:
        return []
    ids = [start(no) + seq for seq in seqs if 0 < seq <= LARGEST]
    return to_messages(await connection.fetch(_SOME, ids), channel)


async def pinned(connection: Connection, channel: str, after: int, limit: int) -> list[Message]:
    """Return the first pinned messages of a channel after a `seq`, in order."""
    no = await number(connection, channel)
    if no is None:
        return []
    low = start(no) + min(max(after, 0), LARGEST)
    return to_messages(await connection.fetch(_PINNED, low, start(no) + LARGEST, limit), channel)


async def growing(connection: Connection, node: str) -> list[tuple[str, int]]:
    """Return the messages that grow on a node, or did so on one that is gone: channel and `seq`."""
    return [(name, id & LARGEST) for name, id in await connection.fetch(_GROWING, node)]
