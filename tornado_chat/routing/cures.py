"""Words for a type that no field of an action can have: what it is, and what to write in its place."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from tornado_chat.chat.files import File

KINDS = (
    "str, int, float, bool, Literal, Channel, User, Upload, tuple[X, ...], dict[str, Any], a dataclass or `X | None`"
)


def written(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint).replace("typing.", "")


def cure(hint: Any) -> str:
    """Return what to write in the place of a type that no field can have."""
    kind, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if kind in (typing.Union, types.UnionType):
        return "one type (or `X | None`), and an action for each"
    if not isinstance(kind, type):
        return KINDS
    if kind is File:
        return "Upload"
    if issubclass(kind, bytes | bytearray):
        return "str"
    if issubclass(kind, enum.Enum):
        return f"Literal[{', '.join(repr(one.value) for one in kind)}]"
    if typing.is_typeddict(kind) or issubclass(kind, Mapping):
        return "a dataclass with its fields"
    if issubclass(kind, Iterable):
        return f"tuple[{written(inner[0]) if inner else 'str'}, ...]"
    return KINDS
