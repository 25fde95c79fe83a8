"""Tries of passwords in the memory of a server that is alone: see TryRepository."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from tornado_chat.chat.repositories import Tried
from tornado_chat.chat.usage import Bucket

KEPT = 1_000  # before the first look for those that say nothing


class MemoryTries:
    """A TryRepository."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._enough = KEPT

    def __len__(self) -> int:
        return len(self._buckets)

    async def take(self, tried: Sequence[Tried]) -> float:
        now = self._clock()
        if len(self._buckets) > self._enough:
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if not bucket.is_full(now)}
            self._enough = max(KEPT, 2 * len(self._buckets))
        # None is made for what is refused: one address that tries many names fills no memory.
        known = [self._buckets.get(one.key) or Bucket(one.rate, one.burst) for one in tried]
        wait = max(bucket.wait(now) for bucket in known)
        if not wait:
            for one, bucket in zip(tried, known, strict=True):
                self._buckets[one.key] = bucket
                bucket.charge(now, 1)
        return wait

    async def give_back(self, tried: Sequence[Tried]) -> None:
        for one in tried:
            if bucket := self._buckets.get(one.key):
                bucket.charge(self._clock(), -1)

    async def trim(self) -> None:
        """Do nothing: what says nothing goes as there is more."""
