"""The store in SQLite."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from inspect import isawaitable
from typing import Any
from weakref import WeakValueDictionary

from tornado_chat.chat.store import PAGE, check, encode
from tornado_chat.storage.sqlite.repository import AnyDatabase, Repository, reads, writes

log = logging.getLogger("tornado_chat")


class SqliteStore(Repository):
    """A Store (see there)."""

    def __init__(self, database: AnyDatabase) -> None:
        super().__init__(database)
        self._updating: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._damaged: set[tuple[str, str]] = set()

    async def get(self, space: str, key: str, default: Any = None) -> Any:
        found = await self._get(check(space), check(key))
        return default if found is None else json.loads(found)

    async def set(self, space: str, key: str, value: Any) -> None:
        await self._set(check(space), check(key), encode(value))

    async def delete(self, space: str, key: str) -> bool:
        return await self._delete(check(space), check(key))

    async def update(self, space: str, key: str, function: Callable[[Any], Any], default: Any = None) -> Any:
        encode(default)
        async with self._updating.setdefault((check(space), check(key)), asyncio.Lock()):
            while True:
                found = await self._get(space, key)
                made = function(default if found is None else json.loads(found))
                text = encode(await made if isawaitable(made) else made)
                if await self._swap(space, key, found, text):
                    return json.loads(text)

    async def items(self, space: str, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        check(space), check(prefix, 0), check(after, 0)
        readable: list[tuple[str, Any]] = []
        while not readable:  # a page of which nothing can be read is not the end
            found = await self._items(space, prefix, after, limit)
            if not found:
                break
            after = found[-1][0]
            readable = [(key, value) for key, text in found for value in self._readable(space, key, text)]
        return readable

    def _readable(self, space: str, key: str, text: str) -> list[Any]:
        """Return a value of a list, or nothing if it was damaged: the others of the list must not go with it."""
        try:
            return [json.loads(text)]
        except (ValueError, RecursionError):
            if (space, key) not in self._damaged:  # logged once
                self._damaged.add((space, key))
                log.error("in the store %r of %r cannot be read; it is passed over", key, space)
            return []

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
