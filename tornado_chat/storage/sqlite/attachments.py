"""Which messages have which files, and what becomes of files that none has. These run on a thread of the Database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import no_file
from tornado_chat.chat.models import Message
from tornado_chat.storage.file_rows import files_of

__all__ = ["attach", "detach", "erase", "files_of", "refused", "remove"]

_THESE = "IN (SELECT value FROM json_each(?))"
_UNUSED = (
    f"UPDATE blobs SET unused = ? WHERE name {_THESE}"
    " AND NOT EXISTS (SELECT 1 FROM file_blobs WHERE blob = blobs.name)"
)
_LEFT = "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM attachments WHERE file = value)"


def refused(connection: sqlite3.Connection, message: Message) -> Refused | None:
    """Return why a message cannot have the files that it says: one of them is not there any more."""
    ids = files_of(message)
    asked = f"SELECT count(*) FROM files WHERE id {_THESE}"
    count = connection.execute(asked, (json.dumps(ids),)).fetchone()[0]
    return None if count == len(set(ids)) else no_file()


def attach(connection: sqlite3.Connection, pairs: Sequence[tuple[int, str]]) -> None:
    """Note that messages have files: pairs of ids."""
    connection.executemany("INSERT INTO attachments SELECT ?, no FROM files WHERE id = ?", pairs)
    posted = f"UPDATE files SET posted = 1 WHERE NOT posted AND id {_THESE}"
    connection.execute(posted, (json.dumps([file for _, file in pairs]),))


def detach(connection: sqlite3.Connection, first: int, last: int, now: int) -> None:
    """Note that the messages between two ids have no files any more; what no other message has goes. now: in ms."""
    some = "SELECT json_group_array(DISTINCT file) FROM attachments WHERE message BETWEEN ? AND ?"
    files = connection.execute(some, (first, last)).fetchone()[0]
    if files == "[]":
        return
    connection.execute("DELETE FROM attachments WHERE message BETWEEN ? AND ?", (first, last))
    remove(connection, [no for (no,) in connection.execute(_LEFT, (files,))], now)


def remove(connection: sqlite3.Connection, files: Collection[int], now: int) -> None:
    """Delete files (numbers) that no message has. Bytes that no other file has are unused from now on."""
    if not files:
        return
    these = json.dumps(list(files))
    blobs = f"SELECT json_group_array(DISTINCT blob) FROM file_blobs WHERE file {_THESE}"
    names = connection.execute(blobs, (these,)).fetchone()[0]
    connection.execute(f"DELETE FROM file_blobs WHERE file {_THESE}", (these,))
    connection.execute(f"DELETE FROM uploads WHERE file NOTNULL AND file {_THESE}", (these,))
    connection.execute(f"INSERT INTO files_gone SELECT ?, taken FROM files WHERE no {_THESE}", (now, these))
    connection.execute(f"DELETE FROM files WHERE no {_THESE}", (these,))
    connection.execute(_UNUSED, (now, names))


def erase(connection: sqlite3.Connection, people: Sequence[str], now: int) -> None:
    """Delete the pictures of people (ids), and what they have uploaded and not posted.

    What is posted stays with the messages, as nobody's.
    """
    these = json.dumps(list(people))
    pictures = connection.execute(f"DELETE FROM pictures WHERE owner {_THESE} RETURNING file", (these,)).fetchall()
    remove(connection, [no for (no,) in pictures], now)
    connection.execute(f"DELETE FROM uploads WHERE owner {_THESE}", (these,))
    unposted = f"SELECT no FROM files WHERE owner {_THESE} AND NOT posted"
    remove(connection, [no for (no,) in connection.execute(unposted, (these,))], now)
    connection.execute(f"UPDATE files SET owner = '' WHERE owner {_THESE}", (these,))
