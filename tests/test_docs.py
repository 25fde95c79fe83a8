"""The docs say what there is: actions, settings, codes and modules that are not in them fail here."""

import inspect
import json
import pkgutil
import re
from inspect import Parameter
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.testing import gen_test

import tornado_chat
import tornado_chat.testing
from tests.command_line import load as load_settings
from tests.doc_pages import DOCS, ROOT, python_blocks
from tornado_chat.chat.errors import Close, Error
from tornado_chat.chat.store import Namespace
from tornado_chat.config.settings import FIELDS, find_folder, flag, written
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.routing.context import Context
from tornado_chat.routing.names import EVENTS
from tornado_chat.routing.plugin_files import PluginFiles
from tornado_chat.server.cli.main import COMMANDS
from tornado_chat.testing import Chat, ChatTestCase, Person

HELPERS = {  # what handlers and listeners are given, but what is for the server alone
    "ctx": {*dir(Context)} - {"about", "heed", "hears", "of_event", "plugin", "posts"},
    "ctx.store": {*dir(Namespace)},
    "ctx.files": {*dir(PluginFiles)},
    "channel": {"post", "publish", "notice", "tell", "read", "name", "members", "present"},
    "chat": {*dir(Chat)},
    "ann": {*dir(Person)},
    "server": {"channel", "channels", "present", "connections", "find_user"},
}
WIRE = "".join(DOCS[f"docs/reference/{page}.md"] for page in ("wire", "actions", "events", "errors"))
API = DOCS["docs/reference/plugin-api.md"]
PLUGINS = "".join(
    text for name, text in DOCS.items() if re.match(r"docs/(how-to|tutorials|reference)/.*plugin", name)
)
MODULES = [path.relative_to(ROOT / "tornado_chat") for path in (ROOT / "tornado_chat").rglob("*.py")]


def test_every_action_is_in_the_protocol_with_each_field_and_its_default() -> None:
    sections = dict(
        re.findall(r"^### (\S+)\n(.*?)(?=^##)", DOCS["docs/reference/actions.md"], re.DOTALL | re.MULTILINE)
    )
    registry = build_registry([find_folder("plugins")])
    aliases = {"join-communication-channel": "join-channel", "leave-communication-channel": "leave-channel"}
    for name, action in registry.actions.items():
        if action.internal:
            assert f"`{name}`" in PLUGINS, name
        elif action.plugin is not None:
            row = re.search(rf"^\| `{name}` \|.*", WIRE, re.MULTILINE)
            assert row is not None, name
            assert all(f"`{one.name}`" in row[0] for one in action.parameters), name
        else:
            section = sections[aliases.get(name, name)]
            assert name not in aliases or f"`{name}`" in section
            for one in action.parameters:
                default = "required"
                if one.default is not Parameter.empty:
                    value = int(one.default) if isinstance(one.default, float) else one.default
                    default = f"`{json.dumps(value)}`"
                assert re.search(
                    rf"^\| `{one.name}`.*? \| [^|]+ \| {re.escape(default)} \|", section, re.MULTILINE
                ), f"{name}: {one.name}"


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


def test_every_public_name_is_in_the_reference_of_the_plugin_api() -> None:
    for module in (tornado_chat, tornado_chat.testing):
        for name in module.__all__:
            assert (
                f"::: {module.__name__}.{name}\n" in API
                or f"| `{name}` |" in API
                or f"`{module.__name__}.{name}`" in API
            )


def test_everything_in_the_reference_of_the_plugin_api_has_a_docstring() -> None:
    for path, options in re.findall(r"^::: (\S+)((?:\n    .*)*)", API, re.MULTILINE):
        found = pkgutil.resolve_name(path)
        assert inspect.getdoc(found), path
        for member in re.findall(r"[\w]+", " ".join(re.findall(r"members: \[(.*?)\]", options))):
            assert inspect.getdoc(inspect.getattr_static(found, member)), f"{path}.{member}"


def test_every_command_is_in_its_page() -> None:
    for command in COMMANDS:
        assert re.search(rf"^## {command.word}$", DOCS["docs/reference/cli.md"], re.MULTILINE), command.word


def test_every_event_of_the_log_is_in_its_page() -> None:
    source = "".join(path.read_text() for path in (ROOT / "tornado_chat").rglob("*.py"))
    calls = (r"_log\(", r"log_client\(\w+, ", r"_announce\(settings, ", r"self\.log\(", r"begin\(user, ", '"event": ')
    events = set(re.findall(rf'(?:{"|".join(calls)})\s*"([^"]+)"', source))
    assert {"start", "connected", "left", "registered", "signed out", "power", "request"} <= events
    for event in events:
        assert f"`{event}`" in DOCS["docs/reference/logs.md"], event


class Metrics(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "sqlite"}

    @gen_test
    async def test_every_metric_is_in_its_page_and_no_other(self) -> None:
        answer = await AsyncHTTPClient().fetch(self.get_url("/metrics"))
        names = {name.removeprefix("tornado_chat_") for name in re.findall(r"# TYPE (\S+)", answer.body.decode())}
        of_nodes = (ROOT / "tornado_chat/storage/postgres/figures.py").read_text()
        names |= set(re.findall(r'(?:single|histogram)\(\s*"(\w+)"', of_nodes))
        page = DOCS["docs/reference/metrics.md"].partition("## Metrics")[2].partition("## Alerts")[0]
        rows = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
        assert {name for row in rows for name in re.findall(r"`(\w+)", row)} == names


def test_every_local_link_leads_somewhere() -> None:
    for name, text in DOCS.items():
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((ROOT / name).parent / link).exists(), f"{name}: {link}"


def test_every_file_that_the_page_of_changes_names_exists() -> None:
    folders = ("tornado_chat", "public", "tests")
    files = [path for folder in folders for path in (ROOT / folder, *(ROOT / folder).rglob("*"))]
    named = re.findall(r"`([\w./]+(?:\.py|\.js|\.css|/))`", DOCS["docs/how-to/change-the-code.md"])
    assert len(named) > 30
    for name in named:
        assert any(f"/{path.relative_to(ROOT)}".endswith(f"/{name.rstrip('/')}") for path in files), name


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
