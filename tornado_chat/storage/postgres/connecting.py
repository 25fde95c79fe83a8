"""How connections to a PostgreSQL are made, and what is said if one cannot be."""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tornado_chat.storage.postgres.health import EngineError, asyncpg, is_away
from tornado_chat.storage.postgres.migrations import SCHEMA

Connection: TypeAlias = Any  # asyncpg.Connection, which has no types of its own

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
    return EngineError(f"--cluster {shown(url)} cannot be reached: {said}")


def settings_of(schema: str, sessions: str) -> dict[str, str]:
    """Return what sessions are set to. sessions: what they are called."""
    return {**SESSION, "search_path": f"{schema},public", "application_name": sessions}


async def connect(
    url: str, schema: str = SCHEMA, sessions: str = "tornado_chat", patience: float = PATIENCE, **settings: str
) -> Connection:
    """Return a connection of one's own, outside of any pool. It must be closed.

    sessions: what it is called in the database. EngineError if there is none, after `patience` s at the latest.
    """
    if asyncpg is None:
        raise EngineError("a cluster needs the extra `cluster`: pip install 'tornado_chat[cluster]'")
    try:
        return await asyncpg.connect(url, server_settings=settings_of(schema, sessions) | settings, timeout=patience)
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
