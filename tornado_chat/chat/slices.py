"""Looks through very many things without holding up the loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

SLICE = 1_000  # of very many that are looked at before the loop serves others
LONG = 0.002  # seconds of looking after which it does so where each takes its time
T = TypeVar("T")


async def slices(many: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """Yield very many in pieces; others are served after each."""
    for start in range(0, len(many), SLICE):
        yield many[start : start + SLICE]
        await asyncio.sleep(0)


class Pause:
    """Awaited after each of many, serves others where that has taken long."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def __call__(self) -> None:
        if time.monotonic() - self._since > LONG:
            await asyncio.sleep(0)
            self._since = time.monotonic()
