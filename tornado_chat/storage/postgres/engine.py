"""Connections to one PostgreSQL. Other files of this package take theirs from an Engine, and know no pool."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from weakref import WeakSet

from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres.checks import check
from tornado_chat.storage.postgres.connecting import (
    PATIENCE,
    Connection,
    connect,
    disconnect,
    settings_of,
    shown,
    unreachable,
)
from tornado_chat.storage.postgres.health import (
    EngineError,
    asyncpg,
    in_words,
    is_away,
    is_contended,
    is_cut_off,
    is_no_text,
    unavailable,
)
from tornado_chat.storage.postgres.migrations import SCHEMA, migrate, require
from tornado_chat.storage.postgres.texts import no_text

__all__ = ["Connection", "Engine", "connect"]

T = TypeVar("T")

CONNECTIONS = 8  # of one node, for reading and for what is not a message
AGAIN = 0.5  # seconds between two looks whether a database that was away is back
ATTEMPT = 2.0  # seconds that one of them may take, twice
TRIES = 10  # of a transaction that waits for others which wait for it

_JOBS = ("reading", "writing")  # what jobs do

#: What makes a user the owner of a schema.
_CURE = """
SELECT CASE WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)
    THEN format('ALTER SCHEMA %I OWNER TO %I', $1::text, session_user)
    ELSE format('CREATE SCHEMA %I AUTHORIZATION %I', $1::text, session_user) END
"""

log = logging.getLogger("tornado_chat")


class Engine:
    """A pool of connections to a database, whose schema is up to date. See `open`."""

    def __init__(self, url: str, schema: str, name: str) -> None:
        self.url, self.schema, self.name = url, schema, name
        #: What the database calls the connections of this process, and of no other. It takes 63 bytes.
        self.sessions = f"tornado_chat {name[:40]} {secrets.token_hex(4)}"
        self._pool = self._new_pool()
        self._own: WeakSet[Connection] = WeakSet()
        self._troubles: dict[str, str] = {}
        self._ended = ""
        self._is_busy = False  # whether somebody has just waited for a free connection in vain
        self._is_away = False  # which the log says
        self._looking: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, *, schema: str = SCHEMA, name: str = "", is_node: bool = True) -> Engine:
        """Connect, check the server and its settings, and bring the schema up to date. EngineError, with a cure.

        name: the node's, which the database shows beside its connections. is_node: otherwise it is a command, which
        makes no schema and changes none.
        """
        connection = await connect(url, schema, statement_timeout="0", lock_timeout="0", synchronous_commit="")
        try:
            other = await connect(url, schema)
            try:
                await check(connection, other, url, schema)
            finally:
                await disconnect(other)
            await connection.execute("SET synchronous_commit = on")
            await (migrate if is_node else require)(connection, schema)
        except asyncpg.InsufficientPrivilegeError as error:
            cure = await connection.fetchval(_CURE, schema)
            raise EngineError(f"--cluster {shown(url)}: {error}; as its owner, run there: {cure}") from None
        except Exception as error:
            raise unreachable(url, error) if is_away(error) else error from None
        finally:
            await disconnect(connection)
        engine = cls(url, schema, name)
        await engine._pool
        return engine

    def _new_pool(self) -> Any:
        return asyncpg.create_pool(
            self.url,
            min_size=0,
            max_size=CONNECTIONS,
            server_settings=settings_of(self.schema, self.sessions),
            timeout=PATIENCE,
            reset=_leave,
        )

    @property
    def trouble(self) -> str | None:
        """What is wrong, in a few words, or None: for /readyz."""
        return self._ended or next(iter(self._troubles.values()), None)

    async def close(self) -> None:
        """Finish what is under way, within PATIENCE."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        pool = await self._pool
        try:
            await asyncio.wait_for(pool.close(), PATIENCE)
        except TimeoutError:
            pool.terminate()

    def renew(self) -> None:
        """End all connections of this Engine, as the database does not answer on them; what is under way fails."""
        old, self._pool = self._pool, self._new_pool()
        with suppress(asyncpg.InterfaceError):  # nobody has used it
            old.terminate()
        for connection in list(self._own):
            connection.terminate()

    def end(self, why: str) -> None:
        """Serve nothing any more: all that is asked of this Engine from now on fails."""
        self._ended = why
        self.renew()

    async def connect(self, patience: float = PATIENCE, **settings: str) -> Connection:
        """Return a connection of one's own, as for LISTEN, or for one writer. It must be closed."""
        if self._ended:
            raise EngineError(self._ended)
        connection = await connect(self.url, self.schema, self.sessions, patience, **settings)
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
        if self._ended:
            raise unavailable()
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
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # and then the connection was lost
                raise asyncio.CancelledError from None
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
        try:
            connection = await pool.acquire(timeout=PATIENCE)
        except TimeoutError:
            if pool.get_size() < CONNECTIONS:  # it could not be reached
                raise
            if not self._is_busy:
                log.warning("all connections to the database were busy for %g s; some calls are refused", PATIENCE)
            self._is_busy = True
            raise unavailable() from None
        self._is_busy = False
        ending = asyncio.get_running_loop().call_later(2 * PATIENCE, connection.terminate)
        if pool is not self._pool:  # renewed while this waited: nobody would end it
            connection.terminate()
        try:
            yield connection
        finally:
            try:
                with suppress(Exception):  # it was lost; what the job has done is done, and why it failed is known
                    await pool.release(connection)
            finally:  # whoever waits may be cancelled; the pool finishes all the same
                ending.cancel()

    def failed(self, error: BaseException, what: str) -> None:
        """Log that the database is away, or that a connection was lost, once until it is back.

        what: reading, writing, listening …
        """
        if self._ended:
            return
        said = in_words(error)
        if is_cut_off(error):
            if not self._troubles:  # why is not known yet: it may be opened again at once
                log.warning("a connection to the database at %s was lost: %s failed", shown(self.url), what)
        elif not self._is_away:
            self._is_away = True
            log.error("the database at %s is away: %s failed: %s", shown(self.url), what, said)
        self._troubles[what] = f"{what} failed: {said}"
        if what in _JOBS and self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    def succeeded(self, what: str) -> None:
        """Take back what `failed` was told. Where writing works, reading does."""
        if not self._troubles or self._ended:
            return
        for one in _JOBS if what == "writing" else (what,):
            self._troubles.pop(one, None)
        if not self._troubles:
            self._is_away = False
            log.warning("the database at %s is back", shown(self.url))

    async def _look(self) -> None:
        """See whether the database is back: those who would ask it may wait for /readyz to say so."""
        while any(one in self._troubles for one in _JOBS):
            await asyncio.sleep(AGAIN)
            with suppress(EngineError):
                connection = await self.connect(ATTEMPT)
                ending = asyncio.get_running_loop().call_later(ATTEMPT, connection.terminate)
                try:
                    await connection.execute("UPDATE facts SET value = value WHERE name = 'version'")
                    self.succeeded("writing")
                except Exception as error:
                    self._troubles["writing"] = f"writing failed: {error}"
                finally:
                    ending.cancel()
                    await disconnect(connection)
        self._looking = None


async def _leave(connection: Connection) -> None:
    """Set nothing back when a connection returns to the pool: that is a round trip, and jobs leave no settings."""
