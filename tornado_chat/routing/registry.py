"""What the built-in actions and the plugins offer: actions, listeners, timers and routes."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from keyword import iskeyword
from typing import Any

from tornado_chat.chat.permissions import is_in_channel, known_powers
from tornado_chat.chat.protocol import encode
from tornado_chat.routing.action import Action
from tornado_chat.routing.decorators import ActionMark, EveryMark, Mark, OnMark, RouteMark, marks_of
from tornado_chat.routing.names import EVENTS, WIRE_1
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.schema import Parameter, SchemaError, read_signature
from tornado_chat.routing.supervision import plain

LARGEST = 16_384  # bytes that an action takes in each `hello`
BUILT_IN = "tornado_chat"  # the owner whose actions are no plugin's


class RegistryError(Exception):
    """What is marked cannot be registered; the text says where and why."""


class NameTaken(RegistryError):
    """Two modules own one action; the text names both files, `owners` whose they are."""

    def __init__(self, text: str, *owners: str) -> None:
        super().__init__(text)
        self.owners = owners


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

    `problems`: what is wrong beside them, as where two files have one name. `warnings`: actions of the server that
    plugins have taken the place of, as they had the name first.
    """

    def __init__(self) -> None:
        self.actions: dict[str, Action] = {}
        self.listeners: dict[str, tuple[Listener, ...]] = dict.fromkeys(EVENTS, ())
        self.timers: list[Timer] = []
        self.routes: list[Route] = []
        self.plugins: dict[str, Plugin] = {}
        self.problems: list[str] = []
        self.warnings: list[str] = []
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
        handler = _with_keywords(function, parameters)
        owner = plugin.name if plugin else BUILT_IN
        found = tuple((one.name, one.find, one.default) for one in parameters if one.find)
        for name in mark.names:
            taken = self.actions.get(name)
            is_later = taken is not None and taken.owner == BUILT_IN and name not in WIRE_1
            if is_later and plugin and not mark.override:
                self.warnings.append(
                    f"{where}: the server has an action {name!r} of its own now, which the page uses; rename this one"
                )
                taken = None
            if taken is not None and taken.file == file and not mark.override:
                raise RegistryError(f"{what}: the file has the action {name!r} already")
            if taken is not None and not mark.override:
                text = f"two files have the action {name!r}: {taken.file} and {where}; "
                raise NameTaken(f"{text}rename one, or give the second override=True", owner, taken.owner)
            command = mark.command and (taken is None or taken.command)
            action = self.actions[name] = Action(
                *(name, handler, parameters, mark.channel, mark.internal, owner, file, plugin, taken, found),
                *(mark.power, command, mark.hidden, bool(mark.power) and mark.channel and is_in_channel(mark.power)),
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
            if not (action.internal or action.hidden or name in self._aliases)
            and (not action.power or action.ranked or may(action.power))
        ]

    def ui(self) -> dict[str, bytes]:
        """Return the JavaScript of each plugin that has some, by the plugin's name."""
        return {
            name: plugin.ui
            for name, plugin in sorted(self.plugins.items())
            if plugin.module is not None and plugin.ui is not None
        }


def _with_keywords(function: Callable[..., Any], parameters: Sequence[Parameter]) -> Callable[..., Any]:
    """Return a handler that is called with fields whose names Python keeps for itself: its parameters end with _."""
    kept = {one.name: f"{one.name}_" for one in parameters if iskeyword(one.name)}
    if not kept:
        return function

    @wraps(function)
    def handler(ctx: Any, **fields: Any) -> Any:
        return function(ctx, **{kept.get(name, name): value for name, value in fields.items()})

    return handler


def _check_call(function: Any, arguments: tuple[str, ...], where: str) -> None:
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError):
        raise RegistryError(f"{where}() is called with ({', '.join(arguments)})") from None
