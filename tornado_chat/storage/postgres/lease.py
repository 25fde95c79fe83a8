"""The row by which others see that a node lives, and the rows of the others. The database's clock alone counts.

A row that was not renewed for LEASE s may be deleted, by any node: that is what makes its node dead.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import Any, NamedTuple

from tornado_chat.storage.postgres.clock import Clock
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.health import asyncpg
from tornado_chat.storage.postgres.keeper import Keeper
from tornado_chat.version import VERSION

LEASE = 8.0  # seconds
BEAT = 2.0  # seconds after which it is renewed
SOON = 0.02  # seconds after the end of a lease, when one looks at it
AGAIN = 0.5  # seconds until one looks again at a lease that has ended and still has its row

# On disk at once: a row that a crash of the database takes back would make its node dead for the others.
_TAKE = "SELECT taken.* FROM set_config('synchronous_commit', 'on', true), take_node_1($1, $2, $3, $4, $5) AS taken"
_RENEW = (
    "UPDATE nodes SET seen = clock_timestamp() WHERE name = $1 AND boot = $2"
    " RETURNING extract(epoch FROM seen)::float8"
)
# A clock that was set back leaves rows of the future.
_DEAD = (
    "DELETE FROM nodes WHERE name IN (SELECT name FROM nodes WHERE name <> $1"
    " AND abs(extract(epoch FROM clock_timestamp() - seen)) > $2 FOR UPDATE SKIP LOCKED) RETURNING name, sessions"
)
_OTHERS = (
    "SELECT name, boot, abs(extract(epoch FROM clock_timestamp() - seen))::float8 AS age FROM nodes WHERE name <> $1"
)
_END = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()"
)

log = logging.getLogger("tornado_chat")


class Found(NamedTuple):
    """What a node finds. others: the boots of those that have a row; alive: the names of those whose lease lasts.

    again: seconds until one should look again. anew: whether the own row was gone, and was made again.
    """

    others: dict[str, int]
    alive: set[str]
    again: float
    anew: bool = False


class TakenOver(Exception):
    """Another process has taken the name of this node. The text says which."""


class Lease:
    """The row of one node. `boot`: the number of this process, another one each time that the row is made.

    `clock`: compared with the database's whenever the lease is taken or renewed.
    """

    def __init__(self, engine: Engine, keeper: Keeper, own: str) -> None:
        self.boot = 0
        self.clock = Clock()
        self._engine, self._keeper, self._own = engine, keeper, own
        self._address = f"{socket.gethostname()}, process {os.getpid()}"
        self._since = self._last = 0.0  # since when, and when last, it was renewed without a break

    async def take(self) -> Found:
        """Make the row; a process that had the name loses it, and its connections."""
        return await self._keeper.run(self._take)

    async def renew(self) -> Found:
        """Renew the lease, and look at those of the others. TakenOver, or what `Keeper.run` raises."""
        try:
            return await self._keeper.run(self._renew)
        except BaseException:
            self._last = 0.0
            raise

    async def leave(self) -> None:
        """Delete the row."""
        leave = "DELETE FROM nodes WHERE name = $1 AND boot = $2"
        await self._keeper.run(lambda connection: connection.execute(leave, self._own, self.boot))

    async def _take(self, connection: Connection) -> Found:
        before = await self._make(connection, over=True)
        if before is not None and before != self._engine.sessions:
            log.warning("this process takes over the name %s from another one", self._own)
            await _end(connection, before)
        return await self._look(connection)

    async def _renew(self, connection: Connection) -> Found:
        now = await connection.fetchval(_RENEW, self._own, self.boot)
        if now is None:
            await self._make(connection, over=False)  # others have deleted it, or another process has the name
            return await self._look(connection, anew=True)
        if not 0 <= now - self._last <= LEASE:
            self._since = now
        self._last = now
        if now - self._since >= LEASE:
            for name, sessions in await connection.fetch(_DEAD, self._own, LEASE):
                log.warning("the node %s has not been heard of for %g s, and counts as dead", name, LEASE)
                await _end(connection, sessions)
        return await self._look(connection)

    async def _make(self, connection: Connection, over: bool) -> str | None:
        """Make the row; return what the connections of who had it are called. TakenOver, unless `over`."""
        about = (self._own, self._engine.sessions, self._address, VERSION)
        boot, sessions, address = await connection.fetchrow(_TAKE, *about, over)
        if boot is None:
            raise TakenOver(address)
        self.boot = boot
        return None if sessions is None else str(sessions)

    async def _look(self, connection: Connection, anew: bool = False) -> Found:
        await self.clock.measure(connection)
        rows: list[Any] = await connection.fetch(_OTHERS, self._own)
        left = [max(LEASE - row["age"] + SOON, AGAIN) for row in rows]
        return Found(
            {row["name"]: row["boot"] for row in rows},
            {row["name"] for row in rows if row["age"] <= LEASE},
            min([BEAT, *left]),
            anew,
        )


async def _end(connection: Connection, sessions: str) -> None:
    """End the connections of a dead process: one that is stopped keeps its locks, and holds up what is notified."""
    try:
        await connection.execute(_END, sessions)
    except asyncpg.InsufficientPrivilegeError as error:
        log.warning("the connections of a dead process cannot be ended: %s", error)
