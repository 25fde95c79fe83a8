"""The fields of a call that name a channel, a user or a file: the handler gets what they name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tornado_chat.chat.errors import Refused
from tornado_chat.routing.schema import Finder


def call_with_found(
    handler: Callable[..., Any],
    found: Sequence[tuple[str, Finder, Any]],
    ctx: Any,
    arguments: dict[str, Any],
) -> Any:
    """Call a handler with what its fields name; return what it returns. found: these fields, with their defaults."""
    waits = []
    for name, find, default in found:
        said = arguments.get(name, default)
        if said is None:
            continue
        if inspect.iscoroutinefunction(find):
            waits.append((name, find, said))
        else:
            with _about(name):
                arguments[name] = find(ctx, said)
    return _call_later(handler, waits, ctx, arguments) if waits else handler(ctx, **arguments)


async def _call_later(
    handler: Callable[..., Any], waits: Sequence[tuple[str, Finder, str]], ctx: Any, arguments: dict[str, Any]
) -> Any:
    for name, find, said in waits:
        with _about(name):
            arguments[name] = await find(ctx, said)
    result = handler(ctx, **arguments)
    return await result if inspect.isawaitable(result) else result


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Say in what is refused which field it is about."""
    try:
        yield
    except Refused as refused:
        raise Refused(f"{name}: {refused.message}", refused.code) from None
