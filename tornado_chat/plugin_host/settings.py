"""A plugin's dataclass `Settings`, filled from its table `[plugins.NAME]`."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from tornado_chat.chat.errors import Refused
from tornado_chat.config.settings import SettingsError
from tornado_chat.routing.schema import bind, read_signature


def read_settings(module: ModuleType, name: str, table: Mapping[str, Any]) -> Any:
    """Return a module's `Settings` filled from a table, None where it has none.

    SettingsError names what is unknown, missing or wrong in the table; SchemaError a type that no setting can have.
    """
    kind = vars(module).get("Settings")
    where = f"[plugins.{name}]"
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__:
        return _fill(kind, table, where, vars(module))
    if table:
        raise SettingsError(f"{where}: the plugin has no settings")
    return None


def _fill(kind: type, table: Mapping[str, Any], where: str, names: dict[str, Any]) -> Any:
    parameters = tuple(read_signature(kind, where, names, skip=0))
    known = [parameter.name for parameter in parameters]
    given = {key.replace("-", "_"): value for key, value in table.items()}
    for name in given:
        if name not in known:
            raise SettingsError(f"{where} {name}: there is no such setting; there are {', '.join(known)}")
    needed = (one for one in parameters if one.name in given or one.default is inspect.Parameter.empty)
    try:
        return kind(**bind(tuple(needed), given))
    except Refused as refused:
        raise SettingsError(f"{where} {refused.message}") from None
    except ValueError as error:  # its __post_init__
        raise SettingsError(f"{where}: {error}") from None
