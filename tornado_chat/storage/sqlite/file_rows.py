"""The rows of files and uploads in SQLite."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence

from tornado_chat.chat.files import Expired, File, Shown, Space, Upload, no_file
from tornado_chat.storage.file_rows import ALL, PIECE, blobs_of, check_space, more_of, taken_by, to_file
from tornado_chat.storage.sqlite import attachments
from tornado_chat.storage.sqlite.queries import LARGEST, SHIFT
from tornado_chat.storage.sqlite.repository import Repository, reads, writes

_THESE = "IN (SELECT value FROM json_each(?))"
_USED = "SELECT coalesce(max(bytes), 0) FROM file_space WHERE owner = ?"
_UPLOAD = "SELECT u.id, u.owner, u.name, u.size, coalesce(f.id, '') FROM uploads u LEFT JOIN files f ON f.no = u.file"
_FILE = "json_array(id, owner, name, type, made, json_array(blob, size), json(more))"
_SHOWN = (
    f"SELECT c.name, a.message & {LARGEST} FROM files f CROSS JOIN attachments a ON a.file = f.no"
    f" JOIN channels c ON c.no = a.message >> {SHIFT} WHERE f.id = ? ORDER BY a.message DESC"
)
_KEPT = "INSERT INTO blobs VALUES (?, ?, NULL) ON CONFLICT (name) DO UPDATE SET unused = NULL"


class SqliteFiles(Repository):
    """A FileRepository (see there)."""

    @writes
    def reserve(self, connection: sqlite3.Connection, upload: Upload, space: Space) -> None:
        used, used_by_all = (connection.execute(_USED, (who,)).fetchone()[0] for who in (upload.owner, ALL))
        check_space(upload, space, used, used_by_all)
        row = (*upload[:4], int(time.time() * 1000), None)
        connection.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)", row)

    @reads
    def upload(self, connection: sqlite3.Connection, id: str) -> Upload | None:
        row = connection.execute(f"{_UPLOAD} WHERE u.id = ?", (id,)).fetchone()
        return row and Upload(*row)

    async def release(self, uploads: Sequence[str]) -> None:
        if uploads:
            await self._release(uploads)

    @writes
    def _release(self, connection: sqlite3.Connection, uploads: Sequence[str]) -> None:
        connection.execute(f"DELETE FROM uploads WHERE id {_THESE}", (json.dumps(list(uploads)),))

    @reads
    def waiting(self, connection: sqlite3.Connection, before: int) -> Sequence[str]:
        found = connection.execute("SELECT id FROM uploads WHERE made < ? AND file IS NULL", (before,))
        return [id for (id,) in found]

    @writes
    def add(self, connection: sqlite3.Connection, file: File, upload: str) -> None:
        if connection.execute("SELECT 1 FROM uploads WHERE id = ? AND file IS NULL", (upload,)).fetchone() is None:
            raise no_file()
        connection.execute("UPDATE uploads SET file = ? WHERE id = ?", (_insert(connection, file), upload))

    @reads
    def files(self, connection: sqlite3.Connection, ids: Sequence[str]) -> list[File]:
        asked = f"SELECT json_group_array({_FILE}) FROM files WHERE id {_THESE}"
        rows = json.loads(connection.execute(asked, (json.dumps(list(ids)),)).fetchone()[0])
        found = {row[0]: to_file(*row) for row in rows}
        return [found[id] for id in ids if id in found]

    @reads
    def shown(self, connection: sqlite3.Connection, file: str) -> list[Shown]:
        return [Shown(*row) for row in connection.execute(_SHOWN, (file,))]

    @reads
    def used(self, connection: sqlite3.Connection, owner: str | None = None) -> int:
        return int(connection.execute(_USED, (ALL if owner is None else owner,)).fetchone()[0])

    @reads
    def pictures(self, connection: sqlite3.Connection) -> Mapping[str, str]:
        return dict(connection.execute("SELECT p.owner, f.id FROM pictures p JOIN files f ON f.no = p.file"))

    @writes
    def set_picture(self, connection: sqlite3.Connection, of: str, file: File | None) -> None:
        before = connection.execute("DELETE FROM pictures WHERE owner = ? RETURNING file", (of,)).fetchall()
        attachments.remove(connection, [no for (no,) in before], int(time.time() * 1000))
        if file is not None:
            connection.execute("INSERT INTO pictures VALUES (?, ?)", (of, _insert(connection, file, posted=True)))

    @writes
    def expire(self, connection: sqlite3.Connection, unposted: int, unused: int) -> Expired:
        old = "SELECT no FROM files WHERE NOT posted AND made < ? LIMIT ?"
        files = [no for (no,) in connection.execute(old, (unposted, PIECE))]
        attachments.remove(connection, files, int(time.time() * 1000))
        connection.execute("DELETE FROM uploads WHERE made < ? AND file NOTNULL", (unposted,))
        connection.execute("DELETE FROM files_gone WHERE time < ?", (unused,))
        gone = "SELECT name FROM blobs WHERE unused NOTNULL AND unused < ? LIMIT ?"
        blobs = [name for (name,) in connection.execute(gone, (unused, PIECE))]
        connection.execute(f"DELETE FROM blobs WHERE name {_THESE}", (json.dumps(blobs),))
        return Expired(blobs, PIECE in (len(files), len(blobs)))

    @reads
    def unknown(self, connection: sqlite3.Connection, blobs: Sequence[str]) -> Sequence[str]:
        asked = "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE name = value)"
        return [name for (name,) in connection.execute(asked, (json.dumps(list(blobs)),))]


def _insert(connection: sqlite3.Connection, file: File, posted: bool = False) -> int:
    """Store a file; return its number."""
    row = (file.id, file.owner, file.name, file.type, file.made, *file.blob, posted, more_of(file), taken_by(file))
    columns = "id, owner, name, type, made, blob, size, posted, more, taken"
    no = connection.execute(f"INSERT INTO files ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row).lastrowid
    assert no is not None
    for blob in blobs_of(file):
        connection.execute(_KEPT, blob)
        connection.execute("INSERT OR IGNORE INTO file_blobs VALUES (?, ?)", (no, blob.name))
    return no
