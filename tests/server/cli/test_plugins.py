"""`plugin list`, `plugin check` and `plugin new`, as whoever writes a plugin runs them."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin_host.test_manager import HEAD, SAYS, wait_for
from tests.serving import UNMEASURED
from tornado_chat.__main__ import main
from tornado_chat.config.settings import Settings, find_folder
from tornado_chat.web.app import make_app

WHOLE = (
    HEAD
    + """
from tornado.web import RequestHandler

@action("crash", "fall", channel=False)
def crash(ctx: Context) -> None:
    1 / 0

@on("join")
def greet(ctx: Context) -> None: ...

@every(60)
def tick(ctx: Context) -> None: ...

@route("/in")
class In(RequestHandler): ...
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    return made


def plugin(folder: Path, *arguments: str) -> int:
    flags = ["--no-shipped-plugins", "--plugins-dir", str(folder), "--data-dir", str(folder.parent / "data")]
    return main(["plugin", *arguments, *flags])


def test_list_shows_file_state_what_each_has_and_why_one_is_broken(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "whole.py").write_text(WHOLE)
    (folder / "broken.py").write_text("\n1 / 0\n")
    assert plugin(folder, "list") == 0
    lines = [line.split(None, 2) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["broken", "broken", str(folder / "broken.py")]
    assert lines[1] == [f"{folder / 'broken.py'}:2:", "ZeroDivisionError:", "division by zero"]
    assert lines[2] == ["whole", "on", str(folder / "whole.py")]
    assert [" ".join(line) for line in lines[3:]] == [
        "actions: crash, fall", "listeners: join", "timers: every 60 s", "routes: /plugins/whole/in",
    ]  # fmt: skip


def test_list_says_that_there_are_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plugin(folder, "list") == 0
    assert f"there are no plugins in {folder}" in capsys.readouterr().out


def test_list_shows_what_a_running_server_has_switched_off(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "whole.py").write_text(WHOLE)
    chat = make_app(Settings(plugins_dir=(folder,), no_shipped_plugins=True, data_dir=folder.parent / "data"))

    async def run() -> None:
        await chat.start()
        one = chat.plugins.registry.plugins["whole"]
        for _ in range(3):
            one.failed("action crash", ZeroDivisionError("division by zero"))

        async def listed() -> bool:
            await asyncio.to_thread(plugin, folder, "list")
            return "whole            off" in said()

        await wait_for(listed)
        await chat.close()

    heard: list[str] = []

    def said() -> str:
        heard.append(capsys.readouterr().out)
        return heard[-1]

    asyncio.run(run())
    assert "action crash failed: ZeroDivisionError: division by zero" in heard[-1]
    (folder / "whole.py").write_text(WHOLE + "# mended\n")
    assert plugin(folder, "list") == 0
    assert "whole            on" in said()


def test_check_reports_and_ends_with_1_where_one_is_broken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "says.py").write_text(SAYS)
    assert plugin(folder, "check") == 0
    assert capsys.readouterr().out == f"{folder / 'says.py'}: well (actions: say-it)\n"
    (folder / "broken.py").write_text(SAYS.replace("Context", "Kontext"))
    assert plugin(folder, "check") == 1
    assert f"{folder / 'broken.py'}" in capsys.readouterr().out
    assert plugin(folder, "check", "says") == 0
    assert plugin(folder, "check", "broken") == 1
    assert plugin(folder, "check", "other") == 2
    assert "there is no plugin other; there are broken, says" in capsys.readouterr().err


def test_one_that_its_settings_leave_idle_is_shown_as_that(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "says.py").write_text(
        SAYS + "\n\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Settings:\n    active: bool = False\n"
    )
    assert plugin(folder, "list") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["says", "idle", str(folder / "says.py")]
    ]
    assert plugin(folder, "check") == 0
    assert "well (idle: its settings ask nothing of it)" in capsys.readouterr().out


def test_what_would_stop_the_start_stops_the_check_with_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "must.py").write_text(SAYS + "\n@dataclass\nclass Settings:\n    must: int\n")
    assert plugin(folder, "check") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_new_writes_a_plugin_that_is_well_and_its_passing_test(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plugin(folder, "new", "high_five") == 0
    said = capsys.readouterr().out
    made, test = folder / "high_five.py", folder.parent / "tests" / "plugins" / "test_high_five.py"
    assert str(made) in said
    assert str(test) in said
    assert plugin(folder, "check", "high_five") == 0
    assert "actions: high-five" in capsys.readouterr().out
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=folder.parent, env=UNMEASURED
    )
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


def test_new_refuses_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plugin(tmp_path / "nosuch" / "plugins", "new", "karma") == 2
    assert "there is no such folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_new_puts_the_test_beside_the_folder_itself_however_it_is_written(folder: Path) -> None:
    (folder / "inner").mkdir()
    assert plugin(folder / "inner" / "..", "new", "karma") == 0
    assert (folder.parent / "tests" / "plugins" / "test_karma.py").is_file()


def test_new_writes_into_plugins_of_the_current_folder_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plugin", "new", "karma"]) == 0
    made = tmp_path / "plugins" / "karma.py"
    said = capsys.readouterr().out
    assert f"{made} is written" in said
    assert f"--plugins-dir {made.parent}" in said
    assert (tmp_path / "tests" / "plugins" / "test_karma.py").is_file()
    (tmp_path / "tests" / "plugins" / "test_karma.py").unlink()
    assert main(["plugin", "new", "karma"]) == 2
    assert "is there already" in capsys.readouterr().err


def test_new_writes_into_no_checkout_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tornado_chat").mkdir()
    (tmp_path / "tornado_chat" / "__init__.py").touch()
    for checkout in (find_folder("plugins").parent, tmp_path):
        monkeypatch.chdir(checkout)
        assert main(["plugin", "new", "karma"]) == 2
        assert "--plugins-dir" in capsys.readouterr().err
        assert not (checkout / "plugins" / "karma.py").exists()
    assert main(["plugin", "new", "karma", "--plugins-dir", str(tmp_path)]) == 0


def test_new_says_what_pytest_comes_from_where_it_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornado_chat.server.cli.plugins.find_spec", lambda name: None)
    assert plugin(folder, "new", "karma") == 0
    assert "pip install pytest, then python -m pytest" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["Karma", "../x", "a-b", "", "1st", "x" * 33, "_x"])
def test_new_refuses_a_name_that_no_plugin_can_have(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plugin(folder, "new", name) == 2
    assert "a plugin's name" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_new_overwrites_nothing_and_takes_no_action_that_is_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "karma.py").write_text("# mine\n")
    assert plugin(folder, "new", "karma") == 2
    assert "is there already" in capsys.readouterr().err
    assert (folder / "karma.py").read_text() == "# mine\n"
    assert plugin(folder, "new", "typing") == 2
    assert "there is an action typing already" in capsys.readouterr().err
    assert not (folder.parent / "tests").exists()


def test_new_says_where_it_cannot_write(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder.parent / "tests").write_text("")
    assert plugin(folder, "new", "karma") == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["plugin"], ["plugin", "eat"], ["plugin", "new"], ["plugin", "list", "x"]])
def test_a_wrong_command_is_one_line_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


# Installed packages


def test_a_package_offers_a_plugin_through_its_entry_point(folder: Path) -> None:
    (folder / "cheers.py").write_text(SAYS.replace("say-it", "cheer"))
    (folder / "odd.py").write_text("here = 1\n")
    info = folder / "cheers-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cheers\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[tornado_chat.plugins]\ncheers = cheers\nodd = odd:here\nlost = no_such_module\n"
    )
    empty = folder.parent / "empty"
    empty.mkdir()
    command = [sys.executable, "-m", "tornado_chat", "plugin", "list", "--plugins-dir", str(empty)]
    environ = {"PYTHONPATH": str(folder), "HOME": str(folder), "PATH": ""}
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=environ,
        cwd=find_folder("plugins").parent,
    )
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["cheers", "on", str(folder / "cheers.py")] in lines
    assert ["actions:", "cheer"] in lines
    assert ["lost", "broken", "no_such_module"] in lines
    assert "an entry point of tornado_chat.plugins names a module" in ran.stdout
