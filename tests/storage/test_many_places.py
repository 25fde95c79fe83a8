"""Figures: very many channels and people cost the reading thread little, whatever is asked."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tornado_chat.storage.sqlite import mentions
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.files import NAME, open_file, pragma
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.memberships import SqliteMemberships
from tornado_chat.storage.sqlite.queries import SHIFT

T = TypeVar("T")
ME = "a:7"
OWN = 200  # channels that I am in
UNREAD = 150  # messages in each of them

_COUNTER = "WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < :count) "
_RECORDS = _COUNTER + (
    "INSERT INTO channel_records SELECT iif(n % 4 = 0, 'p:', 'c') || n, 'channel number ' || n, 0,"
    " iif(n % 4 = 0, 'private', 'public'), 'Channel number ' || n, 'What number ' || n || ' is about', '',"
    " 'everyone', 0, NULL, 'all', '[[0, null]]', 1, 0, 'a:1', n, '[]', '{}' FROM counter"
)
_PEOPLE = _COUNTER + "INSERT INTO people SELECT 'a:' || n, 'Person ' || n, 'person ' || n, n, 0 FROM counter"
# Everyone is in 20 channels, half of all in the first one, and I am in many.
_MEMBERS = _COUNTER + (
    ", these (user, channel) AS (SELECT n, (n * 31 + k.value * 97) % :channels + 1 FROM counter, generate k"
    " UNION SELECT n, 1 FROM counter WHERE n % 2 UNION SELECT 7, n * 13 + 2 FROM counter WHERE n <= :own)"
    " INSERT INTO memberships SELECT 'a:' || user, iif(channel % 4 = 0, 'p:', 'c') || channel,"
    " iif(user = 1, 'owner', 'member'), 0, user, NULL, 0, 'all', 0, 0, 0, 0, 0 FROM these"
).replace("generate", "json_each('[" + ",".join(map(str, range(20))) + "]')")
_MESSAGES = f"""
INSERT INTO messages (id, sender, name, text, time, ref)
SELECT (no << {SHIFT}) + k.n, 1 + k.n % 3, 'someone', 'Said as number ' || k.n || ', with some more words', k.n, NULL
FROM channels, (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {UNREAD}) SELECT n FROM c) k
"""


def fill(folder: Path, count: int) -> None:
    """Make a data folder with so many channels and people; messages are in my channels."""
    with closing(open_file(folder / NAME)) as connection:
        pragma(connection, "synchronous=OFF")
        connection.execute("BEGIN")
        values = {"count": count, "channels": count, "own": OWN}
        for statement in (_RECORDS, _PEOPLE):
            connection.execute(statement, {"count": count})
        connection.execute(_MEMBERS, values)
        connection.executemany("INSERT INTO senders VALUES (?, ?)", [(1, "a:1"), (2, ME), (3, "a:3")])
        connection.execute(
            "INSERT INTO channels (name) SELECT channel FROM memberships WHERE user = ? ORDER BY 1", (ME,)
        )
        connection.execute(_MESSAGES)
        connection.execute(
            "INSERT INTO mentions SELECT 2, id, id, time FROM messages"
            f" WHERE id & 31 = 0 AND sender != 2 AND (id >> {SHIFT}) & 1"
        )
        connection.execute(
            "UPDATE messages SET extra = json_object('mentions', json_array(?))"
            " WHERE id IN (SELECT message FROM mentions)",
            (ME,),
        )
        connection.execute("COMMIT")
        pragma(connection, "wal_checkpoint(TRUNCATE)")


def timed(what: str, call: Callable[[], Awaitable[T]]) -> tuple[T, float]:
    """Return what a call returns, and for how long it held its thread, in seconds: of five times the least."""

    async def main() -> tuple[T, float]:
        took = []
        for _ in range(5):
            began = time.thread_time()
            found = await call()
            took.append(time.thread_time() - began)
        return found, min(took)

    found, took = asyncio.run(main())
    print(f"{what}: {1_000 * took:.2f} ms")  # noqa: T201
    return found, took


def ask(folder: Path, count: int, slack: float) -> None:
    fill(folder, count)
    assert check(folder) == []
    with DirectDatabase(folder) as file:
        kept = SqliteMemberships(file)

        async def connect() -> Any:
            mine = await kept.of_user(ME)
            read = {one.record.name: one.read for one in mine}

            def unread(connection: sqlite3.Connection) -> Any:
                return mentions.unread(connection, ME, read, {})

            return mine, await file.read(unread)

        (mine, unread), took = timed("my channels, and what I have not read of them", connect)
        assert OWN <= len(mine) == len(unread)
        assert {one.messages for one in unread.values()} == {2 * UNREAD // 3}
        assert {one.mentions for one in unread.values()} == {0, 3}
        assert took < 0.02 * slack
        sees = dict.fromkeys(unread)

        def page(connection: sqlite3.Connection) -> Any:
            return mentions.newest(connection, ME, sees, None, 51)

        found, took = timed("my newest mentions, of all my channels", lambda: file.read(page))
        assert len(found) == 51
        assert took < 0.02 * slack
        calls: dict[str, Callable[[], Awaitable[Any]]] = {
            "a page of members": lambda: kept.members("c1", after="a:5"),
            "members by a part of their name": lambda: kept.members("c1", find="son 99"),
            "members whom nobody is called like": lambda: kept.members("c1", find="nobody"),
            "how many members": lambda: kept.count("c1"),
            "who ranks": lambda: kept.ranked("c1"),
            "who is named": lambda: kept.named("c1", ["person 5", "person 6", "nobody"]),
            "a page of channels": lambda: kept.browse(ME, "", "c5", 50),
            "channels by a part of their name": lambda: kept.browse(ME, "number 99", "", 50),
            "channels that nobody has": lambda: kept.browse(ME, "nothing", "", 50),
            "a page of people": lambda: kept.people(after="a:5"),
            "people by a part of their name": lambda: kept.people(find="son 99"),
            "people whom nobody knows": lambda: kept.people(find="nobody"),
        }
        for what, call in calls.items():
            assert timed(what, call)[1] < 0.005 * slack, what


@pytest.mark.long
def test_many_channels_and_people_are_read_at_once(tmp_path: Path, slack: float) -> None:
    ask(tmp_path, 3_000, slack)


@pytest.mark.long
def test_ten_thousand_channels_and_people_are_read_at_once(tmp_path: Path, slack: float) -> None:
    ask(tmp_path, 10_000, slack)
