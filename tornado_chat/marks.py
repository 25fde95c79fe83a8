"""`@action`, `@on`, `@every`, `@route`: they only mark. Importing a module has no effect until a Registry adds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Marked = TypeVar("Marked", bound=Callable[..., Any])
_MARKS = "__tornado_chat__"


@dataclass(slots=True, frozen=True)
class ActionMark:
    """What `@action` says of a function."""

    names: tuple[str, ...]
    channel: bool
    internal: bool
    override: bool
    power: str


@dataclass(slots=True, frozen=True)
class OnMark:
    """What `@on` says of a function."""

    event: str
    fails: str | None


@dataclass(slots=True, frozen=True)
class EveryMark:
    """What `@every` says of a function."""

    seconds: float


@dataclass(slots=True, frozen=True)
class RouteMark:
    """What `@route` says of a RequestHandler."""

    path: str


def _mark(told: object) -> Callable[[Marked], Marked]:
    def mark(marked: Marked) -> Marked:
        setattr(marked, _MARKS, (*vars(marked).get(_MARKS, ()), told))
        return marked

    return mark


def action(
    *names: str, channel: bool = True, internal: bool = False, override: bool = False, power: str = ""
) -> Callable[[Marked], Marked]:
    """Mark a function `(ctx, field, …)` as the handler of an action; further names are aliases.

    channel: the message's `target` must be a channel that the connection has joined (`ctx.channel`).
    internal: only `ctx.perform(name)` calls it, never a client.
    override: replaces the action of that name instead of colliding with it.
    power: only users whose role has it see the action and may call it (`ctx.user.may`).
    """
    return _mark(ActionMark(names, channel, internal, override, power))


def on(event: str, *, fails: Literal["open", "closed"] | None = None) -> Callable[[Marked], Marked]:
    """Mark a function as a listener of one of the registry's EVENTS.

    fails: of `message` alone, and needed there: whether a message passes (`open`) when the listener fails.
    """
    return _mark(OnMark(event, fails))


def every(seconds: float) -> Callable[[Marked], Marked]:
    """Mark a function `(ctx)` to be called again and again, each time after so many seconds."""
    return _mark(EveryMark(seconds))


def route(path: str) -> Callable[[Marked], Marked]:
    """Mark a Tornado RequestHandler to answer `/plugins/NAME` + path, which is a regular expression as in Tornado."""
    return _mark(RouteMark(path))


def marks_of(value: object) -> tuple[object, ...]:
    """Return what something is marked with; nothing, if it is not."""
    marks: tuple[object, ...] = getattr(value, "__dict__", {}).get(_MARKS, ())
    return marks
