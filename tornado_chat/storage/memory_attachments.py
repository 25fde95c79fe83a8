"""Which messages of a history in memory have which files: rows of the database that is in memory, too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.storage.sqlite import attachments, queries
from tornado_chat.storage.sqlite.direct import DirectDatabase


class MemoryAttachments:
    """An Attachments (see there). The ids of messages are made as in SQLite, for the rows alone."""

    def __init__(self, database: DirectDatabase) -> None:
        self._database = database

    def refused(self, message: Message) -> Refused | None:
        return self._database.write_now(lambda connection: attachments.refused(connection, message))

    def attach(self, message: Message) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR IGNORE INTO channels (name) VALUES (?)", (message.channel,))
            id = _id(connection, message.channel, message.seq)
            attachments.attach(connection, [(id, file) for file in attachments.files_of(message)])

        self._database.write_now(write)

    def detach(self, channel: str, seqs: Iterable[int], time: int) -> None:
        def write(connection: sqlite3.Connection) -> None:
            for seq in seqs:
                id = _id(connection, channel, seq)
                attachments.detach(connection, id, id, time)

        self._database.write_now(write)


def _id(connection: sqlite3.Connection, channel: str, seq: int) -> int:
    return ((queries.number(connection, channel) or 0) << queries.SHIFT) + seq
