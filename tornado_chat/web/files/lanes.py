"""Turns: of what one key stands for, only so many at once; others wait, in their order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Lanes:
    """A lane for each key that somebody waits for or uses."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, tuple[asyncio.Semaphore, list[None]]] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    @asynccontextmanager
    async def turn(self, key: Hashable, most: int) -> AsyncIterator[None]:
        """Wait until fewer than `most` others with this key are at it."""
        lane, users = self._lanes.setdefault(key, (asyncio.Semaphore(most), []))
        users.append(None)
        try:
            async with lane:
                yield
        finally:
            users.pop()
            if not users:
                del self._lanes[key]
