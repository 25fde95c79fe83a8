"""`tornado-chat check` finds what the tables of threads contradict each other in."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.histories import ANN, BOB, change, edit, message, on_disk
from tornado_chat.storage.sqlite.files import NAME
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check

ITS_OWN_ROOT = "UPDATE messages SET thread = id, extra = json_set(extra, '$.thread', id % 1024) WHERE text = 'one'"


@pytest.mark.parametrize(("broken", "words"), [
    ("UPDATE messages SET thread = thread + 3 WHERE text = 'one'", "is in another thread than it says"),
    ("UPDATE messages SET extra = NULL WHERE text = 'root'", "counts other replies than it has"),
    ("UPDATE messages SET back = NULL WHERE text = 'one'", "is not where the timeline has it"),
    ("UPDATE messages SET back = back - 1 WHERE text = 'two'", "is not where the timeline has it"),
    ("UPDATE messages SET back = id - 1 WHERE text = 'also'", "is not where the timeline has it"),
    ("UPDATE follows SET root = root + 1 WHERE read = 3", "is followed, but is not there"),
    ("UPDATE follows SET user = 99 WHERE read = 4", "is followed by someone unknown"),
    ("UPDATE follows SET read = 77 WHERE read = 4", "is read further than there is"),
    ("UPDATE messages SET rev_key = id + 1 WHERE text = 'one'", "has the number of a change"),
    (ITS_OWN_ROOT, "is in a thread whose root is not there"),
])  # fmt: skip
def test_what_is_wrong_in_threads_is_found(tmp_path: Path, broken: str, words: str) -> None:
    async def main(log: SqliteHistory) -> None:
        await log.append(message("root"))
        await log.append(message("one", sender=BOB, thread=1))
        await log.append(message("also", sender=BOB, thread=1, also_in_channel=True))
        await log.append(message("two", sender=ANN, thread=1))

    on_disk(tmp_path, main)
    assert check(tmp_path) == []
    with closing(sqlite3.connect(tmp_path / NAME)) as connection, connection:
        assert connection.execute(broken).rowcount
    assert any(line.endswith(words) for line in check(tmp_path)), check(tmp_path)


def test_nobody_follows_a_thread_whose_root_was_trimmed_away(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        await log.append(message("root"))
        await log.append(message("one", thread=1))
        await log.append(message("grows", thread=1, growing=True))
        await log.trim()
        await log.change(edit(2, "one @Bob", mentions=(BOB.id,)))
        await log.change(change("grown", 3, text="grows @Bob", on=False, mentions=(BOB.id,)))
        assert [one.seq for one in await log.get("den", [1, 2, 3])] == [2, 3]
        assert await log.followers("den", 1) == []

    on_disk(tmp_path, main, keep_messages=2)
    assert check(tmp_path) == []
