"""Opens the SQLite file of a data folder: for one process, durable, with a known schema; or says why not."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tornado_chat.storage.data_folder import create_file, discard, make_folder, open_or_create, sync
from tornado_chat.storage.sqlite import indexing
from tornado_chat.storage.sqlite.migrations import MIGRATIONS, MOVES
from tornado_chat.storage.sqlite.schema import missing

NAME = "chat.db"
APPLICATION = 0x54434854  # "TCHT", which the file's header says
BUSY = 1.0  # seconds of waiting for a lock that another process has on the file

log = logging.getLogger("tornado_chat")

RESTORE = "bring a backup back with: python -m tornado_chat restore FILE"


class DatabaseError(Exception):
    """A file or folder that cannot be used. One line says why, and what to do."""


class MissingError(DatabaseError):
    """There is no such file."""


def look_for(path: Path) -> None:
    """Check that a file exists: MissingError if not, DatabaseError if it is no file or the check is not allowed."""
    try:
        if stat.S_ISREG(path.stat().st_mode):
            return
    except (FileNotFoundError, NotADirectoryError):
        hint = "; give the data folder of a server with --data-dir" if path.name == NAME else ""
        raise MissingError(f"{path} is not there{hint}") from None
    except OSError as error:
        raise DatabaseError(f"{path} cannot be read: {error.strerror}") from None
    raise DatabaseError(f"{path} is not a file")


def lock_folder(folder: Path) -> int:
    """Lock a data folder for this process, making it if it is missing; return the lock, to be closed."""
    try:
        make_folder(folder)
        lock = open_or_create(folder / "lock")
    except OSError as error:
        said = error.strerror if isinstance(error, FileExistsError) else f"cannot be used: {error.strerror}"
        raise DatabaseError(f"{folder} {said}; take another --data-dir") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        why = "is in use by another server; stop it first" if isinstance(error, BlockingIOError) else error.strerror
        raise DatabaseError(f"{folder} {why}, or take another --data-dir") from None
    return lock


def connect(path: Path, mode: str = "rw", **options: Any) -> sqlite3.Connection:
    """Return a connection to an existing file. Any thread may use it; no transaction begins by itself."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection: sqlite3.Connection = sqlite3.connect(
        uri, timeout=BUSY, uri=True, isolation_level=None, check_same_thread=False, **options
    )
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection for reading a file that a server may be writing.

    If the file or folder is read-only, nothing is created: SQLite would put files beside it that keep the next server
    from writing, or refuse to open it.
    """
    if all(os.access(place, os.W_OK, effective_ids=True) for place in (path, path.parent)):
        return connect(path)
    wal, shm = Path(f"{path}-wal"), Path(f"{path}-shm")
    if shm.exists():  # of a server that runs, or was killed
        return connect(path, "ro")
    if wal.exists() and wal.stat().st_size:
        raise DatabaseError(
            f"{path} cannot be read where nothing can be written, as a part of it is still in {wal.name}: "
            f"copy both into another folder, and give that with --data-dir"
        )
    return connect(path, "ro&immutable=1")


def pragma(connection: sqlite3.Connection, words: str) -> Any:
    row = connection.execute(f"PRAGMA {words}").fetchone()
    return row and row[0]


def version_of(connection: sqlite3.Connection, path: Path, cure: str = "") -> int:
    """Return the version of a file's schema, 0 for an empty file; DatabaseError if this server cannot use it.

    cure: what to do about a damaged or foreign file, if it is not the history of a server.
    """
    try:
        version: int = pragma(connection, "user_version")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and pragma(connection, "application_id") != APPLICATION:
            cure = cure or "move it away or take another --data-dir"
            raise DatabaseError(f"{path} is no history of this server; {cure}")
    except sqlite3.Error as error:
        why = f"{path} cannot be read ({reason(error, path)})"
        damaged = error_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        raise DatabaseError(f"{why}; {cure or RESTORE}" if damaged else why) from None
    if version > len(MIGRATIONS):
        raise DatabaseError(
            f"{path} was written by a newer server (schema {version}, this one knows {len(MIGRATIONS)}): "
            "install that one, or restore an older backup"
        )
    return version


def copy(source: sqlite3.Connection, path: Path, inherit: bool = True) -> None:
    """Copy what is committed to a new file, whole and synced, or not at all. OSError if that fails.

    The index of search is left out, as it has words of what was deleted. inherit: as for create_file.
    """
    made, lean = (path.with_name(f".{path.name}.{secrets.token_hex(4)}") for _ in range(2))
    os.close(create_file(made, inherit))
    try:
        with contextlib.closing(connect(made)) as target:
            source.backup(target)
            pragma(target, "journal_mode=DELETE")  # one file, no WAL beside it
            pragma(target, "secure_delete=1")
            target.execute("DELETE FROM facts WHERE name = 'mark'")  # of the running server's file alone (watch.py)
            if indexing.forget(target):
                indexing.clear(target)
                os.close(create_file(lean, inherit))
                target.execute("VACUUM INTO ?", (str(lean),))
                os.replace(lean, made)
        sync(made)
        os.link(made, path)  # unlike a rename it never replaces
        sync(path.parent)
    finally:
        made.unlink()
        discard(lean)


def migrate(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Bring a file to the newest schema, after copying an older one to a file beside it."""
    if version == len(MIGRATIONS):
        return
    if version:
        kept = path.with_name(f"{path.name}.v{version}.bak")
        if not kept.exists():
            copy(connection, kept)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number, step in enumerate(MIGRATIONS[version:], version + 1):
            for statement in _statements(step):
                connection.execute(statement)
            if number in MOVES:
                MOVES[number](connection)
        for words in (f"application_id={APPLICATION}", f"user_version={len(MIGRATIONS)}"):
            pragma(connection, words)
        connection.execute("INSERT OR IGNORE INTO facts VALUES ('epoch', ?)", (secrets.token_hex(8),))
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for piece in script.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):  # that semicolon was in no comment and no text
            yield statement
            statement = ""


def open_file(path: Path) -> sqlite3.Connection:
    """Return a connection for writing, durable and with the newest schema; DatabaseError if that is impossible."""
    with explained(path, "opened"), contextlib.ExitStack() as failed:
        if path.exists() and not path.stat().st_size:
            log.warning("%s was empty; if there was a history in it, stop the server and %s", path, RESTORE)
        os.close(open_or_create(path))  # not what the umask would allow
        connection = failed.enter_context(contextlib.closing(connect(path, cached_statements=256)))
        version = version_of(connection, path)
        # Of a new file. Random refs touch a page each, which is then written whole: a smaller one costs less.
        pragma(connection, "page_size=2048")
        mode = pragma(connection, "journal_mode=WAL")  # where it cannot, it says so without an error
        if mode != "wal":
            raise DatabaseError(f"{path}: no write-ahead log here (it stays {mode}); put --data-dir on a local disk")
        for words in ("synchronous=FULL", "wal_autocheckpoint=0", "journal_size_limit=67108864", "cache_size=-32768"):
            pragma(connection, words)
        pragma(connection, "secure_delete=1")  # or backups would have what was deleted before them, in unused parts
        migrate(connection, path, version)
        if lacks := missing(connection, MIGRATIONS):
            raise DatabaseError(f"{path} is damaged: it has no {lacks[0]}; {RESTORE}")
        sync(path.parent)
        failed.pop_all()
    return connection


@contextlib.contextmanager
def explained(path: Path, what: str) -> Iterator[None]:
    """Turn an error of SQLite or the disk into a DatabaseError: why the file cannot be `what` (opened, written …)."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise DatabaseError(f"{path} cannot be {what}: {reason(error, path)}") from None


def error_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def reason(error: sqlite3.Error | OSError, path: Path) -> str:
    """Return in a few words why a file cannot be used: SQLite often says only `disk I/O error`."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    with contextlib.suppress(OSError):
        disk = os.statvfs(path.parent)
        is_full = not disk.f_bavail or (disk.f_files and not disk.f_favail)
        if is_full and error_code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
            return "the disk is full"
        if error_code(error) in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            if disk.f_flag & os.ST_RDONLY:
                return "the file system is read-only"
            if not os.access(path.parent, os.W_OK, effective_ids=True):
                return f"{path.parent} cannot be written"
    return str(error)
