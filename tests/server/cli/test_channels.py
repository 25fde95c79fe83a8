"""Channels on the command line, as an operator looks after them: alone, and beside a server that runs."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tests.postgres import database, opened
from tests.serving import until
from tests.storage.histories import on_engine
from tornado_chat.__main__ import main
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import History
from tornado_chat.chat.memberships import Membership, Person
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.repositories import Repositories
from tornado_chat.server.cli import channels
from tornado_chat.storage.postgres.file_rows import PostgresFiles
from tornado_chat.storage.postgres.moderation import postgres_repositories
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.writer import Database
from tornado_chat.testing import ChatTestCase

ANN, BOB = User("a:ann", "Ann"), User("a:bob", "Bob")
PLANS, PAIR = "p:plans", "dm:pair"


async def fill(repositories: Repositories, history: History) -> None:
    """Make channels of all kinds."""
    memberships = repositories.memberships
    await memberships.met([Person(ANN, 0), Person(BOB, 0)])
    plans = ChannelRecord(PLANS, "private", "Plans", people=())
    await memberships.create(plans, [Membership(plans, ANN.id, "owner"), Membership(plans, BOB.id)])
    pair = ChannelRecord(PAIR, "direct", people=(ANN.id, BOB.id))
    await memberships.create(pair, [Membership(pair, one) for one in pair.people])
    den = ChannelRecord("den", title="The den", plugins={"poll": {"open": True, "words": "Grüße"}})
    await memberships.put([Membership(den, BOB.id)])
    for name, count in (("den", 3), (PLANS, 1), ("guests", 1)):
        for number in range(count):
            await history.append(Message(name, f"text {number}", ANN, 1_750_000_000_000))


class Line:
    """Runs commands, and looks at the chat that they are for."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *where: str) -> None:
        self._where, self._capsys = where, capsys

    def __call__(self, *words: str, status: int = 0) -> str:
        assert main(["channel", *words, *self._where]) == status
        out, err = self._capsys.readouterr()
        return err if status else out

    async def look(self, job: Callable[[Repositories, History], Awaitable[Any]]) -> Any:
        option, where = self._where
        if option == "--cluster":
            async with opened(where) as engine:
                kept = postgres_repositories(engine, PostgresFiles(engine))
                return await on_engine(engine, partial(job, kept))
        folder = Database(Path(where))
        try:
            return await job(sqlite_repositories(folder), SqliteHistory(folder))
        finally:
            await asyncio.to_thread(folder.close)


@pytest.fixture(params=["sqlite", "postgres"])
def line(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Line]:
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            made = Line(capsys, "--data-dir", str(tmp_path))
            stack.callback(lambda: check(tmp_path) == [] or pytest.fail("the folder is not whole"))
        else:
            made = Line(capsys, "--cluster", stack.enter_context(database()))
        asyncio.run(made.look(fill))
        yield made


def test_all_channels_are_listed_by_what_people_call_them(line: Line) -> None:
    assert [row.split("\t") for row in line("list").splitlines()] == [
        ["den", "The den", "public", "1 member", "3 messages", "2025-06-15", "listed"],
        [PAIR, "Ann, Bob", "direct", "2 members", "0 messages", "-", "-"],
        [PLANS, "Plans", "private", "2 members", "1 message", "2025-06-15", "-"],
        ["guests", "guests", "public", "0 members", "1 message", "2025-06-15", "listed"],
    ]


def test_settings_are_shown_and_changed(line: Line) -> None:
    assert (
        line("set", "the DEN", "--topic", "News  of us", "--listed", "no", "--edit-window", "60") == "The den: done\n"
    )
    shown = dict(row.split(":", 1) for row in line("show", "den").splitlines())
    named = {name: shown[name].strip() for name in ("topic", "listed", "edit-window", "archived", "messages")}
    expected = {"topic": "News of us", "listed": "no", "edit-window": "60", "archived": "no", "messages": "3"}
    assert named == expected
    assert line("archive", "den") == "The den: done\n"
    assert line("archive", "den") == "The den: is so already; nothing was changed\n"
    line("set", "den", "--edit-window", "server", "--newcomers", "from-joining")
    assert "that of the server" in line("show", "den")
    assert "Ann (a:ann)" in line("show", "plans")
    assert 'open = true, words = "Grüße"' in line("show", "den")
    assert "listed" not in line("show", "plans") + line("show", PAIR)
    assert "listed: only public channels are listed" in line("set", "plans", "--listed", "yes", status=2)
    line("set", "guests", "--title", "Lobby")
    assert "Lobby" in line("list")


def test_a_channel_is_deleted_with_all_that_is_in_it(line: Line) -> None:
    said = line("delete", "Plans", status=2)
    assert "would delete Plans with 2 memberships and 1 message for good; add --yes" in said
    for name in ("Plans", "guests", "dm:pair"):
        line("delete", name, "--yes")
    assert [row.split("\t")[0] for row in line("list").splitlines()] == ["den"]

    async def left(repositories: Repositories, history: History) -> Any:
        assert await repositories.memberships.direct([ANN.id, BOB.id]) is None
        assert await history.last(PLANS) == 1  # no number comes twice
        return [entry["about"].get("channel") for entry in await repositories.audit.entries("", 10)]

    assert asyncio.run(line.look(left)) == [PAIR, "guests", PLANS]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "plan"), "there is no channel plan (did you mean Plans?)"),
        (("show", "zoo"), "there is no channel zoo; channel list shows them"),
        (("show",), "required: NAME"),
        (("set", "den"), "nothing to set; there are --title, --topic"),
        (("set", "den", "--slow", "-5"), "'-5' is not a number of seconds"),
        (("set", "den", "--slow", "999999"), "slow: 0 to 86400 seconds"),
        (("set", "den", "--listed", "maybe"), "neither yes nor no"),
        (("set", "den", "--posting", "nobody"), "invalid choice: 'nobody'"),
        (("set", "Plans", "--title", ""), "a private channel has one"),
        (("set", "dm:pair", "--topic", "x"), "a direct conversation has no settings"),
        (("remove", "den"), "there is no command channel remove"),
        ((), "channel needs a command: list, show"),
    ],
)
def test_what_cannot_be_done_is_said(line: Line, words: tuple[str, ...], said: str) -> None:
    assert said in line(*words, status=2)


def test_a_title_of_several_channels_is_not_guessed(line: Line) -> None:
    line("set", "guests", "--title", "The den")
    assert "may be one of several channels, give the address: den, guests" in line("show", "the den", status=2)


class BesideAServer(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "sqlite"}

    async def order(self, *words: str) -> str:
        """Run a command in a thread while this server follows what it wants done."""
        command = asyncio.create_task(
            asyncio.to_thread(main, ["channel", *words, "--data-dir", str(self.chat_settings.data_dir)])
        )
        while not command.done():
            await self.chat.follow()
            await asyncio.sleep(0.01)
        assert await command == 0
        return self.capsys.readouterr().out

    @pytest.fixture(autouse=True)
    def _streams(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    @gen_test
    async def test_the_server_does_it_and_tells_the_members(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.call("send-message", target="den", message="Hello")
        assert await self.order("set", "den", "--topic", "News", "--posting", "moderators") == "den: done\n"
        assert await ann.until("channel") == {
            "action": "channel",
            "channel": "den",
            "topic": "News",
            "posting": "moderators",
        }
        with pytest.raises(Refused, match="Only moderators"):
            await ann.call("send-message", target="den", message="Hello again")
        assert await self.order("delete", "den", "--yes") == "den with 0 memberships and 1 message: deleted\n"
        await until(lambda: "den" not in self.chat.hub.channels)
        event = await ann.until(lambda event: event["action"] == "channels" and "removed" in event)
        assert [one["channel"] for one in event["removed"]] == ["den"]
        answer = await ann.join("den")
        assert (answer["messages"], answer["seq"], answer["floor"]) == ([], 1, 1)
        assert "topic" not in answer

    @gen_test
    async def test_what_no_server_does_waits_for_one(self) -> None:
        await self.join("Ann", "den")
        await self.chat.hub.places.writer.written()
        patience, channels.PATIENCE = channels.PATIENCE, 0.0
        try:
            await self.chat.hub.channel("den").post("Hello")
            words = ["channel", "archive", "den", "--data-dir", str(self.chat_settings.data_dir)]
            assert await asyncio.to_thread(main, words) == 0
        finally:
            channels.PATIENCE = patience
        assert "has not done it yet" in self.capsys.readouterr().out
        await self.chat.follow()
        record = await self.chat.hub.places.record("den")
        assert record is not None
        assert record.archived
