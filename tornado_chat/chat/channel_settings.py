"""Checks and cleans what people set of a channel: hostile until `clean_settings` has done so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.validation import clean_name, clean_text

MAX_TOPIC, MAX_DESCRIPTION = 250, 1_000  # characters
MAX_SLOW = 86_400  # seconds
MAX_WINDOW = 366 * 86_400  # seconds
MAX_MINUTES = 10 * 366 * 24 * 60
OF_SERVER = -1  # an edit window that is the server's


def clean_settings(record: ChannelRecord, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of a channel as they are stored; Refused (`invalid-field`, `invalid-name`) names the one."""
    cleaned = {}
    for name, value in settings.items():
        try:
            cleaned[name] = _CLEAN[name](value) if name in _CLEAN else value
        except Refused as refused:
            raise Refused(f"{name}: {refused.message}", refused.code) from None
    if cleaned.get("title") == "" and record.kind == "private":
        raise Refused("title: a private channel has one", Error.INVALID_FIELD)
    if "listed" in cleaned and record.kind != "public":
        raise Refused("listed: only public channels are listed", Error.INVALID_FIELD)
    return cleaned


def until(now: int, minutes: float, least: float = 0) -> int:
    """Return the time so many minutes from now, both in ms since 1970; 0 for no minutes."""
    if not least <= minutes <= MAX_MINUTES:
        raise Refused(f"minutes must be a number from {least:g} to {MAX_MINUTES}", Error.INVALID_FIELD)
    return int(now + minutes * 60_000) if minutes else 0


def _title(value: str) -> str:
    return clean_name(value) if value.strip() else ""


def _topic(value: str) -> str:
    return _text(" ".join(value.split()), MAX_TOPIC)


def _description(value: str) -> str:
    return _text(value.strip(), MAX_DESCRIPTION)


def _text(value: str, longest: int) -> str:
    if len(value) > longest:
        raise Refused(f"at most {longest:,} characters", Error.INVALID_FIELD)
    return clean_text(value) if value else ""


def _slow(value: int) -> int:
    if not 0 <= value <= MAX_SLOW:
        raise Refused(f"0 to {MAX_SLOW} seconds", Error.INVALID_FIELD)
    return value


def _window(value: int) -> int | None:
    if not OF_SERVER <= value <= MAX_WINDOW:
        raise Refused(f"0 to {MAX_WINDOW} seconds, or {OF_SERVER} for what the server says", Error.INVALID_FIELD)
    return None if value == OF_SERVER else value


_CLEAN: dict[str, Callable[[Any], Any]] = {
    "title": _title,
    "topic": _topic,
    "description": _description,
    "slow": _slow,
    "edit_window": _window,
}
