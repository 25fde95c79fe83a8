"""Bans and the audit in PostgreSQL."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from tornado_chat.chat.files import FileRepository
from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Ban, Repositories
from tornado_chat.chat.store import encode
from tornado_chat.storage.postgres.accounts import PostgresAccounts
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.memberships import PostgresMemberships
from tornado_chat.storage.postgres.repository import Repository, count, reads, writes
from tornado_chat.storage.postgres.tries import PostgresTries

_PUT = (
    "INSERT INTO bans (digest, whom, set_by, name, until, reason) VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (digest) DO UPDATE SET set_by = excluded.set_by, name = excluded.name, until = excluded.until,"
    " reason = excluded.reason"
)
_ADD = (
    'INSERT INTO audit (key, time, "user", name, power, about) VALUES ($1, $2, $3, $4, $5, $6)'
    " ON CONFLICT (key) DO NOTHING"
)
_ENTRIES = 'SELECT key, time, "user", name, power, about FROM audit WHERE key > $1 ORDER BY key LIMIT $2'


def digest(whom: str) -> bytes:
    """Return the key of a ban: an id can be longer than a row of an index."""
    return blake2b(whom.encode(errors="surrogatepass"), digest_size=16).digest()


class PostgresBans(Repository):
    """A BanRepository."""

    @reads
    async def all(self, connection: Connection) -> Sequence[Ban]:
        found = await connection.fetch("SELECT whom, set_by, name, until, reason FROM bans ORDER BY whom")
        return [Ban(*row) for row in found]

    @writes
    async def put(self, connection: Connection, ban: Ban) -> None:
        await connection.execute(_PUT, digest(ban.whom), *ban)

    @writes
    async def delete(self, connection: Connection, whom: str) -> bool:
        return count(await connection.execute("DELETE FROM bans WHERE digest = $1", digest(whom))) == 1

    @writes
    async def trim(self, connection: Connection, now: float) -> None:
        await connection.execute("DELETE FROM bans WHERE until <= $1", now)


class PostgresAudit(Repository):
    """An AuditRepository."""

    async def add(self, key: str, time: int, by: User, power: str, about: dict[str, Any]) -> None:
        more = time, by.id, by.name, power, encode(about)
        while not await self._insert(key, *more):  # another server has used the same at the same time
            key += secrets.token_hex(2)

    @writes
    async def _insert(self, connection: Connection, *row: Any) -> bool:
        return count(await connection.execute(_ADD, *row)) == 1

    @reads
    async def entries(self, connection: Connection, after: str, limit: int) -> Sequence[dict[str, Any]]:
        return [
            {"key": key, "time": time, "by": {"id": user, "name": name}, "power": power, "about": json.loads(about)}
            for key, time, user, name, power, about in await connection.fetch(_ENTRIES, after, limit)
        ]


def postgres_repositories(engine: Engine, files: FileRepository) -> Repositories:
    return Repositories(
        PostgresAccounts(engine),
        PostgresBans(engine),
        PostgresAudit(engine),
        PostgresMemberships(engine),
        files,
        PostgresTries(engine),
    )
