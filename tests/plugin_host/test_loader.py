"""Plugins are found, loaded from their source, and left out when they are broken."""

import asyncio
import os
import py_compile
import sys
from pathlib import Path

import pytest

from tornado_chat.actions import BUILT_IN
from tornado_chat.chat.errors import Refused
from tornado_chat.config.settings import find_folder
from tornado_chat.plugin_host.files import find_plugins, load
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.routing.registry import Registry

HEAD = "from tornado_chat import Context, action\n\n\n"
ROLL = HEAD + '@action("roll")\ndef roll(ctx: Context) -> str:\n    return "one"\n'


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, source in files.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return folder


def owners(registry: Registry) -> dict[str, str]:
    return {name: action.owner for name, action in registry.actions.items()}


def test_the_built_in_actions_are_there_without_any_plugin() -> None:
    registry = build_registry([])
    assert set(owners(registry).values()) == {"tornado_chat"}
    assert len(BUILT_IN) == len({action.file for action in registry.actions.values()})
    assert {"send-message", "join-channel", "join-communication-channel", "leave-channel", "who", "typing",
            "leave-communication-channel", "history", "channels", "welcome"} <= set(registry.actions)  # fmt: skip


def test_the_plugins_of_the_house_load_without_a_complaint(caplog: pytest.LogCaptureFixture) -> None:
    assert owners(build_registry([find_folder("plugins")]))["roll"] == "dice"
    assert caplog.records == []


def test_every_folder_is_looked_through_by_name_without_files_that_begin_with_an_underscore(tmp_path: Path) -> None:
    one = write(tmp_path / "one", b="", a="", _c="1/0", __init__="1/0")
    two = write(tmp_path / "two", a="")
    (one / "notes.txt").write_text("")
    (one / "face.js").write_text("")
    assert [plugin.file for plugin in find_plugins([one, two])] == [
        str(path) for path in (one / "a.py", one / "b.py", two / "a.py")
    ]
    assert list(find_plugins([tmp_path / "empty"])) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\n1 / 0\n", 2),
        ("def f():\n    return 1 +\n\nf()\n", 2),
        ("import sys\n\nimport no_such_module\n", 3),
        ("from tornado_chat import nothing\n", 1),
        ("def f():\n    raise ValueError('a\\nb')\n\nf()\n", 2),
        ("import sys\nsys.exit('no key is set')\n", 2),
        (HEAD + '@action("odd")\ndef odd(ctx: Context, sides: bytes) -> None: ...\n', None),
        (HEAD + '@action("odd")\ndef odd(ctx: Context, sides) -> None: ...\n', None),
    ],
)
def test_a_broken_plugin_is_left_out_and_named_with_file_and_line(
    source: str, line: int | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write(tmp_path / "plugins", a_good=ROLL, broken=source, c_good=ROLL.replace("roll", "toss"))
    actions = owners(build_registry([folder]))
    assert (actions["roll"], actions["toss"]) == ("a_good", "c_good")
    assert "odd" not in actions
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert str(folder / "broken.py") + (f":{line}:" if line else "") in record.getMessage()


def test_a_file_that_is_no_text_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = write(tmp_path / "plugins", good=ROLL)
    (folder / "binary.py").write_bytes(b"\xff\0")
    (folder / "folder.py").mkdir()
    assert owners(build_registry([folder]))["roll"] == "good"
    assert [name in text for name, text in zip(("binary", "folder"), caplog.messages, strict=True)] == [True, True]


def test_a_plugin_that_takes_a_built_in_actions_name_is_left_out(tmp_path: Path) -> None:
    registry = build_registry([write(tmp_path / "more", greet=ROLL.replace('"roll"', '"welcome"'))])
    assert registry.actions["welcome"].owner == "tornado_chat"
    assert "actions/welcome.py" in registry.plugins["greet"].error


def test_a_plugin_may_override_a_built_in_action(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mine = ROLL.replace('"roll"', '"welcome", internal=True, override=True')
    registry = build_registry([write(tmp_path / "plugins", greet=mine)])
    assert registry.actions["welcome"].owner == "greet"
    assert registry.actions["welcome"].internal
    assert caplog.records == []


def test_a_stale_pyc_is_never_read(tmp_path: Path) -> None:
    path = write(tmp_path, dice=ROLL) / "dice.py"
    py_compile.compile(str(path))
    before = path.stat()
    path.write_text(ROLL.replace("one", "two"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert load(path).roll(None) == "two"


def test_loading_twice_gives_fresh_modules_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = write(tmp_path, dice=ROLL + "\nseen: list[int] = []\n") / "dice.py"
    before = set(sys.modules)
    one, two = load(path), load(path)
    one.seen.append(1)
    assert two.seen == []
    assert set(sys.modules) == before
    assert not (tmp_path / "__pycache__").exists()


FUTURE = """from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tornado_chat import Context, Name, action


@dataclass
class Place:
    street: str
    tags: int | None = field(default=None)


@dataclass
class Named:
    name: Name
    kind: Literal["a", "b"] = "a"


@action("visit", channel=False)
async def visit(ctx: Context, place: Place, named: Named | None = None) -> dict[str, object]:
    await asyncio.sleep(0)
    return {"street": place.street, "name": named.name if named else None}
"""


@pytest.mark.parametrize(
    "source", [FUTURE, FUTURE.replace('Name\n    kind: Literal["a", "b"]', "str\n    kind: str")]
)
def test_a_dataclass_in_a_module_with_postponed_annotations_is_a_field(source: str, tmp_path: Path) -> None:
    action = build_registry([write(tmp_path, visit=source)]).actions["visit"]
    arguments = action.bind({"place": {"street": "High"}, "named": {"name": "Ann", "kind": "b"}})
    assert asyncio.run(action.handler(None, **arguments)) == {"street": "High", "name": "Ann"}
    with pytest.raises(Refused, match="street"):
        action.bind({"place": {}})


def test_of_two_plugins_of_one_name_the_first_is_used_and_both_files_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folders = [write(tmp_path / name, dice=ROLL) for name in ("one", "two")]
    registry = build_registry(folders)
    assert registry.plugins["dice"].file == str(folders[0] / "dice.py")
    for words in (str(folders[0] / "dice.py"), str(folders[1] / "dice.py")):
        assert words in caplog.messages[0]
    before = build_registry(folders[:1])
    assert build_registry(folders, before=before).plugins == before.plugins  # a reload goes on with the first


def test_a_plugin_whose_settings_ask_nothing_of_it_is_idle(tmp_path: Path) -> None:
    source = (
        "from dataclasses import dataclass\n"
        + ROLL
        + "\n@dataclass\nclass Settings:\n    sides: int = 0\n\n    @property\n    def active(self) -> bool:\n"
        "        return 6 // self.sides > 0 if self.sides != 1 else False\n"
    )
    folder = write(tmp_path, idle=source)
    (folder / "idle.js").write_text("export function setup() {}")
    for sides, state in ((1, "idle"), (7, "idle"), (6, "on"), (0, "broken")):
        registry = build_registry([folder], {"idle": {"sides": sides}})
        assert registry.plugins["idle"].state == state, sides
        assert ("roll" in registry.actions) is ("idle" in registry.ui()) is (state == "on")


def test_what_the_plugins_of_the_house_do_without_settings_costs_messages_nothing() -> None:
    registry = build_registry([find_folder("plugins")])
    assert {event for event, listeners in registry.listeners.items() if listeners} <= {
        "startup",
        "shutdown",
        "changed",
    }
    assert [listener.plugin.name for listener in registry.listeners["changed"]] == ["poll"]
    assert not registry.routes
    assert [(timer.plugin.name, timer.seconds) for timer in registry.timers] == [("poll", 60), ("remind", 1)]


@pytest.mark.parametrize("path", sorted(find_folder("plugins").glob("*.py")), ids=lambda path: path.stem)
def test_a_plugin_of_the_house_is_short_and_has_a_page_and_tests(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250
    root = find_folder("plugins").parent
    pages = root / "docs" / "reference" / "plugins"
    assert f"]({path.stem}.md)" in (pages / "index.md").read_text(encoding="utf-8")
    assert (pages / f"{path.stem}.md").is_file()
    assert (root / "tests" / "plugins" / f"test_{path.stem}.py").is_file()
