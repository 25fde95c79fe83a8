"""`user …` and `channel …` for a chat in PostgreSQL, alone and beside nodes that run."""

import asyncio
import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.postgres import database, opened
from tests.storage.histories import message, on_engine
from tornado_chat.__main__ import main
from tornado_chat.auth.accounts import Accounts
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.memberships import Membership, Order, Person
from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Repositories
from tornado_chat.server.cli import channels
from tornado_chat.storage.postgres import deletion
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.file_rows import PostgresFiles
from tornado_chat.storage.postgres.moderation import postgres_repositories

WORD = "a long password"
NOWHERE = "postgresql://chat:secret@127.0.0.1:1/chat"


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a database without a chat."""
    with database(ready=False) as address:
        yield address


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{WORD}\n"))


def repositories(engine: Engine) -> Repositories:
    return postgres_repositories(engine, PostgresFiles(engine))


def test_accounts_are_made_before_the_first_start_changed_and_listed(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "list", "--cluster", url]) == 2
    assert "there is no chat in the database" in capsys.readouterr().err
    assert main(["user", "add", "Ann", "--role", "admin", "--cluster", url]) == 0
    assert capsys.readouterr().out == f"Ann is in {url}\n"
    sys.stdin.seek(0)
    assert main(["user", "add", "ANN", "--cluster", url]) == 2
    assert "that name is taken" in capsys.readouterr().err
    assert main(["user", "role", "ann", "member", "--cluster", url]) == 0
    assert capsys.readouterr().out == "Ann: done\n"
    sys.stdin = io.StringIO("another password\n")
    assert main(["user", "passwd", "Ann", "--cluster", url]) == 0
    capsys.readouterr()
    assert main(["user", "list", "--cluster", url]) == 0
    name, role, user_id = capsys.readouterr().out.strip().split("\t")
    assert (name, role) == ("Ann", "member")

    async def look() -> list[Any]:
        async with opened(url) as engine:
            kept = repositories(engine)
            assert await kept.accounts.take_changed() == [user_id]
            accounts = Accounts(kept.accounts)
            assert await accounts.check("Ann", WORD) is None
            assert await accounts.check("Ann", "another password") == User(user_id, "Ann")
            return [entry["power"] for entry in await kept.audit.entries("", 9)]

    assert asyncio.run(look()) == ["passwd", "role", "role"]


def test_who_is_removed_leaves_messages_and_an_heir_of_whom_the_nodes_are_told(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    den, eve, bob = ChannelRecord("den"), User("h:eve", "Eve"), User("a:bob", "Bob")

    async def fill() -> None:
        async with opened(url) as engine:
            kept = repositories(engine).memberships
            await kept.met([Person(eve, 1), Person(bob, 1)])
            await kept.put([Membership(den, eve.id, "owner"), Membership(den, bob.id)])

    async def look() -> None:
        async with opened(url) as engine:
            kept = repositories(engine)
            assert await kept.memberships.of_user(eve.id) == []
            assert await kept.memberships.orders() == [Order(1, "den", {})]
            assert [one.user for one in await kept.memberships.ranked("den")] == [bob.id]
            assert eve.id in await kept.accounts.take_changed()

    asyncio.run(fill())
    assert main(["user", "remove", "h:eve", "--cluster", url]) == 0
    assert capsys.readouterr().out == "h:eve: removed; the messages stay\n"
    asyncio.run(look())


@pytest.mark.parametrize(
    "arguments", [["user", "list"], ["user", "add", "Ann"], ["user", "passwd", "Ann"], ["channel", "list"]], ids=str
)
def test_without_a_database_a_command_says_so_in_a_line_and_asks_for_nothing(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--cluster", NOWHERE]) == 2
    said = capsys.readouterr().err
    assert "--cluster 127.0.0.1:1/chat cannot be reached" in said
    assert "secret" not in said
    assert said.count("\n") == 1
    assert sys.stdin.readline() == f"{WORD}\n"


@pytest.mark.parametrize("arguments", [["user", "role", "\0", "admin"], ["channel", "show", "\0"]], ids=repr)
def test_a_name_that_nothing_can_have_is_refused_in_a_line(
    arguments: list[str], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(fill_den(url))
    assert main([*arguments, "--cluster", url]) == 2
    assert capsys.readouterr().err.count("\n") == 1


async def fill_den(url: str) -> None:
    async with opened(url) as engine:
        await repositories(engine).memberships.create(ChannelRecord("den"), [])
        await on_engine(engine, lambda history: history.append(message("hello")))


async def live(url: str, work: Any) -> str:
    """Run a command beside a node that lives; it carries out what the command wants done, if it works."""
    async with opened(url) as engine:
        await engine.write(lambda connection: connection.execute("SELECT take_node_1('one', 's', 'a', 'v', true)"))
        kept = repositories(engine).memberships
        command = asyncio.create_task(asyncio.to_thread(work))
        while not command.done():
            for order in await kept.orders():
                assert await kept.record("den") is not None  # a command leaves that to the node
                await kept.delete(order.name)
                await kept.carried_out(order)
            await asyncio.sleep(0.01)
        return str(await command)


def test_beside_a_node_a_channel_is_changed_by_that(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(fill_den(url))
    delete = ["channel", "delete", "den", "--yes", "--cluster", url]
    assert asyncio.run(live(url, lambda: main(delete))) == "0"
    assert capsys.readouterr().out == "den with 0 memberships and 1 message: deleted\n"
    asyncio.run(fill_den(url))
    monkeypatch.setattr(channels, "PATIENCE", 0.0)
    assert main(["channel", "archive", "den", "--cluster", url]) == 0  # the node has said nothing since
    assert f"the server that uses {url} has not done it yet" in capsys.readouterr().out


def test_messages_are_counted_piece_by_piece(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "PIECE", 2)
    for count in (1, 2, 3, 4):
        asyncio.run(fill_den(url))
        assert main(["channel", "list", "--cluster", url]) == 0
        assert capsys.readouterr().out.split("\t")[4] == f"{count} message{'s' if count > 1 else ''}"
