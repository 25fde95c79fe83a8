"""All that a server needs of the PostgreSQL that it shares with others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres import identity
from tornado_chat.storage.postgres.connecting import shown
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.file_rows import PostgresFiles
from tornado_chat.storage.postgres.health import EngineError, unavailable
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.postgres.index_building import REST, keep_up
from tornado_chat.storage.postgres.listener import Listener
from tornado_chat.storage.postgres.migrations import SCHEMA
from tornado_chat.storage.postgres.moderation import postgres_repositories
from tornado_chat.storage.postgres.nodes import PostgresNodes
from tornado_chat.storage.postgres.search_index import PostgresSearch
from tornado_chat.storage.postgres.store import PostgresStore

LOOK = 60.0  # seconds between two looks at what the database is
log = logging.getLogger("tornado_chat")


class Cluster:
    """The parts of one node. `secret`: what signs guests' tokens, 32 bytes, the same on all nodes."""

    def __init__(self, engine: Engine, node: str, keep_days: float | None, keep_messages: int | None) -> None:
        self.engine = engine
        self.secret = b""
        self._on_end: list[Callable[[bool], None]] = []
        self.listener = Listener(engine)
        self.listener.on_return(self._look)  # before anybody trusts a number
        self.nodes = PostgresNodes(engine, self.listener, node)
        self.history = PostgresHistory(engine, self.listener, node, keep_days, keep_messages)
        self.store = PostgresStore(engine)
        self.search = PostgresSearch(engine)
        self.repositories = postgres_repositories(engine, PostgresFiles(engine))
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(
        cls,
        url: str,
        node: str,
        *,
        schema: str = SCHEMA,
        keep_days: float | None = None,
        keep_messages: int | None = None,
    ) -> Cluster:
        """Connect to the database, as a node that the others do not see before `start`.

        node: its name, which no other running node has. keep_days, keep_messages: see PostgresHistory. EngineError,
        with a cure.
        """
        cluster = cls(await Engine.open(url, schema=schema, name=node), node, keep_days, keep_messages)
        try:
            cluster.history.epoch = await cluster.engine.write(identity.look)
            cluster.secret = bytes.fromhex(await cluster.engine.read(_secret))
        except Refused:
            raise cluster._away() from None
        return cluster

    async def start(self) -> None:
        """Hear the other nodes, and be one of them: when all that they may tell finds who hears it.

        EngineError if the database is away.
        """
        try:
            await self.listener.start()
            await self.nodes.start()  # ends a process that had the name, before its messages get another writer
            await self.history.open()
        except Refused:
            raise self._away() from None
        indexing = keep_up(self.engine, partial(self.nodes.turn, "index", REST))
        self._tasks = [asyncio.ensure_future(one) for one in (indexing, self._keep_looking())]

    async def close(self) -> None:
        """Finish what is under way, tell the others that this node ends, and disconnect."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self.history.close()
        await self.nodes.close()
        await self.listener.close()
        await self.engine.close()

    def on_end(self, ended: Callable[[bool], None]) -> None:
        """Have this called when this node must end: with True if it can be started again, else its name is taken."""
        self._on_end.append(ended)
        self.nodes.on_end(lambda why: ended(False))

    async def _look(self) -> None:
        """End if clients must start anew: they, and this process, know numbers that will be given again."""
        if await self.engine.write(identity.look) == self.history.epoch:
            return
        log.error("the database lacks what this node knows, so it ends; start it again", extra={"event": "epoch"})
        self.engine.end("the database lacks what this node knows")
        for ended in self._on_end:
            ended(True)
        raise unavailable()

    async def _keep_looking(self) -> None:
        """Note whether there is a synchronous standby, as long as there is: one that takes over is asked too late."""
        while True:
            await asyncio.sleep(LOOK)
            with suppress(Refused):
                if await self.nodes.turn("look", LOOK):
                    await self._look()

    def _away(self) -> EngineError:
        return EngineError(f"--cluster {shown(self.engine.url)}: {self.engine.trouble}")


async def _secret(connection: Connection) -> str:
    return str(await connection.fetchval("SELECT value FROM facts WHERE name = 'secret'"))
