"""A client's own list of channels: what it belongs to, and what it has not read there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tornado_chat.chat.mentions import CHANNEL
from tornado_chat.client.events import Event

MOST = 100  # that the server counts, too
SHOWN = ("title", "topic", "archived")  # settings of a channel that its entry has
FIRST: dict[str, Any] = {"archived": False}  # what is left out of an entry


class OwnList:
    """The entries of the event `channels`, by the address of the channel. An entry is replaced, never altered."""

    def __init__(self) -> None:
        self.entries: dict[str, Event] = {}

    def apply(self, event: Event) -> Sequence[str]:
        """Apply a `channels`; return the addresses of those that are no longer in the list."""
        if event.get("all"):
            self.entries = {one["channel"]: one for one in event.get("channels", ())}
        for one in event.get("changed", ()):
            self.entries[one["channel"]] = one
        removed = [one["channel"] for one in event.get("removed", ())]
        for name in removed:
            self.entries.pop(name, None)
        return removed

    def set(self, event: Event) -> None:
        """Apply a `channel`: other settings of a channel."""
        entry = self.entries.get(event["channel"])
        if entry is not None:
            entry = {**entry, **{key: event[key] for key in SHOWN if key in event}}
            gone = [key for key, value in FIRST.items() if entry.get(key) == value]
            self.entries[event["channel"]] = {key: value for key, value in entry.items() if key not in gone}

    def hear(self, message: Event, own_id: str) -> None:
        """Count a message that has just been posted."""
        entry, seq = self.entries.get(message["target"]), message.get("seq", 0)
        if entry is None or seq <= entry["seq"]:  # counted by the server
            return
        entry = {**entry, "seq": seq}
        sender = message.get("sender")
        in_thread = "thread" in message and not message.get("also_in_channel")
        if not in_thread and not (isinstance(sender, dict) and sender.get("id") == own_id):
            entry["unread"] = min(MOST, entry["unread"] + 1)
            if not {own_id, CHANNEL}.isdisjoint(message.get("mentions") or ()):
                entry["mentions"] = min(MOST, entry["mentions"] + 1)
        self.entries[message["target"]] = entry
