"""An action: a handler, and the schema of its fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tornado_chat.routing.named_fields import call_with_found
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.schema import Finder, Parameter, bind


@dataclass(slots=True)
class Action:
    """A handler with its schema.

    `owner` is the plugin (or `tornado_chat`) it came from, `file` where it stands, `over` what it replaced. `ranked`:
    a role in the channel gives its power, too.
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
    found: tuple[tuple[str, Finder, Any], ...] = ()  # the fields that name a Channel, a User or a file: with defaults
    power: str = ""
    command: bool = True
    hidden: bool = False
    ranked: bool = False
    required: tuple[Parameter, ...] = field(init=False)  # what is bound of a message with as many fields as these

    def __post_init__(self) -> None:
        parameters = self.parameters
        if not {"action", "ref"} & {one.name for one in parameters}:
            parameters = tuple(one for one in parameters if one.is_required)
        self.required = parameters

    def bind(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the checked arguments that a message gives; the handler has defaults for the others."""
        further = len(message) - len(self.required) - ("action" in message) - ("ref" in message)
        return bind(self.parameters if further > 0 else self.required, message)  # most messages have no other fields

    def call(self, ctx: Any, arguments: dict[str, Any]) -> Any:
        """Call the handler, with channels, users and files in the place of their names; return what it returns."""
        return call_with_found(self.handler, self.found, ctx, arguments)

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "help": inspect.getdoc(self.handler) or "",
            "parameters": [parameter.describe() for parameter in self.parameters],
            **({} if self.command else {"command": False}),
        }
