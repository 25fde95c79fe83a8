"""Whose turn it is to do what is done every so many seconds, once in the cluster, by the clock of the database."""

from __future__ import annotations

from tornado_chat.storage.postgres.engine import Connection

PUNCTUAL = 0.9  # of the time between two turns: who asks as often may be a bit early

# A time further ahead than a turn lasts is from before the clock was set back.
_WAITS = "{due} > clock_timestamp() AND {due} <= clock_timestamp() + make_interval(secs => $2)"
# Whose turn it is not writes nothing.
_TAKE = (
    "INSERT INTO timers AS t (name, due) SELECT $1, clock_timestamp() + make_interval(secs => $2)"
    f" WHERE NOT EXISTS (SELECT FROM timers WHERE name = $1 AND {_WAITS.format(due='due')})"
    " ON CONFLICT (name) DO UPDATE SET due = excluded.due"
    f" WHERE NOT ({_WAITS.format(due='t.due')}) RETURNING true"
)


async def take(connection: Connection, name: str, seconds: float) -> bool:
    """Take a turn; return False if it is taken."""
    return bool(await connection.fetchval(_TAKE, name, seconds * PUNCTUAL))
