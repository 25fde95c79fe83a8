"""Numbers messages and changes, and inserts messages. This runs on the writing thread of the Database."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tornado_chat.chat.changes import Replied
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.history import noted
from tornado_chat.chat.mentions import CHANNEL
from tornado_chat.chat.models import Message
from tornado_chat.config import speed
from tornado_chat.storage.sqlite import attachments, clock, indexing, mentions
from tornado_chat.storage.sqlite.queries import LAST, SHIFT, Known, known, table
from tornado_chat.storage.sqlite.replies import SqliteReplies
from tornado_chat.storage.sqlite.writer import Database

REMEMBERED = 50_000  # channels and senders whose numbers are cached
MOST_CHANNELS = 2**23  # numbers of channels: with SHIFT bits of a `seq` they fill an id

_loads = speed.loads or json.loads

_GIVEN = "WHERE column1 NOTNULL"
_PLAIN = "id, sender, name, text, time, ref"


class Stored(NamedTuple):
    """The new messages of a batch, and for each of all the one that is stored, or why it is not."""

    new: Sequence[Message | Replied]
    kept: Sequence[Message | Refused]


class Numbers:
    """The writer's cache: the numbers of channels and senders, and the last `seq` of each channel."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rollbacks = 0
        self._channels: dict[str, tuple[int, int]] = {}
        self._senders: dict[str, int] = {}
        self._newest: int | None = None  # of the times of all messages

    def store(self, connection: sqlite3.Connection, messages: Sequence[Message]) -> Stored:
        """Number and insert the messages whose (sender, `ref`) is new, in the open transaction."""
        self.refresh()
        kept: dict[int, Message | Refused] = {}  # by id(), of those that are not stored
        sound = messages
        if not is_text(messages):
            sound = [message for message in messages if is_text([message])]
            kept = {id(one): no_text() for one in messages if not is_text([one])}
        known = self._known(connection, sound)
        self._prepare(connection, sound)
        new, rows, extended = [], [], []
        indexed: list[tuple[int, int | None, Message]] = []
        newest = clock.newest(connection) if self._newest is None else self._newest
        late: list[int] = []
        replies: SqliteReplies | None = None
        for message in sound:
            sender = message.sender
            if sender and message.ref is not None:
                key = (sender.id, message.ref)
                if key in known.changes or known.messages.setdefault(key, message) is not message:
                    kept[id(message)] = known.kept(message, key)
                    continue
            if message.extra is not None:
                refused = attachments.refused(connection, message) if "files" in message.extra else None
                if refused is None and "thread" in message.extra:
                    replies = replies or SqliteReplies(connection, self.senders)
                    refused = replies.refused(message)
                if refused is not None:
                    kept[id(message)] = refused
                    if sender:
                        known.messages.pop((sender.id, message.ref or ""), None)
                    continue
            no, last = self._channels[message.channel]
            self._channels[message.channel] = no, last + 1
            message.seq = last + 1
            number = (no << SHIFT) + message.seq
            message.id = str(number)
            who = (None, None) if sender is None else (self._senders[sender.id], sender.name)
            new.append(message)
            indexed.append((number, who[0], message))
            if message.time < newest:
                late.append(number)
            else:
                newest = message.time
            row = (number, *who, message.text, message.time, message.ref)
            if message.extra is None:
                rows.append(row)
            else:
                extended.append((*row, json.dumps(message.extra), id(message)))
                if replies is not None and "thread" in message.extra:
                    replies.add(message)
        places = {} if replies is None else replies.places(new, replies.front)
        further = [(*row, *places.get(of, (None, None))) for *row, of in extended]
        for some, columns in ((rows, _PLAIN), (further, f"{_PLAIN}, extra, thread, back")):
            if some:
                # OR FAIL: ABORT would keep a journal to undo this statement; here the transaction is rolled back.
                given, values = table(some)
                connection.execute(f"INSERT OR FAIL INTO messages ({columns}) SELECT * FROM {given} {_GIVEN}", values)
        if extended:
            growing = [(int(one.id),) for one in new if one.extra and "growing" in one.extra]
            connection.executemany("INSERT INTO growing VALUES (?)", growing)
            noticed = [(int(one.id), int(one.id), user, one.time) for one in new for user in noted(one)]
            self.mention(connection, noticed)
            attached = [(int(one.id), file) for one in new for file in attachments.files_of(one)]
            if attached:
                attachments.attach(connection, attached)
        self._newest = newest
        if late:
            clock.note_steps(connection, late)
        if replies is not None:
            replies.write()
        indexing.add(connection, indexed)
        committed = new if replies is None else replies.committed(new)
        return Stored(committed, [kept.get(id(one), one) for one in messages] if kept else messages)

    def refresh(self) -> None:
        """Forget what a transaction that failed may have changed."""
        if self._rollbacks != self._database.rollbacks or len(self._channels) + len(self._senders) > REMEMBERED:
            self._rollbacks = self._database.rollbacks
            self._channels.clear()
            self._senders.clear()

    def _known(self, connection: sqlite3.Connection, messages: Sequence[Message]) -> Known:
        named = [(one.sender.id, one.ref) for one in messages if one.sender is not None and one.ref is not None]
        unknown = {sender for sender, _ in named if sender not in self._senders}
        if unknown:
            self._senders.update(_numbers(connection, "senders", "id", "no", unknown))
        keys = [(self._senders[sender], ref) for sender, ref in named if sender in self._senders]
        return known(connection, keys) if keys else Known({}, {}, set())

    def draw(self, connection: sqlite3.Connection, channel: str) -> int:
        """Return the next number of an existing channel; the transaction must store it in `channels.last`."""
        if channel not in self._channels:
            no, last = _numbers(connection, "channels", "name", f"json_array(no, {LAST})", {channel})[channel]
            self._channels[channel] = no, last
        no, last = self._channels[channel]
        self._channels[channel] = no, last + 1
        return last + 1

    def sender(self, connection: sqlite3.Connection, id: str, make: bool) -> int | None:
        """Return the number of a user, None if there is none and none is made."""
        if id not in self._senders:
            self._senders.update(_numbers(connection, "senders", "id", "no", {id}, make))
        return self._senders.get(id)

    def mention(self, connection: sqlite3.Connection, new: Sequence[tuple[int, int, str, int]]) -> None:
        """Store mentions: of a message, since a number (the ids of both), of a user or CHANNEL, and since when."""
        senders = {CHANNEL: mentions.EVERYONE} | self.senders(connection, {user for _, _, user, _ in new} - {CHANNEL})
        rows = [(senders[user], number, message, time) for message, number, user, time in new if user in senders]
        mentions.add(connection, rows)

    def senders(self, connection: sqlite3.Connection, users: Iterable[str]) -> dict[str, int]:
        """Return the numbers of users, made where there are none; who cannot be stored is missing."""
        users = {user for user in users if can_be_encoded(user)}
        if unknown := users - self._senders.keys():
            self._senders.update(_numbers(connection, "senders", "id", "no", unknown, make=True))
        return {user: self._senders[user] for user in users}

    def _prepare(self, connection: sqlite3.Connection, messages: Sequence[Message]) -> None:
        """Make sure that every channel and sender has a number."""
        senders = {one.sender.id for one in messages if one.sender is not None} - self._senders.keys()
        if senders:
            self._senders.update(_numbers(connection, "senders", "id", "no", senders, make=True))
        channels = {one.channel for one in messages} - self._channels.keys()
        if channels:
            self._channels.update(_make_channels(connection, channels))


def is_text(messages: Sequence[Message]) -> bool:
    """Return whether all texts of these can be stored; a lone surrogate cannot."""
    words = "".join([f"{one.channel}{one.text}{one.ref}" for one in messages])
    words += "".join([f"{one.sender.id}{one.sender.name}" for one in messages if one.sender])
    return can_be_encoded(words)


def can_be_encoded(words: str) -> bool:
    """Return whether SQLite can store a text."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True


def no_text() -> Refused:
    """Return what a call is answered whose text cannot be stored."""
    return Refused("a lone surrogate is no text", Error.INVALID_FIELD)


def _numbers(
    connection: sqlite3.Connection, table: str, key: str, number: str, names: set[str], make: bool = False
) -> dict[str, Any]:
    values = list(names)
    if make:
        marks = ",".join(["(?)"] * len(values))
        connection.execute(f"INSERT OR IGNORE INTO {table} ({key}) VALUES {marks}", values)
    marks = ",".join("?" * len(values))
    pairs = f"SELECT json_group_array(json_array({key}, {number})) FROM {table} WHERE {key} IN ({marks})"
    return dict(_loads(connection.execute(pairs, values).fetchone()[0]))


def _make_channels(connection: sqlite3.Connection, names: set[str]) -> dict[str, tuple[int, int]]:
    """Return number and last `seq` of channels, made where there are none.

    New numbers are drawn at random: they are in the ids of messages, and how many channels there are is no reader's
    affair.
    """
    found: dict[str, tuple[int, int]] = {}
    while missing := names - found.keys():
        drawn = [(no, name) for name in missing if (no := secrets.randbelow(MOST_CHANNELS))]
        connection.executemany("INSERT OR IGNORE INTO channels (no, name) VALUES (?, ?)", drawn)
        numbers = _numbers(connection, "channels", "name", f"json_array(no, {LAST})", missing)
        found |= {name: (no, last) for name, (no, last) in numbers.items()}
    return found
