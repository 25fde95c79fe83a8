"""Export and check of a data folder."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from tornado_chat.chat.models import Message
from tornado_chat.config.settings import SettingsError
from tornado_chat.storage.blobs.damages import damages as blob_damages
from tornado_chat.storage.blobs.folder import FOLDER
from tornado_chat.storage.exporting import FORMATS, PAGE, exported, meant
from tornado_chat.storage.sqlite import file_consistency, queries
from tornado_chat.storage.sqlite.consistency import PLACES, contradictions, view_as_now
from tornado_chat.storage.sqlite.files import (
    NAME,
    RESTORE,
    DatabaseError,
    connect_to_read,
    explained,
    look_for,
    pragma,
    reason,
    version_of,
)
from tornado_chat.storage.sqlite.migrations import MIGRATIONS
from tornado_chat.storage.sqlite.schema import differences

_TITLES = """
SELECT name, CASE kind WHEN 'direct' THEN (SELECT group_concat(p.name, ', ') FROM json_each(r.people) o
    JOIN people p ON p.id = o.value) ELSE title END FROM channel_records r WHERE kind != 'public'
"""
PROBLEMS = 100  # that are listed of what SQLite finds wrong


def export(folder: Path, out: TextIO, channel: str | None = None, format: str = "jsonl") -> int:
    """Write the messages of one channel or of all, as they are now; return how many.

    As lines of the protocol, or as text: there further lines of a message are indented, as are names of files, and in
    the place of what was deleted it says so; channels are called by their titles, direct conversations by the names
    of the people.
    """
    if format not in FORMATS:
        raise SettingsError(f"there is no format {format}; there are {' and '.join(FORMATS)}")
    count = 0
    with opened(folder / NAME) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM channels ORDER BY name")]
        titles = _titles(connection)
        for name in names if channel is None else [meant(names, titles, channel)]:
            for message in _messages(connection, name):
                out.write(f"{exported(message, format, titles.get(name, name))}\n")
                count += 1
    return count


def _titles(connection: sqlite3.Connection) -> dict[str, str]:
    """Return what channels are called whose address is not their name."""
    if pragma(connection, "user_version") < PLACES:
        return {}
    return {name: title for name, title in connection.execute(_TITLES) if title}


def _messages(connection: sqlite3.Connection, channel: str) -> Iterator[Message]:
    page = queries.page(connection, channel, 0, None, PAGE)
    while page:
        yield from page
        page = queries.page(connection, channel, page[-1].seq, None, PAGE)


def check(folder: Path, hashes: bool = False) -> list[str]:
    """Return the problems of a history, one line each: of its file, its schema, its tables, of the files of people.

    hashes: whether the bytes of those are read, too.
    """
    with opened(folder / NAME) as connection:
        connection.execute("BEGIN")  # a server may be running
        version = version_of(connection, folder / NAME)
        found = damages(connection) or differences(connection, MIGRATIONS[:version])
        found = found or contradictions(connection, version)
        used, known = file_consistency.used_blobs(connection), file_consistency.known_blobs(connection)
    with explained(folder / FOLDER, "read"):
        return found + list(blob_damages(folder / FOLDER, used, known, time.time(), hashes))


def stored(folder: Path, space: str) -> dict[str, Any]:
    """Return the values of a space of the store by key; a server may be running."""
    with opened(folder / NAME) as connection:
        found = connection.execute("SELECT key, value FROM store WHERE space = ?", (space,))
        return {key: json.loads(value) for key, value in found}


def damages(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds wrong in a file, one line each."""
    try:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({PROBLEMS})")]
    except sqlite3.Error as error:
        return [str(error)]
    return [line for text in found for line in text.splitlines() if line != "ok"]


@contextlib.contextmanager
def opened(path: Path, cure: str = "") -> Iterator[sqlite3.Connection]:
    """Open an existing history for reading; DatabaseError if it cannot be read. cure: as for version_of."""
    look_for(path)
    try:
        with contextlib.closing(connect_to_read(path)) as connection:
            if version_of(connection, path, cure) == 0:
                raise DatabaseError(f"{path} is empty; {cure or RESTORE}")
            view_as_now(connection, version_of(connection, path, cure))
            pragma(connection, "query_only=1")
            yield connection
    except sqlite3.Error as error:
        raise DatabaseError(f"{path} cannot be read: {reason(error, path)}") from None
