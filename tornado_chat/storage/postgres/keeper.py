"""A connection of one node that waits for nothing else: its lease and its locks hang on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tornado_chat.storage.postgres.connecting import Connection, disconnect
from tornado_chat.storage.postgres.engine import Engine

T = TypeVar("T")

ATTEMPT = 2.0  # seconds to connect
PATIENCE = 2.5  # seconds that a job may take


class Keeper:
    """A connection that is opened when it is needed, and again when it was lost."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._lost: list[Callable[[], None]] = []

    def on_lost(self, lost: Callable[[], None]) -> None:
        """Have this called when the connection is lost, and with it all that the session held."""
        self._lost.append(lost)

    async def run(self, job: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a job, one at a time. EngineError, or what asyncpg raises, while the database is away."""
        async with self._turn:
            connection = self._connection
            if connection is None or connection.is_closed():
                # What is written here is right again 2 s later: nobody waits for the disk.
                connection = await self._engine.connect(ATTEMPT, synchronous_commit="off")
                connection.add_termination_listener(self._ended)
                self._connection = connection
            ending = asyncio.get_running_loop().call_later(PATIENCE, connection.terminate)
            try:
                return await job(connection)
            except BaseException:
                # Whether the session holds what the job has taken is not known: it holds nothing any more.
                connection.terminate()
                raise
            finally:
                ending.cancel()

    async def close(self) -> None:
        self._lost.clear()
        if self._connection is not None:
            await disconnect(self._connection)

    def _ended(self, connection: Connection) -> None:
        for lost in self._lost:
            lost()
