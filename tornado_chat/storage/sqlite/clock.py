"""Where the clock was set back. Between two of these places of a channel, messages are in the order of their times.

So the messages of a time are found without an index of times. This runs on the writing thread of the Database.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from tornado_chat.storage.sqlite.queries import LARGEST, SHIFT

_NEWEST = f"""
SELECT max((SELECT time FROM messages WHERE id BETWEEN no << {SHIFT} AND (no << {SHIFT}) + {LARGEST}
    ORDER BY id DESC LIMIT 1)) FROM channels
"""
_NOTE = f"""
INSERT OR IGNORE INTO clock_steps SELECT id >> {SHIFT}, id & {LARGEST} FROM messages m
WHERE id IN (SELECT value FROM json_each(?)) AND time < (
    SELECT time FROM messages WHERE id BETWEEN m.id >> {SHIFT} << {SHIFT} AND m.id - 1 ORDER BY id DESC LIMIT 1
)
"""


def newest(connection: sqlite3.Connection) -> int:
    """Return the latest time (ms since 1970) at which the newest message of a channel was sent, 0 without any."""
    row = connection.execute(_NEWEST).fetchone()
    return row[0] or 0


def note_steps(connection: sqlite3.Connection, late: Sequence[int]) -> None:
    """Note which of these messages (ids) were sent before the one in front of them."""
    connection.execute(_NOTE, (json.dumps(late),))
