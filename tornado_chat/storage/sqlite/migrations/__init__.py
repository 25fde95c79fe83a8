"""The steps of the schema: each takes a file from one version (PRAGMA user_version) to the next, in one transaction.

A step is the SQL that makes its objects, by which a file is checked too (see schema.py), and where there is data to
bring along, a function that runs after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from tornado_chat.storage.sqlite.migrations import accounts, changes, files, messages, places, search, threads

MIGRATIONS = [messages.SQL, accounts.SQL, changes.SQL, places.SQL, threads.SQL, files.SQL, search.SQL]
#: By the version that they lead to.
MOVES: dict[int, Callable[[sqlite3.Connection], None]] = {2: accounts.move, 4: places.move, 7: search.move}
