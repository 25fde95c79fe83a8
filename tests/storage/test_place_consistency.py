"""Each rule for channels, members and mentions is broken once, and `check` finds it."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.helpers import on_database
from tests.storage.histories import ANN, BOB, change, message
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.memberships import Membership, Person
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.memberships import SqliteMemberships
from tornado_chat.storage.sqlite.queries import SHIFT
from tornado_chat.storage.sqlite.writer import Database

HARM = [
    ("UPDATE channel_records SET open = '[' WHERE name = 'den'", 'channel "den": has settings that cannot be read'),
    ("UPDATE memberships SET sees = '['", "has a member whose membership cannot be read"),
    ("UPDATE channel_records SET kind = 'x' WHERE name = 'p:1'", "is of a kind that is not known"),
    ("UPDATE channel_records SET kind = 'private' WHERE name = 'den'", "has an address of another kind"),
    ("UPDATE channel_records SET kind = 'public' WHERE name = 'p:1'", "has an address of another kind"),
    ("UPDATE channel_records SET members = 5 WHERE name = 'den'", "counts other members than it has"),
    ("DELETE FROM channel_records WHERE name = 'den'", 'channel "den": has members, but is not there'),
    ("UPDATE memberships SET role = 'x' WHERE channel = 'den'", "of a role or level that is not known"),
    ("UPDATE memberships SET level = 'x' WHERE channel = 'den'", "of a role or level that is not known"),
    ("UPDATE memberships SET read = 5 WHERE channel = 'den'", "has a member who has read more than there is"),
    ("UPDATE direct SET name = 'den'", 'channel "den": is opened as a direct conversation, but is none'),
    ("UPDATE channel_records SET people = '[\"1\"]' WHERE kind = 'direct'", "the direct conversation of others"),
    ("DELETE FROM mentions", "message 1 mentions others than it says"),
    ("UPDATE messages SET extra = NULL WHERE id % 8 = 1", "message 1 mentions others than it says"),
    ("UPDATE mentions SET message = message + 5", "message 6 mentions someone, but is not there"),
    ("UPDATE mentions SET user = 9", "message 1 mentions someone unknown"),
    ("UPDATE mentions SET number = number + 1", "message 1 mentions someone since a number that it does not have"),
    (f"UPDATE mentions SET number = number + (1 << {SHIFT})", "since a number that it does not have"),
]


async def fill(database: Database) -> None:
    log, kept = SqliteHistory(database), SqliteMemberships(database)
    await log.append(message("@Bob", mentions=["2", "1", "@here"]))
    await log.append(message())
    await log.change(change("reacted", 2, key="+"))
    await kept.met([Person(user, 0) for user in (ANN, BOB)])
    den, pair = ChannelRecord("den"), ChannelRecord("dm:1", "direct", people=("1", "2"))
    for record in (den, pair, ChannelRecord("p:1", "private")):
        await kept.create(record, [Membership(record, one, read=0 if record is pair else 3) for one in record.people])
    await kept.put([Membership(den, "1", read=3)])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which nothing is wrong."""
    folder = tmp_path_factory.mktemp("sound")
    on_database(folder, fill)
    assert check(folder) == []
    return folder


@pytest.mark.parametrize(("harm", "words"), HARM)
def test_what_contradicts_itself_is_found(sound: Path, tmp_path: Path, harm: str, words: str) -> None:
    shutil.copy(sound / "chat.db", tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as other:
        other.executescript(harm)
    problems = check(tmp_path)
    assert any(words in problem for problem in problems), problems
    assert len(problems) <= 3
    for problem in problems:
        assert len(problem.splitlines()) == 1
