"""Keeps the index of search in step with the messages. This runs on the writing thread of the Database.

The index is an FTS5 table that keeps no copy of what it indexes. Each word in it begins with its channel (`scope`),
and its row is the number of its message. So a search reads what is in the channels that somebody may see, the newest
first, and nothing else: its time tells nothing of other channels. A row is of all messages that have its number, each
in a channel of its own.

The fact `search` says how the index was made. Unless that is FORM, it is not used: the next start builds it anew.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from tornado_chat.chat.models import Message
from tornado_chat.chat.words import VERSION, documents_of
from tornado_chat.config import speed
from tornado_chat.storage.sqlite.migrations.search import AUTOMERGE, INDEX
from tornado_chat.storage.sqlite.queries import LARGEST, SHIFT, table

FORM = f"1 {VERSION}"
SCOPE = 5  # characters of a scope
AT_ONCE = 512  # rows of one statement

log = logging.getLogger("tornado_chat")

_loads = speed.loads or json.loads

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CURRENT = "SELECT 1 FROM facts WHERE name = 'search' AND value = ?"
_INSERT = "INSERT OR FAIL INTO search_index (rowid, words) SELECT column1, column2 FROM {given} WHERE column1 NOTNULL"
_DELETE = (
    "INSERT INTO search_index (search_index, rowid, words)"
    " SELECT 'delete', column1, column2 FROM {given} WHERE column1 NOTNULL"
)
#: Since when the index has segments with words that were removed (ms since 1970); see index_merging.py.
_REMOVED = "INSERT OR IGNORE INTO facts VALUES ('search-removed', ?)"
_STORED = """
SELECT json_group_array(json_array(id, sender, text, json(extra))) FROM (
    SELECT id, sender, text, extra FROM messages WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?
)
"""


#: What the index has of a message: its number in its channel, and words with their scope; "" for none.
Entry = tuple[int, str]


@lru_cache(50_000)
def scope(no: int) -> str:
    """Return what the words of a channel begin with, by its number. Scopes sort as the numbers do."""
    digits = ""
    for _ in range(SCOPE):
        no, digit = divmod(no, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def entry(id: int, sender: int | None, message: Message) -> Entry:
    """Return what the index has of a message. sender: its number."""
    return entries([(id, sender, message)])[0]


def entries(messages: Sequence[tuple[int, int | None, Message]]) -> list[Entry]:
    """Return what the index has of messages, each with its id and the number of its sender."""
    found = []
    documents = documents_of([message for _, _, message in messages])
    for (id, sender, _), document in zip(messages, documents, strict=True):
        seq, words = id & LARGEST, ""
        if document is not None:
            tokens, marks = document
            if marks:
                tokens += [f"#{mark}" for mark in marks]
            if sender is not None:
                tokens.append(f"#{sender}")
            if tokens:
                begin = scope(id >> SHIFT)
                words = begin + f" {begin}".join(tokens)
        found.append((seq, words))
    return found


def stored(connection: sqlite3.Connection, first: int, last: int, limit: int = -1) -> list[tuple[int, Entry]]:
    """Return the first messages between two ids, both included: the id and the entry of each."""
    found = _loads(connection.execute(_STORED, (first, last, limit)).fetchone()[0])
    rows = [(id, sender, Message("", text, None, 0, extra=extra)) for id, sender, text, extra in found]
    return [(row[0], entry) for row, entry in zip(rows, entries(rows), strict=True)]


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether the index has all messages, as this server makes their entries."""
    return connection.execute(_CURRENT, (FORM,)).fetchone() is not None


def add(connection: sqlite3.Connection, messages: Sequence[tuple[int, int | None, Message]]) -> None:
    """Add new messages, each with its id and the number of its sender."""
    if is_current(connection):
        insert(connection, entries(messages))


def insert(connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    """Add entries, whether or not the index is current."""
    rows: dict[int, str] = {}
    for seq, words in entries:
        if words:
            rows[seq] = f"{rows[seq]} {words}" if seq in rows else words
    _execute(connection, _INSERT, sorted(rows.items()))  # FTS5 writes at once what is in order


def remove(connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    """Remove the entries of messages that were in the index."""
    with _changing(connection) as is_current:
        if is_current:
            _remove(connection, sorted(one for one in entries if one[1]))


def replace(connection: sqlite3.Connection, old: Entry, new: Entry) -> None:
    """Replace the entry of a message that was changed."""
    if old != new:
        with _changing(connection) as is_current:
            if is_current:
                _remove(connection, [old] if old[1] else [])
                insert(connection, [new])


def _remove(connection: sqlite3.Connection, entries: list[Entry]) -> None:
    # FTS5 refuses to delete more rows than were inserted; here, one may have the messages of several channels.
    _execute(connection, _INSERT, [(seq, "") for seq, _ in entries])
    _execute(connection, _DELETE, entries)
    connection.execute(_REMOVED, (str(int(time.time() * 1000)),))


def _execute(connection: sqlite3.Connection, statement: str, rows: list[tuple[int, str]] | list[Entry]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        given, values = table(rows[start : start + AT_ONCE])
        connection.execute(statement.format(given=given), values)


@contextlib.contextmanager
def _changing(connection: sqlite3.Connection) -> Iterator[bool]:
    """Say whether the index is current. If it is found to be damaged, it is not any more; the messages are.

    An index that is being built is begun anew: it may have what is changed, or not.
    """
    if not is_current(connection):
        forget(connection)
        yield False
        return
    connection.execute("SAVEPOINT indexing")
    try:
        yield True
        connection.execute("RELEASE indexing")  # which has FTS5 write
    except DAMAGES as error:
        if not is_damage(error) or not connection.in_transaction:  # which SQLite may have ended: see writer.py
            raise
        log_damage(error)
        connection.execute("ROLLBACK TO indexing")
        connection.execute("RELEASE indexing")
        forget(connection)


#: What SQLite raises at a damaged index; MemoryError where it says that it has more segments than memory can hold.
DAMAGES = (sqlite3.DatabaseError, MemoryError)


def is_damage(error: Exception) -> bool:
    """Return whether an error says that the index is damaged. The messages are not."""
    return isinstance(error, MemoryError) or getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CORRUPT_VTAB


def log_damage(error: Exception) -> None:
    why = str(error) or "it asks for more memory than there is"
    log.error("the index of search is damaged (%s): nothing is found until the next start builds it anew", why)


def forget(connection: sqlite3.Connection) -> bool:
    """Note that the index is to be built anew; return whether there was anything in it."""
    return connection.execute("DELETE FROM facts WHERE name GLOB 'search*'").rowcount > 0


def clear(connection: sqlite3.Connection) -> None:
    """Empty the index; it is to be built anew."""
    forget(connection)
    try:
        connection.execute("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    except DAMAGES as error:
        if not is_damage(error):
            raise
        _replace_parts(connection)


def _replace_parts(connection: sqlite3.Connection) -> None:
    """Empty an index that is so damaged that SQLite does not open it, nor drops it."""
    connection.execute(f"CREATE VIRTUAL TABLE search_empty {INDEX}")
    for part in ("data", "idx", "config"):
        connection.execute(f"DELETE FROM search_index_{part}")
        connection.execute(f"INSERT INTO search_index_{part} SELECT * FROM search_empty_{part}")
    connection.execute("DROP TABLE search_empty")
    connection.execute(AUTOMERGE)


def optimize(connection: sqlite3.Connection) -> None:
    """Write the index anew, without what was removed from it; one that is damaged is emptied."""
    try:
        connection.execute("INSERT INTO search_index (search_index) VALUES ('optimize')")
    except DAMAGES as error:
        if not is_damage(error):
            raise
        log_damage(error)
        clear(connection)
    connection.execute("DELETE FROM facts WHERE name IN ('search-removed', 'search-purge')")
