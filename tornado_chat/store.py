"""Store: small things kept by name (users, read positions, plugins' data): a space and a key -> a JSON value."""

from __future__ import annotations

import json
import logging
import sqlite3
from bisect import bisect_left, insort
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Protocol

from tornado_chat.history.beside import Beside
from tornado_chat.history.database import Database

log = logging.getLogger("tornado_chat")

MAX_KEY = 1_000
PAGE = 1_000

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class Store(Protocol):
    """What a kind of store offers. A value is what JSON can say: None, bool, number, text, list, dict with text keys.

    What is returned is a copy. TypeError or ValueError for a space, key or value that cannot be kept; Refused
    (`history-unavailable`) while the disk fails.
    """

    async def get(self, space: str, key: str, default: Any = None) -> Any:
        """Return a value, or the default where there is none."""

    async def set(self, space: str, key: str, value: Any) -> None:
        """Keep a value; when this returns it is on the disk."""

    async def delete(self, space: str, key: str) -> bool:
        """Forget a value; return whether there was one."""

    async def update(self, space: str, key: str, function: Callable[[Any], Any], default: Any = None) -> Any:
        """Keep what a function makes of the value (or of the default), with nothing in between; return it.

        The function runs on another thread, holding up all that is written: it must be quick, and touch nothing else.
        What it raises is raised here, and nothing is changed.
        """

    async def items(self, space: str, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        """Return keys with this prefix and their values, in the order of the keys, from behind `after` on.

        What was damaged on the disk is left out, and logged.
        """


class SqliteStore:
    """A Store (see there) in a Database, or beside one."""

    def __init__(self, database: Database | Beside) -> None:
        self._database = database
        self._damaged: set[tuple[str, str]] = set()

    async def get(self, space: str, key: str, default: Any = None) -> Any:
        """See Store."""
        found = await self._database.read(partial(_get, space=check(space), key=check(key)))
        return default if found is None else json.loads(found)

    async def set(self, space: str, key: str, value: Any) -> None:
        """See Store."""
        await self._database.write(partial(_set, space=check(space), key=check(key), text=encode(value)))

    async def delete(self, space: str, key: str) -> bool:
        """See Store."""
        check(space), check(key)

        def run(connection: sqlite3.Connection) -> bool:
            return connection.execute("DELETE FROM store WHERE space = ? AND key = ?", (space, key)).rowcount == 1

        return await self._database.write(run)

    async def update(self, space: str, key: str, function: Callable[[Any], Any], default: Any = None) -> Any:
        """See Store."""
        check(space), check(key), encode(default)

        def run(connection: sqlite3.Connection) -> tuple[str, BaseException | None]:
            found = _get(connection, space, key)
            try:
                text = encode(function(default if found is None else json.loads(found)))
            except BaseException as error:  # a plugin's: it must not end the thread, nor pass for one of the disk
                return "", error
            _set(connection, space, key, text)
            return text, None

        text, error = await self._database.write(run)
        if error is not None:
            raise error
        return json.loads(text)

    async def items(self, space: str, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        """See Store."""
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


class MemoryStore:
    """A Store (see there) that is gone with the process."""

    def __init__(self) -> None:
        self._spaces: dict[str, dict[str, str]] = {}
        self._keys: dict[str, list[str]] = {}

    async def get(self, space: str, key: str, default: Any = None) -> Any:
        """See Store."""
        found = self._spaces.get(check(space), {}).get(check(key))
        return default if found is None else json.loads(found)

    async def set(self, space: str, key: str, value: Any) -> None:
        """See Store."""
        self._set(check(space), check(key), encode(value))

    async def delete(self, space: str, key: str) -> bool:
        """See Store."""
        if self._spaces.get(check(space), {}).pop(check(key), None) is None:
            return False
        keys = self._keys[space]
        del keys[bisect_left(keys, key)]
        return True

    async def update(self, space: str, key: str, function: Callable[[Any], Any], default: Any = None) -> Any:
        """See Store."""
        encode(default)
        text = encode(function(await self.get(space, key, default)))  # which waits for nothing
        self._set(space, key, text)
        return json.loads(text)

    async def items(self, space: str, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        """See Store."""
        keys, values = self._keys.get(check(space), []), self._spaces.get(space, {})
        start = max(bisect_left(keys, check(prefix, 0)), bisect_left(keys, check(after, 0) + "\0"))
        return [(key, json.loads(values[key])) for key in keys[start : start + limit] if key.startswith(prefix)]

    def _set(self, space: str, key: str, text: str) -> None:
        values = self._spaces.setdefault(space, {})
        if key not in values:
            insort(self._keys.setdefault(space, []), key)
        values[key] = text


class Space:
    """One space of a Store (see there): what a plugin has as `ctx.store`; `require_loop` raises on another thread."""

    __slots__ = ("_require_loop", "_space", "_store")

    def __init__(self, store: Store, space: str, require_loop: Callable[[], None]) -> None:
        self._store = store
        self._space = space
        self._require_loop = require_loop

    async def get(self, key: str, default: Any = None) -> Any:
        """See Store."""
        self._require_loop()
        return await self._store.get(self._space, key, default)

    async def set(self, key: str, value: Any) -> None:
        """See Store."""
        self._require_loop()
        await self._store.set(self._space, key, value)

    async def delete(self, key: str) -> bool:
        """See Store."""
        self._require_loop()
        return await self._store.delete(self._space, key)

    async def update(self, key: str, function: Callable[[Any], Any], default: Any = None) -> Any:
        """See Store."""
        self._require_loop()
        return await self._store.update(self._space, key, function, default)

    async def items(self, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        """See Store."""
        self._require_loop()
        return await self._store.items(self._space, prefix, after, limit)


def check(name: str, least: int = 1) -> str:
    """Return a space or key that can be one; else TypeError or ValueError."""
    if not isinstance(name, str):
        raise TypeError(f"a space or key is text, not {type(name).__name__}")
    if not least <= len(name) <= MAX_KEY:
        raise ValueError(f"a space or key has {least} to {MAX_KEY} characters")
    _unicode(name)
    return name


def encode(value: Any) -> str:
    """Return a value as JSON; TypeError or ValueError if it would not come back as it was."""
    _check_keys(value)
    return _unicode(_encode(value))


def _check_keys(value: Any) -> None:
    waiting, depth = [value], 0
    while waiting:
        depth += 1
        if depth > 500:  # or it holds itself
            raise ValueError("a value is nested too deep")
        below: list[Any] = []
        for item in waiting:
            if isinstance(item, dict):
                for key in item:
                    if not isinstance(key, str):
                        raise TypeError(f"a key of a dict is text, not {type(key).__name__}")
                below += item.values()
            elif isinstance(item, list | tuple):
                below += item
            elif not (item is None or isinstance(item, str | int | float)):
                raise TypeError(
                    f"a value is made of None, bool, numbers, text, lists and dicts, not {type(item).__name__}"
                )
        waiting = below


def _unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a lone surrogate is no text") from None
    return text


async def all_in(store: Store, space: str) -> AsyncIterator[tuple[str, Any]]:
    """Yield all keys of a space and their values, read a page at a time."""
    after = ""
    while page := await store.items(space, after=after):
        after = page[-1][0]
        for item in page:
            yield item


# On a thread of the Database


def _get(connection: sqlite3.Connection, space: str, key: str) -> str | None:
    row = connection.execute("SELECT value FROM store WHERE space = ? AND key = ?", (space, key)).fetchone()
    found: str | None = row and row[0]
    return found


def _set(connection: sqlite3.Connection, space: str, key: str, text: str) -> None:
    connection.execute("INSERT OR REPLACE INTO store VALUES (?, ?, ?)", (space, key, text))


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
