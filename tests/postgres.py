"""Databases, schemas and Engines for tests, in the PostgreSQL of the run."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from typing import Any

from tests.postgres_server import READY, address, to
from tornado_chat.storage.postgres.engine import Connection, Engine, connect

# Databases


@contextlib.contextmanager
def database(ready: bool = True) -> Iterator[str]:
    """Give the address of a database, as servers are told of it, which is dropped at the end.

    ready: with the tables of a chat, which takes a fifth of the time that a server needs to make them; else empty.
    """
    url, name = address(), f"t_{secrets.token_hex(6)}"
    _execute(f"CREATE DATABASE {name} TEMPLATE {READY if ready else 'template1'}")
    try:
        yield to(url, name)
    finally:
        _execute(f"DROP DATABASE {name} WITH (FORCE)")


# Schemas


@contextlib.contextmanager
def schema(fresh: bool = False) -> Iterator[tuple[str, str]]:
    """Give the address of the database and the name of a schema, which has the tables of a chat without any rows.

    fresh: one that is not there yet, so that its tables never had rows, as tests of plans need it. Others are emptied
    at the end, and used again: to make one takes half a second.
    """
    url = address()
    kept = _Schema() if fresh or not _schemas else _schemas.pop()
    if not fresh and not kept.made:
        _run(kept.make())
    try:
        yield url, kept.name
    finally:
        if _run(kept.empty()):
            _schemas.append(kept)


class _Schema:
    """One of this process. `made`: what it was made of, "" if it was not made here. rows: those of new tables."""

    def __init__(self) -> None:
        self.name, self.made = f"t_{secrets.token_hex(6)}", ""
        self.rows: dict[str, list[Any]] = {}

    async def make(self) -> None:
        engine = await Engine.open(address(), schema=self.name)
        await engine.close()
        _made.add(self.name)
        connection = await _connection()
        self.made = await connection.fetchval(_MADE_OF, self.name)
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", self.name)
        self.rows = {table: await connection.fetch(f"SELECT * FROM {self.name}.{table}") for (table,) in tables}

    async def empty(self) -> bool:
        """Delete all rows but those that it was made with; if a test has changed more than rows, drop it instead."""
        connection = await _connection()
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE $1 || '%'",
            f"tornado_chat {self.name}",
        )
        if not self.made or await connection.fetchval(_MADE_OF, self.name) != self.made:
            await connection.execute(f"DROP SCHEMA IF EXISTS {self.name} CASCADE")
            return False
        await connection.execute("".join(f"DELETE FROM {self.name}.{table};" for table in self.rows))
        for table, rows in self.rows.items():
            if rows:
                values = ", ".join(f"${place}" for place in range(1, len(rows[0]) + 1))
                await connection.executemany(f"INSERT INTO {self.name}.{table} VALUES ({values})", rows)
        return True


_MADE_OF = """
    WITH own AS (SELECT oid FROM pg_namespace WHERE nspname = $1)
    SELECT md5(string_agg(row, ' ' ORDER BY row)) FROM (
        SELECT concat(oid, '.', xmin) AS row FROM pg_class WHERE relnamespace = (SELECT oid FROM own) UNION ALL
        SELECT concat(oid, '.', xmin) FROM pg_proc WHERE pronamespace = (SELECT oid FROM own) UNION ALL
        SELECT concat(oid, '.', xmin) FROM pg_trigger
        WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = (SELECT oid FROM own))
    ) rows
"""
_made: set[str] = set()  # the names of all
_schemas: list[_Schema] = []  # that no test has at the moment


# The connection of this process that makes, empties and drops them


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


async def _connection() -> Connection:
    if not _connections:
        made = await connect(
            address(), statement_timeout="0", lock_timeout="30s", idle_in_transaction_session_timeout="0"
        )
        await made.execute(
            "SET session_replication_role = replica"
        )  # no triggers, in whatever order rows are deleted
        _connections.append(made)
    return _connections[0]


_connections: list[Connection] = []


def _run(job: Any) -> Any:
    return _loop().run_until_complete(job)


def leave() -> None:
    """Close what this process has open."""
    for connection in _connections:
        _run(connection.close())
    _connections.clear()
    if _loop.cache_info().currsize:
        _loop().close()


def _execute(statement: str) -> None:
    async def run() -> None:
        await (await _connection()).execute(statement)

    _run(run())


# Engines


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Engine]:
    """Give an Engine on a database as servers use it."""
    engine = await Engine.open(url)
    try:
        yield engine
    finally:
        await engine.close()


@contextlib.asynccontextmanager
async def engine(url: str, schema: str) -> AsyncIterator[Engine]:
    """Give an Engine on a schema. Where that is made, no `Engine.open` checks the server: it connects twice more."""
    if schema in _made:
        opened = Engine(url, schema, schema)
        await opened._pool
    else:
        opened = await Engine.open(url, schema=schema, name=schema)
    try:
        yield opened
    finally:
        await opened.close()


def on_postgres(main: Callable[[Engine], Awaitable[Any]], fresh: bool = False) -> Any:
    """Run something on an Engine with a schema of its own."""

    async def whole(url: str, name: str) -> Any:
        async with engine(url, name) as opened:
            return await main(opened)

    with schema(fresh) as (url, name):
        return asyncio.run(whole(url, name))
