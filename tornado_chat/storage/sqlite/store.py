"""The store in SQLite."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from tornado_chat.chat.store import PAGE, Updates, check, encode
from tornado_chat.storage.sqlite.offline import OfflineDatabase
from tornado_chat.storage.sqlite.writer import Database

log = logging.getLogger("tornado_chat")


class SqliteStore:
    """A Store (see there) in a Database, or beside one."""

    def __init__(self, database: Database | OfflineDatabase) -> None:
        self._database = database
        self._updates = Updates()
        self._damaged: set[tuple[str, str]] = set()

    async def get(self, space: str, key: str, default: Any = None) -> Any:
        found = await self._database.read(partial(_get, space=check(space), key=check(key)))
        return default if found is None else json.loads(found)

    async def set(self, space: str, key: str, value: Any) -> None:
        await self._database.write(partial(_set, space=check(space), key=check(key), text=encode(value)))

    async def delete(self, space: str, key: str) -> bool:
        check(space), check(key)

        def run(connection: sqlite3.Connection) -> bool:
            return connection.execute("DELETE FROM store WHERE space = ? AND key = ?", (space, key)).rowcount == 1

        return await self._database.write(run)

    async def update(self, space: str, key: str, function: Callable[[Any], Any], default: Any = None) -> Any:

        def read() -> Awaitable[str | None]:
            return self._database.read(partial(_get, space=space, key=key))

        def swap(known: str | None, text: str) -> Awaitable[bool]:
            return self._database.write(partial(_swap, space=space, key=key, known=known, text=text))

        return await self._updates.run(space, key, function, read, swap, default)

    async def items(self, space: str, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        check(space), check(prefix, 0), check(after, 0)
        readable: list[tuple[str, Any]] = []
        while not readable:  # a page of which nothing can be read is not the end
            found = await self._database.read(partial(_items, space=space, prefix=prefix, after=after, limit=limit))
            found = [(key, text) for key, text in found if key.startswith(prefix)]
            if not found:
                break
            after = found[-1][0]
            readable = [(key, value) for key, text in found for value in self._readable(space, key, text)]
        return readable

    def _readable(self, space: str, key: str, text: str) -> list[Any]:
        """Return a value of a list, or nothing where it was damaged: the others of the list must not go with it."""
        try:
            return [json.loads(text)]
        except (ValueError, RecursionError):
            if (space, key) not in self._damaged:  # said once
                self._damaged.add((space, key))
                log.error("in the store %r of %r cannot be read; it is passed over", key, space)
            return []


# On a thread of the Database


def _get(connection: sqlite3.Connection, space: str, key: str) -> str | None:
    row = connection.execute("SELECT value FROM store WHERE space = ? AND key = ?", (space, key)).fetchone()
    found: str | None = row and row[0]
    return found


def _set(connection: sqlite3.Connection, space: str, key: str, text: str) -> None:
    connection.execute("INSERT OR REPLACE INTO store VALUES (?, ?, ?)", (space, key, text))


def _swap(connection: sqlite3.Connection, space: str, key: str, known: str | None, text: str) -> bool:
    if _get(connection, space, key) != known:
        return False
    _set(connection, space, key, text)
    return True


def _items(connection: sqlite3.Connection, space: str, prefix: str, after: str, limit: int) -> list[tuple[str, str]]:
    # As one text: sqlite3 gives the interpreter away at each row (see history.rows).
    row = connection.execute(
        "SELECT CAST(json_group_array(json_array(key, iif(typeof(value) = 'text', value, ''))) AS BLOB)"
        " FROM (SELECT key, value FROM store"
        " WHERE space = ? AND key >= ? AND key > ? AND typeof(key) = 'text' ORDER BY key LIMIT ?)",
        (space, prefix, after, limit),
    ).fetchone()
    found: list[tuple[str, str]] = json.loads(row[0].decode(errors="replace"))
    return found
