"""Events from the server. Plugins may send any JSON, so a client skips what it does not understand."""

from __future__ import annotations

import json
from collections.abc import Callable
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


_CHECKS: dict[str, Callable[[Event], bool]] = {
    "hello": _is_identity,
    "renamed": _is_identity,
    "ok": _is_answer,
    "error": _is_error,
    "send-message": _is_message,
}
