"""Who is mentioned by which messages, and what somebody has not read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tornado_chat.chat.history import LOOKED_AT, MOST_UNREAD, NO_LIMITS, Arisen, Unread, noted
from tornado_chat.chat.mentions import CHANNEL
from tornado_chat.chat.models import Message
from tornado_chat.chat.threads import Sees
from tornado_chat.storage.postgres import replies
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.repository import Repository, reads
from tornado_chat.storage.postgres.rows import FIELDS, IS_LEFT, LARGEST, NAME, SHIFT, to_messages
from tornado_chat.storage.postgres.stretches import stretches
from tornado_chat.storage.postgres.texts import can_be_stored
from tornado_chat.storage.postgres.timeline import timeline

EVERYONE = ""  # stands for all members of the channel of the message; no user has this id
_LATEST = 2**62  # later than any time

_ADD = """
INSERT INTO mentions ("user", number, message, time)
SELECT g.who, $2, $1, $3 FROM unnest($4::text[]) AS g (who) ON CONFLICT DO NOTHING
"""
_REMOVE = 'DELETE FROM mentions WHERE message = $1 AND "user" = ANY($2)'

# Each of these is one nested loop over the channels that are given: a LIMIT keeps them from being joined another way.
_GIVEN = f"""
CROSS JOIN LATERAL (SELECT no::bigint << {SHIFT} AS start, last FROM channels WHERE name = g.channel LIMIT 1) c
"""
_SEEN = f"(g.sees IS NULL OR (n.message & {LARGEST}) <@ g.sees)"
# Of another, and not by name too: that is another row.
_OF_ALL = """(SELECT m.id FROM messages m WHERE m.id = n.message AND m.sender = $1) IS NULL
    AND (SELECT o.message FROM mentions o WHERE o.message = n.message AND o."user" = $1 LIMIT 1) IS NULL"""
# The planner cannot see these LIMITs: else it may find it cheaper to sort all of a small channel.
_NEW = f"""(SELECT count(*) FROM (SELECT 1 FROM (
        SELECT n.message FROM mentions n WHERE n."user" = {{whom}}
        AND n.number > c.start + g.read AND n.number <= c.start + {LARGEST}
        ORDER BY n.number, n.message LIMIT (SELECT {LOOKED_AT})
    ) n WHERE {{which}} AND {_SEEN} LIMIT (SELECT {MOST_UNREAD})) x)"""
_FIRST = f"""SELECT m.sender, m.text, m.extra, m.back FROM messages m
    WHERE m.id > c.start + g.read AND m.id <= c.start + {LARGEST} ORDER BY m.id LIMIT (SELECT {LOOKED_AT})"""
_COUNTS = f"m.sender IS DISTINCT FROM $1 AND {IS_LEFT}"
_UNREAD = f"""
SELECT g.channel, g.read, c.last,
    CASE WHEN c.last > g.read THEN (
        SELECT count(*) FROM (
            SELECT 1 FROM ({_FIRST}) m WHERE m.back IS NULL AND {_COUNTS} LIMIT (SELECT {MOST_UNREAD})
        ) x
    ) ELSE 0 END,
    CASE WHEN c.last > g.read THEN least({MOST_UNREAD}, {_NEW.format(whom="$1", which="TRUE")}
        + {_NEW.format(whom=f"'{EVERYONE}'", which=_OF_ALL)}) ELSE 0 END
FROM unnest($2::text[], $3::bigint[], $4::text[]::int8multirange[]) AS g (channel, read, sees) {_GIVEN}
"""
_FURTHER = f"""
SELECT g.channel, (
    SELECT count(*) FROM (SELECT 1 FROM (
        {timeline("c.start + g.read", f"c.start + {LARGEST} + 1", str(LOOKED_AT), up=True)}
    ) t CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = t.id LIMIT 1) m WHERE {_COUNTS}
        LIMIT {MOST_UNREAD}) x
)
FROM unnest($2::text[], $3::bigint[]) AS g (channel, read) {_GIVEN}
"""
# Of each channel the newest ones alone, by an index.
_SOME = f"""SELECT n.time, n.message FROM mentions n
    WHERE n."user" = {{whom}} AND n.number >> {SHIFT} = c.start >> {SHIFT} AND (n.time, n.message) < ($4, $5)
    AND {{which}} AND {_SEEN} ORDER BY n.time DESC, n.message DESC LIMIT $6"""
_MENTIONS = f"""
SELECT {FIELDS}, {NAME}, s.time FROM (
    SELECT n.time, n.message
    FROM unnest($2::text[], $3::text[]::int8multirange[]) AS g (channel, sees) {_GIVEN}
    CROSS JOIN LATERAL (
        ({_SOME.format(whom="$1", which="TRUE")}) UNION ALL ({_SOME.format(whom=f"'{EVERYONE}'", which=_OF_ALL)})
    ) n ORDER BY n.time DESC, n.message DESC LIMIT $6
) s CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = s.message LIMIT 1) m
ORDER BY s.time DESC, s.message DESC
"""
_TIMES = f"""
SELECT g.channel, (
    SELECT m.time FROM messages m WHERE m.id > c.start AND m.id <= c.start + {LARGEST} ORDER BY m.id DESC LIMIT 1
)
FROM unnest($1::text[]) AS g (channel) {_GIVEN}
"""


async def add(connection: Connection, message: int, number: int, time: int, users: Collection[str]) -> None:
    """Store whom a message mentions since a number and a time: ids, or CHANNEL. message, number: the ids of both."""
    if stored := keys(users):
        await connection.execute(_ADD, message, number, time, stored)


async def renew(connection: Connection, message: Message, before: Collection[str], time: int) -> None:
    """Store whom a message mentions since its last change, and remove those whom it does no more.

    before: what `noted` said of it before that. A reply that mentions somebody lets them follow its thread.
    """
    row, users = int(message.id), noted(message)
    start = row - message.seq
    arisen = [user for user in users if user not in before]
    await add(connection, row, start + message.rev, time, arisen)
    if (thread := message.thread) is not None:
        readers = {(start + thread, user): message.seq - 1 for user in arisen if user != CHANNEL}
        await replies.follow(connection, readers)
    if gone := keys([user for user in before if user not in users]):
        await connection.execute(_REMOVE, row, gone)


def keys(users: Collection[str]) -> list[str]:
    """Return what the table has for those whom a message mentions; who cannot be stored is missing."""
    return [EVERYONE if user == CHANNEL else user for user in users if can_be_stored(user)]


class PostgresMentions(Repository):
    """What a History has of mentions, and of what somebody has not read."""

    @reads
    async def unread(
        self, connection: Connection, user: str, read: Mapping[str, int], sees: Sees = NO_LIMITS
    ) -> Mapping[str, Unread]:
        names = [name for name in read if can_be_stored(name)]
        if not names:
            return {}
        upto = {name: min(max(read[name], 0), LARGEST) for name in names}
        seen = [stretches(sees.get(name)) for name in names]
        rows = await connection.fetch(_UNREAD, user, names, list(upto.values()), seen)
        found = {name: Unread(messages, mentions, last) for name, _, last, messages, mentions in rows}
        # Further messages may be behind replies that the timeline leaves out.
        further = [
            name for name, upto, last, messages, _ in rows if messages < MOST_UNREAD and last - upto >= LOOKED_AT
        ]
        if further:
            for name, count in await connection.fetch(_FURTHER, user, further, [upto[name] for name in further]):
                found[name] = found[name]._replace(messages=count)
        return found

    @reads
    async def mentions(
        self, connection: Connection, user: str, sees: Sees, before: Arisen | None, limit: int
    ) -> list[tuple[Arisen, Message]]:
        names = [name for name in sees if can_be_stored(name)]
        if not names:
            return []
        time, message = before or (_LATEST, 0)
        seen = [stretches(sees[name]) for name in names]
        rows = await connection.fetch(_MENTIONS, user, names, seen, time, message, limit)
        return [(Arisen(row[-1], row[0]), one) for row, one in zip(rows, to_messages(rows), strict=True)]

    @reads
    async def times(self, connection: Connection, channels: Sequence[str]) -> Mapping[str, int]:
        names = [name for name in channels if can_be_stored(name)]
        return {name: time for name, time in await connection.fetch(_TIMES, names) if time is not None}
