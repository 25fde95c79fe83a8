"""The docs say what there is: actions, settings, codes and modules that are not in them fail here."""

import asyncio
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

import tornado_chat
from tornado_chat.chat.errors import Close, Error
from tornado_chat.chat.store import Namespace
from tornado_chat.config.settings import FIELDS, find_folder, flag, written
from tornado_chat.config.sources import load as load_settings
from tornado_chat.plugin_host.files import load
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.plugin_host.settings import read_settings
from tornado_chat.routing.context import Context
from tornado_chat.routing.registry import EVENTS, Registry
from tornado_chat.server.cli.plugins import PLUGIN
from tornado_chat.testing import Chat, ChatTestCase, Person

ROOT = Path(__file__).parent.parent
DOCS = {str(path.relative_to(ROOT)): path.read_text() for path in [*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")]}
HELPERS = {  # what handlers and listeners are given, but what is for the server alone
    "ctx": {*dir(Context)} - {"about", "hears", "of_plugin", "plugin", "posts"},
    "ctx.store": {*dir(Namespace)},
    "channel": {"post", "publish", "notice", "tell", "read", "name", "members", "present"},
    "chat": {*dir(Chat)},
    "ann": {*dir(Person)},
    "server": {"channel", "channels", "present", "connections", "find_user"},
}
WIRE = DOCS["docs/reference/wire.md"] + DOCS.get("docs/reference/errors.md", "")
PLUGINS = "".join(
    text for name, text in DOCS.items() if re.match(r"docs/(how-to|tutorials|reference)/.*plugin", name)
)
MODULES = [path.relative_to(ROOT / "tornado_chat") for path in (ROOT / "tornado_chat").rglob("*.py")]


def test_every_action_is_in_the_protocol() -> None:
    for name, action in build_registry([find_folder("plugins")]).actions.items():
        page = PLUGINS if action.internal else WIRE
        assert f"`{name}`" in page, name
        for parameter in action.parameters:
            assert f"`{parameter.name}`" in page, f"{name}: {parameter.name}"


@pytest.mark.parametrize("code", list(Error))
def test_every_error_code_is_in_the_protocol(code: Error) -> None:
    assert f"`{code}`" in WIRE or f"`{code.split('-')[0]}-*`" in WIRE


@pytest.mark.parametrize("code", list(Close))
def test_every_close_code_is_in_the_protocol(code: Close) -> None:
    assert re.search(rf"^\| [0-9, ]*\b{code.value}\b", WIRE, re.MULTILINE)


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_is_in_its_page_with_its_default(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| (.+?) \|", DOCS["docs/reference/settings.md"], re.MULTILINE)
    assert row is not None
    default = FIELDS[name].default
    if default in ((), ""):
        assert row[1] == "none"
    elif isinstance(default, tuple):
        assert f"`{written(default)}`" == row[1]
    elif isinstance(default, str | int | float):
        assert f"`{default:g}`" == row[1] if isinstance(default, float) else f"`{default}`" == row[1]


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_is_in_the_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load_settings(["--help"])
    assert flag(name) in capsys.readouterr().out


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_is_on_the_map(module: Path) -> None:
    if module.name != "__init__.py":
        inside = "/".join(module.parts[1:]) or module.name
        assert f"`{module.parts[0]}/" in DOCS["docs/explanation/architecture.md"] or len(module.parts) == 1
        assert any(
            f"`{name}`" in DOCS["docs/explanation/architecture.md"] for name in (inside, module.name, str(module))
        ) or (module.parts[0] == "actions")


def test_every_name_that_a_plugin_can_import_is_in_the_plugins_page() -> None:
    for name in tornado_chat.__all__:
        assert name == "__version__" or re.search(rf"\b{name}\b", PLUGINS), name


@pytest.mark.parametrize("event", EVENTS)
def test_every_hook_is_in_the_plugins_page_with_an_example(event: str) -> None:
    assert re.search(rf"^\| `{event}` \|", PLUGINS, re.MULTILINE)
    assert any(f'@on("{event}"' in code for code in python_blocks(PLUGINS))


def test_every_helper_is_in_the_plugins_page() -> None:
    for kind, names in HELPERS.items():
        for name in names:
            if not name.startswith("_"):
                assert re.search(rf"\b{name}\b", PLUGINS), f"{kind}: {name}"


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("code", python_blocks("".join(DOCS.values())))
def test_every_example_is_a_plugin_that_loads_or_a_test_that_runs(code: str, tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(code)
    if "def test_" in code:
        path = tmp_path / "test_example.py"
        path.write_text(code)
        assert pytest.main(["-q", "-p", "no:cacheprovider", "--no-cov", "--import-mode=importlib", str(path)]) == 0
    else:
        registry = Registry()
        module = load(path)
        registry.add(module, "example")
        read_settings(module, "example", {})
        assert registry.actions or registry.routes or registry.timers or any(registry.listeners.values())


def titled(page: str, title: str) -> str:
    found: list[str] = re.findall(rf'```python title="{title}"\n(.*?)```', DOCS[page], re.DOTALL)
    return found[0]


def test_the_plugin_of_the_tutorial_passes_its_tests(tmp_path: Path) -> None:
    for title in ("plugins/karma.py", "tests/plugins/test_karma.py"):
        path = tmp_path / title
        path.parent.mkdir(parents=True)
        path.write_text(titled("docs/tutorials/first-plugin.md", title))
    assert pytest.main(["-q", "-p", "no:cacheprovider", "--no-cov", "--import-mode=importlib", str(path)]) == 0


def test_the_tutorial_begins_with_the_template() -> None:
    assert PLUGIN.format(command="karma", name="karma") in python_blocks(DOCS["docs/tutorials/first-plugin.md"])


class BotOfTheTutorial(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "memory"}

    @gen_test
    async def test_it_answers(self) -> None:
        code = titled("docs/tutorials/first-bot.md", "bot.py").replace("asyncio.run(main())\n", "")
        bot: dict[str, Any] = {}
        exec(code, bot)
        bot["ADDRESS"] = self.get_url("").rstrip("/")
        ann = await self.join("Ann", "general")
        running = asyncio.ensure_future(bot["main"]())
        await ann.until_text("Helper joined the channel")
        for said, answer in (
            ("!ping", "pong"),
            ("!who", "Here: "),
            ("!roll 20", "Helper rolled"),
            ("!roll x", "Sorry: "),
        ):
            await ann.say(said)
            await ann.until(lambda event, answer=answer: answer in event.get("message", ""))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


def test_every_local_link_leads_somewhere() -> None:
    for name, text in DOCS.items():
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((ROOT / name).parent / link).exists(), f"{name}: {link}"


def test_every_test_that_the_testing_page_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", DOCS["docs/explanation/testing.md"])
    faults = re.findall(r"^\| (F\d+) ", DOCS["docs/explanation/testing.md"], re.MULTILINE)
    assert faults == [f"F{number}" for number in range(1, 15)]
    assert len(named) > 40
    for file, name in named:
        source = (ROOT / "tests" / file).read_text()
        assert re.search(rf"^ *(async )?def {name}\(", source, re.MULTILINE), f"{file}::{name}"


def test_every_setting_of_a_plugin_of_the_house_is_in_its_page() -> None:
    for name, plugin in build_registry([find_folder("plugins")]).plugins.items():
        for setting in getattr(plugin.settings, "__dataclass_fields__", ()):
            assert f"| `{setting}` |" in DOCS[f"docs/reference/plugins/{name}.md"], f"{name}: {setting}"


def test_the_plugin_in_the_readme_is_the_one_that_is_there() -> None:
    assert (ROOT / "plugins" / "dice.py").read_text() in python_blocks(DOCS["README.md"])
