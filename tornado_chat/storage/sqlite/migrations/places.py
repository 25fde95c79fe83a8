"""Version 4: channels have records, people have memberships and names, and messages have mentions.

All of these go by the names of channels and the ids of users, not by their numbers in the history.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator

from tornado_chat.chat.channel_records import is_secret
from tornado_chat.chat.user_ids import PLUGIN, is_guest_id, name_in
from tornado_chat.chat.validation import name_key
from tornado_chat.storage.sqlite.queries import LAST

DAY = 86_400_000

log = logging.getLogger("tornado_chat")

SQL = """
    -- key: what a channel is found by; members: how many; open, people, plugins: JSON; the times in ms since 1970
    CREATE TABLE channel_records (
        name TEXT PRIMARY KEY, key TEXT NOT NULL, members INTEGER NOT NULL DEFAULT 0,
        kind TEXT NOT NULL, title TEXT NOT NULL, topic TEXT NOT NULL, description TEXT NOT NULL,
        posting TEXT NOT NULL, slow INTEGER NOT NULL, edit_window INTEGER, newcomers TEXT NOT NULL,
        open TEXT NOT NULL, listed INTEGER NOT NULL, archived INTEGER NOT NULL, creator TEXT NOT NULL,
        made INTEGER NOT NULL, people TEXT NOT NULL, plugins TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX listed_channels ON channel_records (name, key, kind, listed) WHERE listed AND kind = 'public';
    CREATE INDEX empty_channels ON channel_records (name) WHERE members = 0;
    -- the direct conversation of these people, until one of them is removed
    CREATE TABLE direct (members_key TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE) WITHOUT ROWID;
    -- sees: JSON; ended: 0 while it lasts
    CREATE TABLE memberships (
        user TEXT, channel TEXT, role TEXT NOT NULL, since INTEGER NOT NULL, began INTEGER NOT NULL, sees TEXT,
        read INTEGER NOT NULL, level TEXT NOT NULL, level_until INTEGER NOT NULL, silenced_until INTEGER NOT NULL,
        ended INTEGER NOT NULL, kept_out_until INTEGER NOT NULL, hidden INTEGER NOT NULL, PRIMARY KEY (user, channel)
    ) WITHOUT ROWID;
    CREATE INDEX members ON memberships (channel, ended, user, role, began);
    CREATE INDEX ended_memberships ON memberships (ended) WHERE ended > 0;
    CREATE INDEX silences ON memberships (silenced_until) WHERE silenced_until > 0;
    CREATE TRIGGER member_added AFTER INSERT ON memberships WHEN new.ended = 0 BEGIN
        UPDATE channel_records SET members = members + 1 WHERE name = new.channel;
    END;
    CREATE TRIGGER member_removed AFTER DELETE ON memberships WHEN old.ended = 0 BEGIN
        UPDATE channel_records SET members = members - 1 WHERE name = old.channel;
    END;
    CREATE TRIGGER member_changed AFTER UPDATE OF ended ON memberships WHEN (old.ended = 0) != (new.ended = 0) BEGIN
        UPDATE channel_records SET members = members + iif(new.ended = 0, 1, -1) WHERE name = new.channel;
    END;
    -- key: all names with it look the same; seen: when somebody was last here
    CREATE TABLE people (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, seen INTEGER NOT NULL, guest INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX people_by_key ON people (key);
    CREATE INDEX guests ON people (seen) WHERE guest;
    -- user: in senders; number: (channels.no << 40) + the number at which it arose
    CREATE TABLE mentions (
        user INTEGER, number INTEGER, message INTEGER, PRIMARY KEY (user, number, message)
    ) WITHOUT ROWID;
    CREATE INDEX mentioned ON mentions (message);
    -- what commands want done by the server that runs; settings: JSON, NULL: the channel is to be deleted
    CREATE TABLE channel_orders (no INTEGER PRIMARY KEY, name TEXT NOT NULL, settings TEXT);
    """


def move(connection: sqlite3.Connection) -> None:
    """Make records of the channels of the history, memberships of read positions, and people of who has a name.

    Nobody finds these channels before an administrator lists them. A channel whose name begins as the addresses of
    private ones do becomes private, with those who have read there as its members.
    """
    newest: dict[str, int] = dict(connection.execute(f"SELECT name, {LAST} FROM channels").fetchall())
    positions = dict(_positions(connection))
    names = newest.keys() | {channel for _, channel in positions}
    if hidden := sum(map(is_secret, names)):
        log.warning("%d channels have names as private ones have now: only who has read there finds them", hidden)
    connection.executemany(
        "INSERT INTO channel_records VALUES"
        " (?, ?, 0, ?, ?, '', '', 'everyone', 0, NULL, 'all', '[[0, null]]', 0, 0, '', 0, '[]', '{}')",
        [(name, name_key(name), *(("private", name) if is_secret(name) else ("public", ""))) for name in names],
    )
    connection.executemany(
        "INSERT INTO memberships VALUES (?, ?, 'member', 0, 0, NULL, ?, 'all', 0, 0, 0, 0, 0)",
        [(user, channel, min(seq, newest.get(channel, 0))) for (user, channel), seq in positions.items()],
    )
    connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?)", _people(connection, positions))
    connection.execute("DELETE FROM store WHERE space IN ('read', 'readers')")


def _positions(connection: sqlite3.Connection) -> Iterator[tuple[tuple[str, str], int]]:
    """Return how far users have read channels; a position that cannot be read is 0."""
    for key, value in _items(connection, "read"):
        user, _, channel = key.partition(" ")
        if user and channel:
            yield (user, channel), int(value) if value.isdecimal() and len(value) < 16 else 0


def _people(
    connection: sqlite3.Connection, positions: dict[tuple[str, str], int]
) -> list[tuple[str, str, str, int, bool]]:
    """Return the rows of all who have an account or a membership, and of other senders who are no guests."""
    members = {user for user, _ in positions}
    names, seen = {}, {}
    newest = "SELECT s.id, m.name, max(m.time) FROM messages m JOIN senders s ON s.no = m.sender GROUP BY m.sender"
    for user, name, sent in connection.execute(newest):
        if user in members or not (is_guest_id(user) or user.startswith(PLUGIN)):
            names[user], seen[user] = name, sent
    names.update(connection.execute("SELECT id, name FROM accounts").fetchall())
    for user, day in _items(connection, "readers"):
        if day.isdecimal() and len(day) < 6:
            seen[user] = max(seen.get(user, 0), int(day) * DAY)
    now = int(time.time() * 1_000)
    rows = []
    for user in names.keys() | members:
        guest = is_guest_id(user)
        name = names.get(user) or name_in(user)
        rows.append((user, name or "Someone", name_key(name), seen.get(user, now if guest else 0), guest))
    return rows


def _items(connection: sqlite3.Connection, space: str) -> Iterator[tuple[str, str]]:
    """Return the keys and values of a space; keys that are no text are left out."""
    asked = "SELECT CAST(key AS BLOB), CAST(value AS BLOB) FROM store WHERE space = ?"
    for key, value in connection.execute(asked, (space,)):
        try:
            yield key.decode(), value.decode(errors="replace")
        except UnicodeDecodeError:
            log.error("a key of %r in the store is no text and is left out", space)
