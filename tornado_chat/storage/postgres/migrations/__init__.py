"""The steps of the schema. Each leads from one version to the next, in one transaction, whichever node is first.

A step only adds: nodes of the version before run beside it. Functions have a version in their name, and the one
before stays.
"""

from __future__ import annotations

import secrets
from typing import Any

from tornado_chat.storage.postgres.health import EngineError, NoChatError
from tornado_chat.storage.postgres.migrations import (
    accounts,
    append,
    files,
    messages,
    nodes,
    objects,
    places,
    search,
    threads,
)

SCHEMA = "tornado_chat"
FIRST = (messages, append, threads, accounts, places, files, objects, search, nodes)
MIGRATIONS = ["".join(area.SQL for area in FIRST)]
LOCK = 7_203_544_191  # of the database, that one node alone makes these steps


async def migrate(connection: Any, schema: str = SCHEMA) -> None:
    """Make the schema, or bring it up to date; it waits for another node that does so."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        # Not IF NOT EXISTS: that needs the right to make schemas, also where somebody has made this one.
        if await connection.fetchval("SELECT to_regnamespace($1)", f'"{schema}"') is None:
            await connection.execute(f'CREATE SCHEMA "{schema}"')
        await connection.execute(
            f'CREATE TABLE IF NOT EXISTS "{schema}".facts (name text PRIMARY KEY, value text NOT NULL)'
        )
        known = int(await connection.fetchval("SELECT value FROM facts WHERE name = 'version'") or 0)
        if known > len(MIGRATIONS):
            raise EngineError(f"the database has the schema {known} of a newer tornado_chat; update this one first")
        for step in MIGRATIONS[known:]:
            await connection.execute(step)
        facts = [
            ("version", str(len(MIGRATIONS))),
            ("secret", secrets.token_hex(32)),
            ("epoch", secrets.token_hex(8)),
            ("files", secrets.token_hex(16)),  # what marks the place where the files are
        ]
        await connection.executemany("INSERT INTO facts VALUES ($1, $2) ON CONFLICT DO NOTHING", facts)
        await connection.execute("UPDATE facts SET value = $1 WHERE name = 'version'", str(len(MIGRATIONS)))


async def require(connection: Any, schema: str = SCHEMA) -> None:
    """Raise NoChatError if there is no schema, EngineError if it is of another version: a command makes no steps."""
    known = 0
    if await connection.fetchval("SELECT to_regclass($1)", f'"{schema}".facts') is not None:
        known = int(await connection.fetchval("SELECT value FROM facts WHERE name = 'version'"))
    if not known:
        raise NoChatError("there is no chat in the database; the first server to start makes it")
    if known != len(MIGRATIONS):
        cure = "update this one first" if known > len(MIGRATIONS) else "start a server of this version first"
        raise EngineError(f"the database has the schema {known}, and this tornado_chat {len(MIGRATIONS)}; {cure}")
