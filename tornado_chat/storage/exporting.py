"""What an export writes of a message, wherever it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tornado_chat.chat.models import Message
from tornado_chat.chat.validation import name_key
from tornado_chat.config.settings import SettingsError

FORMATS = ("jsonl", "txt")
PAGE = 1_000  # messages that are read at a time


def exported(message: Message, format: str, title: str) -> str:
    """Return a message as a line of the protocol, or as text: see `export`. title: what its channel is called."""
    return message.line().decode() if format == "jsonl" else _text(message, title)


def meant(names: Sequence[str], titles: Mapping[str, str], said: str) -> str:
    """Return the name of the channel that is meant: this one, or the only one that looks the same."""
    key = name_key(said)
    found = (
        [said] if said in names else [one for one in names if key in (name_key(one), name_key(titles.get(one, "")))]
    )
    if len(found) > 1:
        raise SettingsError(f"{said} may be one of several channels: {', '.join(found)}")
    if not found:
        raise SettingsError(f"there is no channel {said}")
    return found[0]


def _text(message: Message, title: str) -> str:
    when = datetime.fromtimestamp(message.time / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    who = message.sender.name if message.sender else "*"
    words = "\n    ".join([*message.text.splitlines(), *(f"[{file.name}]" for file in message.files)])
    extra = message.extra or {}
    if "deleted" in extra:
        words = "(deleted)"
    elif "edited" in extra:
        words += " (edited)"
    return f"{when} [{title}] {who}: {words}"
