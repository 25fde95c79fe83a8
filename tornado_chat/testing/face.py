"""What the clients of a chat for tests have in common, on a socket or without one."""

from __future__ import annotations

from typing import Any

from tornado_chat.testing.slash import parse


class Face:
    """`events`: all that has come down, oldest first; `channel`: the one joined last, where lines are said."""

    events: list[dict[str, Any]]
    channel: str | None = None

    @property
    def texts(self) -> list[str]:
        """The words of all lines that are shown in a channel, the server's own too."""
        return [event["message"] for event in self.of("send-message")]

    def of(self, action: str) -> list[dict[str, Any]]:
        """Return all events of one action."""
        return [event for event in self.events if event["action"] == action]

    def _read(self, line: str, channel: str | None) -> dict[str, Any]:
        """Return the message that the page sends for a line; ValueError where it is a wrong command."""
        told = next(event for event in reversed(self.events) if event["action"] in ("hello", "actions"))
        message = parse(line, told["actions"])
        if message is None:
            message = {"action": "send-message", "message": line[1:] if line.startswith("//") else line}
        return {"target": channel or self.channel, **message}
