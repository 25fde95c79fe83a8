"""Accounts in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial

from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import PAGE, Account
from tornado_chat.storage.sqlite.offline import OfflineDatabase
from tornado_chat.storage.sqlite.writer import Database

PIECE = 1_000  # sessions that one transaction deletes

_ACCOUNT = (
    "SELECT a.id, a.name, coalesce(r.role, 'member'), a.password {more} FROM accounts a"
    " LEFT JOIN roles r ON r.user = a.id "
)
_BY_ID = _ACCOUNT.format(more="") + "WHERE a.id = ?"
_BY_NAME = (
    _ACCOUNT.format(more="") + "JOIN account_names n ON n.account = a.id WHERE n.key = :key OR n.look = :look"
    " ORDER BY n.key != :key, n.key != :look, n.key LIMIT 1"
)
_PAGE = _ACCOUNT.format(more="") + "WHERE a.id > ? ORDER BY a.id LIMIT ?"
_BY_SESSION = _ACCOUNT.format(more=", s.until") + "JOIN sessions s ON s.account = a.id WHERE s.hash = ?"
_OWNER = "SELECT account FROM account_names WHERE key = :key OR look = :key ORDER BY key != :key, key LIMIT 1"
_OLDEST = "SELECT no FROM sessions WHERE account = ? ORDER BY no DESC LIMIT -1 OFFSET ?"
# A read position's key is the id, a space and a channel; `!` is the character after the space.
_HAS_READ = "SELECT 1 FROM store WHERE space = 'read' AND key >= ? || ' ' AND key < ? || '!' LIMIT 1"


class SqliteAccounts:
    """An AccountRepository in a Database, or beside one."""

    def __init__(self, database: Database | OfflineDatabase) -> None:
        self._database = database

    async def add(self, user: User, key: str, password: str) -> bool:
        def run(connection: sqlite3.Connection) -> bool:
            if _value(connection, _OWNER, {"key": key}) is not None:
                return False
            connection.execute("INSERT INTO accounts VALUES (?, ?, ?)", (user.id, user.name, password))
            connection.execute("INSERT INTO account_names VALUES (?, ?, ?)", (key, key, user.id))
            return True

        return await self._database.write(run)

    async def account(self, user_id: str) -> Account | None:
        return await self._database.read(lambda connection: _account(connection.execute(_BY_ID, (user_id,))))

    async def named(self, key: str, look: str) -> Account | None:
        names = {"key": key, "look": look}
        return await self._database.read(lambda connection: _account(connection.execute(_BY_NAME, names)))

    async def accounts(self, after: str = "", limit: int = PAGE) -> Sequence[User]:
        def run(connection: sqlite3.Connection) -> list[User]:
            return [User(*row[:3]) for row in connection.execute(_PAGE, (after, limit)).fetchall()]

        return await self._database.read(run)

    async def rename(self, user_id: str, name: str, key: str) -> bool:
        def run(connection: sqlite3.Connection) -> bool:
            if _value(connection, _OWNER, {"key": key}) not in (None, user_id):
                return False
            connection.execute("UPDATE accounts SET name = ? WHERE id = ?", (name, user_id))
            connection.execute("DELETE FROM account_names WHERE account = ?", (user_id,))
            connection.execute("INSERT INTO account_names VALUES (?, ?, ?)", (key, key, user_id))
            return True

        return await self._database.write(run)

    async def set_password(self, user_id: str, password: str, but: str = "") -> None:
        def run(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE accounts SET password = ? WHERE id = ?", (password, user_id))
            connection.execute("DELETE FROM sessions WHERE account = ? AND hash != ?", (user_id, but))
            _note(connection, user_id)

        await self._database.write(run)

    async def role(self, user_id: str) -> str | None:
        asked = "SELECT role FROM roles WHERE user = ?"
        return await self._database.read(lambda connection: _value(connection, asked, (user_id,)))

    async def set_role(self, user_id: str, role: str) -> None:
        def run(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO roles VALUES (?, ?)", (user_id, role))
            _note(connection, user_id)

        await self._database.write(run)

    async def take_changed(self) -> Sequence[str]:
        if not await self._database.read(_changed):  # this is asked all the time, and a transaction is expensive
            return []

        def run(connection: sqlite3.Connection) -> list[str]:
            found = _changed(connection)
            connection.execute("DELETE FROM changed_users")
            return found

        return await self._database.write(run)

    async def proxy_id(self, own: str, before: str) -> str:
        known = await self._database.read(partial(_proxy_id, own=own))
        if known is not None:
            return known

        def run(connection: sqlite3.Connection) -> str:
            had_read = before != own and _value(connection, _HAS_READ, (before, before)) is not None
            connection.execute("INSERT OR IGNORE INTO proxy_users VALUES (?, ?)", (own, before if had_read else own))
            return _proxy_id(connection, own) or own

        return await self._database.write(run)

    async def begin(self, session: str, user_id: str, until: int, most: int) -> None:
        def run(connection: sqlite3.Connection) -> None:
            insert = "INSERT INTO sessions (hash, account, until) VALUES (?, ?, ?)"
            connection.execute(insert, (session, user_id, until))
            connection.execute(f"DELETE FROM sessions WHERE no IN ({_OLDEST})", (user_id, most))

        await self._database.write(run)

    async def session(self, session: str) -> tuple[User, int] | None:
        def run(connection: sqlite3.Connection) -> tuple[User, int] | None:
            row = connection.execute(_BY_SESSION, (session,)).fetchone()
            return row and (User(*row[:3]), row[4])

        return await self._database.read(run)

    async def end(self, session: str) -> None:
        def run(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM sessions WHERE hash = ?", (session,))

        await self._database.write(run)

    async def trim(self, now: float) -> None:
        def run(connection: sqlite3.Connection) -> int:
            over = "SELECT no FROM sessions WHERE until <= ? LIMIT ?"
            return connection.execute(f"DELETE FROM sessions WHERE no IN ({over})", (now, PIECE)).rowcount

        while await self._database.write(run) == PIECE:
            pass


def _value(connection: sqlite3.Connection, asked: str, values: Sequence[str] | dict[str, str]) -> str | None:
    row: tuple[str] | None = connection.execute(asked, values).fetchone()
    return row[0] if row else None


def _account(cursor: sqlite3.Cursor) -> Account | None:
    row = cursor.fetchone()
    return row and Account(User(*row[:3]), row[3])


def _changed(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT user FROM changed_users").fetchall()]


def _note(connection: sqlite3.Connection, user_id: str) -> None:
    connection.execute("INSERT OR IGNORE INTO changed_users VALUES (?)", (user_id,))


def _proxy_id(connection: sqlite3.Connection, own: str) -> str | None:
    return _value(connection, "SELECT id FROM proxy_users WHERE own = ?", (own,))
