"""What the tables of channels and their members must agree on. Each rule is a query for what breaks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from tornado_chat.chat.channel_records import DIRECT, KINDS, PRIVATE
from tornado_chat.chat.memberships import LEVELS, ROLES
from tornado_chat.storage.place_rows import loads, members_key
from tornado_chat.storage.postgres.engine import Connection

MOST = 20  # channels of one rule that are named

_SECRET = f"(starts_with(name, '{PRIVATE}') OR starts_with(name, '{DIRECT}'))"
_COUNTED = "(SELECT count(*) FROM memberships m WHERE m.channel = name AND m.ended = 0)"
_NEWEST = "coalesce((SELECT last FROM channels WHERE name = m.channel), 0)"


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(repr, values))})"


#: What is wrong, and the query for the names of its channels.
_RULES = {
    "is of a kind that is not known": f"SELECT name FROM channel_records WHERE NOT {_one_of('kind', KINDS)}",
    "has an address of another kind": (
        f"SELECT name FROM channel_records WHERE (kind = 'public') = {_SECRET}"
        f" OR (kind = 'direct' AND NOT starts_with(name, '{DIRECT}'))"
    ),
    "counts other members than it has": f"SELECT name FROM channel_records WHERE members != {_COUNTED}",
    "has members, but is not there": "SELECT channel FROM memberships EXCEPT SELECT name FROM channel_records",
    "has a member of a role or level that is not known": (
        f"SELECT channel FROM memberships WHERE NOT ({_one_of('role', ROLES)} AND {_one_of('level', LEVELS)})"
    ),
    "has a member who has read more than there is": (
        f"SELECT channel FROM memberships m WHERE read > 0 AND read > {_NEWEST}"
    ),
    "is opened as a direct conversation, but is none": (
        "SELECT name FROM direct EXCEPT SELECT name FROM channel_records WHERE kind = 'direct'"
    ),
}
#: What cannot be read, and the query for the names of channels with JSON. Some of it PostgreSQL cannot read.
_JSON = {
    "has settings that cannot be read": (
        "SELECT name, open FROM channel_records UNION ALL SELECT name, plugins FROM channel_records"
    ),
    "has a member whose membership cannot be read": (
        "SELECT DISTINCT channel, sees FROM memberships WHERE sees IS NOT NULL"
    ),
}
_DIRECT = "SELECT d.name, d.members_key, r.people FROM direct d JOIN channel_records r ON r.name = d.name"


async def contradictions(connection: Connection) -> AsyncIterator[str]:
    """Yield what is wrong in these tables, as the open transaction sees them, one line each."""
    for words, query in _RULES.items():
        for (name,) in await connection.fetch(f"SELECT DISTINCT * FROM ({query}) w (name) ORDER BY 1 LIMIT {MOST}"):
            yield _line(name, words)
    for words, query in _JSON.items():
        broken = {name async for name, text in connection.cursor(query) if not _is_json(text)}
        for name in sorted(broken)[:MOST]:
            yield _line(name, words)
    async for name, key, people in connection.cursor(_DIRECT):
        if key != members_key(people):
            yield _line(name, "is opened as the direct conversation of others")


def _line(name: str, words: str) -> str:
    return f"channel {json.dumps(name)}: {words}"


def _is_json(text: str) -> bool:
    try:
        loads(text)
    except ValueError:
        return False
    return True
