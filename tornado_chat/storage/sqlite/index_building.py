"""Builds the index of search from the messages, in pieces. What is killed goes on where it was."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path

from tornado_chat.storage.sqlite.checkpoints import CHECKPOINT
from tornado_chat.storage.sqlite.files import NAME, explained, lock_folder, look_for, open_file
from tornado_chat.storage.sqlite.indexing import FORM, clear, insert, is_current, stored

PIECE = 10_000  # messages of one transaction
TELL = 10.0  # seconds between two lines of the log
_LAST = 2**63 - 1

log = logging.getLogger("tornado_chat")

_LEFT = "SELECT count(*) FROM messages WHERE id > ?"
_SET = "INSERT OR REPLACE INTO facts VALUES (?, ?)"


def reindex(folder: Path) -> int:
    """Build the index of a data folder anew; return how many messages are in it. No server may be running."""
    path = folder / NAME
    look_for(path)
    with contextlib.ExitStack() as ended:
        ended.callback(os.close, lock_folder(folder))
        with contextlib.closing(open_file(path)) as connection, explained(path, "indexed"):
            return build(connection, anew=True)


def build(connection: sqlite3.Connection, anew: bool = False) -> int:
    """Build the index if it is not current; return how many messages are in it now that were not before.

    anew: in any case. Nobody may write meanwhile.
    """
    if is_current(connection) and not anew:
        return 0
    done = None if anew else _done(connection)
    if done is None:
        done = 0
        _clear(connection)
    left: int = connection.execute(_LEFT, (done,)).fetchone()[0]
    if left:
        log.info("the index of search is built from %s messages; the server starts after that", f"{left:,}")
    count, began = 0, time.monotonic()
    told = began
    while (some := _add(connection, done)) is not None:
        size, done = some
        count += size
        connection.execute(CHECKPOINT).fetchall()
        if time.monotonic() - told > TELL:
            told = time.monotonic()
            log.info("%s of %s messages are in the index of search", f"{count:,}", f"{left:,}")
    if left:
        log.info("the index of search is built, in %.1f s", time.monotonic() - began)
    return left


def _done(connection: sqlite3.Connection) -> int | None:
    """Return the id of the last message that a building that was interrupted has come to, None if there was none."""
    row = connection.execute("SELECT value FROM facts WHERE name = 'search-built'").fetchone()
    id, _, form = row[0].partition(" ") if row else ("", "", "")
    return int(id) if form == FORM else None


def _clear(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        clear(connection)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _add(connection: sqlite3.Connection, after: int) -> tuple[int, int] | None:
    """Add the next messages; return how many, and the id of the last. None: these were all, the index is current."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        some = stored(connection, after + 1, _LAST, PIECE)
        insert(connection, [entry for _, entry in some])
        if some:
            connection.execute(_SET, ("search-built", f"{some[-1][0]} {FORM}"))
        else:
            connection.execute("DELETE FROM facts WHERE name = 'search-built'")
            connection.execute(_SET, ("search", FORM))
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return (len(some), some[-1][0]) if some else None
