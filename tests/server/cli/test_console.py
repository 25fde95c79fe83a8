"""Commands whose standard streams fail: a reader that has gone, a full disk, other bytes than UTF-8."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import on_database
from tests.lengths import each_long
from tests.serving import UNMEASURED
from tornado_chat.__main__ import main
from tornado_chat.auth.accounts import Accounts
from tornado_chat.chat.models import Message, User
from tornado_chat.server.cli.console import guarded
from tornado_chat.storage.sqlite.accounts import SqliteAccounts
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.writer import Database

WRITERS = ["export", *each_long("user list", "check", "plugin list", "plugin check", "config show")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an account, Kim, and more messages than a pipe holds, of someone whose name is not ASCII."""
    folder = tmp_path_factory.mktemp("made") / "data"

    async def fill(database: Database) -> None:
        history = SqliteHistory(database)
        texts = (f"{number} {'x' * 1_000}" for number in range(200))
        await asyncio.gather(*(history.append(Message("general", text, User("1", "Zoë"), 0, None)) for text in texts))
        await Accounts(SqliteAccounts(database)).register("Kim", "correct horse")

    on_database(folder, fill)
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """Such a folder for one test."""
    return Path(shutil.copytree(made, tmp_path / "data"))


def shell(line: str, data: Path, *, given: bytes = b"", **environment: str) -> tuple[int, str]:
    """Run a line in which CHAT stands for the program; return its status and what came on standard error."""
    line = line.replace("CHAT", f"{sys.executable} -m tornado_chat")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        input=given,
        env={**UNMEASURED, "TORNADO_CHAT_DATA_DIR": str(data), **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("command", [*WRITERS, *each_long("--help", "user --help")])
def test_a_reader_that_has_read_enough_ends_a_command_without_a_word(command: str, data: Path) -> None:
    status, said = shell(f"CHAT {command} | head -c 1", data)
    assert status in (0, 141)
    assert said == ""
    status, said = shell(f"CHAT {command} | true", data)
    assert status in (0, 141)
    assert said == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("command", WRITERS)
def test_a_full_disk_behind_the_output_is_one_line_and_a_status(command: str, data: Path) -> None:
    status, said = shell(f"CHAT {command} > /dev/full", data)
    assert status == 1
    assert said == "tornado_chat: standard output: No space left on device\n"


@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", *each_long(">&-", "<&-", "2>&-")])
def test_closed_streams_are_as_good_as_empty_ones(streams: str, data: Path) -> None:
    assert shell(f"CHAT check {streams}", data) == (0, "")
    status, said = shell(f"CHAT user add Ann {streams}", data)
    assert status == 2
    assert "Traceback" not in said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_an_error_that_cannot_be_said_keeps_its_status(data: Path) -> None:
    assert shell("CHAT restore /nowhere 2> /dev/full", data) == (2, "")


@pytest.mark.parametrize("locale", ["C", *each_long("C.UTF-8", "POSIX")])
def test_a_password_that_is_not_utf8_is_refused_in_one_line_and_nothing_is_changed(locale: str, data: Path) -> None:
    status, said = shell("CHAT user add Ann", data, given="pässword long\n".encode("latin-1"), LC_ALL=locale)
    assert (status, said) == (2, "tornado_chat: the password is not UTF-8; nothing was changed\n")
    assert shell("CHAT user list | grep Ann", data)[0] == 1
    assert shell("CHAT user add Ann", data, given="pässword long\n".encode(), LC_ALL=locale) == (0, "")


@pytest.mark.parametrize("command", ["user passwd", *each_long("user add", "user role")])
def test_a_name_that_is_not_utf8_is_refused_in_one_line(command: str, data: Path) -> None:
    status, said = shell(f"CHAT {command} $'\\xff\\xfe' {'admin' if 'role' in command else ''}", data)
    assert (status, said) == (2, "tornado_chat: the name is not UTF-8\n")


@pytest.mark.parametrize("encoding", ["ascii", *each_long("latin-1")])
def test_an_export_is_utf8_whatever_the_locale_says(encoding: str, data: Path) -> None:
    for format in ("jsonl", "txt"):
        command = [sys.executable, "-m", "tornado_chat", "export", "--format", format, "--data-dir", str(data)]
        environment = {**UNMEASURED, "PYTHONIOENCODING": encoding}
        assert "Zoë" in subprocess.run(command, env=environment, capture_output=True, check=True).stdout.decode()


def test_names_that_the_output_cannot_show_are_written_as_escapes(data: Path) -> None:
    assert shell("CHAT user add Zoë", data, given=b"correct horse\n", PYTHONIOENCODING="ascii") == (0, "")


def test_what_the_system_refuses_and_ctrl_c_are_a_status_and_no_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for error, status, said in (
        (PermissionError(13, "Permission denied", "/x"), 1, "tornado_chat: /x: Permission denied\n"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
    ):
        with pytest.raises(SystemExit) as ended, guarded():
            raise error
        assert ended.value.code == status
        assert capsys.readouterr().err == said


@pytest.mark.parametrize("command", ["check", "", *each_long("user list", "plugin list")])
def test_a_user_without_a_home_is_told_what_to_give(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    homeless(monkeypatch)
    assert main(command.split()) == 2
    assert capsys.readouterr().err == (
        "tornado_chat: this user has no home folder; say with --data-dir where the data is to be\n"
    )
    assert main([*command.split(), "--data-dir", "~/x"]) == 2
    assert "--data-dir must be a path" in capsys.readouterr().err


def test_a_user_without_a_home_needs_none_for_help_and_for_what_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    homeless(monkeypatch)
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert main(["health", "--port", "1"]) == 1
    assert "nothing answers" in capsys.readouterr().err


def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("out", ["> /dev/full", *each_long("| head -n 1", "| true")])
def test_a_server_whose_output_nobody_takes_serves_all_the_same(out: str, data: Path) -> None:
    line = (
        "(CHAT & pid=$!; "
        "until [ -S $SOCKET ]; do sleep 0.05; kill -0 $pid || exit 9; done; "
        f"CHAT health >&2; kill -TERM $pid; wait $pid) {out}"
    )
    socket = data.parent / "socket"
    status, said = shell(line, data, SOCKET=str(socket), TORNADO_CHAT_HOST=f"unix:{socket}")
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    assert "is well" in said
    assert status in (0, 141)
