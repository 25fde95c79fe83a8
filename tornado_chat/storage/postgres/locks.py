"""Locks of the cluster: advisory ones of the database, held by one session of each node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from hashlib import blake2b
from weakref import WeakValueDictionary

from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres.health import EngineError, is_away, unavailable
from tornado_chat.storage.postgres.keeper import Keeper

OFTEN = 0.01  # seconds between two attempts to get a lock that another node has, at first
RARELY = 0.1  # … and later


class Locks:
    """The locks of one node. Of its own tasks one at a time asks the database."""

    def __init__(self, keeper: Keeper, schema: str) -> None:
        self._keeper = keeper
        self._schema = schema
        self._here: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._held: set[asyncio.Timeout] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        keeper.on_lost(self._lose)

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[None]:
        """Let one task of one node in at a time.

        Refused (`history-unavailable`) while the database is away. If the lock is lost meanwhile, as the database or
        the way to it is, what runs inside is cancelled, and this raises the same.
        """
        here = self._here.get(name)
        if here is None:
            here = self._here[name] = asyncio.Lock()
        key = int.from_bytes(blake2b(f"{self._schema}\0{name}".encode(), digest_size=8).digest(), signed=True)
        async with here:
            await self._take(key)
            try:
                async with asyncio.timeout(None) as limit:
                    self._held.add(limit)
                    yield
            except TimeoutError:
                if limit.expired():
                    raise unavailable() from None
                raise
            finally:
                self._held.discard(limit)
                if not limit.expired():
                    await asyncio.shield(self._leave(key))

    async def _take(self, key: int) -> None:
        pause = OFTEN
        while True:
            asking = asyncio.create_task(self._run("SELECT pg_try_advisory_lock($1)", key))
            try:
                if await asyncio.shield(asking):
                    return
            except asyncio.CancelledError:
                asking.add_done_callback(partial(self._take_back, key))
                raise
            await asyncio.sleep(pause)
            pause = min(RARELY, pause * 1.5)

    def _take_back(self, key: int, asking: asyncio.Task[bool]) -> None:
        """Leave a lock that was taken for a task that was cancelled meanwhile."""
        if not asking.cancelled() and asking.exception() is None and asking.result():
            self._leaving.add(leaving := asyncio.get_running_loop().create_task(self._leave(key)))
            leaving.add_done_callback(self._leaving.discard)

    async def _leave(self, key: int) -> None:
        with suppress(Refused):  # then the session has ended, and its locks with it
            await self._run("SELECT pg_advisory_unlock($1)", key)

    async def _run(self, statement: str, key: int) -> bool:
        try:
            return bool(await self._keeper.run(lambda connection: connection.fetchval(statement, key)))
        except Exception as error:
            if is_away(error) or isinstance(error, EngineError):
                raise unavailable() from None
            raise

    def _lose(self) -> None:
        for limit in self._held:
            limit.reschedule(0)
