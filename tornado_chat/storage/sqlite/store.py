"""The store in SQLite."""

from __future__ import annotations

import json
import sqlite3

from tornado_chat.storage.sqlite.repository import AnyDatabase, Repository, reads, writes
from tornado_chat.storage.values import StoredValues


class SqliteStore(Repository, StoredValues):
    """A Store (see there)."""

    def __init__(self, database: AnyDatabase) -> None:
        Repository.__init__(self, database)
        StoredValues.__init__(self)

    @reads
    def _get(self, connection: sqlite3.Connection, space: str, key: str) -> str | None:
        return _text(connection, space, key)

    @writes
    def _set(self, connection: sqlite3.Connection, space: str, key: str, text: str) -> None:
        connection.execute("INSERT OR REPLACE INTO store VALUES (?, ?, ?)", (space, key, text))

    @writes
    def _swap(self, connection: sqlite3.Connection, space: str, key: str, known: str | None, text: str) -> bool:
        if _text(connection, space, key) != known:
            return False
        connection.execute("INSERT OR REPLACE INTO store VALUES (?, ?, ?)", (space, key, text))
        return True

    @writes
    def _delete(self, connection: sqlite3.Connection, space: str, key: str) -> bool:
        return connection.execute("DELETE FROM store WHERE space = ? AND key = ?", (space, key)).rowcount == 1

    @reads
    def _items(
        self, connection: sqlite3.Connection, space: str, prefix: str, after: str, limit: int
    ) -> list[tuple[str, str]]:
        # As one text: sqlite3 releases the interpreter at each row (see queries.py).
        row = connection.execute(
            "SELECT CAST(json_group_array(json_array(key, iif(typeof(value) = 'text', value, ''))) AS BLOB)"
            " FROM (SELECT key, value FROM store"
            " WHERE space = ? AND key >= ? AND key < ? || CAST(x'ff' AS TEXT) AND key > ? ORDER BY key LIMIT ?)",
            (space, prefix, prefix, after, limit),  # no text has a byte ff
        ).fetchone()
        found: list[tuple[str, str]] = json.loads(row[0].decode(errors="replace"))
        return found


def _text(connection: sqlite3.Connection, space: str, key: str) -> str | None:
    row: tuple[str] | None = connection.execute(
        "SELECT value FROM store WHERE space = ? AND key = ?", (space, key)
    ).fetchone()
    return row and row[0]
