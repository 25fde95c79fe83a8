"""A store that goes with the process."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Any

from tornado_chat.chat.store import PAGE, Updates, check, encode


class MemoryStore:
    """A Store (see there) that is gone with the process."""

    def __init__(self) -> None:
        self._spaces: dict[str, dict[str, str]] = {}
        self._keys: dict[str, list[str]] = {}
        self._updates = Updates()

    async def get(self, space: str, key: str, default: Any = None) -> Any:
        found = self._spaces.get(check(space), {}).get(check(key))
        return default if found is None else json.loads(found)

    async def set(self, space: str, key: str, value: Any) -> None:
        self._set(check(space), check(key), encode(value))

    async def delete(self, space: str, key: str) -> bool:
        if self._spaces.get(check(space), {}).pop(check(key), None) is None:
            return False
        keys = self._keys[space]
        del keys[bisect_left(keys, key)]
        return True

    async def update(self, space: str, key: str, function: Callable[[Any], Any], default: Any = None) -> Any:
        async def read() -> str | None:
            return self._spaces.get(space, {}).get(key)

        async def swap(known: str | None, text: str) -> bool:
            if await read() != known:
                return False
            self._set(space, key, text)
            return True

        return await self._updates.run(space, key, function, read, swap, default)

    async def items(self, space: str, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        keys, values = self._keys.get(check(space), []), self._spaces.get(space, {})
        start = max(bisect_left(keys, check(prefix, 0)), bisect_left(keys, check(after, 0) + "\0"))
        return [(key, json.loads(values[key])) for key in keys[start : start + limit] if key.startswith(prefix)]

    def _set(self, space: str, key: str, text: str) -> None:
        values = self._spaces.setdefault(space, {})
        if key not in values:
            insort(self._keys.setdefault(space, []), key)
        values[key] = text
