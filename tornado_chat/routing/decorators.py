"""`@action`, `@on`, `@every`, `@route`: they only mark. Importing a module has no effect until a Registry adds it."""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from inspect import isasyncgenfunction, isgeneratorfunction
from typing import Any, Literal, TypeVar, overload

from tornado_chat.chat.changes import Change
from tornado_chat.chat.models import Message, User
from tornado_chat.routing.context import Context, TimerContext

Marked = TypeVar("Marked", bound=Callable[..., Any])
Told = TypeVar("Told", bound=Callable[[Context], Any])
Hearing = TypeVar("Hearing", bound=Callable[[Context, Message], Any])
Following = TypeVar("Following", bound=Callable[[Context, Message, Change], Any])
Asked = TypeVar("Asked", bound=Callable[[Any], "User | Awaitable[User | None] | None"])
Counting = TypeVar("Counting", bound=Callable[[Context, str], Any])
Noting = TypeVar("Noting", bound=Callable[[Context, dict[str, Any]], Any])
Timed = TypeVar("Timed", bound=Callable[[TimerContext], Any])
MAX_NAME = 64
NAME = re.compile(rf"[^\s/=\"']{{1,{MAX_NAME}}}")  # of an action: a word of a slash command
LONGEST = 366 * 86_400  # seconds between two calls of a timer
_MARKS = "__tornado_chat__"


@dataclass(slots=True, frozen=True, kw_only=True)
class Mark:
    """What a decorator says, and the line where it stands."""

    line: int = 0


@dataclass(slots=True, frozen=True)
class ActionMark(Mark):
    names: tuple[str, ...]
    channel: bool
    internal: bool
    override: bool
    power: str
    command: bool
    hidden: bool


@dataclass(slots=True, frozen=True)
class OnMark(Mark):
    event: str
    fails: str | None


@dataclass(slots=True, frozen=True)
class EveryMark(Mark):
    seconds: float


@dataclass(slots=True, frozen=True)
class RouteMark(Mark):
    path: str


_made: list[tuple[object, Mark]] = []


@contextmanager
def recorded() -> Iterator[list[tuple[object, Mark]]]:
    """Yield the list of what is marked meanwhile, each with its mark."""
    global _made
    before, _made = _made, []
    try:
        yield _made
    finally:
        _made = before


def _mark(told: Mark, decorator: str) -> Callable[[Marked], Marked]:
    def mark(marked: Marked) -> Marked:
        if not isinstance(told, RouteMark):
            if isinstance(marked, type) or not (callable(marked) and hasattr(marked, "__name__")):
                raise TypeError(f"{decorator} marks a function, not {marked!r}")
            if isgeneratorfunction(marked) or isasyncgenfunction(marked):
                raise TypeError(f"{decorator} marks a function without `yield`: {marked.__name__}() has one")
        placed = replace(told, line=sys._getframe(1).f_lineno)
        setattr(marked, _MARKS, (*vars(marked).get(_MARKS, ()), placed))
        _made.append((marked, placed))
        return marked

    return mark


def action(
    *names: str,
    channel: bool = True,
    internal: bool = False,
    override: bool = False,
    power: str = "",
    command: bool = True,
    hidden: bool = False,
) -> Callable[[Marked], Marked]:
    """Mark a function `(ctx, field, …)` as the handler of an action. More names are aliases.

    * channel: the call needs a `target`, a channel that the caller has joined; it is `ctx.channel`.
    * internal: clients cannot call it, only `ctx.perform` can.
    * override: it replaces the action of that name. Without this, a second action of a name is left out.
    * power: only users whose role has this power see the action and may call it. If a role in a channel gives it,
      too, everybody sees it.
    * command: False if the page must not offer it as a slash command. An override inherits this.
    * hidden: `hello` does not list it: only clients that know of it call it, such as the plugin's own UI.
    """
    if not names or callable(names[0]):
        raise TypeError('@action needs a name, as in @action("roll")')
    for name in names:
        if not (isinstance(name, str) and NAME.fullmatch(name) and name.isprintable()):
            raise ValueError(
                f"an action's name is one word of at most {MAX_NAME} characters without /, = or quotes, not {name!r}"
            )
    return _mark(ActionMark(names, channel, internal, override, power, command, hidden), "@action")


@overload
def on(event: Literal["connect", "disconnect", "join", "leave"]) -> Callable[[Told], Told]: ...
@overload
def on(event: Literal["message"], *, fails: Literal["open", "closed"]) -> Callable[[Hearing], Hearing]: ...
@overload
def on(event: Literal["posted"]) -> Callable[[Hearing], Hearing]: ...
@overload
def on(event: Literal["changed"]) -> Callable[[Following], Following]: ...
@overload
def on(event: Literal["member"]) -> Callable[[Counting], Counting]: ...
@overload
def on(event: Literal["channel"]) -> Callable[[Noting], Noting]: ...
@overload
def on(event: Literal["authenticate"]) -> Callable[[Asked], Asked]: ...
@overload
def on(event: Literal["startup", "shutdown"]) -> Callable[[Timed], Timed]: ...
def on(event: str, *, fails: Literal["open", "closed"] | None = None) -> Callable[[Marked], Marked]:
    """Mark a function as a listener of an event. `authenticate` passes a request, all others a context.

    The events: `connect`, `disconnect`, `join`, `leave`, `message`, `posted`, `changed`, `member`, `channel`,
    `authenticate`, `startup`, `shutdown`.

    * fails: for `message` only, and required there: whether a message passes (`open`) or is refused (`closed`) when
      the listener fails.
    """
    if not isinstance(event, str):
        raise TypeError('@on needs an event, as in @on("join")')
    return _mark(OnMark(event, fails), "@on")


def every(seconds: float) -> Callable[[Timed], Timed]:
    """Mark a function `(ctx)` to be called every so many seconds, for the first time after that many.

    The next call waits for the end of the last one.
    """
    if callable(seconds):
        raise TypeError("@every needs seconds, as in @every(60)")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST:
        raise ValueError(f"@every takes seconds above 0 (at most {LONGEST}), as in @every(60), not {seconds!r}")
    return _mark(EveryMark(seconds), "@every")


def route(path: str) -> Callable[[Marked], Marked]:
    """Mark a Tornado RequestHandler to answer `/plugins/NAME` followed by `path`.

    The path is a regular expression, as in Tornado; its groups are the arguments of the handler's methods. The
    handler's `self.ctx` is a RouteContext.
    """
    if not isinstance(path, str):
        raise TypeError('@route needs a path, as in @route("/in")')
    return _mark(RouteMark(path), "@route")


def marks_of(value: object) -> tuple[Mark, ...]:
    try:
        return tuple(vars(value).get(_MARKS, ()))
    except Exception:  # it has no __dict__, or is a proxy that cannot be asked now
        return ()
