"""Accounts on the command line, as an operator makes them, beside a server that runs."""

import asyncio
import getpass
import io
import sqlite3
import sys
from pathlib import Path

import pytest

from tornado_chat.__main__ import main
from tornado_chat.auth.accounts import Accounts
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.memberships import Membership
from tornado_chat.storage.sqlite.accounts import SqliteAccounts
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.files import DatabaseError
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.moderation import SqliteAudit, sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database

WORD = "correct horse"


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{WORD}\nanother word\n"))


def user(folder: Path, *arguments: str) -> int:
    return main(["user", *arguments, "--data-dir", str(folder)])


def test_accounts_are_made_changed_and_listed_while_a_server_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def serve() -> None:
        database = Database(tmp_path)
        accounts = Accounts(SqliteAccounts(database))
        try:
            assert await asyncio.to_thread(user, tmp_path, "add", "Ann", "--role", "admin") == 0
            ann = await accounts.check("ann", WORD)
            assert ann is not None
            assert ann.may("ban")
            session = await accounts.begin(ann)
            assert await asyncio.to_thread(user, tmp_path, "passwd", "ANN") == 0
            assert await accounts.resume(session) is None
            assert await accounts.check("Ann", "another word") == ann
            assert await asyncio.to_thread(user, tmp_path, "role", "Ann", "member") == 0
            assert await asyncio.to_thread(user, tmp_path, "role", "h:boss", "admin") == 0
            assert [await accounts.role(one) for one in (ann.id, "h:boss")] == ["member", "admin"]
            entries = await SqliteAudit(database).entries("", 10)
            assert sorted(entry["power"] for entry in entries) == ["passwd", "role", "role", "role"]
            assert {entry["by"]["name"] for entry in entries} == {"command line"}
        finally:
            await asyncio.to_thread(database.close)

    asyncio.run(serve())
    capsys.readouterr()
    assert main(["user", "--data-dir", str(tmp_path), "list"]) == 0
    name, role, user_id = capsys.readouterr().out.split()
    assert (name, role, user_id[:2]) == ("Ann", "member", "a:")


def test_who_is_removed_leaves_nothing_but_messages_and_is_sent_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        database = Database(tmp_path)
        kept = sqlite_repositories(database)
        accounts, memberships = Accounts(kept.accounts), kept.memberships
        try:
            ann, bob = await accounts.register("Ann", WORD), await accounts.register("Bob", WORD)
            await kept.accounts.set_role(ann.id, "admin")
            session = await accounts.begin(ann)
            pair = ChannelRecord("dm:1", "direct", people=(ann.id, bob.id))
            await memberships.create(pair, [Membership(pair, one) for one in pair.people])
            await memberships.put([Membership(ChannelRecord("den"), one) for one in ("h:eve", "g:7", bob.id)])
            await accounts.changed()
            assert await asyncio.to_thread(user, tmp_path, "remove", "ann") == 0
            assert await accounts.resume(session) is None
            assert await accounts.user(ann.id) is None
            assert await accounts.role(ann.id) == "member"
            assert await accounts.changed() == [ann.id]
            assert await memberships.of_user(ann.id) == []
            assert await memberships.direct(pair.people) is None
            assert (await accounts.register("Ann", WORD)).id != ann.id
            for user_id in ("h:Eve", "g:7"):
                assert await asyncio.to_thread(user, tmp_path, "remove", user_id) == 0
            assert [one.user.name for one in (await memberships.members("den"))[0]] == ["Bob"]
            assert await asyncio.to_thread(user, tmp_path, "remove", "nobody") == 2
            entries = await kept.audit.entries("", 10)
            assert [entry["about"]["user"] for entry in entries] == ["g:7", "h:eve", ann.id]
        finally:
            await asyncio.to_thread(database.close)

    asyncio.run(main())
    assert capsys.readouterr().out.splitlines()[0] == "Ann: removed; the messages stay"
    assert check(tmp_path) == []


def test_an_account_can_be_made_before_the_first_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert user(tmp_path / "new", "add", "Ann") == 0
    assert capsys.readouterr().out == f"Ann is in {tmp_path / 'new'}\n"
    database = Database(tmp_path / "new")
    database.close()


@pytest.mark.parametrize("arguments", [["list"], ["passwd", "Ann"], ["role", "Ann", "admin"]], ids=str)
def test_a_folder_without_a_database_is_told_before_a_password_is_asked_for_and_none_is_made(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert user(tmp_path / "nosuch", *arguments) == 2
    assert f"{tmp_path / 'nosuch' / 'chat.db'} is not there; give the data folder" in capsys.readouterr().err
    assert sys.stdin.readline() == f"{WORD}\n"
    assert list(tmp_path.iterdir()) == []


def test_list_says_that_there_are_no_accounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Database(tmp_path).close()
    assert user(tmp_path, "list") == 0
    assert capsys.readouterr() == ("", f"no accounts in {tmp_path}\n")


def test_a_password_is_asked_for_twice_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([WORD, "mistyped word", WORD, WORD])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(answers))
    assert user(tmp_path, "add", "Ann") == 2
    assert user(tmp_path, "add", "Ann") == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "An\u202en"], "right-to-left override"),
        (["add", "Ann", "--role", "root"], "invalid choice: 'root'"),
        (["passwd", "Bob"], "no account 'Bob'"),
        (["role", "Bob", "admin"], "no account 'Bob'"),
        (["role", "t:42", "admin"], "t:42 has no account"),
        (["role", "a:doesnotexist", "admin"], "no account with the id a:doesnotexist"),
        (["role", "h:", "admin"], "no account 'h:'"),
        (["add"], "required: NAME"),
        (["delete", "Ann"], "no command user delete; there are add, passwd, role, remove, list"),
        ([], "user needs a command: add, passwd, role, remove, list"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_one_clear_line_and_status_2(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Database(tmp_path).close()
    assert user(tmp_path, *arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("written", ["h:carol@example.com", "h:carol%40example.com"])
def test_a_role_for_whom_a_proxy_names_is_given_however_the_id_is_written(
    written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Database(tmp_path).close()
    assert user(tmp_path, "role", written, "admin") == 0
    assert capsys.readouterr().out == "h:carol%40example.com: admin, whenever the proxy names them\n"
    with DirectDatabase(tmp_path) as file:
        assert asyncio.run(Accounts(SqliteAccounts(file)).role("h:carol%40example.com")) == "admin"


def test_a_role_that_someone_has_already_is_told_so_and_not_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user(tmp_path, "add", "Ann")
    capsys.readouterr()
    assert user(tmp_path, "role", "Ann", "member") == 0
    assert capsys.readouterr().out == "Ann: is member already; nothing was changed\n"
    with DirectDatabase(tmp_path) as file:
        assert asyncio.run(SqliteAudit(file).entries("", 10)) == []


def test_a_short_password_or_a_taken_name_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert user(tmp_path, "add", "Ann") == 0
    for name, typed in (("ANN", WORD), ("Bob", "short")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed + "\n"))
        assert user(tmp_path, "add", name) == 2
    capsys.readouterr()
    user(tmp_path, "list")
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.usefixtures("impatient")
def test_a_file_of_an_older_server_that_runs_or_one_that_is_locked_is_named(tmp_path: Path) -> None:
    database = Database(tmp_path)
    try:
        with DirectDatabase(tmp_path) as file, DirectDatabase(tmp_path) as other:
            file._connection.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseError, match="locked"):
                asyncio.run(other.write(lambda connection: None))
            file._connection.execute("PRAGMA user_version = 0")
            file._connection.execute("COMMIT")
        with pytest.raises(DatabaseError, match="older server"):
            DirectDatabase(tmp_path)
    finally:
        database.close()


def test_what_fails_is_undone(tmp_path: Path) -> None:
    def run(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO store VALUES ('x', 'x', '1')")
        raise ZeroDivisionError

    with DirectDatabase(tmp_path) as file:
        with pytest.raises(ZeroDivisionError):
            asyncio.run(file.write(run))
        assert asyncio.run(SqliteStore(file).items("x")) == []
    (tmp_path / "chat.db").write_bytes(b"x" * 4096)
    with pytest.raises(DatabaseError):
        DirectDatabase(tmp_path)
    with DirectDatabase(tmp_path / "other"):  # the lock of the one that failed is free
        pass
