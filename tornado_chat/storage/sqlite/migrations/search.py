"""Version 7: an index of the messages for search, and where the clock was set back."""

from __future__ import annotations

import sqlite3

from tornado_chat.storage.sqlite.queries import LARGEST, SHIFT

INDEX = """USING fts5(words, content='', columnsize=0, tokenize="ascii tokenchars '#'")"""
AUTOMERGE = "INSERT INTO search_index (search_index, rank) VALUES ('automerge', 16)"
SQL: str = f"""
    -- what is in it, and how: see indexing.py; the server fills it at its start
    CREATE VIRTUAL TABLE search_index {INDEX};
    {AUTOMERGE};
    -- channel: its number; seq: of a message that was sent before the one in front of it
    CREATE TABLE clock_steps (channel INTEGER, seq INTEGER, PRIMARY KEY (channel, seq)) WITHOUT ROWID;
    """
_BACK = f"""
SELECT id >> {SHIFT}, id & {LARGEST} FROM (
    SELECT id, time, lag(time) OVER (PARTITION BY id >> {SHIFT} ORDER BY id) AS before FROM messages
) WHERE time < before
"""


def move(connection: sqlite3.Connection) -> None:
    """Find where the clock was set back."""
    connection.execute(f"INSERT INTO clock_steps {_BACK}")
