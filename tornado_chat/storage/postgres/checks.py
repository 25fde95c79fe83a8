"""What is asked of a database before anything is stored in it."""

from __future__ import annotations

from tornado_chat.storage.postgres.connecting import POOL, SESSION, Connection, shown
from tornado_chat.storage.postgres.health import EngineError, asyncpg

OLDEST = 14  # major version of PostgreSQL

_ASKED = (
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous,"
    " current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby,"
    " current_setting('transaction_read_only') AS read_only, current_setting('search_path') AS path,"
    " current_setting('plan_cache_mode') AS plans, current_database() AS name"
)


async def check(connection: Connection, other: Connection, url: str, schema: str) -> None:
    """Raise EngineError for a server that cannot keep what is promised.

    connection: one that leaves `synchronous_commit` as the server has it. other: another one.
    """
    at = f"--cluster {shown(url)}"
    version = connection.get_server_version().major
    if version < OLDEST:
        raise EngineError(f"{at} is PostgreSQL {version}; version {OLDEST} or newer is needed")
    try:
        found = await connection.fetchrow(_ASKED)
        is_pool = found["path"] != schema or found["plans"] != SESSION["plan_cache_mode"]
        is_pool = is_pool or await _share_sessions(connection, other)
    except (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError):  # of another session
        is_pool = True
    if is_pool:
        raise EngineError(f"{at} {POOL}")
    if found["fsync"] != "on":
        raise EngineError(f"{at} has fsync off: it would lose messages; set fsync = on in postgresql.conf")
    if found["synchronous"] == "off":
        raise EngineError(f"{at} has synchronous_commit off: it would lose messages; set it to on")
    if found["encoding"] != "UTF8":
        cure = "make a database with: createdb -E UTF8 -T template0 NAME"
        raise EngineError(f"{at} has the encoding {found['encoding']}; {cure}")
    if found["standby"]:
        raise EngineError(f"{at} is a standby, which takes no messages; give the address of the primary")
    if found["read_only"] == "on":
        cure = f'set it to off: ALTER DATABASE "{found["name"]}" SET default_transaction_read_only = off'
        raise EngineError(f"{at} has default_transaction_read_only on; {cure}")


async def _share_sessions(connection: Connection, other: Connection) -> bool:
    """Return whether connections have no session of their own: a pool lends them one for each transaction."""
    ask = "SELECT pg_backend_pid()"
    own = await connection.fetchval(ask)
    async with other.transaction():
        return bool(own == await other.fetchval(ask) or own != await connection.fetchval(ask))
