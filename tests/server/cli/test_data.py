"""backup, restore, export and check, as an operator runs them."""

from pathlib import Path

import pytest

from tests.helpers import on_database
from tornado_chat.__main__ import main
from tornado_chat.chat.models import Message, User
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.writer import Database


def say(folder: Path, *texts: str) -> str:
    """Store messages in a folder; return its epoch."""

    async def store(database: Database) -> str:
        history = SqliteHistory(database)
        for text in texts:
            await history.append(Message("general", text, User("1", "Ann"), 0, None))
        return history.epoch

    return str(on_database(folder, store))


def test_a_backup_is_restored_with_a_new_epoch_and_what_was_there_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = tmp_path / "data", tmp_path / "saved.db"
    folder.mkdir()
    where = ["--data-dir", str(folder)]
    epoch = say(folder, "one", "two")
    assert main(["backup", str(file), *where]) == 0
    say(folder, "three")
    assert main(["restore", str(file), *where]) == 0
    assert "is restored from" in capsys.readouterr().out
    assert main(["check", *where]) == 0
    assert "is whole" in capsys.readouterr().out
    assert main(["export", "--format", "txt", *where]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"1970-01-01 00:00:00Z [general] Ann: {text}" for text in ("one", "two")]
    assert say(folder) != epoch


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["backup"], "the following arguments are required: FILE"),
        (["backup", "/nowhere/at/all"], "is not there"),
        (["restore", "nothing.db"], "nothing.db is not there"),
        (["export", "--format", "pdf"], "invalid choice: 'pdf'"),
        (["check"], "is not there"),
        (["check", "--port", "x"], "unrecognized arguments: --port x"),
    ],
)
def test_a_wrong_command_is_one_clear_line_and_status_2(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments[:1], "--data-dir", str(tmp_path), *arguments[1:]]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_history_that_is_in_use_is_not_restored_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, file = tmp_path / "data", tmp_path / "saved.db"
    folder.mkdir()
    say(folder, "one")
    main(["backup", str(file), "--data-dir", str(folder)])
    database = Database(folder)
    try:
        assert main(["restore", str(file), "--data-dir", str(folder)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    finally:
        database.close()
