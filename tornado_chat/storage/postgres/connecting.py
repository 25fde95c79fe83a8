"""How connections to a PostgreSQL are made, and what is said if one cannot be."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tornado_chat.storage.postgres.health import EngineError, asyncpg, is_away
from tornado_chat.storage.postgres.migrations import SCHEMA

Connection: TypeAlias = Any  # asyncpg.Connection, which has no types of its own

POOL = "is a pool of connections (PgBouncer?), behind which no notification is heard; give the database's own address"

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
    # Sessions of a node that is cut off end, and their locks: also where no other node sees it.
    "tcp_user_timeout": "10000",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
#: Instead, of one that works on everything: it takes its time, and its queries are planned by what they ask.
UNHURRIED = {
    "plan_cache_mode": "auto",
    "enable_seqscan": "on",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "60000",
}


def shown(url: str) -> str:
    """Return the address of a database without its password, for people to read."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2] or 'localhost'}{parts.path or '/'}"


def unreachable(url: str, error: BaseException) -> EngineError:
    said = " ".join(str(error).split()) or type(error).__name__
    return EngineError(f"--cluster {shown(url)} cannot be reached: {said}{_cure(error, said)}")


def _cure(error: BaseException, said: str) -> str:
    if isinstance(error, socket.gaierror):
        return "; look at the host in the address"
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in said or "refused" in said:
        return "; look at host and port in the address, and whether PostgreSQL runs there and listens on it"
    if isinstance(error, TimeoutError):
        return "; look at host and port in the address, and at firewalls between here and there"
    if "rejected SSL upgrade" in said:
        return "; it offers no TLS: set ssl = on there, or leave sslmode out of the address"
    return ""


def settings_of(schema: str, sessions: str) -> dict[str, str]:
    """Return what sessions are set to. sessions: what they are called."""
    return {**SESSION, "search_path": schema, "application_name": sessions}


async def connect(
    url: str, schema: str = SCHEMA, sessions: str = "tornado_chat", patience: float = PATIENCE, **settings: str
) -> Connection:
    """Return a connection of one's own, outside of any pool. It must be closed.

    sessions: what it is called in the database. settings: "" leaves one as the server has it. EngineError if there is
    no connection, after `patience` s at the latest.
    """
    if asyncpg is None:
        raise EngineError("a cluster needs the extra `cluster`: pip install 'tornado_chat[cluster]'")
    about = {name: value for name, value in (settings_of(schema, sessions) | settings).items() if value}
    try:
        return await asyncpg.connect(url, server_settings=about, timeout=patience)
    except Exception as error:
        raise _explained(url, error) or error from None


def _explained(url: str, error: Exception) -> EngineError | None:
    """Return what to say of an error while connecting, None for one that nobody expects."""
    said = " ".join(str(error).split())
    if isinstance(error, asyncpg.ClientConfigurationError) and ("sslmode" in said or "certificate" in said):
        cure = "; name another with sslrootcert=FILE in the address" if said.startswith("root certificate") else ""
        return EngineError(f"--cluster: {said.partition(' HINT:')[0]}{cure}")
    if isinstance(error, ssl.SSLError):
        return unreachable(url, error)
    if isinstance(error, ValueError | asyncpg.ClientConfigurationError):
        return EngineError(f"--cluster: this is no address of a PostgreSQL: {said}")
    at, named = f"--cluster {shown(url)}", re.search('"(.+)"', said)
    name = named[1] if named else "NAME"
    if isinstance(error, asyncpg.InvalidPasswordError):
        return EngineError(f"{at}: {said}; look at the user and the password in the address")
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return EngineError(f"{at}: {said}; make it with: createdb {name}")
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        if "pg_hba.conf" in said:
            return EngineError(f"{at}: {said}; let this machine in there")
        return EngineError(f"{at}: {said}; look at the user in the address, or make it with: createuser -P NAME")
    if isinstance(error, FileNotFoundError) and "sslmode=" in url:
        return EngineError(f"{at}: a file that sslrootcert, sslcert or sslkey names is not there")
    if "unsupported startup parameter" in said:
        return EngineError(f"{at} {POOL}")
    if isinstance(error, asyncpg.UndefinedObjectError):
        return EngineError(f"{at}: {said}; look at what follows the ? in the address")
    if is_away(error):
        return unreachable(url, error)
    return EngineError(f"{at}: {said}") if isinstance(error, asyncpg.PostgresError) else None


async def disconnect(connection: Connection, patience: float = 1.0) -> None:
    """Close a connection, with a word to the database if it listens."""
    with suppress(Exception):
        await connection.close(timeout=patience)
