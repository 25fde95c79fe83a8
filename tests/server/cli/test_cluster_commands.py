"""The commands that look after a chat, where that is in PostgreSQL."""

from pathlib import Path

import pytest

from tornado_chat.__main__ import main

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
