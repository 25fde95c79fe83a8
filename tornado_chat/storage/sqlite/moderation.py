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
from tornado_chat.storage.sqlite.offline import OfflineDatabase
from tornado_chat.storage.sqlite.writer import Database


class SqliteBans:
    """A BanRepository in a Database, or beside one."""

    def __init__(self, database: Database | OfflineDatabase) -> None:
        self._database = database

    async def all(self) -> Sequence[Ban]:
        def run(connection: sqlite3.Connection) -> list[Ban]:
            found = connection.execute("SELECT whom, set_by, name, until, reason FROM bans ORDER BY whom")
            return [Ban(*row) for row in found.fetchall()]

        return await self._database.read(run)

    async def put(self, ban: Ban) -> None:
        def run(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO bans (whom, set_by, name, until, reason) VALUES (?, ?, ?, ?, ?)", ban
            )

        await self._database.write(run)

    async def delete(self, whom: str) -> bool:
        def run(connection: sqlite3.Connection) -> bool:
            return connection.execute("DELETE FROM bans WHERE whom = ?", (whom,)).rowcount == 1

        return await self._database.write(run)


class SqliteAudit:
    """An AuditRepository in a Database, or beside one."""

    def __init__(self, database: Database | OfflineDatabase) -> None:
        self._database = database

    async def add(self, key: str, time: int, by: User, power: str, about: dict[str, Any]) -> None:
        row = (key, time, by.id, by.name, power, encode(about))

        def run(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)", row)

        await self._database.write(run)

    async def entries(self, after: str, limit: int) -> Sequence[dict[str, Any]]:
        asked = "SELECT key, time, user, name, power, about FROM audit WHERE key > ? ORDER BY key LIMIT ?"

        def run(connection: sqlite3.Connection) -> list[dict[str, Any]]:
            return [
                {
                    "key": key,
                    "time": time,
                    "by": {"id": user, "name": name},
                    "power": power,
                    "about": json.loads(about),
                }
                for key, time, user, name, power, about in connection.execute(asked, (after, limit)).fetchall()
            ]

        return await self._database.read(run)


def sqlite_repositories(database: Database | OfflineDatabase) -> Repositories:
    """Return those of a database."""
    return Repositories(SqliteAccounts(database), SqliteBans(database), SqliteAudit(database))
