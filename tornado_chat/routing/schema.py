"""A function's signature (or a dataclass) as the schema of its fields: read once, then each call is checked by it."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from keyword import iskeyword
from typing import Any, Literal

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import File
from tornado_chat.chat.models import User
from tornado_chat.chat.protocol import MAX_NUMBER
from tornado_chat.routing.cures import cure, written
from tornado_chat.routing.uploads import Upload, file_id, find_upload

Checker = Callable[[Any], Any]
Finder = Callable[[Any, str], Any]
_MISSING: Any = inspect.Parameter.empty

#: How the text in a field becomes what it names, by the type of the field; called with the context of a call.
_FINDERS: dict[Any, Finder] = {
    Channel: lambda ctx, said: ctx.server.joined(ctx.connection, said),
    User: lambda ctx, said: ctx.server.find_user(said, ctx.about),
    Upload: find_upload,
}


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

    @property
    def is_required(self) -> bool:
        return self.default is _MISSING

    def describe(self) -> dict[str, Any]:
        """Return the parameter as `hello` shows it."""
        shown: dict[str, Any] = {"name": self.name, "type": self.type, "required": self.is_required}
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
        field = name[:-1] if iskeyword(name[:-1]) else name  # from_ is the field `from`
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
            check: Checker = file_id if find is find_upload else _text
            check = _or_none(check) if type(None) in typing.get_args(hint) else check
            yield Parameter(field, _alone(hint).__name__.lower(), check, parameter.default, (), find, words)
        else:
            kind, check, choices = _read_type(hint, f"{where}: {name}", names)
            yield Parameter(field, kind, check, parameter.default, choices, None, words)


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
    if hint == dict[str, Any]:
        return "object", _object, ()
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and not (_finder(hint) or hint is File):
        return "object", _object_of(hint, where, names), ()
    raise SchemaError(f"{where}: a field cannot be {written(hint)}; use {cure(hint)}")


def bind(parameters: tuple[Parameter, ...], message: dict[str, Any]) -> dict[str, Any]:
    """Return the checked arguments that a message gives; what it leaves out has a default where it is called.

    Refused (`invalid-field`, `invalid-name`) names the field.
    """
    arguments = {}
    for parameter in parameters:
        name = parameter.name
        if name in message:
            try:
                arguments[name] = parameter.check(message[name])
            except ValueError as error:
                raise Refused(f"{name} must be {error}", Error.INVALID_FIELD) from None
            except Refused as refused:
                raise Refused(f"{name}: {refused.message}", refused.code) from None
        elif parameter.default is _MISSING:
            raise Refused(f"{name} is missing", Error.INVALID_FIELD)
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


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise ValueError("an object")
    return value


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
