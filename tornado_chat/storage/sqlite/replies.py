"""Stores replies in threads, with what becomes of their roots. This runs on the writing thread of the Database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from tornado_chat.chat.changes import Change, Changed
from tornado_chat.chat.models import Message
from tornado_chat.chat.replies import LOOKED_AT, replied, without_reply
from tornado_chat.chat.words import marks_of
from tornado_chat.storage.replies import Replies
from tornado_chat.storage.sqlite import indexing
from tornado_chat.storage.sqlite.queries import SHIFT, end, single, table

#: Returns the numbers of users; see Numbers.
Senders = Callable[[sqlite3.Connection, Iterable[str]], Mapping[str, int]]
_FRONT = "SELECT coalesce(back, id) FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1"
_FOLLOW = (
    "INSERT INTO follows SELECT column1, column2, column3, 1 FROM {given}"
    " WHERE column1 NOTNULL AND EXISTS (SELECT 1 FROM messages WHERE id = column2)"  # else the root was trimmed away
    " ON CONFLICT (user, root) DO UPDATE SET followed = coalesce(followed, 1)"
)
_READ = (
    "UPDATE follows SET read = max(read, column3) FROM {given} g WHERE g.column1 = user AND g.column2 = root"
    " AND g.column1 NOTNULL"
)
_LEFT = f"""
SELECT s.id, r.time FROM (
    SELECT id, sender, time, extra FROM messages INDEXED BY threads
    WHERE thread = ? ORDER BY id DESC LIMIT {LOOKED_AT}
) r LEFT JOIN senders s ON s.no = r.sender WHERE r.extra ->> 'deleted' IS NULL ORDER BY r.id DESC
"""


class SqliteReplies(Replies):
    """The replies of one transaction, and their roots in the database."""

    def __init__(self, connection: sqlite3.Connection, senders: Senders) -> None:
        super().__init__(partial(single, connection))
        self._connection = connection
        self._senders = senders

    def front(self, start: int) -> int:
        """Return the id of the newest message of a channel's timeline, as `places` asks for it."""
        row = self._connection.execute(_FRONT, (start, end(start >> SHIFT))).fetchone()
        return row[0] if row else start

    def write(self) -> None:
        """Store the roots, and who follows them."""
        for before, root in self.changed():
            store_root(self._connection, self._senders, before, root)
        follow(self._connection, self._senders, self.readers, self.wrote)


def store_root(connection: sqlite3.Connection, senders: Senders, before: Message, root: Message) -> None:
    """Store a root with its new `replies`."""
    id = int(root.id)
    values = (id >> SHIFT << SHIFT) + root.rev, json.dumps(root.extra) if root.extra else None, id
    connection.execute("UPDATE messages SET rev_key = ?, extra = ? WHERE id = ?", values)
    if marks_of(before) != marks_of(root):
        sender = senders(connection, {root.sender.id})[root.sender.id] if root.sender else None
        indexing.replace(connection, indexing.entry(id, sender, before), indexing.entry(id, sender, root))


def follow(
    connection: sqlite3.Connection,
    senders: Senders,
    readers: Mapping[tuple[int, str], int],
    wrote: Mapping[tuple[int, str], int] = MappingProxyType({}),
) -> None:
    """Let users follow threads, unless they do not want to.

    readers, wrote: by the id of a root and a user, up to where they have read. Of the readers, whoever has a position
    keeps it; who wrote has read at least so far.
    """
    numbers = senders(connection, {user for _, user in readers})
    for statement, some in ((_FOLLOW, readers), (_READ, wrote)):
        rows = [(numbers[user], root, read) for (root, user), read in some.items() if user in numbers]
        if rows:
            given, values = table(rows)
            connection.execute(statement.format(given=given), values)


def deleted(
    connection: sqlite3.Connection, senders: Senders, change: Change, reply: Message, number: int
) -> Changed | None:
    """Store what becomes of the root by the deletion of a reply under a number; None if it is not there any more."""
    root = single(connection, reply.channel, reply.thread or 0)
    if root is None:
        return None
    left = connection.execute(_LEFT, (int(root.id),)).fetchall()
    before = replace(root)
    changed = replied(root, without_reply(root, left), number, change.user, change.time)
    store_root(connection, senders, before, root)
    return changed
