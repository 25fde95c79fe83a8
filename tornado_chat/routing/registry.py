"""What the built-in actions and the plugins offer: actions, listeners, timers and routes."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.permissions import known_powers
from tornado_chat.chat.protocol import encode
from tornado_chat.routing.decorators import ActionMark, EveryMark, Mark, OnMark, RouteMark, marks_of
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.schema import Finder, Parameter, SchemaError, bind, read_signature
from tornado_chat.routing.supervision import plain

LARGEST = 16_384  # bytes that an action takes in each `hello`
BUILT_IN = "tornado_chat"  # the owner whose actions are no plugin's

#: What can be listened to, and what a listener is called with.
EVENTS = {
    "connect": ("ctx",),
    "disconnect": ("ctx",),
    "join": ("ctx",),
    "leave": ("ctx",),
    "message": ("ctx", "message"),
    "posted": ("ctx", "message"),
    "authenticate": ("request",),
    "startup": ("ctx",),
    "shutdown": ("ctx",),
}


class RegistryError(Exception):
    """What is marked cannot be registered; the text says where and why."""


class NameTaken(RegistryError):
    """Two modules own one action; the text names both files, `owners` whose they are."""

    def __init__(self, text: str, *owners: str) -> None:
        super().__init__(text)
        self.owners = owners


@dataclass(slots=True, frozen=True)
class Action:
    """A handler with its schema.

    `owner` is the plugin (or `tornado_chat`) it came from, `file` where it stands, `over` what it replaced.
    """

    name: str
    handler: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    channel: bool
    internal: bool
    owner: str
    file: str
    plugin: Plugin | None = None
    over: Action | None = None
    found: tuple[tuple[str, Finder], ...] = ()  # the fields that name a Channel or a User
    power: str = ""
    command: bool = True

    def bind(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return bind(self.parameters, message)

    def find(self, ctx: Any, arguments: dict[str, Any]) -> None:
        """Put the channels and users in the place of their names."""
        for name, find in self.found:
            if arguments[name] is not None:
                try:
                    arguments[name] = find(ctx, arguments[name])
                except Refused as refused:
                    raise Refused(f"{name}: {refused.message}", refused.code) from None

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "help": inspect.getdoc(self.handler) or "",
            "parameters": [parameter.describe() for parameter in self.parameters],
            **({} if self.command else {"command": False}),
        }


@dataclass(slots=True, frozen=True)
class Listener:
    """A function that is called when something happens; `closed`: a message does not pass when it fails."""

    call: Callable[..., Any]
    plugin: Plugin
    closed: bool


@dataclass(slots=True, frozen=True)
class Timer:
    name: str
    call: Callable[..., Any]
    plugin: Plugin
    seconds: float


@dataclass(slots=True, frozen=True)
class Route:
    """A RequestHandler class and the path that it answers; `pattern` is that of the whole path."""

    handler: type
    plugin: Plugin
    path: str
    pattern: re.Pattern[str]


class Registry:
    """What there is. Built whole, then used: a reload builds another one. `plugins`: by name, broken ones too.

    `problems`: what is wrong beside them, as where two files have one name.
    """

    def __init__(self) -> None:
        self.actions: dict[str, Action] = {}
        self.listeners: dict[str, tuple[Listener, ...]] = dict.fromkeys(EVENTS, ())
        self.timers: list[Timer] = []
        self.routes: list[Route] = []
        self.plugins: dict[str, Plugin] = {}
        self.problems: list[str] = []
        self._aliases: set[str] = set()
        self._shown: dict[str, dict[str, Any]] = {}  # the actions as hello lists them

    def add(self, module: types.ModuleType, owner: str | Plugin) -> None:
        """Collect what a module marked; RegistryError where a name is taken, or what is marked cannot be called."""
        file = module.__file__ or module.__name__
        plugin = owner if isinstance(owner, Plugin) else None if owner == BUILT_IN else Plugin(owner, file)
        if plugin is not None:
            self.plugins[plugin.name] = plugin
        for marked in {id(value): value for value in vars(module).values()}.values():  # each once
            marks = marks_of(marked)
            if not marks or getattr(marked, "__module__", None) != module.__name__:
                continue  # an imported one belongs to the module that defines it
            for mark in marks:
                if isinstance(mark, ActionMark):
                    self._add_action(marked, mark, module, file, plugin)
                elif plugin is not None:
                    self._add_hook(marked, mark, file, plugin)

    def _add_action(
        self,
        function: Callable[..., Any],
        mark: ActionMark,
        module: types.ModuleType,
        file: str,
        plugin: Plugin | None,
    ) -> None:
        where = f"{file}:{mark.line}"
        what = f"{where}: {function.__name__}()"
        try:
            parameters = tuple(read_signature(function, where, vars(module)))
        except SchemaError as error:
            raise RegistryError(str(error)) from None
        if mark.power and mark.power not in known_powers():
            raise RegistryError(f"{what}: there is no power {mark.power!r}; there are {', '.join(known_powers())}")
        owner = plugin.name if plugin else BUILT_IN
        found = tuple((one.name, one.find) for one in parameters if one.find)
        for name in mark.names:
            taken = self.actions.get(name)
            if taken is not None and taken.file == file and not mark.override:
                raise RegistryError(f"{what}: the file has the action {name!r} already")
            if taken is not None and not mark.override:
                text = f"two files have the action {name!r}: {taken.file} and {where}; "
                raise NameTaken(f"{text}rename one, or give the second override=True", owner, taken.owner)
            command = mark.command and (taken is None or taken.command)
            action = self.actions[name] = Action(
                *(name, function, parameters, mark.channel, mark.internal, owner, file, plugin, taken, found),
                *(mark.power, command),
            )
            try:
                line = encode(action.describe())
            except Exception as error:
                raise RegistryError(f"{what}: a default, a choice or its docstring cannot be sent: {error}") from None
            if len(line) > LARGEST:
                raise RegistryError(f"{what}: its docstring and fields take {len(line)} bytes of {LARGEST}")
            self._shown[name] = json.loads(line)  # a plugin's docstring or default is looked at once
        self._aliases.update(mark.names[1:])

    def _add_hook(self, marked: Any, mark: Mark, file: str, plugin: Plugin) -> None:
        where = f"{file}:{mark.line}: {getattr(marked, '__name__', marked)}"
        if isinstance(mark, RouteMark):
            bases = inspect.getmro(marked) if inspect.isclass(marked) else ()
            if "tornado.web.RequestHandler" not in (f"{base.__module__}.{base.__name__}" for base in bases):
                raise RegistryError(f"{where}: @route marks a tornado.web.RequestHandler")
            try:
                if not mark.path.startswith("/"):
                    raise ValueError("it begins with /")
                re.compile(mark.path)  # alone, so that no bracket of it closes the one below
                pattern = re.compile(f"{re.escape(f'/plugins/{plugin.name}')}(?:{mark.path})")
            except (ValueError, re.error) as error:
                raise RegistryError(f"{where}: {mark.path!r} is no path: {error}") from None
            self.routes.append(Route(marked, plugin, mark.path, pattern))
        elif isinstance(mark, EveryMark):
            _check_call(marked, ("ctx",), where)
            self.timers.append(Timer(plain(marked.__name__), marked, plugin, mark.seconds))
        elif isinstance(mark, OnMark):
            if mark.event not in EVENTS:
                raise RegistryError(f"{where}(): there is no event {mark.event!r}; there are {', '.join(EVENTS)}")
            if (mark.event == "message") is not (mark.fails in ("open", "closed")):
                raise RegistryError(f'{where}(): @on("message", fails="open") or "closed"; no other event says that')
            _check_call(marked, EVENTS[mark.event], where)
            self.listeners[mark.event] += (Listener(marked, plugin, mark.fails == "closed"),)

    def describe(self, may: Callable[[str], bool] = bool) -> list[dict[str, Any]]:
        """Return the actions that someone who `may` can call, as `hello` lists them (aliases are left out)."""
        return [
            self._shown[name]
            for name, action in sorted(self.actions.items())
            if not action.internal and name not in self._aliases and (not action.power or may(action.power))
        ]

    def ui(self) -> dict[str, bytes]:
        """Return the JavaScript of each plugin that has some, by the plugin's name."""
        return {
            name: plugin.ui
            for name, plugin in sorted(self.plugins.items())
            if plugin.module is not None and plugin.ui is not None
        }


def _check_call(function: Any, arguments: tuple[str, ...], where: str) -> None:
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError):
        raise RegistryError(f"{where}() is called with ({', '.join(arguments)})") from None
