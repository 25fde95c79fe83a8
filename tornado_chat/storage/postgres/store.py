"""The store in PostgreSQL. Spaces and keys are bytes there: text can have a NUL in it, which PostgreSQL's has not."""

from __future__ import annotations

from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.repository import Repository, count, reads, writes
from tornado_chat.storage.values import StoredValues

START = 1_000  # bytes of a key that are in the index of their order

_THIS = "sha256(space) = sha256($1) AND sha256(key) = sha256($2)"
_KEPT = "ON CONFLICT (sha256(space), sha256(key))"
_ADD = f"INSERT INTO store VALUES ($1, $2, $3) {_KEPT} DO NOTHING"
_SET = f"INSERT INTO store VALUES ($1, $2, $3) {_KEPT} DO UPDATE SET value = excluded.value"
_START = f"substring(key FROM 1 FOR {START})"
# Of keys that begin alike for so long all are read, and then sorted. An end would have the planner expect few rows,
# and sort all that there are: what lies behind it is read, and left out.
_ITEMS = f"""
SELECT key, value FROM (
    SELECT key, value FROM store WHERE sha256(space) = sha256($1) AND {_START} >= $2 AND key >= $3 AND key > $4
    ORDER BY {_START} FETCH FIRST $6 ROWS WITH TIES) found
WHERE key < $5 ORDER BY key LIMIT $6
"""


class PostgresStore(Repository, StoredValues):
    """A Store (see there)."""

    def __init__(self, engine: Engine) -> None:
        Repository.__init__(self, engine)
        StoredValues.__init__(self)

    @reads
    async def _get(self, connection: Connection, space: str, key: str) -> str | None:
        found: str | None = await connection.fetchval(
            f"SELECT value FROM store WHERE {_THIS}", space.encode(), key.encode()
        )
        return found

    @writes
    async def _set(self, connection: Connection, space: str, key: str, text: str) -> None:
        await connection.execute(_SET, space.encode(), key.encode(), text)

    @writes
    async def _swap(self, connection: Connection, space: str, key: str, known: str | None, text: str) -> bool:
        values = space.encode(), key.encode(), text
        if known is None:
            return count(await connection.execute(_ADD, *values)) == 1
        asked = f"UPDATE store SET value = $3 WHERE {_THIS} AND value = $4"
        return count(await connection.execute(asked, *values, known)) == 1

    @writes
    async def _delete(self, connection: Connection, space: str, key: str) -> bool:
        asked = f"DELETE FROM store WHERE {_THIS}"
        return count(await connection.execute(asked, space.encode(), key.encode())) == 1

    @reads
    async def _items(
        self, connection: Connection, space: str, prefix: str, after: str, limit: int
    ) -> list[tuple[str, str]]:
        first, behind = prefix.encode(), after.encode()
        end = first + b"\xff"  # which no text has
        values = max(first, behind)[:START], first, behind, end, limit
        return [(key.decode(), value) for key, value in await connection.fetch(_ITEMS, space.encode(), *values)]
