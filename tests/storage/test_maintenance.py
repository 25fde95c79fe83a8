"""Backups, restoring, exports and checks of a data folder."""

import asyncio
import contextlib
import io
import json
import re
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.storage.histories import ANN, BOB, change, edit, message
from tornado_chat.__main__ import main
from tornado_chat.chat.files import Blob, File, Space, Upload, shown
from tornado_chat.chat.models import Message, User
from tornado_chat.config.settings import SettingsError
from tornado_chat.storage.data_folder import load_secret
from tornado_chat.storage.sqlite.backups import Saved, backup, restore
from tornado_chat.storage.sqlite.compaction import compact
from tornado_chat.storage.sqlite.file_rows import SqliteFiles
from tornado_chat.storage.sqlite.files import DatabaseError
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check, export
from tornado_chat.storage.sqlite.queries import SHIFT
from tornado_chat.storage.sqlite.writer import Database


def on(folder: Path, main: Callable[[SqliteHistory], Awaitable[Any]]) -> Any:
    return on_database(folder, lambda database: main(SqliteHistory(database)))


def say(*texts: str, channel: str = "den", sender: User | None = ANN) -> Callable[[SqliteHistory], Awaitable[str]]:
    async def main(log: SqliteHistory) -> str:
        for text in texts:
            await log.append(Message(channel, text, sender, 1_000, None))
        return log.epoch

    return main


async def texts(log: SqliteHistory) -> tuple[str, list[str]]:
    return log.epoch, [one.text for one in (await log.read("den", limit=100_000))[0]]


def one_line(error: pytest.ExceptionInfo[DatabaseError]) -> str:
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


# Backup


def test_a_backup_made_while_the_server_writes_is_whole_and_one_file(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backups" / "chat.backup"
    file.parent.mkdir()

    async def main(log: SqliteHistory) -> int:
        for number in range(50):
            await log.append(Message("den", str(number), ANN, 0, str(number)))
        made = asyncio.create_task(asyncio.to_thread(backup, data, file))
        number = 50
        while not made.done():
            await log.append(Message("den", str(number), ANN, 0, str(number)))
            number += 1
        await made
        return number

    written = on(data, main)
    assert [path.name for path in file.parent.iterdir()] == ["chat.backup"]
    assert file.stat().st_mode & 0o777 == 0o600
    restore(tmp_path / "new", file)
    assert check(tmp_path / "new") == []
    kept = on(tmp_path / "new", texts)[1]
    assert 50 <= len(kept) <= written
    assert kept == [str(number) for number in range(len(kept))]


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    on(tmp_path, say("a"))
    file = tmp_path / "mine"
    file.write_text("precious")
    with pytest.raises(DatabaseError, match="is there already") as error:
        backup(tmp_path, file)
    one_line(error)
    assert file.read_text() == "precious"


@pytest.mark.parametrize("target", ["none/file", "lock/file"])
def test_a_backup_to_where_nothing_can_be_written_says_so_and_leaves_nothing(tmp_path: Path, target: str) -> None:
    on(tmp_path, say("a"))
    there = set(tmp_path.iterdir())
    with pytest.raises(DatabaseError, match="cannot be written") as error:
        backup(tmp_path, tmp_path / target)
    one_line(error)
    assert set(tmp_path.iterdir()) == there


@pytest.mark.parametrize("act", [lambda f: backup(f, f / "b"), check, compact, lambda f: export(f, io.StringIO())])
def test_a_folder_without_a_history_is_told_and_none_is_made(tmp_path: Path, act: Any) -> None:
    with pytest.raises(DatabaseError, match=r"chat\.db is not there") as error:
        act(tmp_path)
    one_line(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    ["backup FILE", "check", "compact", "export", "restore THIS", "user list", "user add Ann", "plugin list"],
)
def test_a_data_folder_where_the_system_lets_nobody_look_is_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    data = tmp_path / ("x" * 300)  # stands for one without the permission, which root always has
    assert (
        main(
            [
                *command.replace("FILE", str(tmp_path / "file")).replace("THIS", __file__).split(),
                "--data-dir",
                str(data),
            ]
        )
        == 2
    )
    said = capsys.readouterr().err
    assert said.startswith(f"tornado_chat: {data}")
    assert "File name too long" in said
    assert said.count("\n") == 1


# Restore


def test_a_restored_history_is_the_backup_with_a_new_epoch_and_the_old_one_stays_beside_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    epoch = on(data, say("a", "b"))
    backup(data, tmp_path / "file")
    on(data, say("c"))
    kept = restore(data, tmp_path / "file")
    assert kept is not None
    assert kept.name.startswith("chat.db.2")
    found = on(data, texts)
    assert found[1] == ["a", "b"]
    assert found[0] != epoch
    old = tmp_path / "old"
    restore(old, kept)
    assert on(old, texts)[1] == ["a", "b", "c"]
    assert not list(data.glob(".*"))


def test_what_a_killed_server_left_in_its_log_stays_with_the_old_history(tmp_path: Path) -> None:
    data = tmp_path / "data"
    on(data, say("a"))
    backup(data, tmp_path / "file")
    with sqlite3.connect(data / "chat.db") as first:  # left open, so that the log is not folded in
        first.execute("PRAGMA wal_autocheckpoint=0")
        first.execute("UPDATE messages SET text = 'in the log'")
        first.commit()
        kept = restore(data, tmp_path / "file")
    assert kept is not None
    first.close()
    assert on(data, texts)[1] == ["a"]
    with sqlite3.connect(kept) as old:
        assert old.execute("SELECT text FROM messages").fetchall() == [("in the log",)]
    old.close()


def test_nothing_is_restored_while_a_server_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    on(data, say("a"))
    backup(data, tmp_path / "file")

    async def main(log: SqliteHistory) -> None:
        with pytest.raises(DatabaseError, match="in use by another server") as error:
            restore(data, tmp_path / "file")
        one_line(error)

    on(data, main)
    assert on(data, texts)[1] == ["a"]


@pytest.mark.parametrize("kind", ["missing", "folder", "text", "empty", "foreign", "newer", "cut", "holed"])
def test_what_is_no_sound_backup_is_refused_and_the_history_stays(tmp_path: Path, kind: str) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    epoch = on(data, say(*(f"{number} {'x' * 500}" for number in range(100))))
    backup(data, file)
    content = file.read_bytes()
    if kind == "missing":
        file.unlink()
    elif kind == "folder":
        file.unlink()
        file.mkdir()
    elif kind in ("foreign", "newer"):
        with sqlite3.connect(file) as other:
            other.execute("PRAGMA application_id = 7" if kind == "foreign" else "PRAGMA user_version = 99")
        other.close()
    else:
        hole = content[:8192] + b"\xff" * 8192 + content[16384:]
        file.write_bytes({"text": b"hello " * 999, "empty": b"", "cut": content[:20_000], "holed": hole}[kind])
    with pytest.raises(DatabaseError) as error:
        restore(data, file)
    assert str(file) in one_line(error)
    with pytest.raises(DatabaseError):
        restore(tmp_path / "new", tmp_path / "missing")
    assert not (tmp_path / "new").exists()
    found = on(data, texts)
    assert (found[0], len(found[1])) == (epoch, 100)
    assert {path.name for path in data.iterdir()} == {"chat.db", "lock"}


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("DROP TABLE messages", "the table messages is missing"),
        ("DROP INDEX refs", "the index refs is missing"),
        ("DROP TABLE messages; CREATE VIEW messages AS SELECT 1", "table messages is missing"),
        ("CREATE TRIGGER t AFTER INSERT ON messages BEGIN DELETE FROM messages; END", 'trigger "t" does not belong'),
        ("CREATE TRIGGER t AFTER UPDATE ON facts BEGIN DELETE FROM messages; END", 'trigger "t" does not belong'),
        ("CREATE VIEW v AS SELECT * FROM store", 'view "v" does not belong'),
        ('CREATE TABLE "more\nthings" (a)', "does not belong"),
        ("CREATE INDEX i ON messages (text)", 'index "i" does not belong'),
        ("ALTER TABLE messages ADD COLUMN more DEFAULT 1", "the table messages is not as this server makes it"),
        ("CREATE VIRTUAL TABLE words USING fts5(text)", "does not belong"),
    ],
)
def test_a_backup_with_other_objects_than_the_servers_own_is_refused(tmp_path: Path, harm: str, words: str) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    epoch = on(data, say("a"))
    backup(data, file)
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.executescript(harm)
    with pytest.raises(DatabaseError, match=re.escape(words)) as error:
        restore(data, file)
    assert str(file) in one_line(error)
    assert on(data, texts) == (epoch, ["a"])
    assert {path.name for path in data.iterdir()} == {"chat.db", "lock"}


def test_a_backup_of_a_file_that_was_analyzed_or_has_no_epoch_is_restored(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    on(data, say("a"))
    with contextlib.closing(sqlite3.connect(data / "chat.db")) as other:
        other.executescript("ANALYZE; DELETE FROM facts")
    backup(data, file)
    restore(data, file)
    assert on(data, texts)[1] == ["a"]


def test_check_names_what_is_not_the_servers_own(tmp_path: Path) -> None:
    on(tmp_path, say("a"))
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as other:
        other.executescript("CREATE VIEW v AS SELECT * FROM store")
    assert check(tmp_path) == ['the view "v" does not belong to this server']


# The secret


def test_a_backup_takes_the_secret_along_and_restore_brings_it_back(tmp_path: Path) -> None:
    data, file, secret = tmp_path / "data", tmp_path / "file", tmp_path / "file.secret"
    on(data, say("a"))
    before = load_secret(data)
    assert backup(data, file) == Saved(secret)
    assert secret.stat().st_mode & 0o777 == 0o600
    restore(tmp_path / "new", file)
    assert load_secret(tmp_path / "new") == before
    (data / "secret").unlink()
    other = load_secret(data)
    kept = restore(data, file)
    assert load_secret(data) == before
    assert kept is not None
    restore(data, kept)
    assert load_secret(data) == other, "the kept one is a backup too"


def test_a_backup_without_a_secret_as_earlier_versions_made_it_leaves_the_secret_as_it_is(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    on(data, say("a"))
    assert backup(data, file) == Saved()
    secret = load_secret(data)
    restore(data, file)
    assert load_secret(data) == secret
    assert on(data, texts)[1] == ["a"]


def test_a_backup_that_fails_leaves_no_secret_behind_and_overwrites_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    on(data, say("a"))
    load_secret(data)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tornado_chat.storage.sqlite.backups.copy", fail)
        with pytest.raises(DatabaseError, match="No space left"):
            backup(data, file)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    (tmp_path / "file.secret").write_bytes(b"precious")
    with pytest.raises(DatabaseError, match=r"file\.secret is there already"):
        backup(data, file)
    assert (tmp_path / "file.secret").read_bytes() == b"precious"


def test_a_damaged_secret_beside_a_backup_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "file"
    epoch = on(data, say("a"))
    load_secret(data)
    backup(data, file)
    (tmp_path / "file.secret").write_bytes(b"short")
    with pytest.raises(DatabaseError, match=r"file\.secret is damaged") as error:
        restore(data, file)
    one_line(error)
    assert on(data, texts)[0] == epoch


# Export


def test_an_export_has_every_message_as_a_line_of_the_protocol(tmp_path: Path) -> None:
    on(tmp_path, say("a\nb", "c"))
    on(tmp_path, say("d", channel="attic", sender=None))
    out = io.StringIO()
    assert export(tmp_path, out) == 3
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(one["target"], one["seq"], one["message"]) for one in found] == [
        ("attic", 1, "d"),
        ("den", 1, "a\nb"),
        ("den", 2, "c"),
    ]
    assert found[0]["sender"] is None
    assert found[1]["sender"] == {"id": "1", "name": "Ann"}
    assert found[1]["time"] == 1_000


def test_an_export_as_text_can_be_read_and_goes_on_from_page_to_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornado_chat.storage.sqlite.maintenance.PAGE", 2)
    on(tmp_path, say("a\nb", "c", "d", "e"))
    on(tmp_path, say("f", channel="attic"))
    out = io.StringIO()
    assert export(tmp_path, out, channel="den", format="txt") == 4
    lines = out.getvalue().split("\n")
    assert lines[:3] == ["1970-01-01 00:00:01Z [den] Ann: a", "    b", "1970-01-01 00:00:01Z [den] Ann: c"]
    assert "attic" not in out.getvalue()


def test_an_export_has_messages_as_they_are_now(tmp_path: Path) -> None:
    on(tmp_path, live)
    out = io.StringIO()
    assert export(tmp_path, out, format="txt") == 6
    said = [line.partition("Ann: ")[2] for line in out.getvalue().splitlines()]
    assert said == ["edited (edited)", "1", "2", "(deleted)", "4", "last"]
    out = io.StringIO()
    assert export(tmp_path, out) == 6
    edited, reacted, pinned, deleted, _, _ = map(json.loads, out.getvalue().splitlines())
    assert (edited["rev"], edited["text_rev"]) == (6, 6)
    assert reacted["reactions"] == [{"key": "+", "count": 2, "users": ["2", "1"]}]
    assert (pinned["pinned"]["by"], deleted["message"], deleted["deleted"]["by"]) == ("1", "", "1")
    assert "text_rev" not in deleted


def test_an_export_has_the_names_of_files(tmp_path: Path) -> None:
    files = [File(name, "1", f"{name}.png", "image/png", 0, Blob(name, 3)) for name in ("cat", "dog")]

    async def post(database: Database) -> None:
        rows, history = SqliteFiles(database), SqliteHistory(database)
        for file in files:
            await rows.reserve(Upload(file.id, "1", file.name, 3), Space(0, 0))
            await rows.add(file, file.id)
        for text, some in (("two\nlines", files), ("", files[:1])):
            await history.append(Message("den", text, ANN, 0, extra={"files": shown(some)}))

    on_database(tmp_path, post)
    out = io.StringIO()
    assert export(tmp_path, out, format="txt") == 2
    said = [line.partition("Ann: ")[2] or line for line in out.getvalue().splitlines()]
    assert said == ["two", "    lines", "    [cat.png]", "    [dog.png]", "[cat.png]"]
    out = io.StringIO()
    assert export(tmp_path, out) == 2
    assert json.loads(out.getvalue().splitlines()[0])["files"] == shown(files)


@pytest.mark.parametrize("said", ["Caf\xe9", "Cafe\u0301", "caf\xe9", "\uff23\uff21\uff26\xe9"])
def test_a_channel_is_exported_however_its_name_is_written(tmp_path: Path, said: str) -> None:
    on(tmp_path, say("a", channel="Caf\xe9"))
    on(tmp_path, say("b", channel="den"))
    assert export(tmp_path, io.StringIO(), channel=said) == 1


def test_of_channels_that_look_alike_the_one_to_the_letter_is_exported(tmp_path: Path) -> None:
    on(tmp_path, say("a", "b", channel="Den"))
    on(tmp_path, say("c", channel="den"))
    on(tmp_path, say("d", channel="\ue000"))  # which an earlier version allowed
    assert [export(tmp_path, io.StringIO(), channel=said) for said in ("Den", "den", "\ue000")] == [2, 1, 1]
    with pytest.raises(SettingsError, match="DEN may be one of several channels: Den, den"):
        export(tmp_path, io.StringIO(), channel="DEN")


@pytest.mark.parametrize(
    ("options", "words"), [({"channel": "x"}, "no channel x"), ({"format": "pdf"}, "no format pdf")]
)
def test_an_export_of_what_there_is_not_is_told(tmp_path: Path, options: Any, words: str) -> None:
    on(tmp_path, say("a"))
    with pytest.raises(SettingsError, match=words) as error:
        export(tmp_path, io.StringIO(), **options)
    one_line(error)


# Check


def test_a_sound_history_has_no_problems_also_when_it_was_trimmed_and_while_it_is_written(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        log._keep_messages = 3
        for number in range(9):
            await log.append(Message("den", str(number), ANN, 0, None))
        await log.trim()
        found: list[list[str]] = []
        thread = threading.Thread(target=lambda: found.append(check(tmp_path)))
        thread.start()
        while thread.is_alive():
            await log.append(Message("den", "more", ANN, 0, None))
        assert found == [[]]

    on(tmp_path, main)
    assert check(tmp_path) == []


async def live(log: SqliteHistory) -> None:
    """Post five messages, and do with them all that can be done."""
    for number in range(5):
        await log.append(message(str(number), ref=str(number)))
    for asked in (
        edit(1, "edited", ref="e"),
        change("reacted", 2, key="+", user=BOB),
        change("reacted", 2, ref="r", key="+"),
        change("pinned", 3, ref="p"),
        change("deleted", 4),
    ):
        await log.change(asked)
    await log.append(message("last"))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("DELETE FROM messages WHERE text = '1'", "message 2 has reactions, but is not there"),
        ("DELETE FROM messages WHERE text = '2'", "message 3 is pinned, but is not there"),
        ("DELETE FROM messages WHERE text = 'edited'", "message 1 is not there, and a call that changed it is known"),
        ("DELETE FROM channels", "messages of a channel that is not there (number "),
        ("UPDATE channels SET floor = 1", "begins with seq 1, but is trimmed up to 1"),
        ("UPDATE channels SET floor = 11, last = 10", "trimmed up to 11, which is above its newest number, 10"),
        ("UPDATE channels SET last = 9", "goes on with seq 11, not 10"),
        ("UPDATE messages SET id = id + 1 WHERE text = 'last'", "goes on with seq 12, not 11"),
        ("INSERT INTO messages (id, text, time) SELECT id + 2, '', 0 FROM messages WHERE text = 'last'", "1 missing"),
        ("UPDATE channels SET last = 11; UPDATE messages SET rev_key = rev_key + 5 WHERE text = '2'",
         "message 3 was changed under a number that its channel has not reached"),
        (f"UPDATE messages SET rev_key = (id >> {SHIFT} << {SHIFT}) + 1 WHERE text = '1'",
         "message 2 was changed under a number that does not follow its own"),
        (f"UPDATE messages SET rev_key = ((id >> {SHIFT}) + 1 << {SHIFT}) + 7 WHERE text = '1'",
         "message 2 was changed under a number that does not follow its own"),
        (f"UPDATE messages SET rev_key = (id >> {SHIFT} << {SHIFT}) + 5 WHERE text = '1'",
         "message 5 has the number of a change"),
        ("UPDATE messages SET extra = '{' WHERE text = '1'", "message 2 has further fields that cannot be read"),
        ("UPDATE messages SET text = 'x' WHERE text = ''", "message 4 was deleted and has a text"),
        ("DELETE FROM reactions WHERE number = 7", "message 2 has other reactions than it says"),
        ("UPDATE messages SET extra = NULL WHERE text = '1'", "message 2 has other reactions than it says"),
        ("UPDATE reactions SET sender = 9 WHERE number = 7", "message 2 has reactions of someone unknown"),
        ("DELETE FROM pins", "message 3 is not among the pinned ones, as it says"),
        ("UPDATE messages SET extra = NULL WHERE text = '2'", "message 3 is pinned, and does not say so"),
        (f"UPDATE change_refs SET message = ((message >> {SHIFT}) + 1 << {SHIFT}) + 1 WHERE ref = 'e'",
         "message 1 is not there, and a call that changed it is known"),
        ("UPDATE change_refs SET number = 12 WHERE ref = 'e'",
         "message 1 was changed by a call whose number its channel has not reached"),
        ("UPDATE change_refs SET sender = 9 WHERE ref = 'e'", "message 1 was changed by someone unknown"),
        ("UPDATE change_refs SET ref = '0' WHERE ref = 'e'",
         "message 1 was changed by a call whose ref is that of a message"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_found(tmp_path: Path, harm: str, words: str) -> None:
    on(tmp_path, live)
    assert check(tmp_path) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as other:
        other.executescript(harm)
    problems = check(tmp_path)
    assert any(words in problem for problem in problems), problems
    assert len(problems) <= 2
    for problem in problems:
        assert len(problem.splitlines()) == 1


def test_a_message_that_is_missing_is_found_where_nothing_was_changed(tmp_path: Path) -> None:
    on(tmp_path, say("0", "1", "2", "3", "4"))
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as other:
        other.executescript("DELETE FROM messages WHERE text = '1'")
    assert check(tmp_path) == ['channel "den": 1 missing between 1 and 5']


def test_a_damaged_file_is_found_and_what_to_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    on(tmp_path, say(*(f"{number} {'x' * 500}" for number in range(100))))
    path = tmp_path / "chat.db"
    content = bytearray(path.read_bytes())
    content[-8192:] = b"\xff" * 8192
    path.write_bytes(content)
    assert check(tmp_path)
    assert main(["check", "--data-dir", str(tmp_path)]) == 1
    assert "python -m tornado_chat restore FILE" in capsys.readouterr().out.splitlines()[-1]


# Compaction


def test_no_byte_of_what_was_deleted_is_left_in_a_compacted_database(tmp_path: Path) -> None:
    secrets = [f"secret {number} {'x' * (number * 300)} end" for number in range(12)]

    async def begin(log: SqliteHistory) -> None:
        for number, text in enumerate(secrets, 1):
            await log.append(message(text, ref=f"r{number}"))
            await log.append(message("stays"))

    async def delete(log: SqliteHistory) -> None:
        log._database._writing.execute("PRAGMA secure_delete=0")  # which some builds of SQLite have on, but not all
        for number in range(len(secrets)):
            await log.change(edit(2 * number + 1, f"secret edit {number} end"))
            await log.change(change("deleted", 2 * number + 1) if number % 3 else edit(2 * number + 1, "edited"))

    def left() -> int:
        files = [tmp_path / name for name in ("chat.db", "chat.db-wal")]
        return sum(file.read_bytes().count(b"secret ") for file in files if file.exists())

    on(tmp_path, begin)
    on(tmp_path, delete)
    assert left() > 0  # or this test would show nothing
    before = on(tmp_path, texts)
    sizes = compact(tmp_path)
    assert left() == 0
    assert sizes[1] < sizes[0]
    assert check(tmp_path) == []
    assert on(tmp_path, texts) == before
    assert left() == 0
    assert {path.name for path in tmp_path.iterdir()} == {"chat.db", "lock"}


def test_a_backup_has_no_byte_of_what_was_deleted_before(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        assert log._database._writing.execute("PRAGMA secure_delete").fetchone() == (1,)
        for number in range(20):
            await log.append(message(f"secret {number} {'x' * (number * 200)}", ref=f"r{number}"))
            await log.change(edit(3 * number + 1, f"secret edit {'y' * (3_900 - number * 190)}"))
            await log.change(change("deleted", 3 * number + 1))
        await log.append(message("stays"))
        await asyncio.to_thread(backup, tmp_path, tmp_path / "later")

    on(tmp_path, main)
    for name in ("later", "chat.db"):
        content = (tmp_path / name).read_bytes()
        assert (content.count(b"secret "), b"stays" in content) == (0, True)


def test_nothing_is_compacted_while_a_server_runs(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        await log.append(message())
        with pytest.raises(DatabaseError, match="in use by another server") as error:
            compact(tmp_path)
        one_line(error)

    on(tmp_path, main)


def test_what_reads_the_database_is_to_end_before_it_is_compacted(tmp_path: Path) -> None:
    on(tmp_path, live)
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM messages").fetchone()
        with pytest.raises(DatabaseError, match=r"by another program|is locked") as error:
            compact(tmp_path)
        one_line(error)
    compact(tmp_path)
    assert check(tmp_path) == []


def test_the_command_says_what_it_did_and_where_copies_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on(tmp_path, live)
    assert main(["compact", "--data-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "is compacted" in said
    assert "Copies" not in said
    for name in ("chat.db.v2.bak", "chat.db.20260101-000000", "chat.db.20260101-000000.secret"):
        (tmp_path / name).touch()
    assert main(["compact", "--data-dir", str(tmp_path)]) == 0
    assert (
        "Copies of earlier days may still have it: chat.db.20260101-000000, chat.db.v2.bak;"
        in capsys.readouterr().out
    )
