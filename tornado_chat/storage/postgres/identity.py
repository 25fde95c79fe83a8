"""Whether a database still has all that clients know of it: else the chat gets a new epoch, and they start anew.

A dump that was restored is in other tables. A backup of the files of PostgreSQL, or a standby, continues on another
timeline. A standby that was synchronous has everything that was acknowledged, others may lack the newest.
"""

from __future__ import annotations

import logging
import secrets

from tornado_chat.storage.postgres.engine import Connection

NAMES = ("epoch", "place", "timeline", "synchronous")  # facts

_KNOWN = "SELECT name, value FROM facts WHERE name = ANY($1) ORDER BY name FOR UPDATE"
_SEEN = """
SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || 'facts'::regclass::oid AS place,
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline,
    CASE WHEN current_setting('synchronous_standby_names') = '' THEN 'off' ELSE 'on' END AS synchronous
"""
_NOTE = "INSERT INTO facts VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"

log = logging.getLogger("tornado_chat")


async def look(connection: Connection) -> str:
    """Return the epoch, a new one if the database may lack what clients know. In a transaction that writes."""
    known = dict(await connection.fetch(_KNOWN, NAMES))
    seen = dict(await connection.fetchrow(_SEEN))
    if lost := _lost(known, seen):
        log.warning("%s: clients read the chat anew", lost, extra={"event": "epoch"})
        seen["epoch"] = secrets.token_hex(8)
    changed = [(name, value) for name, value in seen.items() if known.get(name) != value]
    if changed:
        await connection.executemany(_NOTE, changed)
    return str(seen.get("epoch") or known["epoch"])


def _lost(known: dict[str, str], seen: dict[str, str]) -> str:
    """Return why the newest messages may be missing, "" if they are not."""
    if "place" not in known:  # the first start
        return ""
    if known["place"] != seen["place"]:
        return "the database was restored from a dump, or moved"
    if known["timeline"] != seen["timeline"] and known["synchronous"] == "off":
        return "the database was restored, or a standby that was not synchronous has taken over"
    return ""
