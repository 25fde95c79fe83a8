"""Tries of passwords in PostgreSQL, counted by its clock for all nodes."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from tornado_chat.chat.repositories import Tried
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.repository import Repository, writes

IDLE = 3_600.0  # seconds after which a bucket that there is room in says nothing, whatever its rate
_NOW = "extract(epoch FROM clock_timestamp())::double precision"
_ADD = "INSERT INTO tries SELECT unnest($1::bytea[]), '-infinity' ON CONFLICT DO NOTHING"
_READY = f"SELECT key, ready - {_NOW} FROM tries WHERE key = ANY($1) ORDER BY key FOR UPDATE"
#: each: seconds that a token takes; slack: seconds' worth of them that may come at once. See Bucket.
_CHARGE = f"UPDATE tries SET ready = greatest(ready, {_NOW} - $2) + $3 WHERE key = $1"
_GIVE_BACK = f"UPDATE tries SET ready = greatest(ready, {_NOW} - $2) - $3 WHERE key = $1"


def digest(key: str) -> bytes:
    """Return what is kept of a key: what people type as a name may be a password."""
    return blake2b(key.encode(errors="surrogatepass"), digest_size=16).digest()


class PostgresTries(Repository):
    """A TryRepository."""

    @writes
    async def take(self, connection: Connection, tried: Sequence[Tried]) -> float:
        each = {digest(one.key): 1 / one.rate for one in tried}
        await connection.execute(_ADD, sorted(each))
        # Where the database's clock was set back, nobody waits for longer than a token takes.
        left = {key: min(wait, each[key]) for key, wait in await connection.fetch(_READY, list(each))}
        wait: float = max(left.values())
        if wait > 0:
            return wait
        await connection.executemany(_CHARGE, [_amounts(one) for one in tried])
        return 0.0

    @writes
    async def give_back(self, connection: Connection, tried: Sequence[Tried]) -> None:
        await connection.executemany(_GIVE_BACK, sorted(_amounts(one) for one in tried))

    @writes
    async def trim(self, connection: Connection) -> None:
        await connection.execute(f"DELETE FROM tries WHERE ready < {_NOW} - $1", IDLE)


def _amounts(one: Tried) -> tuple[bytes, float, float]:
    return digest(one.key), (one.burst - 1) / one.rate, 1 / one.rate
