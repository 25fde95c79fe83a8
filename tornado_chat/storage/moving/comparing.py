"""Whether a chat that was moved is the same in both databases: by counts, and by the last numbers of its channels."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from tornado_chat.storage.moving.tables import TABLES
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.sqlite.queries import LAST, SHIFT

_NUMBERS = (
    f"SELECT id >> {SHIFT}, count(*), min(id), max(id), max(rev_key), count(rev_key), count(thread), max(time)"
    " FROM messages GROUP BY 1"
)
_CHANNELS = (
    "SELECT name, no, floor, {last}, (SELECT members FROM channel_records r WHERE r.name = c.name) FROM channels c"
)
_SPACE = "SELECT owner, count(*), sum(size), sum(taken) FROM files GROUP BY 1"

Rows = Sequence[Sequence[Any]]
CURE = "nothing was moved; look for what is wrong with: python -m tornado_chat check"


class MoveError(Exception):
    """A chat that cannot be moved, or was not moved whole. One line says why, and what to do."""


class Summary(NamedTuple):
    """A chat in figures. `counts`: rows of tables, by name; `figures`: what else is compared, by what it is."""

    counts: dict[str, int]
    figures: dict[str, Sequence[Any]]


def of_sqlite(connection: sqlite3.Connection) -> Summary:
    """Return the figures of a chat in SQLite."""

    def all(query: str) -> list[Any]:
        return connection.execute(query).fetchall()

    counts = {one.name: all(_counted(one.name, one.read))[0][0] for one in TABLES}
    return Summary(counts, _figures(all(_CHANNELS.format(last=LAST)), all(_NUMBERS), all(_SPACE)))


async def of_postgres(connection: Connection) -> Summary:
    """Return the figures of a chat in PostgreSQL, as the open transaction sees it."""
    counts = {one.name: await connection.fetchval(_counted(one.name, one.back)) for one in TABLES}
    rows = [await connection.fetch(query) for query in (_CHANNELS.format(last="last"), _NUMBERS, _SPACE)]
    return Summary(counts, _figures(*rows))


def _counted(name: str, read: str) -> str:
    return f"SELECT count(*) FROM ({read}) counted" if name == "blobs" else f"SELECT count(*) FROM {name}"


def _figures(channels: Rows, numbers: Rows, space: Rows) -> dict[str, Sequence[Any]]:
    found: dict[str, Sequence[Any]] = {}
    for what, rows in (
        ("the numbers of channel {}", channels),
        ("the messages of channel number {}", numbers),
        ("the files of {}", space),
    ):
        found |= {what.format(row[0]): tuple(row[1:]) for row in rows}
    return found


def compare(source: Summary, target: Summary) -> None:
    """Raise MoveError for the first difference."""
    before = {f"rows of {name}": (count,) for name, count in source.counts.items()} | source.figures
    after = {f"rows of {name}": (count,) for name, count in target.counts.items()} | target.figures
    for what in [*before, *after]:
        if before.get(what) != after.get(what):
            raise MoveError(f"{what}: {before.get(what)} there, and {after.get(what)} here; {CURE}")
