"""Settings of a plugin that owners of a channel may set there: the fields of its `Settings` that say so."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.schema import Parameter, bind, read_signature
from tornado_chat.routing.supervision import FAULTS

LARGEST = 4_096  # bytes that one plugin's settings take in a channel


def parameters_of(plugin: Plugin) -> tuple[Parameter, ...]:
    """Return the settings of a plugin that can be set in channels: `field(metadata={"channel": True})`."""
    if plugin.of_channels is None:
        kind = type(plugin.settings)
        found: tuple[Parameter, ...] = ()
        if is_dataclass(kind) and plugin.module is not None:
            names = {one.name for one in fields(kind) if one.metadata.get("channel")}
            every = read_signature(kind, f"[plugins.{plugin.name}]", vars(plugin.module), skip=0) if names else ()
            found = tuple(one for one in every if one.name in names)
        plugin.of_channels = found
    known: tuple[Parameter, ...] = plugin.of_channels
    return known


def describe(plugin: Plugin, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the settings of a plugin that channels set, as `hello` has parameters; `value` where a channel has one.

    given: the channel's. What the server's settings say is not in it: it need not be meant for owners of channels.
    """
    described = []
    for one in parameters_of(plugin):
        shown = one.describe()
        del shown["required"]
        shown.pop("default", None)
        if one.name in given:
            shown["value"] = given[one.name]
        described.append(shown)
    return described


def settings_in(plugin: Plugin, record: ChannelRecord | None) -> Any:
    """Return the settings of a plugin in a channel: the server's, and over them the channel's that still fit."""
    given = record.plugins.get(plugin.name) if record is not None else None
    if not given:
        return plugin.settings
    values: dict[str, Any] = {}
    for one in parameters_of(plugin):
        if one.name in given:
            with contextlib.suppress(Refused):  # of another version of the plugin
                values |= bind((one,), given)
    try:
        return replace(plugin.settings, **values)
    except FAULTS:  # its __post_init__
        return plugin.settings


def check(plugin: Plugin, known: Mapping[str, Any], given: object) -> dict[str, Any]:
    """Return what is stored for a plugin in a channel: the known values, and over them those that are given now.

    None takes a value back. Refused (`invalid-field`) names what is wrong.
    """
    where = f"plugins.{plugin.name}"
    parameters = {one.name: one for one in parameters_of(plugin)}
    if not isinstance(given, dict):
        raise Refused(f"{where} must be an object", Error.INVALID_FIELD)
    for name in given:
        if name not in parameters:
            there = ", ".join(parameters) or "none"
            raise Refused(
                f"{where} has no setting {str(name)[:64]!r} of channels; there are {there}", Error.INVALID_FIELD
            )
    values = {name: value for name, value in {**known, **given}.items() if name in parameters and value is not None}
    if len(json.dumps(values)) > LARGEST:
        raise Refused(f"{where} is too long", Error.INVALID_FIELD)
    try:
        replace(plugin.settings, **bind(tuple(parameters[name] for name in values), values))
    except Refused as refused:
        raise Refused(f"{where}: {refused.message}", Error.INVALID_FIELD) from None
    except ValueError as error:  # its __post_init__
        raise Refused(f"{where}: {error}", Error.INVALID_FIELD) from None
    return values
