"""Connections to one PostgreSQL. Other files of this package take theirs from an Engine, and know no pool."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit
from weakref import WeakSet

from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres.health import EngineError, asyncpg, is_away, is_contended, is_no_text, unavailable
from tornado_chat.storage.postgres.migrations import SCHEMA, migrate, require
from tornado_chat.storage.postgres.texts import no_text

T = TypeVar("T")
Connection: TypeAlias = Any  # asyncpg.Connection, which has no types of its own

OLDEST = 14  # major version of PostgreSQL
CONNECTIONS = 8  # of one node, for reading and for what is not a message
TRIES = 10  # of a transaction that waits for others which wait for it
PATIENCE = 5.0  # seconds that a statement, or a free connection, is waited for
#: Of each session. Replanned at each call, functions lose most of their speed.
SESSION = {
    "synchronous_commit": "on",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "jit": "off",
    "timezone": "UTC",
    "statement_timeout": str(int(PATIENCE * 1_000)),
    "idle_in_transaction_session_timeout": "10000",
    "lock_timeout": str(int(PATIENCE * 1_000)),
}

log = logging.getLogger("tornado_chat")


def shown(url: str) -> str:
    """Return the address of a database without its password, for people to read."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2] or 'localhost'}{parts.path or '/'}"


def unreachable(url: str, error: BaseException) -> EngineError:
    said = " ".join(str(error).split()) or type(error).__name__
    return EngineError(f"--cluster {shown(url)} cannot be reached: {said}")


def settings_of(schema: str, name: str) -> dict[str, str]:
    """Return what the sessions of a node, of this name, are set to."""
    return {**SESSION, "search_path": f"{schema},public", "application_name": f"tornado_chat {name}".strip()}


async def connect(
    url: str, schema: str = SCHEMA, name: str = "", patience: float = PATIENCE, **settings: str
) -> Connection:
    """Return a connection of one's own, outside of any pool. It must be closed.

    EngineError if there is none, after so many seconds at the latest.
    """
    if asyncpg is None:
        raise EngineError("a cluster needs the extra `cluster`: pip install 'tornado_chat[cluster]'")
    try:
        return await asyncpg.connect(url, server_settings=settings_of(schema, name) | settings, timeout=patience)
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        raise EngineError(f"--cluster: this is no address of a PostgreSQL: {error}") from None
    except asyncpg.InvalidPasswordError as error:
        raise EngineError(
            f"--cluster {shown(url)}: {error}; look at the user and the password in the address"
        ) from None
    except asyncpg.InvalidCatalogNameError as error:
        raise EngineError(f"--cluster {shown(url)}: {error}; make it with: createdb NAME") from None
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise EngineError(f"--cluster {shown(url)}: {error}") from None
    except Exception as error:
        if not is_away(error):
            raise
        raise unreachable(url, error) from None


class Engine:
    """A pool of connections to a database, whose schema is up to date. See `open`."""

    def __init__(self, url: str, schema: str, name: str) -> None:
        self.url, self.schema, self.name = url, schema, name
        self._pool = self._new_pool()
        self._own: WeakSet[Connection] = WeakSet()
        self._troubles: dict[str, str] = {}

    @classmethod
    async def open(cls, url: str, *, schema: str = SCHEMA, name: str = "", is_node: bool = True) -> Engine:
        """Connect, check the server and its settings, and bring the schema up to date. EngineError, with a cure.

        name: the node's, which the database shows beside its connections. is_node: otherwise it is a command, which
        makes no schema and changes none.
        """
        connection = await connect(url, schema, name, statement_timeout="0", lock_timeout="0")
        try:
            await _check(connection, url)
            await (migrate if is_node else require)(connection, schema)
        finally:
            await connection.close()
        engine = cls(url, schema, name)
        await engine._pool
        return engine

    def _new_pool(self) -> Any:
        return asyncpg.create_pool(
            self.url,
            min_size=0,
            max_size=CONNECTIONS,
            server_settings=settings_of(self.schema, self.name),
            timeout=PATIENCE,
            reset=_leave,
        )

    @property
    def trouble(self) -> str | None:
        """What is wrong, in a few words, or None: for /readyz."""
        return next(iter(self._troubles.values()), None)

    async def close(self) -> None:
        """Finish what is under way, within PATIENCE."""
        try:
            await asyncio.wait_for(self._pool.close(), PATIENCE)
        except TimeoutError:
            self._pool.terminate()

    def renew(self) -> None:
        """End all connections of this Engine, as the database does not answer on them; what is under way fails."""
        old, self._pool = self._pool, self._new_pool()
        old.terminate()
        for connection in list(self._own):
            connection.terminate()

    async def connect(self, patience: float = PATIENCE, **settings: str) -> Connection:
        """Return a connection of one's own, as for LISTEN, or for one writer. It must be closed."""
        connection = await connect(self.url, self.schema, self.name, patience, **settings)
        self._own.add(connection)
        return connection

    async def read(self, job: Callable[[Connection], Awaitable[T]], *, snapshot: bool = False) -> T:
        """Run a job that only reads. snapshot: all of its statements see one moment.

        Refused (`history-unavailable`) while the database is away.
        """
        with_transaction = {"isolation": "repeatable_read", "readonly": True} if snapshot else None
        return await self._run(job, with_transaction, "reading")

    async def write(self, job: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a job in one transaction, which is undone if it raises. When this returns it is on the disk.

        It is undone and run again where it and another one wait for each other. Refused (`history-unavailable`)
        while the database is away; then it may have been done all the same.
        """
        for _ in range(TRIES):
            try:
                return await self._run(job, {}, "writing")
            except Exception as error:
                if not is_contended(error):
                    raise
        raise unavailable()

    async def _run(
        self, job: Callable[[Connection], Awaitable[T]], transaction: dict[str, Any] | None, what: str
    ) -> T:
        try:
            async with self._connection() as connection:
                if transaction is None:
                    result = await job(connection)
                else:
                    async with connection.transaction(**transaction):
                        result = await job(connection)
        except Refused:
            raise
        except Exception as error:
            if is_no_text(error):
                raise no_text() from None
            if not is_away(error):
                raise
            self.failed(error, what)
            raise unavailable() from None
        self.succeeded(what)
        return result

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """Give a connection of the pool, which is ended if the database does not answer on it.

        asyncpg's own timeouts would do it by cancelling the statement, for which they wait as long.
        """
        pool = self._pool
        await pool  # connects nothing by itself
        connection = await pool.acquire(timeout=PATIENCE)
        ending = asyncio.get_running_loop().call_later(2 * PATIENCE, connection.terminate)
        if pool is not self._pool:  # renewed while this waited: nobody would end it
            connection.terminate()
        try:
            yield connection
        finally:
            await pool.release(connection)
            ending.cancel()

    def failed(self, error: BaseException, what: str) -> None:
        """Log that the database is away, once until it is back. what: reading, writing, listening …"""
        said = " ".join(str(error).split()) or type(error).__name__
        if not self._troubles:
            log.error("the database at %s is away: %s failed: %s", shown(self.url), what, said)
        self._troubles[what] = f"{what} failed: {said}"

    def succeeded(self, what: str) -> None:
        """Take back what `failed` was told."""
        if what in self._troubles:
            del self._troubles[what]
            if not self._troubles:
                log.warning("the database at %s is back", shown(self.url))


async def _leave(connection: Connection) -> None:
    """Set nothing back when a connection returns to the pool: that is a round trip, and jobs leave no settings."""


async def _check(connection: Connection, url: str) -> None:
    """Raise EngineError for a server that cannot keep what is promised."""
    at = f"--cluster {shown(url)}"
    version = connection.get_server_version().major
    if version < OLDEST:
        raise EngineError(f"{at} is PostgreSQL {version}; version {OLDEST} or newer is needed")
    found = await connection.fetchrow(
        "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous,"
        " current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby, pg_backend_pid() AS pid"
    )
    if found["fsync"] != "on":
        raise EngineError(f"{at} has fsync off: it would lose messages; set fsync = on in postgresql.conf")
    if found["synchronous"] == "off":
        raise EngineError(f"{at} has synchronous_commit off: it would lose messages; set it to on")
    if found["encoding"] != "UTF8":
        raise EngineError(
            f"{at} has the encoding {found['encoding']}; make one with: createdb -E UTF8 -T template0 NAME"
        )
    if found["standby"]:
        raise EngineError(f"{at} is a standby, which takes no messages; give the address of the primary")
    # Behind a pool in transaction mode one's session is another one each time, and hears no notification.
    await connection.execute("SET SESSION application_name = 'tornado_chat: is this session mine?'")
    for _ in range(3):
        again = await connection.fetchrow("SELECT pg_backend_pid(), current_setting('application_name')")
        if again[0] != found["pid"] or "mine?" not in again[1]:
            raise EngineError(f"{at} is a pool in transaction mode (PgBouncer?); give the database's own address")
    with suppress(Exception):
        await connection.execute("RESET application_name")
