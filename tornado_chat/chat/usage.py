"""What one user, one address or everyone together has used of the server, in token buckets."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import Literal

BURST = 10.0  # seconds' worth of a rate that may come at once
RENAMES = (0.1, 3)  # of one user: a second, and at once; a rename is told in all channels that the user is in
GROWTH = (2_000, 20_000)  # characters by which messages of one user grow: a second, and at once
DAY = 86_400
#: What may be done on a day, some of that at once: by one user, and by one address; `invited`: to one user, by all.
Daily = Literal["creations", "invitations", "invited"]
DAILY: dict[Daily, tuple[int, ...]] = {"creations": (50, 500), "invitations": (500, 5_000), "invited": (50,)}


_LONG_AGO = -inf  # the clock may have begun just now; one object for all


@lru_cache(64)  # so that all buckets of a rate share two objects: somebody who is online has five buckets
def _spacing(rate: float, burst: float) -> tuple[float, float]:
    """Return the seconds that a token takes, and by how many seconds' worth of tokens one may be ahead."""
    each = 1 / rate if rate else 0.0
    return each, max(burst - 1, 0.0) * each


class Bucket:
    """A token bucket of `rate` a second and `burst` at once; a rate of 0 is no limit.

    `ready`: when there is a token, the one number that changes. `each`, `slack`: see _spacing.
    """

    __slots__ = ("each", "ready", "slack")

    def __init__(self, rate: float, burst: float) -> None:
        self.each, self.slack = _spacing(rate, burst)
        self.ready = _LONG_AGO

    def take(self, now: float) -> float:
        """Take a token; return 0, or the seconds after which there is one. `now` in seconds of monotonic()."""
        ready = self.ready
        if ready > now:
            return ready - now
        longest = now - self.slack
        self.ready = (ready if ready > longest else longest) + self.each
        return 0.0

    def wait(self, now: float) -> float:
        """Return the seconds after which there is a token, 0 where there is one."""
        return max(self.ready - now, 0.0)

    def charge(self, now: float, count: float) -> None:
        """Take so many tokens, also those that are not there yet; a negative count gives tokens back."""
        self.ready = max(self.ready, now - self.slack) + count * self.each

    def is_full(self, now: float) -> bool:
        """Return whether nothing is missing."""
        return self.ready + self.slack <= now


class Usage:
    """What one user, one address or everyone together has used. `connections`: how many now.

    `channels`: how many a user is in now; of an address, how many that it made there are.
    """

    __slots__ = (*("_join_rate", "_joins", "_keeps", "_seldom", "calls", "channels", "connections", "connects"),)

    def __init__(self, calls: int, joins: int, connects: int, keeps: tuple[float, float] = (0, 0)) -> None:
        self.calls = Bucket(calls, calls * BURST)
        self.connects = Bucket(connects, connects * BURST)
        self._join_rate = joins
        self._joins: Bucket | None = None  # until the first is needed
        self._keeps = keeps
        self._seldom: dict[str, Bucket] | None = None  # by what they are of, from when they are needed
        self.connections = 0
        self.channels = 0

    def is_idle(self, now: float) -> bool:
        """Return whether a new one would be the same."""
        buckets = [self.calls, self.connects, *(self._seldom or {}).values()]
        if self._joins is not None:
            buckets.append(self._joins)
        return not (self.connections or self.channels) and all(bucket.is_full(now) for bucket in buckets)

    def joining(self) -> Bucket:
        """Return the bucket of joins."""
        if self._joins is None:
            self._joins = Bucket(self._join_rate, self._join_rate * BURST)
        return self._joins

    def keeping(self) -> Bucket:
        """Return the bucket of small things that are kept for good."""
        return self._bucket("keeps", *self._keeps)

    def renaming(self) -> Bucket:
        """Return the bucket of renames."""
        return self._bucket("renames", *RENAMES)

    def growing(self) -> Bucket:
        """Return the bucket of the characters by which messages grow."""
        return self._bucket("growth", *GROWTH)

    def uploading(self, rate: int) -> Bucket:
        """Return the bucket of uploads, of which so many a second may begin."""
        return self._bucket("uploads", rate, rate * BURST)

    def on_a_day(self, what: Daily, level: int) -> Bucket:
        """Return the bucket of something that may be done so often a day. level: 0 of a user, 1 of an address."""
        most = DAILY[what][level]
        return self._bucket(what, most / DAY, most)

    def _bucket(self, what: str, rate: float, burst: float) -> Bucket:
        if self._seldom is None:
            self._seldom = {}
        found = self._seldom.get(what)
        if found is None:
            found = self._seldom[what] = Bucket(rate, burst)
        return found
