"""What a history's tables must agree on about files, and the bytes that are to be there for them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from tornado_chat.chat.files import GRACE, Blob
from tornado_chat.storage.blobs.folder import all_blobs, copying, digest, has, place

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
_PICTURES = "SELECT count(*) FROM pictures WHERE file NOT IN (SELECT no FROM files WHERE posted)"
#: What is wrong, and the query for the ids of its files.
_FILES = {
    "is posted, but no message has it": (
        "SELECT id FROM files WHERE posted AND NOT EXISTS (SELECT 1 FROM attachments WHERE file = no)"
        " AND no NOT IN (SELECT file FROM pictures)"
    ),
    "is not posted, but a message has it": (
        "SELECT id FROM files WHERE NOT posted AND EXISTS (SELECT 1 FROM attachments WHERE file = no)"
    ),
    "has bytes that are not known": (
        "SELECT id FROM files WHERE NOT EXISTS (SELECT 1 FROM file_blobs b JOIN blobs ON blobs.name = b.blob"
        " WHERE b.file = no AND b.blob = files.blob AND blobs.size = files.size)"
    ),
    "has bytes that count as unused": (
        "SELECT id FROM files JOIN file_blobs b ON b.file = no JOIN blobs ON blobs.name = b.blob WHERE unused NOTNULL"
    ),
}
_COUNTED = """
SELECT owner, sum(size) FROM (
    SELECT owner, max(size, 4096) AS size FROM files
    UNION ALL SELECT owner, max(size, 4096) FROM uploads WHERE file IS NULL
    UNION ALL SELECT '*', taken FROM files
    UNION ALL SELECT '*', taken FROM files_gone
    UNION ALL SELECT '*', max(size, 4096) FROM uploads WHERE file IS NULL
) GROUP BY owner
"""
_SPACE = "SELECT owner, bytes FROM file_space WHERE bytes != 0"
_USED = "SELECT DISTINCT b.name, b.size FROM file_blobs f JOIN blobs b ON b.name = f.blob"
_ORPHANED = (
    "SELECT count(*) FROM blobs WHERE unused IS NULL AND NOT EXISTS (SELECT 1 FROM file_blobs WHERE blob = name)"
)
_CURE = "a file that people share; copy it from the folder FILE.files of a backup"
MOST = 20  # of one rule that are named


def are_there(connection: sqlite3.Connection) -> bool:
    """Return whether the schema of a history has files."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'file_blobs'").fetchone() is not None


def used_blobs(connection: sqlite3.Connection) -> list[Blob]:
    """Return the blobs that files have."""
    return [Blob(*row) for row in connection.execute(_USED)] if are_there(connection) else []


def contradictions(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong in the tables of files, one line each."""
    for words, query in _FILES.items():
        for (id,) in connection.execute(f"{query} LIMIT {MOST}"):
            yield f"file {id} {words}"
    if count := connection.execute(_PICTURES).fetchone()[0]:
        yield f"the pictures of {count} people are not there"
    if count := connection.execute(_ORPHANED).fetchone()[0]:
        yield f"the bytes of {count} files that are gone are not to be deleted"
    wrong = f"SELECT owner FROM ({_COUNTED} EXCEPT {_SPACE}) UNION SELECT owner FROM ({_SPACE} EXCEPT {_COUNTED})"
    for (owner,) in connection.execute(f"{wrong} LIMIT {MOST}"):
        yield f"the files of {json.dumps(owner)} are counted wrongly"


def known_blobs(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all blobs that there may be."""
    return {name for (name,) in connection.execute("SELECT name FROM blobs")} if are_there(connection) else set()


def damages(
    folder: Path, used: Sequence[Blob], known: Collection[str], now: float, hashes: bool = False
) -> Iterator[str]:
    """Yield what is wrong with the bytes in a folder of blobs, one line each. now: s since 1970.

    hashes: whether all of them are read. What a server that runs is about to store or to delete is no damage.
    """
    with copying(folder):
        for blob in used:
            path = place(folder, blob.name)
            if not has(folder, blob):
                size = path.stat().st_size if path.exists() else None
                wrong = "is lost" if size is None else f"has {size:,} bytes, not {blob.size:,}"
                yield f"{path} {wrong}: {_CURE}"
            elif hashes and digest(path) != blob.name:
                yield f"{path} was changed: {_CURE}"
        orphans = [name for name in all_blobs(folder) if name not in known and _is_old(place(folder, name), now)]
    if orphans:
        some = f"{len(orphans)} files that nobody has, such as {min(orphans)}"
        yield f"{folder} has {some}; the server deletes them within an hour after its start"


def _is_old(path: Path, now: float) -> bool:
    try:
        return now - path.stat().st_mtime > 2 * GRACE
    except FileNotFoundError:
        return False
