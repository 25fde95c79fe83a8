"""What the tables of channels and their members must agree on. Each rule is a query for what breaks it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from tornado_chat.chat.channel_records import DIRECT, KINDS, PRIVATE
from tornado_chat.chat.memberships import LEVELS, ROLES
from tornado_chat.storage.place_rows import members_key
from tornado_chat.storage.sqlite.queries import LAST

MOST = 20  # channels of one rule that are named

_SECRET = f"(name GLOB '{PRIVATE}*' OR name GLOB '{DIRECT}*')"
_COUNTED = "(SELECT count(*) FROM memberships m WHERE m.channel = name AND m.ended = 0)"
_NEWEST = f"coalesce((SELECT {LAST} FROM channels WHERE name = m.channel), 0)"


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(repr, values))})"


_UNREADABLE = {
    "has settings that cannot be read": (
        "SELECT name FROM channel_records WHERE NOT (json_valid(open) AND json_valid(people) AND json_valid(plugins))"
    ),
    "has a member whose membership cannot be read": (
        "SELECT channel FROM memberships WHERE sees NOTNULL AND NOT json_valid(sees)"
    ),
}

#: What is wrong, and the query for the names of its channels.
_RULES = {
    "is of a kind that is not known": f"SELECT name FROM channel_records WHERE NOT {_one_of('kind', KINDS)}",
    "has an address of another kind": (
        f"SELECT name FROM channel_records WHERE (kind = 'public') = {_SECRET}"
        f" OR (kind = 'direct' AND name NOT GLOB '{DIRECT}*')"
    ),
    "counts other members than it has": f"SELECT name FROM channel_records WHERE members != {_COUNTED}",
    "has members, but is not there": (
        "SELECT channel FROM memberships WHERE channel NOT IN (SELECT name FROM channel_records)"
    ),
    "has a member of a role or level that is not known": (
        f"SELECT channel FROM memberships WHERE NOT ({_one_of('role', ROLES)} AND {_one_of('level', LEVELS)})"
    ),
    "has a member who has read more than there is": (
        f"SELECT channel FROM memberships m WHERE read > 0 AND read > {_NEWEST}"
    ),
    "is opened as a direct conversation, but is none": (
        "SELECT name FROM direct WHERE name NOT IN (SELECT name FROM channel_records WHERE kind = 'direct')"
    ),
}


def contradictions(connection: sqlite3.Connection) -> list[str]:
    """Return what is wrong in these tables, one line each."""
    problems = list(_broken(connection, _UNREADABLE))
    return problems or [*_broken(connection, _RULES), *_of_others(connection)]


def _broken(connection: sqlite3.Connection, rules: dict[str, str]) -> Iterator[str]:
    for words, query in rules.items():
        for (name,) in connection.execute(f"SELECT DISTINCT * FROM ({query}) ORDER BY 1 LIMIT {MOST}"):
            yield f"channel {json.dumps(name)}: {words}"


def _of_others(connection: sqlite3.Connection) -> Iterator[str]:
    asked = "SELECT d.name, d.members_key, r.people FROM direct d JOIN channel_records r ON r.name = d.name"
    for name, key, people in connection.execute(asked):
        if key != members_key(json.loads(people)):
            yield f"channel {json.dumps(name)}: is opened as the direct conversation of others"
