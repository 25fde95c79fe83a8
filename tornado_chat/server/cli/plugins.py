"""`plugin list`, `plugin check` and `plugin new`, for plugin authors."""

from __future__ import annotations

import argparse
import contextlib
import keyword
import logging
import os
import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tornado_chat.chat.store import all_in
from tornado_chat.config.settings import PACKAGE, Settings, SettingsError
from tornado_chat.config.sources import load
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.plugin_host.manager import SPACE
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.registry import Registry
from tornado_chat.server.cli.cluster import on_cluster
from tornado_chat.server.cli.parsing import Command, Group, cluster, flags_of
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.health import NoChatError
from tornado_chat.storage.postgres.store import PostgresStore
from tornado_chat.storage.sqlite.files import MissingError
from tornado_chat.storage.sqlite.maintenance import stored

PLUGIN = '''"""Cheers: /{command} Ann"""

from tornado_chat import Context, User, action


@action("{command}")
async def {name}(ctx: Context, user: User) -> None:
    """Cheer for someone who is here."""
    count = await ctx.store.update(user.id, lambda known: known + 1, 0)
    ctx.channel.post(f"{{ctx.user.name}} cheers for {{user.name}} (total: {{count}})")
'''

TEST = '''"""The plugin `{name}`."""

from pathlib import Path

from tornado_chat.testing.fixtures import chat_of

chat = chat_of(Path(__file__).parents[2] / "{folder}" / "{name}.py")


def test_cheers_are_counted_and_seen_by_everyone(chat):
    ann, bob = chat.connect("Ann"), chat.connect("Bob")
    ann.say("/{command} Bob")
    assert bob.texts[-1] == "Ann cheers for Bob (total: 1)"
    bob.say("/{command} Bob")
    assert ann.texts[-1] == "Bob cheers for Bob (total: 2)"
'''


SETTINGS = ("data_dir", "cluster", "plugins_dir", "no_shipped_plugins")


def _load(given: argparse.Namespace) -> tuple[Settings, Registry]:
    settings = load(flags_of(given), only=(*SETTINGS, "plugins"))
    logging.getLogger("tornado_chat").addHandler(logging.NullHandler())  # what is wrong is shown once
    return settings, build_registry(settings.plugins_dir, settings.plugins, shipped=settings.shipped_plugins)


def _list(given: argparse.Namespace) -> int:
    settings, registry = _load(given)
    states: dict[str, dict[str, Any]] = {}
    with contextlib.suppress(MissingError, NoChatError):  # no server has run here yet
        states = on_cluster(url, _stored) if (url := cluster(given)) else stored(settings.data_dir, SPACE)
    for name, plugin in registry.plugins.items():
        state, error = plugin.state, plugin.error
        kept = states.get(name, {})
        if state == "on" and kept.get("state") == "off" and kept["stamp"] == _plain(plugin.stamp):
            state, error = "off", kept["error"]
        print(f"{name:16} {state:7} {plugin.file}")
        for line in (error, plugin.replaced, *_offers(registry, plugin)):
            if line:
                print(f"{'':16} {line}")
    for problem in (*registry.problems, *registry.warnings):
        print(problem)
    if not registry.plugins:
        print("there are no plugins", *(("in", *settings.plugins_dir) if settings.plugins_dir else ()))
    return 0


async def _stored(engine: Engine) -> dict[str, dict[str, Any]]:
    return {key: value async for key, value in all_in(PostgresStore(engine), SPACE)}


def _plain(stamp: object) -> object:
    return list(stamp) if isinstance(stamp, tuple) else stamp


def _offers(registry: Registry, plugin: Plugin) -> Iterator[str]:
    """Yield what a plugin has, a line for each kind."""
    kinds = {
        "actions": [name for name, action in registry.actions.items() if action.plugin is plugin],
        "listeners": [event for event, ones in registry.listeners.items() for one in ones if one.plugin is plugin],
        "timers": [f"every {one.seconds:g} s" for one in registry.timers if one.plugin is plugin],
        "routes": [f"/plugins/{plugin.name}{one.path}" for one in registry.routes if one.plugin is plugin],
    }
    for kind, names in kinds.items():
        if names:
            yield f"{kind}: {', '.join(names)}"


def _check(given: argparse.Namespace) -> int:
    registry, name = _load(given)[1], given.name
    if name is not None and name not in registry.plugins:
        raise SettingsError(f"there is no plugin {name}; there are {', '.join(registry.plugins) or 'none'}")
    broken = 0
    for plugin in registry.plugins.values():
        if name in (None, plugin.name):
            broken += bool(plugin.error)
            nothing = "idle: its settings ask nothing of it" if plugin.idle else "it offers nothing"
            offers = "; ".join(_offers(registry, plugin)) or nothing
            gone = plugin.replaced and f"{plugin.file}: left out: {plugin.replaced}"
            print(plugin.error or gone or f"{plugin.file}: well ({offers})")
    for problem in registry.problems if name is None else ():
        broken += 1
        print(problem)
    for warning in registry.warnings if name is None else ():
        print(warning)
    return 1 if broken else 0


def _new(given: argparse.Namespace) -> int:
    settings, registry = _load(given)
    name = given.name
    folder = Path(os.path.abspath((*settings.plugins_dir, Path("plugins"))[0]))  # no .. leads the test elsewhere
    if not re.fullmatch("[a-z][a-z0-9_]{0,31}", name):
        raise SettingsError(f"a plugin's name has a-z, 0-9 and _, as in guess_a_number, not {name}")
    if keyword.iskeyword(name):
        raise SettingsError(f"{name} is a word of Python's own, and can name no function; take another, as my_{name}")
    command = name.replace("_", "-")
    if command in registry.actions:
        raise SettingsError(f"there is an action {command} already, in {registry.actions[command].file}")
    if name in registry.plugins and not (folder / f"{name}.py").exists():
        raise SettingsError(f"there is a plugin {name} already: {registry.plugins[name].file}")
    is_ours = (folder.parent / PACKAGE.name / "__init__.py").exists()  # a checkout
    if folder.is_relative_to(PACKAGE) or (is_ours and not settings.plugins_dir):
        raise SettingsError(f"{folder} belongs to {PACKAGE.name}; name the folder of your plugins: --plugins-dir DIR")
    words = {"name": name, "command": command, "folder": folder.name}
    files = {
        folder / f"{name}.py": PLUGIN.format(**words),
        folder.parent / "tests" / folder.name / f"test_{name}.py": TEST.format(**words),
    }
    for path in files:
        if path.exists():
            raise SettingsError(f"{path} is there already; take another name")
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"{path} is written")
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}") from None
    install = "" if find_spec("pytest") else "pip install pytest, then "
    print(f"Try it: start the server with --plugins-dir {shlex.quote(str(folder))} and write /{command} NAME,")
    print(f"and test it: {install}python -m pytest {path}")
    return 0


LIST = Command("plugin list", "show the plugins: file, state, and what each has", _list, SETTINGS)
CHECK = Command(
    "plugin check",
    "load them and say what is wrong (exit status 1 if anything is)",
    _check,
    SETTINGS,
    arguments={"name": {"metavar": "NAME", "nargs": "?", "default": None, "help": "this plugin alone"}},
)
NEW = Command(
    "plugin new",
    "write a plugin and its test, to begin with",
    _new,
    SETTINGS,
    arguments={"name": {"metavar": "NAME", "help": "its name, as in guess_a_number"}},
)
COMMANDS = (Group("plugin", "list, check and make plugins", (LIST, CHECK, NEW)),)
