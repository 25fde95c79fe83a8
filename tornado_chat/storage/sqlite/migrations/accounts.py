"""Version 2: accounts, bans and the audit have tables; version 1 kept them as JSON in spaces of the store."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import sqlite3
from collections.abc import Callable
from typing import Any

from tornado_chat.chat.store import encode
from tornado_chat.chat.user_ids import current_id
from tornado_chat.chat.validation import name_key

log = logging.getLogger("tornado_chat")

SQL = """
    CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL) WITHOUT ROWID;
    -- a name that an earlier version accepted may have a key of its own; all that look the same share a look
    CREATE TABLE account_names (key TEXT PRIMARY KEY, look TEXT NOT NULL, account TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX account_names_by_look ON account_names (look);
    CREATE INDEX account_names_by_account ON account_names (account);
    -- no: the order in which they began
    CREATE TABLE sessions (
        no INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, account TEXT NOT NULL, until INTEGER NOT NULL
    );
    CREATE INDEX sessions_by_account ON sessions (account);
    CREATE INDEX sessions_by_until ON sessions (until);
    CREATE TABLE roles (user TEXT PRIMARY KEY, role TEXT NOT NULL) WITHOUT ROWID;
    -- whom a command has changed, and a running server has not looked at again
    CREATE TABLE changed_users (user TEXT PRIMARY KEY) WITHOUT ROWID;
    -- own: the id that this version gives a proxy's user; id: the one that the user has
    CREATE TABLE proxy_users (own TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE bans (
        whom TEXT PRIMARY KEY, set_by TEXT NOT NULL, name TEXT NOT NULL, until REAL NOT NULL, reason TEXT NOT NULL
    ) WITHOUT ROWID;
    -- key: in this order the newest entries come first
    CREATE TABLE audit (
        key TEXT PRIMARY KEY, time INTEGER NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL, power TEXT NOT NULL,
        about TEXT NOT NULL
    ) WITHOUT ROWID;
    """


def move(connection: sqlite3.Connection) -> None:
    """Move the content of the spaces into the tables. A value that cannot be read is logged and stays where it is."""
    for space, (table, columns) in _TABLES.items():
        # Ids of proxies' users from before case was ignored come first, so that the current one wins.
        for key, value in sorted(_rows(connection, space), key=lambda row: current_id(_key(row[0])) == _key(row[0])):
            try:
                row = columns(key.decode(), json.loads(value.decode()))
                connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * len(row))})", row)
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
                said = "is not heeded: ban them again" if space == "bans" else "is left behind"
                log.error("%r of %r in the store cannot be read and %s", _key(key), space, said)
            else:
                connection.execute("DELETE FROM store WHERE space = ? AND key = ?", (space, key.decode()))
    _move_sessions(connection)
    connection.execute("DELETE FROM store WHERE space IN ('keys', 'sessions', 'signed-in')")


def _rows(connection: sqlite3.Connection, space: str) -> list[tuple[bytes, bytes]]:
    """Return keys and values, damaged ones too."""
    asked = "SELECT CAST(key AS BLOB), CAST(value AS BLOB) FROM store WHERE space = ? ORDER BY key"
    return connection.execute(asked, (space,)).fetchall()


def _key(key: bytes) -> str:
    return key.decode(errors="replace")


def _move_sessions(connection: sqlite3.Connection) -> None:
    """Move the sessions in the order in which they began. One that cannot be read is dropped."""
    unreadable = (ValueError, TypeError, KeyError, OverflowError, RecursionError)
    ranks: dict[str, int] = {}
    sessions = []
    for _, value in _rows(connection, "signed-in"):
        with contextlib.suppress(*unreadable):
            ranks.update((session, rank) for rank, session in enumerate(json.loads(value.decode())))
    for key, value in _rows(connection, "sessions"):
        with contextlib.suppress(*unreadable):
            session, hashed = json.loads(value.decode()), key.decode()
            sessions.append((_text(session["user"]), ranks.get(hashed, -1), int(session["until"]), hashed))
    for user_id, _, until, hashed in sorted(sessions):
        with contextlib.suppress(*unreadable):
            insert = "INSERT INTO sessions (hash, account, until) VALUES (?, ?, ?)"
            connection.execute(insert, (hashed, user_id, until))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _ban(whom: str, ban: Any) -> tuple[Any, ...]:
    if not math.isfinite(ban["until"]):
        raise ValueError("a ban has an end")
    words = str(ban.get("by", "")), str(ban.get("name", ""))
    return (current_id(whom), *words, float(ban["until"]), str(ban["reason"]))


def _entry(key: str, entry: Any) -> tuple[Any, ...]:
    by = entry["by"]
    who = _text(by["id"]), _text(by["name"])
    return (key, int(entry["time"]), *who, _text(entry["power"]), encode(entry["about"]))


#: By the space of the store: a table, and what makes its columns of a key and a value.
_TABLES: dict[str, tuple[str, Callable[[str, Any], tuple[Any, ...]]]] = {
    "users": ("accounts", lambda key, user: (key, _text(user["name"]), _text(user["password"]))),
    "names": ("account_names", lambda key, user_id: (key, name_key(key), _text(user_id))),
    "roles": ("roles", lambda key, role: (current_id(key), _text(role))),
    "changed": ("changed_users", lambda key, _: (key,)),
    "proxy": ("proxy_users", lambda key, user_id: (key, _text(user_id))),
    "bans": ("bans", _ban),
    "audit": ("audit", _entry),
}
