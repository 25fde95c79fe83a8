"""Pings silent clients and closes dead connections, with one PeriodicCallback for all."""

from __future__ import annotations

import random
from collections import defaultdict
from time import monotonic

from tornado.ioloop import PeriodicCallback

from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Close

TICKS = 25  # in an interval, so that pings are spread over it


class Keepalive:
    """Looks at each connection when its next ping could be due, and each tick at those that are behind.

    interval, timeout: seconds of silence before a ping, and before the connection is dropped (4000).
    """

    def __init__(self, interval: float, timeout: float) -> None:
        self.behind: set[Connection] = set()
        self._interval = interval
        self._timeout = timeout
        self._tick = min(interval / TICKS, 1.0)
        self._swept = 0
        self._due: defaultdict[int, dict[Connection, float]] = defaultdict(dict)  # tick -> when pinged, or -1
        self._callback: PeriodicCallback | None = None

    def add(self, connection: Connection, now: float) -> None:
        """Watch a connection until it ends. `now`: seconds of monotonic()."""
        if self._callback is None:
            self._swept = int(now / self._tick)
            self._callback = PeriodicCallback(lambda: self.sweep(monotonic()), self._tick * 1000)
            self._callback.start()
        # A thousand that come back together after a restart are not pinged together ever after.
        latest = min(1.5 * self._interval, (self._interval + self._timeout) / 2) - self._tick
        self._look_at(connection, now + random.uniform(self._interval, latest))

    def remove(self, connection: Connection) -> None:
        """Stop watching a connection, and keep no reference to it."""
        self.behind.discard(connection)
        if connection.due is not None:
            connection.due.pop(connection, None)
            connection.due = None

    def sweep(self, now: float) -> None:
        """Ping silent clients; drop those that do not answer (4000) or read nothing of what waits (1013)."""
        for connection in [one for one in self.behind if one.is_stalled(now)]:
            connection.transport.abort(Close.TRY_LATER)
        while self._swept < int(now / self._tick):
            self._swept += 1
            for connection, pinged in list(self._due.pop(self._swept, {}).items()):
                if not connection.ended:
                    self._look(connection, pinged, now)

    def _look(self, connection: Connection, pinged: float, now: float) -> None:
        heard = connection.transport.last_heard
        if pinged > heard:  # not answered
            if now - heard >= self._timeout:
                connection.transport.abort(Close.NO_PONG)
            else:
                self._look_at(connection, heard + self._timeout, pinged)
        elif now - heard >= self._interval:
            connection.transport.ping()
            dead = max(heard, now - self._interval) + self._timeout
            self._look_at(connection, min(now + self._interval, dead), now)
        else:
            self._look_at(connection, heard + self._interval)

    def _look_at(self, connection: Connection, when: float, pinged: float = -1.0) -> None:
        connection.due = self._due[max(int(when / self._tick), self._swept) + 1]
        connection.due[connection] = pinged

    def stop(self) -> None:
        if self._callback is not None:
            self._callback.stop()
