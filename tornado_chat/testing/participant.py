"""What test clients have in common, with a socket or without."""

from __future__ import annotations

from typing import Any

from tornado_chat.testing.slash import parse


class Participant:
    """`events`: all that were received, oldest first; `channel`: the one joined last, where `say` writes."""

    events: list[dict[str, Any]]
    channel: str | None = None

    @property
    def texts(self) -> list[str]:
        """The text of all lines shown in channels, the server's own included."""
        return [event["message"] for event in self.of("send-message")]

    def of(self, action: str) -> list[dict[str, Any]]:
        """Return all events of one action."""
        return [event for event in self.events if event["action"] == action]

    def _read(self, line: str, channel: str | None) -> dict[str, Any]:
        """Return the message that the page sends for a line; ValueError for a wrong command."""
        told = next(event for event in reversed(self.events) if event["action"] in ("hello", "actions"))
        message = parse(line, told["actions"])
        if message is None:
            message = {"action": "send-message", "message": line[1:] if line.startswith("//") else line}
        return {"target": channel or self.channel, **message}
