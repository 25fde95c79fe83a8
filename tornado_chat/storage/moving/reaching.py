"""The way to a database from or into which a chat is moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tornado_chat.storage.moving.comparing import MoveError
from tornado_chat.storage.postgres.checks import check
from tornado_chat.storage.postgres.connecting import UNHURRIED, Connection, connect, disconnect, shown
from tornado_chat.storage.postgres.health import EngineError, asyncpg, is_away
from tornado_chat.storage.postgres.lease import LEASE
from tornado_chat.storage.postgres.migrations import LOCK, SCHEMA

_LIVE = "SELECT name FROM nodes WHERE seen > clock_timestamp() - $1 * interval '1 s' ORDER BY name LIMIT 1"


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Give a connection to a database that can be used. EngineError if there is none.

    What the database has against something that is done with it is said in a MoveError.
    """
    connection = await connect(url, SCHEMA, synchronous_commit="")
    try:
        other = await connect(url, SCHEMA)
        try:
            await check(connection, other, url, SCHEMA)
        finally:
            await disconnect(other)
        for name, value in {**UNHURRIED, "synchronous_commit": "on"}.items():
            await connection.execute("SELECT set_config($1, $2, false)", name, value)
        yield connection
    except (EngineError, MoveError):
        raise
    except Exception as error:
        if not (is_away(error) or isinstance(error, asyncpg.PostgresError)):
            raise
        said = " ".join(str(error).split()) or type(error).__name__
        raise MoveError(f"{shown(url)}: {said}; nothing was moved") from None
    finally:
        await disconnect(connection)


async def keep_nodes_out(connection: Connection) -> None:
    """Have nodes that start wait until the open transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)


async def need_no_nodes(connection: Connection, url: str) -> None:
    """Raise MoveError if nodes are running."""
    if live := await connection.fetchval(_LIVE, LEASE):
        raise MoveError(f"servers are running on {shown(url)}, such as {live}; end them first")
