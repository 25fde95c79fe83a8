"""Accounts in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import PAGE, Account, Standing
from tornado_chat.storage.sqlite.place_rows import set_people
from tornado_chat.storage.sqlite.repository import Repository, reads, writes

PIECE = 1_000  # sessions that one transaction deletes

_USER = "SELECT a.id, a.name, coalesce(r.role, 'member'), {more} FROM accounts a LEFT JOIN roles r ON r.user = a.id "
_ACCOUNT = _USER.format(more="a.password")
_BY_ID = _ACCOUNT + "WHERE a.id = ?"
_BY_NAME = (
    _ACCOUNT + "JOIN account_names n ON n.account = a.id WHERE n.key = :key OR n.look = :look"
    " ORDER BY n.key != :key, n.key != :look, n.key LIMIT 1"
)
_PAGE = _ACCOUNT + "WHERE a.id > ? ORDER BY a.id LIMIT ?"
_BY_SESSION = _USER.format(more="s.until") + "JOIN sessions s ON s.account = a.id WHERE s.hash = ?"
_OWNER = "SELECT account FROM account_names WHERE key = :key OR look = :key ORDER BY key != :key, key LIMIT 1"
_OLDEST = "SELECT no FROM sessions WHERE account = ? ORDER BY no DESC LIMIT -1 OFFSET ?"
_AMONG = "IN (SELECT value FROM json_each(?))"
_IS_KNOWN = "SELECT user FROM memberships WHERE user = ? LIMIT 1"
#: What is stored of a user: by the name of a table, the column of their id.
_OF_USER = {"accounts": "id", "account_names": "account", "sessions": "account", "roles": "user", "proxy_users": "id"}
_PROXY_ID = "SELECT id FROM proxy_users WHERE own = ?"


class SqliteAccounts(Repository):
    """An AccountRepository."""

    @writes
    def add(self, connection: sqlite3.Connection, user: User, key: str, password: str) -> bool:
        if _value(connection, _OWNER, {"key": key}) is not None:
            return False
        connection.execute("INSERT INTO accounts VALUES (?, ?, ?)", (user.id, user.name, password))
        connection.execute("INSERT INTO account_names VALUES (?, ?, ?)", (key, key, user.id))
        set_people(connection, [(user.id, user.name, 0)])
        return True

    @reads
    def account(self, connection: sqlite3.Connection, user_id: str) -> Account | None:
        return _account(connection.execute(_BY_ID, (user_id,)))

    @reads
    def named(self, connection: sqlite3.Connection, key: str, look: str) -> Account | None:
        return _account(connection.execute(_BY_NAME, {"key": key, "look": look}))

    @reads
    def accounts(self, connection: sqlite3.Connection, after: str = "", limit: int = PAGE) -> Sequence[User]:
        return [User(*row[:3]) for row in connection.execute(_PAGE, (after, limit)).fetchall()]

    @writes
    def rename(self, connection: sqlite3.Connection, user_id: str, name: str, key: str) -> bool:
        if _value(connection, _OWNER, {"key": key}) not in (None, user_id):
            return False
        connection.execute("UPDATE accounts SET name = ? WHERE id = ?", (name, user_id))
        connection.execute("DELETE FROM account_names WHERE account = ?", (user_id,))
        connection.execute("INSERT INTO account_names VALUES (?, ?, ?)", (key, key, user_id))
        set_people(connection, [(user_id, name, 0)])
        return True

    @writes
    def set_password(self, connection: sqlite3.Connection, user_id: str, password: str, but: str = "") -> None:
        connection.execute("UPDATE accounts SET password = ? WHERE id = ?", (password, user_id))
        connection.execute("DELETE FROM sessions WHERE account = ? AND hash != ?", (user_id, but))
        _note(connection, user_id)

    @reads
    def role(self, connection: sqlite3.Connection, user_id: str) -> str | None:
        return _value(connection, "SELECT role FROM roles WHERE user = ?", (user_id,))

    @reads
    def standing(self, connection: sqlite3.Connection, users: Sequence[str], sessions: Sequence[str]) -> Standing:
        ids = (json.dumps(list(users)),)
        names = connection.execute(f"SELECT id, name FROM accounts WHERE id {_AMONG}", ids).fetchall()
        roles = connection.execute(f"SELECT user, role FROM roles WHERE user {_AMONG}", ids).fetchall()
        there = f"SELECT hash FROM sessions WHERE hash {_AMONG}"
        stand = connection.execute(there, (json.dumps(list(sessions)),)).fetchall()
        return Standing(dict(names), dict(roles), {hash for (hash,) in stand})

    @writes
    def set_role(self, connection: sqlite3.Connection, user_id: str, role: str) -> None:
        connection.execute("INSERT OR REPLACE INTO roles VALUES (?, ?)", (user_id, role))
        _note(connection, user_id)

    @writes
    def remove(self, connection: sqlite3.Connection, user_id: str) -> None:
        for table, column in _OF_USER.items():
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (user_id,))
        _note(connection, user_id)

    async def take_changed(self) -> Sequence[str]:
        if not await self._has_changed():  # this is asked all the time, and a transaction is expensive
            return []
        return await self._take_changed()

    @reads
    def _has_changed(self, connection: sqlite3.Connection) -> bool:
        return _value(connection, "SELECT user FROM changed_users LIMIT 1") is not None

    @writes
    def _take_changed(self, connection: sqlite3.Connection) -> list[str]:
        found = [row[0] for row in connection.execute("SELECT user FROM changed_users").fetchall()]
        connection.execute("DELETE FROM changed_users")
        return found

    async def proxy_id(self, own: str, before: str) -> str:
        return await self._known_proxy_id(own) or await self._add_proxy_id(own, before)

    @reads
    def _known_proxy_id(self, connection: sqlite3.Connection, own: str) -> str | None:
        return _value(connection, _PROXY_ID, (own,))

    @writes
    def _add_proxy_id(self, connection: sqlite3.Connection, own: str, before: str) -> str:
        is_known = before != own and _value(connection, _IS_KNOWN, (before,)) is not None
        connection.execute("INSERT OR IGNORE INTO proxy_users VALUES (?, ?)", (own, before if is_known else own))
        return _value(connection, _PROXY_ID, (own,)) or own

    @writes
    def begin(self, connection: sqlite3.Connection, session: str, user_id: str, until: int, most: int) -> None:
        values = (session, user_id, until)
        connection.execute("INSERT INTO sessions (hash, account, until) VALUES (?, ?, ?)", values)
        connection.execute(f"DELETE FROM sessions WHERE no IN ({_OLDEST})", (user_id, most))

    @reads
    def session(self, connection: sqlite3.Connection, session: str) -> tuple[User, int] | None:
        row = connection.execute(_BY_SESSION, (session,)).fetchone()
        return row and (User(*row[:3]), row[3])

    @writes
    def end(self, connection: sqlite3.Connection, session: str) -> None:
        connection.execute("DELETE FROM sessions WHERE hash = ?", (session,))

    async def trim(self, now: float) -> None:
        while await self._trim_piece(now) == PIECE:
            pass

    @writes
    def _trim_piece(self, connection: sqlite3.Connection, now: float) -> int:
        over = "SELECT no FROM sessions WHERE until <= ? LIMIT ?"
        return connection.execute(f"DELETE FROM sessions WHERE no IN ({over})", (now, PIECE)).rowcount


def _value(connection: sqlite3.Connection, asked: str, values: Sequence[str] | dict[str, str] = ()) -> str | None:
    row: tuple[str] | None = connection.execute(asked, values).fetchone()
    return row and row[0]


def _account(cursor: sqlite3.Cursor) -> Account | None:
    row = cursor.fetchone()
    return row and Account(User(*row[:3]), row[3])


def _note(connection: sqlite3.Connection, user_id: str) -> None:
    connection.execute("INSERT OR IGNORE INTO changed_users VALUES (?)", (user_id,))
