"""What a history's tables must agree on. Each rule is a query for what breaks it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from tornado_chat.storage.sqlite import (
    file_consistency,
    place_consistency,
    search_consistency,
    thread_consistency,
)
from tornado_chat.storage.sqlite.mentions import EVERYONE
from tornado_chat.storage.sqlite.queries import LARGEST, SHIFT

CHANGES = 3  # the version of the schema from which on messages can change
PLACES = 4  # from which on there are memberships and mentions
THREADS = 5  # from which on there are replies in threads, and messages can grow
SEARCH = 7  # from which on there is an index of search

# Above `last` no change has drawn a number: all are of messages.
_CHANNELS = f"""
SELECT m.id >> {SHIFT} AS no, c.name, c.floor, c.last, min(m.id) & {LARGEST}, max(m.id) & {LARGEST},
    min(m.id) FILTER (WHERE m.id & {LARGEST} > c.last) & {LARGEST}, count(*) FILTER (WHERE m.id & {LARGEST} > c.last)
FROM messages m LEFT JOIN channels c ON c.no = m.id >> {SHIFT} GROUP BY 1
"""
_NEWEST = (
    f"max(c.last, coalesce((SELECT max(id) FROM messages WHERE id BETWEEN c.no << {SHIFT}"
    f" AND (c.no << {SHIFT}) + {LARGEST}) & {LARGEST}, 0))"
)
_REACTED = "SELECT m.id, r.value ->> 'key', r.value ->> 'count' FROM messages m, json_each(m.extra, '$.reactions') r"
_MADE = "SELECT message, key, count(*) FROM reactions WHERE message IN (SELECT id FROM messages) GROUP BY 1, 2"

#: What is wrong, and the query for the ids of its messages (channel and number).
_MESSAGES = {
    "was changed under a number that does not follow its own": (
        f"SELECT id FROM messages WHERE rev_key <= id OR rev_key >> {SHIFT} != id >> {SHIFT}"
    ),
    "was changed under a number that its channel has not reached": (
        f"SELECT m.id FROM messages m JOIN channels c ON c.no = m.id >> {SHIFT}"
        f" WHERE m.rev_key & {LARGEST} > {_NEWEST}"
    ),
    # The root of a thread is changed under the number of a reply, or of its deletion.
    "has the number of a change": (
        "SELECT m.id FROM messages c JOIN messages m ON m.id = c.rev_key WHERE m.thread IS NOT c.id"
    ),
    "was changed under the number of another change": (
        "SELECT m.id FROM messages c JOIN messages m ON m.rev_key = c.rev_key AND m.id > c.id"
        " WHERE m.thread IS NOT c.id"
    ),
    "was deleted and has a text": "SELECT id FROM messages WHERE extra ->> 'deleted' NOTNULL AND text != ''",
    "has reactions, but is not there": "SELECT message FROM reactions EXCEPT SELECT id FROM messages",
    "has other reactions than it says": (
        f"SELECT id FROM ({_REACTED} EXCEPT {_MADE}) UNION SELECT message FROM ({_MADE} EXCEPT {_REACTED})"
    ),
    "has reactions of someone unknown": (
        "SELECT message FROM reactions WHERE sender NOT IN (SELECT no FROM senders)"
    ),
    "is pinned, but is not there": "SELECT message FROM pins EXCEPT SELECT id FROM messages",
    "is pinned, and does not say so": (
        "SELECT message FROM pins WHERE message IN (SELECT id FROM messages WHERE extra ->> 'pinned' IS NULL)"
    ),
    "is not among the pinned ones, as it says": (
        "SELECT id FROM messages WHERE extra ->> 'pinned' NOTNULL EXCEPT SELECT message FROM pins"
    ),
    "is not there, and a call that changed it is known": (
        f"SELECT r.message FROM change_refs r LEFT JOIN channels c ON c.no = r.message >> {SHIFT} WHERE c.no IS NULL"
        f" OR (r.message & {LARGEST} > c.floor AND r.message NOT IN (SELECT id FROM messages))"
    ),
    "was changed by a call whose number its channel has not reached": (
        f"SELECT r.message FROM change_refs r JOIN channels c ON c.no = r.message >> {SHIFT}"
        f" WHERE r.number > {_NEWEST}"
    ),
    "was changed by someone unknown": "SELECT message FROM change_refs WHERE sender NOT IN (SELECT no FROM senders)",
    "was changed by a call whose ref is that of a message": (
        "SELECT r.message FROM change_refs r JOIN messages m ON m.sender = r.sender AND m.ref = r.ref"
    ),
}
_SAID = (
    "SELECT m.id, e.value FROM messages m JOIN json_each(m.extra, '$.mentions') e"
    " LEFT JOIN senders o ON o.no = m.sender WHERE e.value != '@here' AND e.value IS NOT o.id"
)
_NOTED = (
    "SELECT n.message, coalesce(s.id, '@channel') FROM mentions n LEFT JOIN senders s ON s.no = n.user"
    f" WHERE (s.id NOTNULL OR n.user = {EVERYONE}) AND n.message IN (SELECT id FROM messages)"
)
_MENTIONS = {
    "mentions someone, but is not there": "SELECT message FROM mentions EXCEPT SELECT id FROM messages",
    "mentions someone unknown": (
        f"SELECT message FROM mentions WHERE user != {EVERYONE} AND user NOT IN (SELECT no FROM senders)"
    ),
    "mentions others than it says": (
        f"SELECT id FROM ({_SAID} EXCEPT {_NOTED}) UNION SELECT message FROM ({_NOTED} EXCEPT {_SAID})"
    ),
    "mentions someone since a number that it does not have": (
        "SELECT n.message FROM mentions n JOIN messages m ON m.id = n.message"
        " WHERE n.number != m.id AND NOT coalesce(n.number BETWEEN m.id AND m.rev_key, 0)"
    ),
}
_GROWTH = {
    "grows, but is not there": "SELECT message FROM growing EXCEPT SELECT id FROM messages",
    "grows, and does not say so": (
        "SELECT message FROM growing WHERE message IN (SELECT id FROM messages WHERE extra ->> 'growing' IS NULL)"
    ),
    "is not among the growing ones, as it says": (
        "SELECT id FROM messages WHERE extra ->> 'growing' NOTNULL EXCEPT SELECT message FROM growing"
    ),
}
_ADDED = "NULL AS rev_key, NULL AS extra, NULL AS digest, NULL AS thread, NULL AS back"
MOST = 20  # messages of one rule that are named


def view_as_now(connection: sqlite3.Connection, version: int) -> None:
    """Let the tables of a file of an earlier version be read like those of this one."""
    if version < THREADS:
        added = "NULL AS thread, NULL AS back" if version >= CHANGES else _ADDED
        connection.execute(f"CREATE TEMP VIEW messages AS SELECT *, {added} FROM main.messages")
    if version < CHANGES:
        connection.execute("CREATE TEMP VIEW channels AS SELECT *, floor AS last FROM main.channels")
    if version >= SEARCH:
        connection.execute(search_consistency.TABLE)


def contradictions(connection: sqlite3.Connection, version: int) -> list[str]:
    """Return what is wrong in the tables of a file of a version, one line each."""
    problems = list(_of_channels(connection))
    if version < CHANGES or problems:
        return problems
    unreadable = "SELECT id FROM messages WHERE extra NOTNULL AND NOT json_valid(extra)"
    problems += _of_messages(connection, "has further fields that cannot be read", unreadable)
    if not problems:
        rules = _MESSAGES | (_MENTIONS if version >= PLACES else {})
        rules |= _GROWTH | thread_consistency.RULES if version >= THREADS else {}
        rules |= file_consistency.RULES if file_consistency.are_there(connection) else {}
        rules |= search_consistency.RULES if version >= SEARCH else {}
        for words, query in rules.items():
            problems += _of_messages(connection, words, query)
    if version >= PLACES:
        problems += place_consistency.contradictions(connection)
    if file_consistency.are_there(connection):
        problems += file_consistency.contradictions(connection)
    if version >= SEARCH and not problems:
        problems += search_consistency.contradictions(connection)
    return problems


def _of_channels(connection: sqlite3.Connection) -> Iterator[str]:
    for name, floor, last in connection.execute("SELECT name, floor, last FROM channels WHERE floor > last"):
        yield f"channel {json.dumps(name)}: trimmed up to {floor}, which is above its newest number, {last}"
    for no, name, floor, last, first, newest, above, count in connection.execute(_CHANNELS):
        where = f"channel {json.dumps(name)}"
        if name is None:
            yield f"messages of a channel that is not there (number {no})"
        elif first <= floor:
            yield f"{where}: begins with seq {first}, but is trimmed up to {floor}"
        elif count and above != last + 1:
            yield f"{where}: goes on with seq {above}, not {last + 1}"
        elif count and newest - last != count:
            yield f"{where}: {newest - last - count} missing between {above} and {newest}"


def _of_messages(connection: sqlite3.Connection, words: str, query: str) -> Iterator[str]:
    named = (
        f"WITH wrong (id) AS ({query} LIMIT {MOST})"
        f" SELECT DISTINCT coalesce(c.name, ''), w.id & {LARGEST}"
        f" FROM wrong w LEFT JOIN channels c ON c.no = w.id >> {SHIFT} ORDER BY w.id"
    )
    for name, seq in connection.execute(named):
        yield f"channel {json.dumps(name)}: message {seq} {words}"
