"""Who is mentioned by which messages, and what somebody has not read. These run on a thread of the Database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from tornado_chat.chat.history import LOOKED_AT, MOST_UNREAD, Arisen, Unread
from tornado_chat.chat.models import Message
from tornado_chat.chat.threads import Sees
from tornado_chat.config import speed
from tornado_chat.storage.sqlite.queries import COLUMNS, LARGEST, LAST, ROWS, SHIFT, table, timeline, to_messages

EVERYONE = 0  # stands for all members of the channel of the message; no sender has this number
NOBODY = -1
LATEST = 2**62  # later than any time

_loads = speed.loads or json.loads

_INSERT = "INSERT OR IGNORE INTO mentions SELECT * FROM {given} WHERE column1 NOTNULL"
_BEHIND = f"id > (no << {SHIFT}) + read AND id <= (no << {SHIFT}) + {LARGEST}"
# sees: JSON of the stretches that somebody may see, NULL for all
_SEEN = f"""(sees IS NULL OR EXISTS (SELECT 1 FROM json_each(sees) WHERE n.message > (no << {SHIFT}) + (value ->> 0)
    AND n.message <= (no << {SHIFT}) + coalesce(value ->> 1, {LARGEST})))"""
# Of another, and not by name too: that is another row.
_OF_ALL = """n.message NOT IN (SELECT id FROM messages WHERE id = n.message AND sender = :user)
    AND NOT EXISTS (SELECT 1 FROM mentions o WHERE o.message = n.message AND o.user = :user)"""
_NEW = f"""(SELECT count(*) FROM (SELECT 1 FROM mentions n WHERE user = {{whom}} AND {{which}} AND {_SEEN}
    AND number > (no << {SHIFT}) + read AND number <= (no << {SHIFT}) + {LARGEST} LIMIT {MOST_UNREAD}))"""
_COUNTS = "sender IS NOT :user AND (extra IS NULL OR extra ->> 'deleted' IS NULL)"
_UNREAD = f"""
SELECT json_group_array(json_array(no, name, read, last,
    CASE WHEN last > read THEN (
        SELECT json_array(count(*) FILTER (WHERE back IS NULL AND {_COUNTS}), count(back), count(*))
        FROM (SELECT sender, extra, back FROM messages WHERE {_BEHIND} LIMIT {LOOKED_AT})
    ) ELSE json_array(0, 0, 0) END,
    CASE WHEN last > read THEN min({MOST_UNREAD}, {_NEW.format(whom=":user", which="TRUE")}
        + {_NEW.format(whom=EVERYONE, which=_OF_ALL)}) ELSE 0 END))
FROM (SELECT no, name, max(value ->> 0, 0) AS read, nullif(value -> 1, 'null') AS sees, {LAST} AS last
    FROM json_each(:read) JOIN channels ON name = key)
"""
_AMONG = f"SELECT count(*) FROM messages WHERE id IN (SELECT value FROM json_each(:ids)) AND {_COUNTS}"
# Of each channel the newest ones alone, by an index.
_SOME = f"""(SELECT json_group_array(json_array(time, message)) FROM (SELECT time, message FROM mentions n
    WHERE user = {{whom}} AND number >> {SHIFT} = no AND (time, message) < (:time, :message) AND {{which}} AND {_SEEN}
    ORDER BY time DESC, message DESC LIMIT :limit))"""
_MENTIONS = f"""
WITH given AS (SELECT no, nullif(value -> 0, 'null') AS sees FROM json_each(:channels) JOIN channels ON name = key)
SELECT json_group_array(json_array(value ->> 0, value ->> 1)) FROM (SELECT value FROM (
    SELECT {_SOME.format(whom=":user", which="TRUE")} AS some FROM given
    UNION ALL SELECT {_SOME.format(whom=EVERYONE, which=_OF_ALL)} FROM given
), json_each(some) ORDER BY value ->> 0 DESC, value ->> 1 DESC LIMIT :limit)
"""
_BY_ID = (
    f"SELECT {COLUMNS} FROM (SELECT c.name AS channel, {ROWS} JOIN channels c ON c.no = m.id >> {SHIFT}"
    " WHERE m.id IN (SELECT value FROM json_each(?)))"
)
_TIMES = f"""
SELECT json_group_array(json_array(name, (SELECT time FROM messages
    WHERE id BETWEEN no << {SHIFT} AND (no << {SHIFT}) + {LARGEST} ORDER BY id DESC LIMIT 1)))
FROM channels WHERE name IN (SELECT value FROM json_each(?))
"""


def add(connection: sqlite3.Connection, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Store mentions: the number of a sender or EVERYONE, the ids of a number and of a message, and the time."""
    if rows:
        given, values = table(rows)
        connection.execute(_INSERT.format(given=given), values)


def unread(connection: sqlite3.Connection, user: str, read: Mapping[str, int], sees: Sees) -> dict[str, Unread]:
    """Return what somebody has not read, as History.unread does."""
    about = {name: (seq, sees.get(name)) for name, seq in read.items()}
    values = {"user": _number(connection, user), "read": json.dumps(about)}
    unread = {}
    for no, name, read_up_to, last, (count, replies, looked_at), mentions in _loads(
        connection.execute(_UNREAD, values).fetchone()[0]
    ):
        if replies and looked_at == LOOKED_AT:  # further messages of the timeline may be behind them
            ids = timeline(connection, no, read_up_to, LARGEST + 1, LOOKED_AT, up=True)
            count = connection.execute(_AMONG, {**values, "ids": json.dumps(ids)}).fetchone()[0]
        unread[name] = Unread(min(count, MOST_UNREAD), mentions, last)
    return unread


def newest(
    connection: sqlite3.Connection, user: str, sees: Sees, before: Arisen | None, limit: int
) -> list[tuple[Arisen, Message]]:
    """Return mentions as History.mentions does."""
    time, message = before or (LATEST, 0)
    values = {
        **{"user": _number(connection, user), "time": time, "message": message, "limit": limit},
        "channels": json.dumps({name: (some,) for name, some in sees.items()}),
    }
    found = [Arisen(*one) for one in _loads(connection.execute(_MENTIONS, values).fetchone()[0])]
    rows = _loads(connection.execute(_BY_ID, (json.dumps([one.message for one in found]),)).fetchone()[0])
    messages = {int(one.id): one for one in to_messages(rows)}
    return [(one, messages[one.message]) for one in found if one.message in messages]


def times(connection: sqlite3.Connection, channels: Sequence[str]) -> dict[str, int]:
    """Return the time of the newest message of channels, of each that has messages."""
    found = _loads(connection.execute(_TIMES, (json.dumps(list(channels)),)).fetchone()[0])
    return {name: time for name, time in found if time is not None}


def _number(connection: sqlite3.Connection, user: str) -> int:
    row = connection.execute("SELECT no FROM senders WHERE id = ?", (user,)).fetchone()
    return int(row[0]) if row else NOBODY
