"""Bans and the audit in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Ban, Repositories
from tornado_chat.chat.store import encode
from tornado_chat.storage.sqlite.accounts import SqliteAccounts
from tornado_chat.storage.sqlite.file_rows import SqliteFiles
from tornado_chat.storage.sqlite.memberships import SqliteMemberships
from tornado_chat.storage.sqlite.repository import AnyDatabase, Repository, reads, writes


class SqliteBans(Repository):
    """A BanRepository."""

    @reads
    def all(self, connection: sqlite3.Connection) -> Sequence[Ban]:
        found = connection.execute("SELECT whom, set_by, name, until, reason FROM bans ORDER BY whom")
        return [Ban(*row) for row in found.fetchall()]

    @writes
    def put(self, connection: sqlite3.Connection, ban: Ban) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO bans (whom, set_by, name, until, reason) VALUES (?, ?, ?, ?, ?)", ban
        )

    @writes
    def delete(self, connection: sqlite3.Connection, whom: str) -> bool:
        return connection.execute("DELETE FROM bans WHERE whom = ?", (whom,)).rowcount == 1

    @writes
    def trim(self, connection: sqlite3.Connection, now: float) -> None:
        connection.execute("DELETE FROM bans WHERE until <= ?", (now,))


class SqliteAudit(Repository):
    """An AuditRepository."""

    async def add(self, key: str, time: int, by: User, power: str, about: dict[str, Any]) -> None:
        await self._insert((key, time, by.id, by.name, power, encode(about)))

    @writes
    def _insert(self, connection: sqlite3.Connection, row: Sequence[Any]) -> None:
        connection.execute("INSERT INTO audit (key, time, user, name, power, about) VALUES (?, ?, ?, ?, ?, ?)", row)

    @reads
    def entries(self, connection: sqlite3.Connection, after: str, limit: int) -> Sequence[dict[str, Any]]:
        asked = "SELECT key, time, user, name, power, about FROM audit WHERE key > ? ORDER BY key LIMIT ?"
        return [
            {"key": key, "time": time, "by": {"id": user, "name": name}, "power": power, "about": json.loads(about)}
            for key, time, user, name, power, about in connection.execute(asked, (after, limit)).fetchall()
        ]


def sqlite_repositories(database: AnyDatabase) -> Repositories:
    return Repositories(
        SqliteAccounts(database),
        SqliteBans(database),
        SqliteAudit(database),
        SqliteMemberships(database),
        SqliteFiles(database),
    )
