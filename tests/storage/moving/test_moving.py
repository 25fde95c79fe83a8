"""A chat is moved from a data folder into PostgreSQL and back: all of it, or nothing."""

import asyncio
import contextlib
import io
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lengths import either
from tests.postgres import database, opened
from tests.s3 import FakeS3
from tests.storage.histories import message, on_engine
from tests.storage.moving.everything import fill, rows, said
from tornado_chat.__main__ import main
from tornado_chat.config.blob_place import BlobPlace
from tornado_chat.storage.blobs.folder import FOLDER, all_blobs, place
from tornado_chat.storage.moving import reaching
from tornado_chat.storage.moving import to_postgres as moving
from tornado_chat.storage.moving import to_sqlite as moving_back
from tornado_chat.storage.moving.comparing import MoveError
from tornado_chat.storage.moving.progress import Progress
from tornado_chat.storage.moving.to_postgres import Moved, to_postgres
from tornado_chat.storage.moving.to_sqlite import to_sqlite
from tornado_chat.storage.postgres.consistency import check as check_cluster
from tornado_chat.storage.postgres.engine import connect
from tornado_chat.storage.sqlite.files import NAME, DatabaseError, lock_folder
from tornado_chat.storage.sqlite.maintenance import check


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with something of everything."""
    folder = tmp_path_factory.mktemp("everything")
    fill(folder)
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that all nodes see."""
    made = tmp_path / "shared"
    made.mkdir()
    return made


@pytest.fixture
def url() -> Iterator[str]:
    with database() as address:
        yield address


def there(folder: Path, url: str, blobs: BlobPlace | None) -> Moved:
    return asyncio.run(to_postgres(folder, url, blobs, Progress()))


def back(url: str, folder: Path, blobs: BlobPlace | None) -> Moved:
    return asyncio.run(to_sqlite(url, folder, blobs, Progress()))


async def fetch(url: str, query: str) -> list[Any]:
    connection = await connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def has_a_chat(url: str) -> bool:
    names = asyncio.run(fetch(url, "SELECT to_regclass('tornado_chat.messages')"))
    return names != [(None,)] and asyncio.run(fetch(url, "SELECT count(*) FROM tornado_chat.messages")) != [(0,)]


# There and back


def test_there_and_back_nothing_has_changed(folder: Path, shared: Path, url: str, tmp_path: Path) -> None:
    before = said(folder)
    moved = there(folder, url, shared)
    assert (moved.lost, moved.altered) == (0, 0)
    assert moved.summary.counts["messages"] == len(before["messages"])
    assert not (folder / NAME).exists()
    assert (folder / moved.kept).exists()
    assert moved.kept.startswith(f"{NAME}.2")

    async def look() -> None:
        async with opened(url) as engine:
            assert await check_cluster(engine, shared, hashes=True) == []

    asyncio.run(look())
    new = tmp_path / "new"
    second = back(url, new, shared)
    assert second.lost == 0
    assert check(new, hashes=True) == []
    assert said(new) == before
    assert asyncio.run(fetch(url, "SELECT to_regclass('tornado_chat.facts')")) == [(None,)]
    assert asyncio.run(fetch(url, f"SELECT count(*) FROM {second.kept}.messages")) == [(len(before["messages"]),)]
    os.rename(folder / moved.kept, folder / NAME)
    assert said(folder) == before


def test_files_go_into_a_bucket_and_come_back(folder: Path, url: str, tmp_path: Path) -> None:
    before = said(folder)

    async def move() -> None:
        async with FakeS3().serve() as server:
            bucket = server.place()
            await to_postgres(folder, url, bucket, Progress())
            async with opened(url) as engine:
                assert await check_cluster(engine, bucket, hashes=True) == []
            await to_sqlite(url, tmp_path / "new", bucket, Progress())

    asyncio.run(move())
    assert said(tmp_path / "new") == before


def test_numbers_go_on_in_postgresql_where_they_were(folder: Path, shared: Path, url: str, tmp_path: Path) -> None:
    last = {name: last for _, name, _, last in rows(folder)["channels"]}

    async def post(history: Any) -> None:
        for name in last:
            assert await history.last(name) == last[name]
            assert (await history.append(message("on", channel=name))).seq == last[name] + 1
        assert await history.growing() == [("p:room", 1)]
        again = await history.append(message("root @Bob", ref="ref", mentions=["2", "@channel"]))
        assert again.text == "mended \\ 'text' ꙮ"

    async def go_on() -> None:
        async with opened(url) as engine:
            await on_engine(engine, post)
            connection = await engine.connect()
            inserted = "INSERT INTO sessions (hash, account, until) VALUES ('new', '1', 1) RETURNING no"
            assert await connection.fetchval(inserted) == 3
            await connection.close()

    there(folder, url, shared)
    asyncio.run(go_on())
    back(url, tmp_path / "new", shared)
    assert check(tmp_path / "new", hashes=True) == []


def test_what_is_lost_stays_lost_and_is_counted(folder: Path, shared: Path, url: str, tmp_path: Path) -> None:
    for name in sorted(all_blobs(folder / FOLDER))[:2]:
        place(folder / FOLDER, name).unlink()
    lost = len(said(folder)["blobs"][0] - said(folder)["blobs"][1])
    assert there(folder, url, shared).lost == lost > 0
    assert back(url, tmp_path / "new", shared).lost == lost


def test_a_nul_that_postgresql_does_not_store_is_told_of(folder: Path, shared: Path, url: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / NAME)) as file, file:
        file.execute("UPDATE messages SET text = 'a' || char(0) || 'b' WHERE text = 'grows'")
        file.execute("UPDATE messages SET ref = ref || char(0) WHERE ref = 'ref'")
    assert there(folder, url, shared).altered == 2
    assert asyncio.run(fetch(url, "SELECT text FROM tornado_chat.messages WHERE text LIKE 'a%b'")) == [("a\ufffdb",)]


# All or nothing


@pytest.mark.parametrize("at", ["messages", "blobs", "pictures"])
def test_what_fails_on_the_way_leaves_nothing(
    at: str, folder: Path, shared: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = said(folder)

    async def fail(self: Any, *given: Any) -> None:
        if at in (getattr(one, "name", "") for one in given):
            raise OSError(5, "broken")
        await copy(self, *given)

    with monkeypatch.context() as patched:
        copy = moving._Move._copy
        patched.setattr(moving._Move, "_copy", fail)
        with pytest.raises(MoveError, match="broken; nothing was moved"):
            there(folder, url, shared)
    assert said(folder) == before
    assert not has_a_chat(url)
    assert not (shared / "cluster").exists()
    there(folder, url, shared)
    with monkeypatch.context() as patched:
        copy = moving_back._Move._copy
        patched.setattr(moving_back._Move, "_copy", fail)
        with pytest.raises(MoveError, match="broken; nothing was moved"):
            back(url, tmp_path / "new", shared)
    assert [path.name for path in (tmp_path / "new").iterdir() if path.name not in (FOLDER, "lock")] == []
    assert has_a_chat(url)
    back(url, tmp_path / "new", shared)
    assert said(tmp_path / "new") == before


def test_a_move_that_was_killed_is_begun_again(folder: Path, shared: Path, url: str, tmp_path: Path) -> None:
    before, new = said(folder), tmp_path / "new"
    for _ in range(either(1, 2)):
        killed("--to", url, "--blobs", str(shared), "--data-dir", str(folder))
        assert said(folder) == before
        assert not has_a_chat(url)
    there(folder, url, shared)
    for _ in range(either(1, 2)):
        killed("--to", "sqlite", "--cluster", url, "--blobs", str(shared), "--data-dir", str(new))
        assert not (new / NAME).exists()
        assert has_a_chat(url)
    assert list(new.glob(f".{NAME}.*"))
    back(url, new, shared)
    assert sorted(path.name for path in new.iterdir()) == [FOLDER, NAME, "lock", "secret"]
    assert said(new) == before


def killed(*arguments: str) -> None:
    """Run a move in a process that is killed when it copies the last of the tables."""
    script = (
        "import os, sys; from tornado_chat.__main__ import main; from tornado_chat.storage.moving import tables\n"
        "from tornado_chat.storage.moving import to_postgres, to_sqlite\n"
        "for module in (to_postgres, to_sqlite):\n"
        "    def copy(self, *given, before=module._Move._copy):\n"
        "        if tables.TABLES[-1] in given: os.kill(os.getpid(), 9)\n"
        "        return before(self, *given)\n"
        "    module._Move._copy = copy\n"
        "main(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", script, "migrate", *arguments], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr


def test_a_difference_undoes_the_move(
    folder: Path, shared: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(sqlite3.connect(folder / NAME)) as file, file:
        file.execute("INSERT INTO reactions VALUES (1, 'x', 1, 999)")  # of nobody
    with pytest.raises(MoveError, match=r"rows of reactions: \(3,\) there, and \(2,\) here; nothing was moved"):
        there(folder, url, shared)
    assert not has_a_chat(url)
    with contextlib.closing(sqlite3.connect(folder / NAME)) as file, file:
        file.execute("DELETE FROM reactions WHERE sender = 999")
    there(folder, url, shared)
    asyncio.run(_execute(url, "UPDATE tornado_chat.channel_records SET members = 9 WHERE name = 'den'"))
    with pytest.raises(MoveError, match=r"the numbers of channel den: .* 9\) there, and .* 2\) here"):
        back(url, tmp_path / "new", shared)
    assert not (tmp_path / "new" / NAME).exists()


async def _execute(url: str, statement: str) -> None:
    connection = await connect(url)
    await connection.execute(statement)
    await connection.close()


def test_an_answer_that_is_lost_at_the_end_is_asked_for(
    folder: Path, shared: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []

    @contextlib.asynccontextmanager
    async def connected(url: str) -> AsyncIterator[Any]:
        async with reaching.connected(url) as connection:
            reached.append(url)
            yield connection
            if len(reached) == 1:  # the transaction has ended
                raise ConnectionError("cut off")

    monkeypatch.setattr(moving, "connected", connected)
    moved = there(folder, url, shared)
    assert len(reached) == 2
    assert has_a_chat(url)
    assert (shared / "cluster").exists()
    assert (folder / moved.kept).exists()


# Refusals


def test_a_target_with_a_chat_is_refused(folder: Path, shared: Path, url: str, tmp_path: Path) -> None:
    asyncio.run(_say_hello(url))
    with pytest.raises(MoveError, match=r"there is a chat in .*; give another database"):
        there(folder, url, shared)
    (folder / "secret").unlink()
    with pytest.raises(MoveError, match=f"{NAME} is there already; take another --data-dir"):
        back(url, folder, None)
    other = tmp_path / "other"
    other.mkdir()
    (other / "secret").write_bytes(b"x" * 32)
    with pytest.raises(MoveError, match="is of another chat; take another --data-dir"):
        back(url, other, None)


async def _say_hello(url: str) -> None:
    async with opened(url) as engine:
        await on_engine(engine, lambda history: history.append(message("hello")))


def test_an_empty_chat_that_a_server_has_made_is_no_hindrance(folder: Path, shared: Path, url: str) -> None:
    async def start() -> None:
        async with opened(url):
            pass

    epoch = said(folder)["epoch"]
    asyncio.run(start())
    there(folder, url, shared)
    assert asyncio.run(fetch(url, "SELECT value FROM tornado_chat.facts WHERE name = 'epoch'")) == epoch


def test_servers_that_run_are_in_the_way(folder: Path, shared: Path, url: str, tmp_path: Path) -> None:
    lock = lock_folder(folder)
    with pytest.raises(DatabaseError, match="is in use by another server; stop it first"):
        there(folder, url, shared)
    os.close(lock)
    asyncio.run(_say_hello(url))
    lives = "INSERT INTO tornado_chat.nodes VALUES ('one', 1, clock_timestamp(), '', '', '')"
    asyncio.run(_execute(url, lives))
    for move in (lambda: there(folder, url, shared), lambda: back(url, tmp_path / "new", None)):
        with pytest.raises(MoveError, match=r"servers are running .*, such as one; end them first"):
            move()
    asyncio.run(_execute(url, "UPDATE tornado_chat.nodes SET seen = seen - interval '20 s'"))
    back(url, tmp_path / "new", None)


def test_a_newer_schema_is_refused_on_either_side(folder: Path, shared: Path, url: str) -> None:
    asyncio.run(_say_hello(url))
    asyncio.run(_execute(url, "UPDATE tornado_chat.facts SET value = '99' WHERE name = 'version'"))
    for move in (lambda: there(folder, url, shared), lambda: back(url, folder.with_name("new"), None)):
        with pytest.raises(Exception, match="schema 99"):
            move()
    with contextlib.closing(sqlite3.connect(folder / NAME)) as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(DatabaseError, match="was written by a newer server"):
        there(folder, url, shared)


def test_files_need_a_place(folder: Path, shared: Path, url: str, tmp_path: Path) -> None:
    with pytest.raises(MoveError, match=r"files that people share are in .*; say with --blobs where to"):
        there(folder, url, None)
    there(folder, url, shared)
    with pytest.raises(MoveError, match=r"people share \d files; say with --blobs where they are"):
        back(url, tmp_path / "new", None)


def test_a_changed_file_is_not_moved(folder: Path, shared: Path, url: str) -> None:
    one = min(said(folder)["blobs"][0])
    path = place(folder / FOLDER, one)
    path.write_bytes(path.read_bytes()[::-1] if len(set(path.read_bytes())) > 1 else b"x")
    with pytest.raises(MoveError, match=r"was changed; copy it from a backup"):
        there(folder, url, shared)


# The command


def test_the_command_says_what_it_has_done(
    folder: Path, shared: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data-dir", str(folder)]
    assert main(["migrate", *where]) == 2
    assert "the following arguments are required: --to" in capsys.readouterr().err
    assert main(["migrate", "--to", "mysql://x", *where]) == 2
    assert "--to: takes sqlite, or an address like postgresql://" in capsys.readouterr().err
    assert main(["migrate", "--to", "sqlite", *where]) == 2
    assert "--to sqlite needs --cluster" in capsys.readouterr().err
    assert main(["migrate", "--to", url, "--cluster", url + "x", *where]) == 2
    assert "name two databases" in capsys.readouterr().err
    assert main(["migrate", "--to", url, *where]) == 2
    assert "say with --blobs where to" in capsys.readouterr().err
    assert main(["migrate", "--to", url, "--blobs", str(shared), *where]) == 0
    out, err = capsys.readouterr()
    count = len(rows(next(folder.glob(f"{NAME}.*")).rename(folder / NAME).parent)["messages"])
    assert f"the chat of {folder} is in {url} now: {count} messages, 4 channels, 2 accounts, " in out
    assert f"Start the servers with --cluster {url}" in out
    assert err == ""
    assert main(["check", "--cluster", url, "--blobs", str(shared), "--hashes"]) == 0
    new = tmp_path / "new"
    capsys.readouterr()
    assert main(["migrate", "--to", "sqlite", "--cluster", url, "--blobs", str(shared), "--data-dir", str(new)]) == 0
    out = capsys.readouterr().out
    assert f"the chat of {url} is in {new} now: {count} messages, 4 channels, 2 accounts, " in out
    assert "The database keeps it in the schema tornado_chat_2" in out
    assert said(new) == said(folder)
    assert main(["migrate", "--to", "sqlite", "--cluster", url, "--data-dir", str(tmp_path / "again")]) == 2
    assert "there is no chat in the database" in capsys.readouterr().err


def test_progress_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("tornado_chat.storage.moving.progress.SOON", 0)
    monkeypatch.setattr("tornado_chat.storage.moving.progress.SELDOM", 0)
    terminal, file = Terminal(), io.StringIO()
    for out in (terminal, file):
        progress = Progress(out)
        assert list(progress.count("ab", "messages", 1_000)) == ["a", "b"]
        progress.end()
    assert terminal.getvalue() == f"\r0 of 1,000 messages\r1 of 1,000 messages\r{' ' * 19}\r"
    assert file.getvalue() == "0 of 1,000 messages\n1 of 1,000 messages\n"
