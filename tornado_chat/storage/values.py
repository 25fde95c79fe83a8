"""A Store over the rows of a database."""

from __future__ import annotations

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from inspect import isawaitable
from typing import Any
from weakref import WeakValueDictionary

from tornado_chat.chat.store import PAGE, check, encode

log = logging.getLogger("tornado_chat")


class StoredValues(ABC):
    """A Store (see there), whose values are JSON texts in a database."""

    def __init__(self) -> None:
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

    @abstractmethod
    async def _get(self, space: str, key: str) -> str | None: ...

    @abstractmethod
    async def _set(self, space: str, key: str, text: str) -> None: ...

    @abstractmethod
    async def _swap(self, space: str, key: str, known: str | None, text: str) -> bool:
        """Store a text, unless what is there is not what was known; return whether it was stored."""

    @abstractmethod
    async def _delete(self, space: str, key: str) -> bool: ...

    @abstractmethod
    async def _items(self, space: str, prefix: str, after: str, limit: int) -> list[tuple[str, str]]: ...
