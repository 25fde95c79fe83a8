"""Which function answers which action; a function's signature is the schema of its fields.

`@action` only marks: importing a module has no effect until `Registry.add(module)` collects what it marked.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from tornado_chat.protocol import MAX_NUMBER, Error, Refused

Handler = TypeVar("Handler", bound=Callable[..., Any])
Checker = Callable[[Any], Any]
_MARK = "__tornado_chat_action__"
_MISSING: Any = inspect.Parameter.empty
_NOT_GIVEN = object()


class RegistryError(Exception):
    """A marked function cannot be registered; the text says where and why."""


class NameTaken(RegistryError):
    """Two modules own one action; the text names both files."""


@dataclasses.dataclass(slots=True, frozen=True)
class Mark:
    """What `@action` was told."""

    names: tuple[str, ...]
    channel: bool
    internal: bool
    override: bool


def action(
    *names: str, channel: bool = True, internal: bool = False, override: bool = False
) -> Callable[[Handler], Handler]:
    """Mark a function `(ctx, field, …)` as the handler of an action; further names are aliases.

    channel: the message's `target` must be a channel that the connection has joined (`ctx.channel`).
    internal: only `ctx.perform(name)` calls it, never a client.
    override: replaces the action of that name instead of colliding with it.
    """

    def mark(function: Handler) -> Handler:
        setattr(function, _MARK, Mark(names, channel, internal, override))
        return function

    return mark


@dataclasses.dataclass(slots=True, frozen=True)
class Parameter:
    """One field of an action: its name, the name of its type, whether and how it may be left out."""

    name: str
    type: str
    check: Checker
    default: Any = _MISSING
    choices: tuple[Any, ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return the parameter as `hello` shows it."""
        shown: dict[str, Any] = {"name": self.name, "type": self.type, "required": self.default is _MISSING}
        if self.default is not _MISSING:
            shown["default"] = self.default
        if self.choices:
            shown["choices"] = self.choices
        return shown


@dataclasses.dataclass(slots=True, frozen=True)
class Action:
    """A handler with its schema; `owner` is the plugin (or `tornado_chat`) it came from, `file` where it stands."""

    name: str
    handler: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    channel: bool
    internal: bool
    owner: str
    file: str

    def bind(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return the checked arguments of a call; Refused (`invalid-field`, `invalid-name`) names the field."""
        return _bind(self.parameters, message)

    def describe(self) -> dict[str, Any]:
        """Return the action as `hello` shows it."""
        return {
            "name": self.name,
            "help": inspect.getdoc(self.handler) or "",
            "parameters": [parameter.describe() for parameter in self.parameters],
        }


class Registry:
    """The actions there are. Built whole, then used: a reload builds another one."""

    def __init__(self) -> None:
        self.actions: dict[str, Action] = {}
        self._aliases: set[str] = set()

    def add(self, module: types.ModuleType, owner: str) -> None:
        """Collect the marked functions of a module; RegistryError where a name is taken or a type unknown."""
        file = module.__file__ or module.__name__
        for function in list(vars(module).values()):
            mark = getattr(function, _MARK, None) if inspect.isfunction(function) else None
            if mark is None or function.__module__ != module.__name__:
                continue  # an imported one belongs to the module that defines it
            parameters = tuple(read_signature(function, file, vars(module)))
            for name in mark.names:
                taken = self.actions.get(name)
                if taken is not None and not mark.override:
                    raise NameTaken(
                        f"two files have the action {name!r}: {taken.file} and {file}; "
                        "rename one, or give the second override=True"
                    )
                self.actions[name] = Action(name, function, parameters, mark.channel, mark.internal, owner, file)
            self._aliases.update(mark.names[1:])

    def describe(self) -> list[dict[str, Any]]:
        """Return the actions that a client can call, as `hello` lists them (aliases are left out)."""
        return [
            action.describe()
            for name, action in sorted(self.actions.items())
            if not action.internal and name not in self._aliases
        ]


# Signature -> schema


def read_signature(
    function: Callable[..., Any], file: str, names: dict[str, Any], skip: int = 1
) -> Iterator[Parameter]:
    """Yield the parameters of a handler after its `ctx`; RegistryError for a type that no field can have.

    names: what the names in its annotations mean.
    """
    where = f"{file}: {function.__name__}()"
    try:
        hints = typing.get_type_hints(function, names, include_extras=True)
    except (NameError, TypeError) as error:
        raise RegistryError(f"{where}: {error}") from None
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise RegistryError(f"{where}: *{parameter.name} has no schema; name each field")
        if parameter.name not in hints:
            raise RegistryError(f"{where}: {parameter.name} needs a type, as in `{parameter.name}: str`")
        kind, check, choices = _read_type(hints[parameter.name], f"{where}: {parameter.name}", names)
        yield Parameter(parameter.name, kind, check, parameter.default, choices)


def _read_type(hint: Any, where: str, names: dict[str, Any]) -> tuple[str, Checker, tuple[Any, ...]]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint in _CHECKS:
        return hint.__name__, _CHECKS[hint], ()
    if origin is typing.Annotated:
        kind, check, choices = _read_type(inner[0], where, names)
        for further in inner[1:]:
            check = _chain(check, further)
        return kind, check, choices
    if origin is Literal:
        return "choice", _one_of(inner), inner
    if origin in (typing.Union, types.UnionType) and len(inner) == 2 and type(None) in inner:
        kind, check, choices = _read_type(next(arg for arg in inner if arg is not type(None)), where, names)
        return kind, _or_none(check), choices
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return "object", _object_of(hint, where, names), ()
    raise RegistryError(f"{where}: a field cannot be {hint!r}; use str, int, float, bool, Literal or `X | None`")


def _bind(parameters: tuple[Parameter, ...], message: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {}
    for parameter in parameters:
        value = message.get(parameter.name, _NOT_GIVEN)
        if value is _NOT_GIVEN:
            if parameter.default is _MISSING:
                raise Refused(f"{parameter.name} is missing", Error.INVALID_FIELD)
            arguments[parameter.name] = parameter.default
        else:
            try:
                arguments[parameter.name] = parameter.check(value)
            except ValueError as error:
                raise Refused(f"{parameter.name} must be {error}", Error.INVALID_FIELD) from None
            except Refused as refused:
                raise Refused(f"{parameter.name}: {refused.message}", refused.code) from None
    return arguments


# Checks: the value itself, or a ValueError that ends the sentence "… must be"


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("text")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ValueError("a whole number within ±2^53")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ValueError("a number within ±2^53")
    return float(value)


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("true or false")
    return value


_CHECKS: dict[Any, Checker] = {str: _text, int: _whole, float: _number, bool: _truth}


def _one_of(choices: tuple[Any, ...]) -> Checker:
    def check(value: Any) -> Any:
        for choice in choices:
            if type(choice) is type(value) and choice == value:
                return value
        raise ValueError("one of " + ", ".join(map(str, choices)))

    return check


def _or_none(check: Checker) -> Checker:
    return lambda value: None if value is None else check(value)


def _chain(first: Checker, then: Checker) -> Checker:
    if first is _text:  # in every message that is said
        return lambda value: then(value if type(value) is str else _text(value))
    return lambda value: then(first(value))


def _object_of(kind: type, where: str, names: dict[str, Any]) -> Checker:
    module = sys.modules.get(kind.__module__)  # a plugin's own is not there
    parameters = tuple(read_signature(kind, where, vars(module) if module else names, skip=0))

    def check(value: Any) -> Any:
        if type(value) is not dict:
            raise ValueError("an object with " + ", ".join(parameter.name for parameter in parameters))
        return kind(**_bind(parameters, value))

    return check
