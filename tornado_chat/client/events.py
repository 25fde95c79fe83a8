"""Events from the server. Plugins may send any JSON, so a client skips what it does not understand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any

Event = dict[str, Any]


def read_event(line: str) -> Event | None:
    """Return the event in a line; None if it is none, or lacks a field that the client relies on."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("action"), str):
        return None
    is_whole = _CHECKS.get(event["action"])
    return event if is_whole is None or is_whole(event) else None


def _is_identity(event: Event) -> bool:
    user = event.get("user")
    return (
        isinstance(user, dict)
        and isinstance(user.get("id"), str)
        and isinstance(user.get("name"), str)
        and isinstance(event.get("token"), str | NoneType)
    )


def _is_answer(event: Event) -> bool:
    return isinstance(event.get("ref"), str | NoneType)


def _is_error(event: Event) -> bool:
    words = (event.get("code"), event.get("message"))
    wait = event.get("retry_after_ms", 0)
    return _is_answer(event) and all(isinstance(one, str) for one in words) and isinstance(wait, int | float)


def _is_message(event: Event) -> bool:
    words = (event.get("target"), event.get("message"))
    return all(isinstance(one, str) for one in words) and isinstance(event.get("seq", 0), int)


def _is_change(event: Event) -> bool:
    if not isinstance(event.get("channel"), str) or not isinstance(event.get("seq"), int):
        return False
    numbers = (event.get("about"), event.get("after"))
    if numbers == (None, None):
        return True  # of a message that may not be seen
    what = event.get("what")
    return (
        all(isinstance(one, int) for one in numbers)
        and isinstance(event.get("set"), dict)
        and isinstance(what, list)
        and all(isinstance(one, str) for one in what)
    )


def _is_growth(event: Event) -> bool:
    words, numbers = (event.get("channel"), event.get("add")), (event.get("about"), event.get("from"))
    return all(isinstance(one, str) for one in words) and all(isinstance(one, int) for one in numbers)


def _is_entry(one: object) -> bool:
    numbers = ("seq", "read", "unread", "mentions")
    return (
        isinstance(one, dict)
        and isinstance(one.get("channel"), str)
        and isinstance(one.get("kind"), str)
        and all(isinstance(one.get(key), int) for key in numbers)
    )


def _is_list(event: Event) -> bool:
    lists = [event.get(key, []) for key in ("channels", "changed", "removed")]
    if not all(isinstance(one, list) for one in lists):
        return False
    removed = all(isinstance(one, dict) and isinstance(one.get("channel"), str) for one in lists[2])
    return removed and all(_is_entry(one) for one in lists[0] + lists[1])


def _is_of_channel(event: Event) -> bool:
    return isinstance(event.get("channel"), str)


def wire_of(hello: Event) -> int:
    """Return the version of the wire protocol that a `hello` names; 1 where it names none."""
    server = hello.get("server")
    wire = server.get("wire") if isinstance(server, dict) else None
    return wire if isinstance(wire, int) else 1


def ids_of(users: Iterable[str | Event]) -> list[str]:
    """Return the ids of users who are given by id, or as events have them."""
    return [id_of(one) for one in users]


def id_of(one: str | Event) -> str:
    """Return the id of what is given by id, or as events have it."""
    return one if isinstance(one, str) else str(one["id"])


_CHECKS: dict[str, Callable[[Event], bool]] = {
    "hello": _is_identity,
    "renamed": _is_identity,
    "ok": _is_answer,
    "error": _is_error,
    "send-message": _is_message,
    "changed": _is_change,
    "growing": _is_growth,
    "channels": _is_list,
    "channel": _is_of_channel,
}
