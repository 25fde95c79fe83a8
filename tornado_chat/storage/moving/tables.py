"""What moves, table by table: how rows are read in one database, and what they are in the other.

Users are numbers in SQLite's tables of messages, and ids in PostgreSQL's. What a server makes anew is left out: the
index of search, what is counted by triggers, uploads that have not become files, and files that nobody has any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tornado_chat.storage.file_rules import USED
from tornado_chat.storage.postgres.moderation import digest
from tornado_chat.storage.postgres.texts import ref_key
from tornado_chat.storage.sqlite.mentions import EVERYONE
from tornado_chat.storage.sqlite.queries import LAST

Row = Sequence[Any]
#: Gives the number of a user (an id) in SQLite.
Number = Callable[[str], int]

NODE = "moved"  # the node of what has not been grown to its end: none has this name, so all others end it
INSTEAD = "\ufffd"  # of a NUL, which PostgreSQL does not store


@dataclass(frozen=True)
class Table:
    """A table. `columns`: as in PostgreSQL, in which rows are written there.

    `read`: the query for its rows in SQLite; `to_postgres`: what makes values of `columns` of one. `back`: the query
    for its rows in PostgreSQL; `to_sqlite`: what makes a row of SQLite's table of one.
    """

    name: str
    columns: tuple[str, ...]
    read: str
    back: str
    to_postgres: Callable[[Row], Row] = tuple
    to_sqlite: Callable[[Row, Number], Row] = lambda row, number: row


def _alike(name: str, *columns: str, booleans: Iterable[str] = (), where: str = "") -> Table:
    """Return a table that is the same in both, but for values that are true or false."""
    listed = ", ".join(f'"{column}"' for column in columns)
    bools = [columns.index(one) for one in booleans]

    def to_postgres(row: Row) -> Row:
        values = list(row)
        for at in bools:
            values[at] = None if values[at] is None else bool(values[at])
        return values

    read = f"SELECT {listed} FROM {name}{where}"
    return Table(name, columns, read, read, to_postgres if bools else tuple)


def _message(row: Row) -> Row:
    id, sender, name, text, time, ref, rev_key, extra, digest, thread, back = row
    key = None if sender is None or ref is None else ref_key(whole(sender), whole(ref))
    active = None
    if extra is not None and '"replies"' in extra:
        active = json.loads(extra).get("replies", {}).get("last")
    return id, sender, name, text, time, ref, key, rev_key, extra, digest, thread, back, active


def _message_back(row: Row, number: Number) -> Row:
    id, sender, *rest = row
    return id, None if sender is None else number(sender), *rest


def _record(row: Row) -> Row:
    *before, listed, archived, creator, made, people, plugins = row
    return *before, bool(listed), bool(archived), creator, made, json.loads(people), plugins


def _record_back(row: Row, number: Number) -> Row:
    *before, people, plugins = row
    return *before, json.dumps(people), plugins


def whole(text: str) -> str:
    """Return a text as PostgreSQL stores it."""
    return text.replace("\0", INSTEAD)


def _by_sender(columns: str, table: str, join: str = "sender") -> str:
    return f"SELECT {columns} FROM {table} t JOIN senders s ON s.no = t.{join}"


_MESSAGE = ("id", "sender", "name", "text", "time", "ref", "rev_key", "extra", "digest", "thread", "back")
_RECORD = (
    *("name", "key", "kind", "title", "topic", "description", "posting", "slow", "edit_window", "newcomers", "open"),
    *("listed", "archived", "creator", "made", "people", "plugins"),
)
_MEMBERSHIP = (
    *("user", "channel", "role", "since", "began", "sees", "read", "level", "level_until", "silenced_until", "ended"),
    *("kept_out_until", "hidden"),
)
_FILE = ("no", "id", "owner", "name", "type", "made", "blob", "size", "posted", "more", "taken")

#: In an order in which triggers find what they count in.
TABLES = (
    Table(
        "channels",
        ("no", "name", "floor", "last"),
        f"SELECT no, name, floor, {LAST} FROM channels",
        "SELECT no, name, floor, last FROM channels",
    ),
    Table(
        "messages",
        (*_MESSAGE[:6], "ref_key", *_MESSAGE[6:], "active"),
        "SELECT m.id, s.id, m.name, m.text, m.time, m.ref, m.rev_key, m.extra, m.digest, m.thread, m.back"
        " FROM messages m LEFT JOIN senders s ON s.no = m.sender ORDER BY m.id",
        f"SELECT {', '.join(_MESSAGE)} FROM messages ORDER BY id",
        _message,
        _message_back,
    ),
    Table(
        "reactions",
        ("message", "key", "number", "sender"),
        _by_sender("message, key, number, s.id", "reactions"),
        "SELECT message, key, number, sender FROM reactions",
        to_sqlite=lambda row, number: (*row[:3], number(row[3])),
    ),
    _alike("pins", "message"),
    Table(
        "growing",
        ("message", "node"),
        "SELECT message FROM growing",
        "SELECT message FROM growing",
        lambda row: (*row, NODE),
    ),
    Table(
        "change_refs",
        ("ref_key", "digest", "message", "number", "time", "sender", "ref"),
        _by_sender("s.id, ref, digest, message, number, time", "change_refs"),
        "SELECT sender, ref, digest, message, number, time FROM change_refs",
        lambda row: (ref_key(whole(row[0]), whole(row[1])), *row[2:], *row[:2]),
        lambda row, number: (number(row[0]), *row[1:]),
    ),
    Table(
        "mentions",
        ("user", "number", "message", "time"),
        f"SELECT CASE user WHEN {EVERYONE} THEN '' ELSE s.id END, number, message, time"
        " FROM mentions LEFT JOIN senders s ON s.no = user",
        'SELECT "user", number, message, time FROM mentions',
        to_sqlite=lambda row, number: (number(row[0]) if row[0] else EVERYONE, *row[1:]),
    ),
    Table(
        "follows",
        ("user", "root", "read", "followed"),
        _by_sender("s.id, root, read, followed", "follows", "user"),
        'SELECT "user", root, read, followed FROM follows',
        lambda row: (*row[:3], None if row[3] is None else bool(row[3])),
        lambda row, number: (number(row[0]), *row[1:]),
    ),
    Table(
        "store",
        ("space", "key", "value"),
        "SELECT space, key, value FROM store",
        "SELECT space, key, value FROM store",
        lambda row: (row[0].encode(), row[1].encode(), row[2]),
        lambda row, number: (row[0].decode(), row[1].decode(), row[2]),
    ),
    _alike("accounts", "id", "name", "password"),
    _alike("account_names", "key", "look", "account"),
    _alike("sessions", "no", "hash", "account", "until"),
    _alike("roles", "user", "role"),
    _alike("changed_users", "user"),
    _alike("proxy_users", "own", "id"),
    Table(
        "bans",
        ("digest", "whom", "set_by", "name", "until", "reason"),
        "SELECT whom, set_by, name, until, reason FROM bans",
        "SELECT whom, set_by, name, until, reason FROM bans",
        lambda row: (digest(whole(row[0])), *row),
    ),
    _alike("audit", "key", "time", "user", "name", "power", "about"),
    Table(
        "channel_records",
        _RECORD,
        f"SELECT {', '.join(_RECORD)} FROM channel_records",
        f"SELECT {', '.join(_RECORD)} FROM channel_records",
        _record,
        _record_back,
    ),
    _alike("direct", "members_key", "name"),
    _alike("memberships", *_MEMBERSHIP, booleans=["hidden"]),
    _alike("people", "id", "name", "key", "seen", "guest", booleans=["guest"]),
    _alike("channel_orders", "no", "name", "settings"),
    _alike("files", *_FILE, booleans=["posted"]),
    Table("blobs", ("name", "size"), USED, USED),
    _alike("file_blobs", "file", "blob"),
    _alike("attachments", "message", "file"),
    _alike("pictures", "owner", "file"),
)
#: The columns of SQLite's tables, where a row has not all of them, in their order.
SQLITE_COLUMNS = {
    "messages": _MESSAGE,
    "channel_records": _RECORD,
    "change_refs": ("sender", "ref", "digest", "message", "number", "time"),
    "bans": ("whom", "set_by", "name", "until", "reason"),
    "growing": ("message",),
}
#: Tables whose rows are numbered on.
NUMBERED = ("sessions", "channel_orders", "files")
