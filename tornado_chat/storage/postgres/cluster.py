"""All that a server needs of the PostgreSQL that it shares with others."""

from __future__ import annotations

import asyncio
from functools import partial

from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres.connecting import shown
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.file_rows import PostgresFiles
from tornado_chat.storage.postgres.health import EngineError
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.postgres.index_building import REST, keep_up
from tornado_chat.storage.postgres.listener import Listener
from tornado_chat.storage.postgres.migrations import SCHEMA
from tornado_chat.storage.postgres.moderation import postgres_repositories
from tornado_chat.storage.postgres.nodes import PostgresNodes
from tornado_chat.storage.postgres.search_index import PostgresSearch
from tornado_chat.storage.postgres.store import PostgresStore


class Cluster:
    """The parts of one node. `secret`: what signs guests' tokens, 32 bytes, the same on all nodes."""

    def __init__(self, engine: Engine, node: str, keep_days: float | None, keep_messages: int | None) -> None:
        self.engine = engine
        self.secret = b""
        self.listener = Listener(engine)
        self.nodes = PostgresNodes(engine, self.listener, node)
        self.history = PostgresHistory(engine, self.listener, node, keep_days, keep_messages)
        self.store = PostgresStore(engine)
        self.search = PostgresSearch(engine)
        self.repositories = postgres_repositories(engine, PostgresFiles(engine))
        self._indexing: asyncio.Task[None] | None = None

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
            facts = dict(await cluster.engine.read(_facts))
        except Refused:
            raise cluster._away() from None
        cluster.secret, cluster.history.epoch = bytes.fromhex(facts["secret"]), facts["epoch"]
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
        self._indexing = asyncio.get_running_loop().create_task(indexing)

    async def close(self) -> None:
        """Finish what is under way, tell the others that this node ends, and disconnect."""
        if self._indexing is not None:
            self._indexing.cancel()
            await asyncio.wait([self._indexing])
        await self.history.close()
        await self.nodes.close()
        await self.listener.close()
        await self.engine.close()

    def _away(self) -> EngineError:
        return EngineError(f"--cluster {shown(self.engine.url)}: {self.engine.trouble}")


async def _facts(connection: Connection) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in await connection.fetch("SELECT name, value FROM facts")]
