"""Store: small things kept by name (users, read positions, plugins' data): a space and a key -> a JSON value."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Protocol

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

        It may be a coroutine function. Where something else was kept meanwhile, it is called again with that; so it
        must touch nothing else. What it raises is raised here, and nothing is changed.
        """

    async def items(self, space: str, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        """Return keys with this prefix and their values, in the order of the keys, from behind `after` on.

        What was damaged on the disk is left out, and logged.
        """


class Namespace:
    """The data of one plugin: values by key.

    `require_loop` raises on another thread; `compute` calls a function on one, where it may take its time.
    """

    __slots__ = ("_compute", "_require_loop", "_space", "_store")

    def __init__(
        self,
        store: Store,
        space: str,
        require_loop: Callable[[], None],
        compute: Callable[[Callable[[], Any]], Awaitable[Any]],
    ) -> None:
        self._store = store
        self._space = space
        self._require_loop = require_loop
        self._compute = compute

    async def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default if there is none."""
        self._require_loop()
        return await self._store.get(self._space, key, default)

    async def set(self, key: str, value: Any) -> None:
        """Store a value. When this returns, it is on the disk.

        Raises TypeError or ValueError for a key without 1 to 1,000 characters, and for what JSON cannot represent.
        """
        self._require_loop()
        await self._store.set(self._space, key, value)

    async def delete(self, key: str) -> bool:
        """Delete a value; return whether there was one."""
        self._require_loop()
        return await self._store.delete(self._space, key)

    async def update(self, key: str, function: Callable[[Any], Any], default: Any = None) -> Any:
        """Store what a function makes of the value, or of the default, and return it.

        The function is called on another thread and has one second. It must not touch anything else: if another value
        was stored meanwhile, it is called again with that one. What it raises is raised here, and nothing is changed.
        """
        self._require_loop()

        async def run(known: Any) -> Any:
            return await self._compute(partial(function, known))

        return await self._store.update(self._space, key, run, default)

    async def items(self, prefix: str = "", after: str = "", limit: int = PAGE) -> list[tuple[str, Any]]:
        """Return keys that begin with `prefix` and their values, ordered by key, starting behind the key `after`.

        A value that was damaged on the disk is left out, and logged.
        """
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
