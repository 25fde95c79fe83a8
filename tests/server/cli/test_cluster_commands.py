"""The commands that look after a chat, where that is in PostgreSQL."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import database
from tests.storage.histories import message, on_engine
from tornado_chat.__main__ import main
from tornado_chat.config.settings import find_folder
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.plugin_host.manager import SPACE
from tornado_chat.storage.postgres.engine import Engine, connect
from tornado_chat.storage.postgres.store import PostgresStore

URL = "postgresql://chat:secret@127.0.0.1:1/chat"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["backup", "file"], "pg_dump"),
        (["restore", "file"], "pg_restore"),
        (["compact"], "VACUUM FULL"),
    ],
)
def test_what_postgresql_does_itself_is_named(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--cluster", URL]) == 2
    said = capsys.readouterr().err
    monkeypatch.setenv("TORNADO_CHAT_CLUSTER", URL)
    assert main(arguments) == 2
    assert capsys.readouterr().err == said
    assert "the chat is in postgresql://chat:***@127.0.0.1:1/chat: " in said
    assert words in said
    assert said.count("\n") == 1


def test_a_folder_on_the_command_line_goes_before_a_cluster_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORNADO_CHAT_CLUSTER", URL)
    assert main(["compact", "--data-dir", str(tmp_path)]) == 2
    assert f"{tmp_path}/chat.db is not there" in capsys.readouterr().err
    assert main(["compact", "--data-dir", str(tmp_path), "--cluster", URL]) == 2
    assert "VACUUM FULL" in capsys.readouterr().err


def test_a_server_takes_no_folder_beside_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*more: str) -> str:
        assert main(["serve", "--data-dir", str(tmp_path / "data"), *more]) == 2
        return capsys.readouterr().err

    cure = " a cluster; leave one of them out"
    assert f"--data-dir names a data folder, and --cluster{cure}\n" in said("--cluster", URL)
    (tmp_path / "chat.toml").write_text(f'cluster = "{URL}"')
    assert f"and the file of settings{cure}\n" in said("--config", str(tmp_path / "chat.toml"))
    monkeypatch.setenv("TORNADO_CHAT_CLUSTER", URL)
    assert f"and TORNADO_CHAT_CLUSTER{cure} (an empty TORNADO_CHAT_CLUSTER in the environment does so)" in said()
    assert not (tmp_path / "data").exists()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a database with a chat."""
    with database() as address:
        asyncio.run(fill(address))
        yield address


async def fill(url: str) -> None:
    engine = await Engine.open(url)
    try:
        await on_engine(engine, lambda history: history.append(message("hello")))
        dice = build_registry((), {}, shipped=find_folder("plugins")).plugins["dice"]
        await PostgresStore(engine).set(SPACE, "dice", {"state": "off", "error": "it fell", "stamp": dice.stamp})
    finally:
        await engine.close()


def test_messages_are_exported(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--cluster", url]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "hello"
    assert main(["export", "--cluster", url, "--format", "txt", "--channel", "DEN"]) == 0
    assert capsys.readouterr().out.endswith("[den] Ann: hello\n")
    assert main(["export", "--cluster", url, "--channel", "attic"]) == 2
    assert capsys.readouterr().err == "tornado_chat: there is no channel attic\n"


@pytest.mark.parametrize("arguments", [["export"], ["plugin", "list"]])
def test_without_a_database_a_command_says_so_in_a_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--cluster", URL]) == 2
    said = capsys.readouterr().err
    assert "--cluster 127.0.0.1:1/chat cannot be reached" in said
    assert "secret" not in said
    assert said.count("\n") == 1


def test_a_command_makes_no_tables(capsys: pytest.CaptureFixture[str]) -> None:
    async def schemas() -> int:
        connection = await connect(empty)
        try:
            return int(await connection.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = 'tornado_chat'"))
        finally:
            await connection.close()

    with database(ready=False) as empty:
        assert main(["export", "--cluster", empty]) == 2
        assert "there is no chat in the database; the first server to start makes it" in capsys.readouterr().err
        assert main(["plugin", "list", "--cluster", empty]) == 0
        assert asyncio.run(schemas()) == 0


def test_what_the_nodes_have_switched_off_is_listed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "list", "--cluster", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    (place,) = (number for number, line in enumerate(lines) if line.startswith("dice             off"))
    assert lines[place + 1].strip() == "it fell"


def test_a_chat_is_checked_and_its_index_built_anew(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--cluster", url]) == 0
    said = capsys.readouterr().out
    assert f"the chat in {url} is whole: nothing contradicts itself\n" in said
    assert "The files that people share were not looked at; --blobs says where they are\n" in said
    assert main(["reindex", "--cluster", url]) == 0
    assert capsys.readouterr().out == f"the index of search in {url} is built anew, from 1 messages\n"
    assert main(["check", "--cluster", url, "--blobs", str(tmp_path)]) == 0
    assert "not looked at" not in capsys.readouterr().out
    asyncio.run(execute(url, "UPDATE search_runs SET words = ''"))
    assert main(["check", "--cluster", url]) == 1
    said = capsys.readouterr().out
    assert "is not in the index of search as it is; build it anew: python -m tornado_chat reindex\n" in said
    assert "is not whole; where there is a backup: end all nodes, and bring back with pg_restore" in said
    assert main(["reindex", "--cluster", url]) == 0
    assert main(["check", "--cluster", url]) == 0


async def execute(url: str, statement: str) -> None:
    connection = await connect(url)
    await connection.execute(statement)
    await connection.close()
