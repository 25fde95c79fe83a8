"""What a history's tables must agree on about files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from tornado_chat.chat.files import Blob
from tornado_chat.storage.file_rules import FILES, MOST, ORPHANED, PICTURES, USED, miscounted

_SAID = "SELECT m.id, f.value ->> 'id' FROM messages m JOIN json_each(m.extra, '$.files') f"
_HAD = (
    "SELECT a.message, f.id FROM attachments a JOIN files f ON f.no = a.file"
    " WHERE a.message IN (SELECT id FROM messages)"
)
#: What is wrong, and the query for the ids of its messages (channel and number).
RULES = {
    "has files, but is not there": "SELECT message FROM attachments EXCEPT SELECT id FROM messages",
    "has other files than it says": (
        f"SELECT id FROM ({_SAID} EXCEPT {_HAD}) UNION SELECT message FROM ({_HAD} EXCEPT {_SAID})"
    ),
}


def are_there(connection: sqlite3.Connection) -> bool:
    """Return whether the schema of a history has files."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'file_blobs'").fetchone() is not None


def used_blobs(connection: sqlite3.Connection) -> list[Blob]:
    """Return the blobs that files have."""
    return [Blob(*row) for row in connection.execute(USED)] if are_there(connection) else []


def contradictions(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong in the tables of files, one line each."""
    for words, query in FILES.items():
        for (id,) in connection.execute(f"{query} LIMIT {MOST}"):
            yield f"file {id} {words}"
    if count := connection.execute(PICTURES).fetchone()[0]:
        yield f"the pictures of {count} people are not there"
    if count := connection.execute(ORPHANED).fetchone()[0]:
        yield f"the bytes of {count} files that are gone are not to be deleted"
    for (owner,) in connection.execute(miscounted("max")):
        yield f"the files of {json.dumps(owner)} are counted wrongly"


def known_blobs(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all blobs that there may be."""
    return {name for (name,) in connection.execute("SELECT name FROM blobs")} if are_there(connection) else set()
