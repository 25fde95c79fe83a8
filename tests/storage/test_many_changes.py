"""What grows with changes: nothing that a client gets, and hardly what the server reads."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.lengths import either
from tests.storage.histories import change, edit, message
from tornado_chat.chat.history import History
from tornado_chat.chat.models import User
from tornado_chat.chat.validation import MAX_PAGE
from tornado_chat.storage.sqlite import changes, queries
from tornado_chat.storage.sqlite.files import NAME, connect, open_file, pragma
from tornado_chat.storage.sqlite.maintenance import check

T = TypeVar("T")

#: A history in which each message was reacted to, in the order in which they were posted.
FILL = f"""
WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < :count)
INSERT INTO messages (id, sender, name, text, time, ref, rev_key, extra)
SELECT (1 << {queries.SHIFT}) + n, 1 + n % 1000, 'someone', 'Said as number ' || n || :more, 1700000000000 + n,
    lower(hex(randomblob(12))), (1 << {queries.SHIFT}) + n + :count,
    json_object('reactions', json_array(json_object('key', '👍', 'count', 1, 'users', json_array('id-7'))))
FROM counter
"""


def fill(folder: Path, count: int, more: str = ", with some more words") -> Path:
    """Make a history of a channel whose messages were all reacted to; return its file."""
    folder.mkdir()
    with closing(open_file(folder / NAME)) as connection:
        pragma(connection, "synchronous=OFF")
        connection.execute("BEGIN")
        people = [(number, f"id-{number}") for number in range(1, 1_001)]
        connection.executemany("INSERT INTO senders VALUES (?, ?)", people)
        connection.execute("INSERT INTO channels (no, name, last) VALUES (1, 'den', ?)", (2 * count,))
        connection.execute(FILL, {"count": count, "more": more})
        connection.execute(
            "INSERT INTO reactions (message, key, number, sender)"
            f" SELECT id, '👍', rev_key & {queries.LARGEST}, 7 FROM messages ORDER BY id"
        )
        connection.execute("COMMIT")
        pragma(connection, "wal_checkpoint(TRUNCATE)")
    return folder / NAME


def timed(read: Callable[[], T]) -> tuple[T, float]:
    """Return what a reading returns, and for how long it held its thread, in seconds: of three times the least."""
    took = []
    for _ in range(3):
        began = time.thread_time()
        found = read()
        took.append(time.thread_time() - began)
        if took[-1] < 0.01:
            break
    return found, min(took)


def walk(connection: sqlite3.Connection) -> tuple[int, float]:
    """Read all changes; return how many, and how long the longest page held its thread."""
    count, since, longest, more = 0, 0, 0.0, True
    while more:
        page, took = timed(partial(changes.changes, connection, "den", since, MAX_PAGE))
        longest = max(longest, took)
        assert page.upto > since
        count, since, more = count + len(page.messages), page.upto, page.more
    return count, longest


def test_whoever_missed_very_many_changes_of_two_messages_gets_two_lines(run: Callable[..., None]) -> None:
    async def main(log: History) -> None:
        for text in ("edited", "liked", "quiet"):
            await log.append(message(text))
        asked = [edit(1, str(number)) for number in range(1_000)]
        asked += [change("reacted", 2, key="👍", user=User(f"u{number}", "x")) for number in range(5_000)]
        for at in range(0, len(asked), 500):
            await asyncio.gather(*map(log.change, asked[at : at + 500]))
        page = await log.changes("den", 3, MAX_PAGE)
        assert [(one.seq, one.text, one.number) for one in page.messages] == [(1, "999", 1_003), (2, "liked", 6_003)]
        assert (page.upto, page.more) == (6_003, False)
        [reaction] = (page.messages[1].extra or {})["reactions"]
        assert (reaction["count"], len(reaction["users"])) == (5_000, 20)
        assert sum(len(one.line()) for one in page.messages) < 1_000

    run(main)


def test_a_page_of_messages_with_many_reactions_is_read_at_once(tmp_path: Path, slack: float) -> None:
    def read(connection: sqlite3.Connection, before: int) -> list[bytes]:
        return [one.line() for one in queries.page(connection, "den", None, before, 50)]

    users = [f"g:{number:022}" for number in range(20)]
    for shape in ([(str(key), users[:1]) for key in range(20)], [("👍", users)]):
        reactions: list[Any] = [{"key": key, "count": len(ids), "users": ids} for key, ids in shape]
        path = fill(tmp_path / str(len(shape)), 2_000)
        with closing(connect(path)) as connection:
            connection.execute("UPDATE messages SET extra = ?", (json.dumps({"reactions": reactions}),))
            longest = 0.0
            for before in range(100, 2_000, 50):
                lines, took = timed(partial(read, connection, before))
                longest = max(longest, took)
                assert len(lines) == 50
                assert json.loads(lines[0])["reactions"] == reactions
        print(f"50 messages with 20 reactions, of {len(shape)} kinds: {1_000 * longest:.1f} ms")  # noqa: T201
        assert longest < 0.01 * slack


def test_changes_of_long_texts_are_read_in_short_pieces(tmp_path: Path, slack: float) -> None:
    count = either(3_000, 12_000)
    with closing(connect(fill(tmp_path / "data", count, " " + "x" * 3_900))) as connection:
        connection.execute("UPDATE messages SET rev_key = NULL, extra = NULL WHERE id % 3 = 0")
        connection.execute("DELETE FROM reactions WHERE message % 3 = 0")
        found, longest = walk(connection)
        assert found == count
        print(f"the longest page of changes: {1_000 * longest:.1f} ms")  # noqa: T201
        assert longest < 0.02 * slack
    assert check(tmp_path / "data") == []


@pytest.mark.long
def test_a_million_messages_that_were_reacted_to_are_read_in_short_pieces(tmp_path: Path) -> None:
    with closing(connect(fill(tmp_path / "data", 1_000_000))) as connection:
        began = time.perf_counter()
        count, longest = walk(connection)
        whole = time.perf_counter() - began
        print(f"{count} in {whole:.1f} s, the longest page {1_000 * longest:.1f} ms")  # noqa: T201
        assert count == 1_000_000
        assert longest < 0.02
