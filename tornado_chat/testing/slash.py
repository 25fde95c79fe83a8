"""Slash commands, read as public/assets/commands/run.js reads them; tests/commands.json tests both."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

_STRUCTURES = {"object", "list"}
_WORD = re.compile(r'([^\s"=]+=)?"([^"]*)"|\S+')
_INT = re.compile(r"-?[0-9]+")
_FLOAT = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOL = {"true": True, "yes": True, "false": False, "no": False}


def parse(line: str, actions: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the `action` and fields that a line calls, None for plain text; ValueError explains a wrong command.

    actions: as listed in `hello`.
    """
    if not line.startswith("/") or line.startswith("//"):
        return None
    name = re.split(r"\s", line[1:], maxsplit=1)[0]
    action = next((one for one in actions if one["name"] == name and _is_command(one)), None)
    if action is None:
        how = "Type / to see the commands; begin with // to send a line that starts with a slash."
        raise ValueError(f"There’s no command /{name[:32]}. {how}")
    parameters = {one["name"]: one for one in action["parameters"] if _is_written(one)}
    usage = " ".join([f"/{name}", *(one if parameters[one]["required"] else f"[{one}]" for one in parameters)])
    found = _WORD.finditer(line[len(name) + 1 :])
    words = [one[0] if one[2] is None else (one[1] or "") + one[2] for one in found]
    named = {word.partition("=")[0] for word in words if "=" in word}
    places = [one for one in parameters if one not in named]
    fields: dict[str, Any] = {}
    for at, word in enumerate(words):
        field, equals, value = word.partition("=")
        if not (equals and field in parameters):
            if not places:
                raise ValueError(f"That is more than {usage} takes.")
            field, value = places.pop(0), word
            if not places and parameters[field]["type"] == "str":
                fields[field] = " ".join(words[at:])
                break
        fields[field] = _convert(value, parameters[field])
    for field, parameter in parameters.items():
        if parameter["required"] and field not in fields:
            raise ValueError(f"{field} is missing: {usage}")
    return {"action": name, **fields}


def _is_command(action: Mapping[str, Any]) -> bool:
    structures = (one["required"] and one["type"] in _STRUCTURES for one in action["parameters"])
    return action.get("command", True) and not any(structures)


def _is_written(parameter: Mapping[str, Any]) -> bool:
    return parameter["name"] != "target" and parameter["type"] not in _STRUCTURES


def _convert(value: str, parameter: Mapping[str, Any]) -> Any:
    kind, wrong = parameter["type"], ""
    if kind == "int":
        if _INT.fullmatch(value):
            return int(value)
        wrong = "a whole number"
    elif kind == "float":
        if _FLOAT.fullmatch(value) and math.isfinite(float(value)):
            return float(value)
        wrong = "a number"
    elif kind == "bool":
        if value.lower() in _BOOL:
            return _BOOL[value.lower()]
        wrong = "true or false"
    elif kind == "choice":
        written = [one if isinstance(one, str) else json.dumps(one) for one in parameter["choices"]]
        if value in written:
            return parameter["choices"][written.index(value)]
        wrong = f"one of {', '.join(written)}"
    if wrong:
        raise ValueError(f"{parameter['name']} is {wrong}")
    return value
