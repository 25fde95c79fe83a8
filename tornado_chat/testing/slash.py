"""Slash commands, as the page reads them (public/assets/slash.js); tests/commands.json holds both to it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

_OWN = {"send-message", "typing", "read", "history", "bans", "audit", "overview"}  # what the page does by itself
_UNWRITTEN = {"object", "list"}
_WORD = re.compile(r'([^\s"=]+=)?"([^"]*)"|\S+')


def parse(line: str, actions: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the `action` and fields that a line calls, None where it is said as it is; ValueError says what to do.

    actions: as `hello` lists them.
    """
    if not line.startswith("/") or line.startswith("//"):
        return None
    actions = list(actions)
    name = re.split(r"\s", line[1:], maxsplit=1)[0]
    rest = line[1 + len(name) :]
    action = next((one for one in actions if one["name"] == name and _is_command(one)), None)
    if action is None:
        how = "Type / to see the commands; begin with // to send a line that starts with a slash."
        raise ValueError(f"There is no command /{name[:32]}. {how}")
    parameters = _written(action)
    given = [found[0] if found[2] is None else (found[1] or "") + found[2] for found in _WORD.finditer(rest)]
    places = [one for one in parameters if not any(word.startswith(f"{one['name']}=") for word in given)]
    fields: dict[str, Any] = {}
    for at, word in enumerate(given):
        named = next((one for one in parameters if word.startswith(f"{one['name']}=")), None)
        parameter = named or (places.pop(0) if places else None)
        if parameter is None:
            raise ValueError(f"That is more than {usage(action)} takes.")
        if not named and not places and parameter["type"] == "str":
            fields[parameter["name"]] = " ".join(given[at:])
            break
        fields[parameter["name"]] = _convert(word.partition("=")[2] if named else word, parameter)
    for one in parameters:
        if one["required"] and one["name"] not in fields:
            raise ValueError(f"{one['name']} is missing: {usage(action)}")
    return {"action": name, **fields}


def usage(action: Mapping[str, Any]) -> str:
    """Return how a command is written: /roll [sides]."""
    shown = (f"<{one['name']}>" if one["required"] else f"[{one['name']}]" for one in _written(action))
    return " ".join(["/" + action["name"], *shown])


def _is_command(action: Mapping[str, Any]) -> bool:
    name = action["name"]
    needs_more = any(one["required"] and one["type"] in _UNWRITTEN for one in action["parameters"])
    return name not in _OWN and not name.endswith("communication-channel") and not needs_more


def _written(action: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the fields that a person writes: not the channel, nor what has a structure."""
    return [one for one in action["parameters"] if one["name"] != "target" and one["type"] not in _UNWRITTEN]


def _convert(value: str, parameter: Mapping[str, Any]) -> Any:
    name, kind = parameter["name"], parameter["type"]
    if kind == "int":
        if not re.fullmatch(r"-?[0-9]+", value):
            raise ValueError(f"{name} is a whole number")
        return int(value)
    if kind == "float":
        if not re.fullmatch(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", value) or math.isinf(float(value)):
            raise ValueError(f"{name} is a number")
        return float(value)
    if kind == "bool":
        if value.lower() not in ("true", "false", "yes", "no"):
            raise ValueError(f"{name} is true or false")
        return value.lower() in ("true", "yes")
    if kind == "choice":
        written = [one if isinstance(one, str) else json.dumps(one) for one in parameter["choices"]]
        if value not in written:
            raise ValueError(f"{name} is one of {', '.join(written)}")
        return parameter["choices"][written.index(value)]
    return value
