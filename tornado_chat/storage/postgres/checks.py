"""What is asked of a database before anything is stored in it."""

from __future__ import annotations

from contextlib import suppress

from tornado_chat.storage.postgres.connecting import Connection, shown
from tornado_chat.storage.postgres.health import EngineError

OLDEST = 14  # major version of PostgreSQL


async def check(connection: Connection, url: str) -> None:
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
