"""Removes people, memberships and channels. These run in a transaction; see migrations/places.py on locks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from tornado_chat.chat.channel_records import DIRECT
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.user_ids import TOKEN
from tornado_chat.storage import place_trimming
from tornado_chat.storage.postgres import attachments, threads
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.place_rows import HEIRS, MEMBERSHIP, RECORD, with_record
from tornado_chat.storage.postgres.repository import count

_OF_PEOPLE = 'SELECT channel FROM memberships WHERE "user" = ANY($1::text[])'
_THEIRS = f"name = ANY(ARRAY({_OF_PEOPLE}))"
_LOCK = f"SELECT name FROM channel_records WHERE {_THEIRS} ORDER BY name FOR NO KEY UPDATE"
_OWNED = f"{_OF_PEOPLE} AND ended = 0 AND role = 'owner' ORDER BY channel"
_WITHOUT = (
    "UPDATE channel_records SET people ="
    " ARRAY(SELECT one FROM unnest(people) WITH ORDINALITY p (one, at) WHERE one != ALL($1::text[]) ORDER BY at)"
    f" WHERE kind = 'direct' AND {_THEIRS}"
)
_HEIR = (
    f'(SELECT "user" FROM memberships WHERE channel = $1 AND ended = 0 AND role = {{role}} ORDER BY {HEIRS} LIMIT 1)'
)
_NEXT = f"""
SELECT coalesce({_HEIR.format(role="'moderator'")}, {_HEIR.format(role="'member'")}) WHERE NOT EXISTS
    (SELECT 1 FROM memberships WHERE channel = $1 AND ended = 0 AND role != 'member' AND role = 'owner')
"""
_PROMOTED = (
    f"SELECT {MEMBERSHIP}, {RECORD} FROM memberships m JOIN channel_records r ON r.name = m.channel"
    ' WHERE m."user" = $1 AND m.channel = $2'
)
# What somebody writes just now is left to the next time.
_THOSE = "ctid = ANY(ARRAY(SELECT ctid FROM memberships WHERE {which} FOR UPDATE SKIP LOCKED))"
_SILENCED = "UPDATE memberships SET silenced_until = 0 WHERE " + _THOSE.format(
    which="silenced_until > 0 AND silenced_until <= $1"
)
# Of direct conversations they stay: `erase` finds those of a person by them.
_ENDED = "DELETE FROM memberships WHERE " + _THOSE.format(
    which=f"ended > 0 AND ended < $1 AND kept_out_until <= $2 AND NOT starts_with(channel, '{DIRECT}') LIMIT $3"
)
_EMPTY = """
SELECT name FROM channel_records r WHERE members = 0 AND name > $1 AND made < $2
    AND coalesce((SELECT max(ended) FROM memberships WHERE channel = r.name), 0) < $2
ORDER BY name LIMIT $3
"""
_THESE = "SELECT name FROM channel_records WHERE name = ANY($1::text[]){more} ORDER BY name FOR UPDATE"


async def erase(connection: Connection, people: Sequence[str]) -> list[Membership]:
    """Forget people (ids) with all that is theirs alone; return the memberships of who owns their channels now.

    Their direct conversations stay with the others, and nobody opens them anew: not a later user of the same id.
    """
    these = list(people)
    await connection.fetch(_LOCK, these)  # so that of two owners who go at once the second has an heir
    owned = [row[0] for row in await connection.fetch(_OWNED, these)]
    await connection.execute(f"DELETE FROM direct WHERE {_THEIRS}", these)
    await connection.execute(_WITHOUT, these)
    await connection.execute('DELETE FROM memberships WHERE "user" = ANY($1::text[])', these)
    await connection.execute("DELETE FROM people WHERE id = ANY($1::text[])", these)
    of_token = [one for one in these if one.startswith(TOKEN)]
    await connection.execute('DELETE FROM roles WHERE "user" = ANY($1::text[])', of_token)  # of the last token
    await threads.forget(connection, these)
    await attachments.erase(connection, these, int(time.time() * 1000))
    return [new for name in owned for new in await _promote(connection, name)]


async def _promote(connection: Connection, name: str) -> list[Membership]:
    heir = await connection.fetchval(_NEXT, name)
    if heir is None:
        return []
    await connection.execute("UPDATE memberships SET role = 'owner' WHERE \"user\" = $1 AND channel = $2", heir, name)
    return [with_record(await connection.fetchrow(_PROMOTED, heir, name))]


async def guests(connection: Connection, since: int, among: Sequence[str] | None = None) -> list[str]:
    """Return ids of guests who were last here before a time (ms), a piece of them, or those `among` some."""
    asked = "SELECT id FROM people WHERE guest AND seen < $1"
    if among is None:
        found = await connection.fetch(f"{asked} LIMIT $2", since, place_trimming.PIECE)
    else:
        found = await connection.fetch(f"{asked} AND id = ANY($2::text[]) FOR UPDATE", since, among)
    return [row[0] for row in found]


async def seen(connection: Connection, people: Iterable[str], now: int) -> None:
    """Note that people were here at a time (ms)."""
    await connection.execute("UPDATE people SET seen = $2 WHERE id = ANY($1::text[])", list(people), now)


async def end(connection: Connection, now: int) -> int:
    """Remove silences that are over, and memberships that ended long ago, at most a piece; return how many."""
    await connection.execute(_SILENCED, now)
    before = now - place_trimming.ENDED_DAYS * place_trimming.DAY
    return count(await connection.execute(_ENDED, before, now, place_trimming.PIECE))


async def empty(connection: Connection, before: int, after: str, limit: int) -> list[str]:
    """Return names of channels, in order, that have had no members since before a time (ms)."""
    return [row[0] for row in await connection.fetch(_EMPTY, after, before, limit)]


async def delete(connection: Connection, names: Sequence[str], empty: bool = False) -> int:
    """Delete channels with their memberships; return how many. empty: only those that have no members."""
    asked = _THESE.format(more=" AND members = 0" if empty else "")
    these = [row[0] for row in await connection.fetch(asked, list(names))]
    await connection.execute("DELETE FROM direct WHERE name = ANY($1::text[])", these)
    await connection.execute("DELETE FROM memberships WHERE channel = ANY($1::text[])", these)
    return count(await connection.execute("DELETE FROM channel_records WHERE name = ANY($1::text[])", these))
