"""A function's signature (or a dataclass) as the schema of its fields: read once, then each call is checked by it."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.protocol import MAX_NUMBER

Checker = Callable[[Any], Any]
Finder = Callable[[Any, str], Any]
_MISSING: Any = inspect.Parameter.empty
#: How the text in a field becomes what it names, by the type of the field; called with the context of a call.
_FINDERS: dict[Any, Finder] = {
    Channel: lambda ctx, said: ctx.server.joined(ctx.connection, said),
    User: lambda ctx, said: ctx.server.find_user(said, ctx.about),
}
KINDS = "str, int, float, bool, Literal, Channel, User, tuple[X, ...], a dataclass or `X | None`"


class SchemaError(Exception):
    """A signature that no message can have; the text says where and why."""


@dataclasses.dataclass(slots=True, frozen=True)
class Parameter:
    """One field of an action: its name, its type, how it may be left out, a word about it; find: see _FINDERS."""

    name: str
    type: str
    check: Checker
    default: Any = _MISSING
    choices: tuple[Any, ...] = ()
    find: Finder | None = None
    help: str = ""

    def describe(self) -> dict[str, Any]:
        """Return the parameter as `hello` shows it."""
        shown: dict[str, Any] = {"name": self.name, "type": self.type, "required": self.default is _MISSING}
        if self.default is not _MISSING:
            shown["default"] = self.default
        return shown | {key: value for key, value in (("choices", self.choices), ("help", self.help)) if value}


def read_signature(
    function: Callable[..., Any], file: str, names: dict[str, Any], skip: int = 1
) -> Iterator[Parameter]:
    """Yield the parameters of a function after the first `skip`; SchemaError for a type that no field can have.

    names: what the names in its annotations mean.
    """
    where = f"{file}: {function.__name__}()"
    try:
        hints = typing.get_type_hints(function, names, include_extras=True)
        parameters = list(inspect.signature(function).parameters.values())
    except Exception as error:  # an annotation in quotes is evaluated here
        raise SchemaError(f"{where}: {type(error).__name__}: {error}") from None
    for first in [*parameters[:skip], None][:skip]:
        _check_first(first, hints, where, names)
    for parameter in parameters[skip:]:
        name = parameter.name
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise SchemaError(f"{where}: {name} is called by its name; take the / out of the parameters")
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise SchemaError(f"{where}: *{name} has no schema; name each field")
        if name not in hints:
            raise SchemaError(f"{where}: {name} needs a type, as in `{name}: str`")
        hint, further = hints[name], getattr(hints[name], "__metadata__", ())  # of Annotated
        words = " ".join(one for one in further if isinstance(one, str))
        if further and all(isinstance(one, str) for one in further):
            hint = typing.get_args(hint)[0]
        find = _finder(hint)
        if find is not None:
            check = _or_none(_text) if type(None) in typing.get_args(hint) else _text
            yield Parameter(name, _alone(hint).__name__.lower(), check, parameter.default, (), find, words)
        else:
            kind, check, choices = _read_type(hint, f"{where}: {name}", names)
            yield Parameter(name, kind, check, parameter.default, choices, None, words)


def _check_first(
    first: inspect.Parameter | None, hints: Mapping[str, Any], where: str, names: dict[str, Any]
) -> None:
    """Raise SchemaError where a handler has no place for the Context that it is called with."""
    taken = first is not None and first.kind not in (first.KEYWORD_ONLY, first.VAR_KEYWORD)
    if first is not None and taken and first.name in hints:
        hint = hints[first.name]
        with contextlib.suppress(SchemaError):
            taken = _finder(hint) is None and not _read_type(hint, where, names)
    if not taken:
        raise SchemaError(f"{where}: it is called with a Context first, as in `def roll(ctx: Context, sides: int)`")


def _alone(hint: Any) -> Any:
    """Return X of `X | None`, else the hint itself."""
    inner = [arg for arg in typing.get_args(hint) if arg is not type(None)]
    return inner[0] if type(None) in typing.get_args(hint) and len(inner) == 1 else hint


def _finder(hint: Any) -> Finder | None:
    kind = _alone(hint)
    return _FINDERS.get(kind) if isinstance(kind, type) else None


def _read_type(hint: Any, where: str, names: dict[str, Any]) -> tuple[str, Checker, tuple[Any, ...]]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and hint in _CHECKS:
        return hint.__name__, _CHECKS[hint], ()
    if origin is typing.Annotated:
        kind, check, choices = _read_type(inner[0], where, names)
        for further in (one for one in inner[1:] if not isinstance(one, str)):
            if not callable(further):
                raise SchemaError(f"{where}: Annotated takes a function that checks and words, not {further!r}")
            check = _chain(check, further)
        return kind, check, choices
    if origin is Literal:
        return "choice", _one_of(inner), inner
    if origin in (typing.Union, types.UnionType) and _alone(hint) is not hint:
        kind, check, choices = _read_type(_alone(hint), where, names)
        return kind, _or_none(check), choices
    if origin is tuple and len(inner) == 2 and inner[1] is ...:
        return "list", _list_of(_read_type(inner[0], where, names)[1]), ()
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and _finder(hint) is None:
        return "object", _object_of(hint, where, names), ()
    raise SchemaError(f"{where}: a field cannot be {_written(hint)}; use {_cure(hint)}")


def _written(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint).replace("typing.", "")


def _cure(hint: Any) -> str:
    """Return what to write in the place of a type that no field can have."""
    kind, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if kind in (typing.Union, types.UnionType):
        return "one type (or `X | None`), and an action for each"
    if not isinstance(kind, type):
        return KINDS
    if issubclass(kind, bytes | bytearray):
        return "str"
    if issubclass(kind, enum.Enum):
        return f"Literal[{', '.join(repr(one.value) for one in kind)}]"
    if typing.is_typeddict(kind) or issubclass(kind, Mapping):
        return "a dataclass with its fields"
    if issubclass(kind, Iterable):
        return f"tuple[{_written(inner[0]) if inner else 'str'}, ...]"
    return KINDS


def bind(parameters: tuple[Parameter, ...], message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked arguments of a call; Refused (`invalid-field`, `invalid-name`) names the field."""
    arguments = {}
    for parameter in parameters:
        value = message.get(parameter.name, _MISSING)
        if value is _MISSING:
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


def _list_of(check: Checker) -> Checker:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise ValueError("a list")
        try:
            return tuple(check(item) for item in value)
        except ValueError as error:
            raise ValueError(f"a list, each {error}") from None

    return read


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
        return kind(**bind(parameters, value))

    return check
