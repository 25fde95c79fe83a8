"""Changes of messages in SQLite. These functions run on a thread of the Database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from tornado_chat.chat.changes import (
    SHOWN,
    Change,
    Changed,
    apply,
    fields_of,
    first_digest,
    ref_was_used,
    refuse_pin,
)
from tornado_chat.chat.history import ChangesPage, noted, page_end
from tornado_chat.chat.mentions import CHANNEL
from tornado_chat.chat.models import Message
from tornado_chat.storage.sqlite import attachments, indexing, mentions, replies
from tornado_chat.storage.sqlite.numbers import Numbers, can_be_encoded, no_text
from tornado_chat.storage.sqlite.queries import COLUMNS, LARGEST, ROWS, SHIFT, known, last, select

STRETCH = 10_000  # numbers that one page of changes covers

_NO = f"((SELECT no FROM channels WHERE name = :channel) << {SHIFT})"
_SOME = f"SELECT {COLUMNS} FROM (SELECT :channel AS channel, {ROWS} WHERE m.id IN ({{ids}}) ORDER BY m.id)"
_SINGLE = _SOME.format(ids=f"SELECT {_NO} + value FROM json_each(:seqs)")
_PINS = f"FROM pins WHERE message > {_NO} + :after AND message <= {_NO} + {LARGEST}"
_PINNED = _SOME.format(ids=f"SELECT message {_PINS} ORDER BY message LIMIT :limit")
_GROWING = f"SELECT c.name, g.message & {LARGEST} FROM growing g JOIN channels c ON c.no = g.message >> {SHIFT}"
_CHANGES = (
    f"SELECT {COLUMNS} FROM (SELECT :channel AS channel, {ROWS} WHERE m.id IN ("
    # Numbers alone are sorted, not whole rows.
    " SELECT id FROM (SELECT id, id AS number FROM messages WHERE id > :low AND id <= :high AND rev_key IS NULL"
    " UNION ALL SELECT id, rev_key FROM messages WHERE rev_key > :low AND rev_key <= :high"
    " ORDER BY number, id LIMIT :limit)"
    ") ORDER BY coalesce(m.rev_key, m.id), m.id)"
)


class Made(NamedTuple):
    """The number that a call is answered with, and what the members are told, if anything was altered.

    With the deletion of a reply its root changes, too.
    """

    number: int
    changed: Sequence[Changed]


def make(numbers: Numbers, change: Change, connection: sqlite3.Connection) -> Made:
    """Make a change in the open transaction; Refused, with nothing written, if it cannot be made."""
    numbers.refresh()
    user = change.user
    words = f"{change.channel}{change.text}{change.key}{change.ref}"
    if not can_be_encoded(words if user is None else f"{words}{user.id}{user.name}"):
        raise no_text()
    sender = numbers.sender(connection, change.user.id, make=False) if change.user else None
    if change.ref is not None and sender is not None and (number := _made(connection, change, sender)):
        return Made(number, ())
    found = get(connection, change.channel, [change.seq])
    message = found[0] if found else None
    row = int(message.id) if message else 0
    reacted, others = _reactors(connection, row, change, sender) if change.what == "reacted" else (False, [])
    fields = fields_of(change, message, reacted, others)
    assert message is not None
    if change.what == "pinned" and fields and change.on:
        about = {"channel": change.channel, "after": 0}
        refuse_pin(connection.execute(f"SELECT count(*) {_PINS}", about).fetchone()[0])
    if fields or change.ref is not None:  # from here on something is written
        sender = numbers.sender(connection, change.user.id, make=True) if change.user else None
    changed = _write(numbers, connection, change, message, fields, sender) if fields else ()
    number = message.number
    if change.ref is not None and sender is not None:
        kept = (sender, change.ref, change.digest(), row, number, change.time)
        connection.execute("INSERT INTO change_refs VALUES (?, ?, ?, ?, ?, ?)", kept)
    return Made(number, changed)


def _made(connection: sqlite3.Connection, change: Change, sender: int) -> int | None:
    """Return the number of the same call, if it was made before; Refused if its `ref` stands for another one."""
    assert change.ref is not None
    asked = "SELECT digest, number FROM change_refs WHERE sender = ? AND ref = ?"
    row = connection.execute(asked, (sender, change.ref)).fetchone()
    if row is None and not known(connection, [(sender, change.ref)]).messages:
        return None
    if row is None or row[0] != change.digest():
        raise ref_was_used()
    return int(row[1])


def _reactors(
    connection: sqlite3.Connection, row: int, change: Change, sender: int | None
) -> tuple[bool, Sequence[str]]:
    """Return whether the user has reacted with this key, and the first others who have."""
    found = connection.execute(
        "SELECT s.no, s.id FROM reactions r JOIN senders s ON s.no = r.sender WHERE r.message = ? AND r.key = ?"
        " ORDER BY r.number LIMIT ?",
        (row, change.key, SHOWN + 1),
    ).fetchall()
    asked = "SELECT 1 FROM reactions WHERE message = ? AND key = ? AND sender = ?"
    reacted = connection.execute(asked, (row, change.key, sender)).fetchone() is not None
    return reacted, [id for no, id in found if no != sender]


def _write(
    numbers: Numbers,
    connection: sqlite3.Connection,
    change: Change,
    message: Message,
    fields: dict[str, object],
    sender: int | None,
) -> Sequence[Changed]:
    row, first, before = int(message.id), first_digest(message), noted(message)
    no = row >> SHIFT
    number = numbers.draw(connection, change.channel)
    author = numbers.sender(connection, message.sender.id, make=False) if message.sender else None
    indexed = None if change.what == "reacted" else indexing.entry(row, author, message)
    changed = apply(change, message, number, fields)
    connection.execute(
        "UPDATE messages SET text = ?, rev_key = ?, extra = ?,"
        " digest = CASE WHEN ? THEN coalesce(digest, ?) ELSE digest END WHERE id = ?",
        (
            *(message.text, (no << SHIFT) + number, json.dumps(message.extra) if message.extra else None),
            *("message" in fields and message.ref is not None, first, row),
        ),
    )
    connection.execute("UPDATE channels SET last = ? WHERE no = ?", (number, no))
    if indexed is not None:
        indexing.replace(connection, indexed, indexing.entry(row, author, message))
    match change.what:
        case "reacted" if change.on:
            reaction = (row, change.key, number, sender)
            connection.execute("INSERT INTO reactions (message, key, number, sender) VALUES (?, ?, ?, ?)", reaction)
        case "reacted":
            connection.execute(
                "DELETE FROM reactions WHERE message = ? AND key = ? AND sender = ?", (row, change.key, sender)
            )
        case "pinned" if change.on:
            connection.execute("INSERT INTO pins (message) VALUES (?)", (row,))
        case "pinned":
            connection.execute("DELETE FROM pins WHERE message = ?", (row,))
        case "deleted":
            for table in ("reactions", "pins"):
                connection.execute(f"DELETE FROM {table} WHERE message = ?", (row,))
            if "files" in fields:
                attachments.detach(connection, row, row, change.time)
    if "growing" in fields:
        connection.execute("DELETE FROM growing WHERE message = ?", (row,))
    if "mentions" in fields:
        _mention(numbers, connection, message, before, change.time)
    if change.what == "deleted" and "thread" in (message.extra or {}):
        root = replies.deleted(connection, numbers.senders, change, message, number)
        return (changed,) if root is None else (changed, root)
    return (changed,)


def _mention(
    numbers: Numbers, connection: sqlite3.Connection, message: Message, before: Sequence[str], time: int
) -> None:
    """Store whom a message mentions since its last change, and remove those whom it does no more."""
    row, users = int(message.id), noted(message)
    new = (row >> SHIFT << SHIFT) + message.rev
    arisen = [user for user in users if user not in before]
    numbers.mention(connection, [(row, new, user, time) for user in arisen])
    if (thread := message.thread) is not None:
        readers = {(new - message.rev + thread, user): message.seq - 1 for user in arisen if user != CHANNEL}
        replies.follow(connection, numbers.senders, readers)
    for user in before:
        if user not in users:
            no = mentions.EVERYONE if user == CHANNEL else numbers.sender(connection, user, make=False)
            connection.execute("DELETE FROM mentions WHERE message = ? AND user = ?", (row, no))


# Reading


def changes(connection: sqlite3.Connection, channel: str, since: int, limit: int) -> ChangesPage:
    """Return what is new or changed since a number, and up to which that is complete, as of one moment."""
    connection.execute("BEGIN")
    try:
        newest = last(connection, channel)
        row = connection.execute("SELECT no FROM channels WHERE name = ?", (channel,)).fetchone()
        since = max(since, 0)
        if row is None or since >= newest:
            return ChangesPage([], newest, False)
        base, upto = row[0] << SHIFT, min(since + STRETCH, newest)
        values = {"channel": channel, "low": base + since, "high": base + upto, "limit": limit + 1}
        messages = select(connection, _CHANGES, values)
    finally:
        if connection.in_transaction:  # an error of the disk has ended it, and is to be seen as what it is
            connection.execute("COMMIT")
    count = page_end(messages, limit)
    if count < len(messages) or count == limit:
        upto = messages[count - 1].number if count else since
    return ChangesPage(messages[:count], upto, upto < newest)


def get(connection: sqlite3.Connection, channel: str, seqs: Sequence[int]) -> list[Message]:
    """Return single messages, those of these that there are, in order."""
    possible = [seq for seq in seqs if 0 < seq <= LARGEST]
    return select(connection, _SINGLE, {"channel": channel, "seqs": json.dumps(possible)})


def growing(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Return the messages that grow: channel and `seq`."""
    found: list[tuple[str, int]] = connection.execute(_GROWING).fetchall()
    return found


def pinned(connection: sqlite3.Connection, channel: str, after: int, limit: int) -> list[Message]:
    """Return the first pinned messages of a channel after a `seq`, in order."""
    about = {"channel": channel, "after": min(max(after, 0), LARGEST), "limit": limit}
    return select(connection, _PINNED, about)
