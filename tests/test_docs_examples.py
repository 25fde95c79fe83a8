"""What the docs write down works: plugins, tests, commands, settings, and what goes over the wire."""

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from tornado.testing import gen_test

from tests.doc_pages import DOCS, ROOT, blocks, python_blocks, titled
from tornado_chat.config.settings import FIELDS, SettingsError
from tornado_chat.plugin_host.files import load
from tornado_chat.plugin_host.loader import read_settings
from tornado_chat.routing.registry import Registry
from tornado_chat.server.cli.main import parse
from tornado_chat.server.cli.plugins import PLUGIN
from tornado_chat.testing import ChatTestCase, Client


class Transcript(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "sqlite"}

    @gen_test
    async def test_a_server_answers_as_the_transcript_says(self) -> None:
        clients: dict[str, Client] = {}
        given: dict[str, dict[str, Any]] = {}  # what was given anew: ids and tokens
        for who, way, text in re.findall(r"^(\w+) ([→←✕]) ?(.*)$", DOCS["docs/reference/wire.md"], re.MULTILINE):
            if way == "✕":
                await clients[who].close()
                continue
            line = json.loads(text)
            if line["action"] == "hello":
                token = given[who]["token"] if who in given else None
                clients[who] = await self.connect(None if token else who, token=token)
                given[who] = event = clients[who].hello
            elif way == "→":
                if "since" in line:
                    line["since"]["epoch"] = given[who]["epoch"]
                clients[who].send(**line)
                continue
            else:
                kind = {"action", "event", "ref"} & line.keys()
                event = await clients[who].until(
                    lambda event, line=line, kind=kind: all(event.get(key) == line[key] for key in kind)
                )
            assert event.keys() == line.keys()
            for key in {"message", "seq", "target", "channel", "count", "recovered", "more", "code"} & line.keys():
                assert event[key] == line[key], (text, event)


def run_tests(path: Path) -> None:
    """Run the tests of a file, in a process of its own: pytest ends with what other tests left open, too."""
    options = ["-q", "-p", "no:cacheprovider", "--no-cov", "--import-mode=importlib"]
    command = [sys.executable, "-m", "pytest", *options, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


EXAMPLES = python_blocks("".join(DOCS.values()))


@pytest.mark.parametrize("code", [code for code in EXAMPLES if "def test_" not in code])
def test_every_example_is_a_plugin_that_loads_or_a_test(code: str, tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(code)
    registry = Registry()
    module = load(path)
    registry.add(module, "example")
    read_settings(module, "example", {})
    assert registry.actions or registry.routes or registry.timers or any(registry.listeners.values())


def test_every_example_that_is_a_test_passes(tmp_path: Path) -> None:
    for number, code in enumerate(code for code in EXAMPLES if "def test_" in code):
        (tmp_path / f"test_example_{number}.py").write_text(code)
    run_tests(tmp_path)


def test_the_plugin_of_the_tutorial_passes_its_tests(tmp_path: Path) -> None:
    for title in ("plugins/karma.py", "tests/plugins/test_karma.py"):
        path = tmp_path / title
        path.parent.mkdir(parents=True)
        path.write_text(titled("docs/tutorials/first-plugin.md", title))
    run_tests(path)


def test_the_tutorial_begins_with_the_template() -> None:
    assert PLUGIN.format(command="karma", name="karma") in python_blocks(DOCS["docs/tutorials/first-plugin.md"])


def bot_of_the_tutorial(password: str) -> dict[str, Any]:
    code = titled("docs/tutorials/first-bot.md", "bot.py").replace("asyncio.run(main())\n", "")
    bot: dict[str, Any] = {}
    with patch.dict(os.environ, BOT_PASSWORD=password):
        exec(code, bot)
    return bot


def test_the_bot_of_the_tutorial_does_not_start_without_its_password() -> None:
    with pytest.raises(SystemExit, match="Set BOT_PASSWORD"):
        bot_of_the_tutorial("")


class BotOfTheTutorial(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "memory", "auth": ("guest", "password")}

    @gen_test
    async def test_it_answers(self) -> None:
        await self.chat.accounts.register("Helper", "correct horse")
        bot = bot_of_the_tutorial("correct horse")
        bot["ADDRESS"] = self.get_url("").rstrip("/")
        ann = await self.join("Ann", "general")
        running = asyncio.ensure_future(bot["main"]())
        await ann.until_text("Helper joined the channel")
        for said, answer in (
            ("!ping", "pong"),
            ("!who", "Here: "),
            ("!roll 20", "Helper rolled"),
            ("!roll x", "Sorry: write a number, as in !roll 20"),
            ("!roll 1", "Sorry: a die has 2 to 1000 sides"),
        ):
            await ann.say(said)
            await ann.until(lambda event, answer=answer: answer in event.get("message", ""))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


def test_the_settings_of_the_kubernetes_example_are_settings() -> None:
    example = (ROOT / "docs/examples/kubernetes.yaml").read_text()
    block = re.search(r"chat\.toml: \|\n((?:    .*\n)+)", example)
    assert block is not None
    assert {*tomllib.loads(dedent(block[1]))} <= {*FIELDS}
    variables = re.findall(r"TORNADO_CHAT_(\w+)", example)
    assert variables
    assert {name.lower() for name in variables} <= {*FIELDS, "config"}


def test_every_command_that_the_docs_write_down_can_be_parsed() -> None:
    lines = [(name, line) for name, block in blocks("sh") for line in block.splitlines()]
    found = [(name, re.search(r"(?:-m tornado_chat|scripts/run)(?: ([^#>]+)|$)", line)) for name, line in lines]
    commands = [(name, shlex.split((match[1] or "").replace("$(date +%F)", ""))) for name, match in found if match]
    assert len(commands) > 30
    for name, words in commands:
        try:
            parse(words)
        except SystemExit:  # --help
            assert "--help" in words
        except SettingsError as error:
            pytest.fail(f"{name}: {words}: {error}")


def test_every_setting_that_the_docs_write_down_is_one() -> None:
    for name, block in blocks("toml"):
        assert {*tomllib.loads(block)} <= {*FIELDS, "plugins", "project"}, name


def test_the_plugin_in_the_readme_is_the_one_that_is_there() -> None:
    assert (ROOT / "plugins" / "dice.py").read_text() in python_blocks(DOCS["README.md"])
