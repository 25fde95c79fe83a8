"""How far the clock of this node is from the database's: what differs much says that one of the two is wrong."""

from __future__ import annotations

import logging
import time

from tornado_chat.storage.postgres.engine import Connection

OFF = 2.0  # seconds: synchronized clocks differ by some ms
RIGHT = 1.0  # seconds from which on one that was off is right again

_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"

log = logging.getLogger("tornado_chat")


class Clock:
    """`ahead`: seconds by which the clock of this node is ahead of the database's, as last measured."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._is_off = False

    def wrong_by(self) -> float:
        """Return the same where it is too much, else 0. What the way to the database may account for is not."""
        return self.ahead if self._is_off else 0.0

    async def measure(self, connection: Connection) -> None:
        before = time.time()
        there = await connection.fetchval(_NOW)
        self.compare(before, there, time.time())

    def compare(self, before: float, there: float, after: float) -> None:
        """Take a time of the database that was read between two times of this node. Seconds since 1970."""
        ahead = (before + after) / 2 - there
        surely = max(abs(ahead) - abs(after - before) / 2, 0.0)
        self.ahead = ahead
        if surely > OFF and not self._is_off:
            self._is_off = True
            about = f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'}"
            log.warning("the clock of this node is %s the database's; synchronize both by NTP", about)
        elif self._is_off and abs(ahead) < RIGHT:
            self._is_off = False
            log.warning("the clock of this node agrees with the database's again")
