"""Whether the index of search has the words of the messages, and no others."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator

from tornado_chat.storage.sqlite.indexing import DAMAGES, SCOPE, is_current, is_damage, scope, stored
from tornado_chat.storage.sqlite.queries import LARGEST, SHIFT, end

PAGE = 5_000  # messages that are read at a time
MOST = 20  # messages of a channel that are named

#: Each word of the index with its row: a table of the connection alone, as `check` writes nothing.
TABLE = "CREATE VIRTUAL TABLE temp.search_words USING fts5vocab('main', 'search_index', 'instance')"
_TIMES = f"SELECT id, time, lag(time) OVER (PARTITION BY id >> {SHIFT} ORDER BY id) AS before FROM messages"
#: What is wrong, and the query for the ids of its messages.
RULES = {
    "was sent before the one in front of it, and its channel does not say so": (
        f"SELECT id FROM ({_TIMES}) WHERE time < before AND NOT EXISTS"
        f" (SELECT 1 FROM clock_steps WHERE channel = id >> {SHIFT} AND seq = id & {LARGEST})"
    )
}
_THESE = "FROM search_words WHERE term >= ? AND term < ?"
_CURE = "build it anew: python -m tornado_chat reindex"


def contradictions(connection: sqlite3.Connection) -> list[str]:
    """Return what is wrong in the index, one line each. One that the next start builds anew is not looked at."""
    try:
        return list(_problems(connection)) if is_current(connection) else []
    except DAMAGES as error:
        if not is_damage(error):
            raise
        return [f"the index of search cannot be read; {_CURE}"]


def _problems(connection: sqlite3.Connection) -> Iterator[str]:
    channels = connection.execute("SELECT no, name FROM channels ORDER BY no").fetchall()
    for no, name in channels:
        yield from _of_channel(connection, no, name)
    known = {scope(no) for no, _ in channels}
    others = f"SELECT DISTINCT substr(term, 1, {SCOPE}) FROM search_words"
    if any(begin not in known for (begin,) in connection.execute(others)):
        yield f"the index of search has words of channels that are not there; {_CURE}"


def _of_channel(connection: sqlite3.Connection, no: int, name: str) -> Iterator[str]:
    counts, sums = Counter[str](), Counter[str]()
    for seq, words in _entries(connection, no):
        counts.update(words)
        for word in words:
            sums[word] += seq
    ends = scope(no), scope(no) + "\U0010ffff"
    found = connection.execute(f"SELECT term, count(*), sum(doc) {_THESE} GROUP BY term", ends)
    if {word: (count, sums[word]) for word, count in counts.items()} == {
        word: (count, sum) for word, count, sum in found
    }:
        return
    indexed: dict[int, Counter[str]] = {}
    for seq, word in connection.execute(f"SELECT doc, term {_THESE}", ends):
        indexed.setdefault(seq, Counter())[word] += 1
    wrong = [seq for seq, words in _entries(connection, no) if indexed.pop(seq, Counter()) != Counter(words)]
    for seq in sorted([*wrong, *indexed])[:MOST]:
        yield f"channel {json.dumps(name)}: message {seq} is not in the index of search as it is; {_CURE}"


def _entries(connection: sqlite3.Connection, no: int) -> Iterator[tuple[int, list[str]]]:
    after = no << SHIFT
    while some := stored(connection, after + 1, end(no), PAGE):
        after = some[-1][0]
        yield from ((seq, words.split()) for _, (seq, words) in some)
