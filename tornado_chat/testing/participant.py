"""What test clients have in common, with a socket or without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from tornado_chat.chat.errors import Refused
from tornado_chat.client.mirror import Mirror
from tornado_chat.testing.slash import parse

Answer = TypeVar("Answer")  # what a call returns: an `ok`, or an awaitable of one


def refused(answer: dict[str, Any]) -> Refused:
    """Return what an `error` is raised as."""
    wait = answer.get("retry_after_ms", 0) / 1000
    rule, needs = answer.get("rule", ""), answer.get("needs", "")
    return Refused(answer["message"], answer["code"], wait, rule=rule, needs=needs, length=answer.get("length"))


class Participant(Generic[Answer]):
    """`events`: all that were received, oldest first; `channel`: the one joined last, where `say` writes."""

    events: list[dict[str, Any]]
    channel: str | None = None

    @property
    def id(self) -> str:
        """The user's id."""
        return str(self.of("hello")[0]["user"]["id"])

    def channels(self) -> dict[str, dict[str, Any]]:
        """Return the user's own list of channels by address, as far as this client was told."""
        known: dict[str, dict[str, Any]] = {}
        for event in self.of("channels"):
            known = {} if event.get("all") else known
            known |= {one["channel"]: one for one in (*event.get("channels", ()), *event.get("changed", ()))}
            for one in event.get("removed", ()):
                known.pop(one["channel"], None)
        return known

    @property
    def texts(self) -> list[str]:
        """The text of all lines shown in channels, the server's own included."""
        return [event["message"] for event in self.of("send-message")]

    def of(self, action: str) -> list[dict[str, Any]]:
        """Return all events of one action."""
        return [event for event in self.events if event["action"] == action]

    def messages(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Return the messages of a channel as they are now, as far as this client was told, oldest first.

        Those are the messages that came with its joining, and what came since. What was only shown is not among them.
        """
        channel = channel or self.channel
        mirror = Mirror()
        mirror.lose()
        for event in self.events:
            if event["action"] == "ok" and event.get("channel") == channel and "recovered" in event:
                if event["recovered"] and "upto" not in event:
                    event = {**event, "upto": event["seq"]}
                mirror.join(event)
            elif event["action"] == "send-message":
                if event["target"] == channel and "seq" in event:
                    mirror.hear(event)
            elif event["action"] in ("changed", "growing") and event["channel"] == channel:
                mirror.hear(event)
        return mirror.held

    def call(self, action: str, **fields: Any) -> Answer:
        """Call an action."""
        raise NotImplementedError

    def edit(self, seq: int, text: str, channel: str | None = None) -> Answer:
        """Give a message of one's own another text; see `call`."""
        return self.call("edit-message", target=channel or self.channel, seq=seq, message=text)

    def delete(self, seq: int, channel: str | None = None) -> Answer:
        """Delete a message; see `call`."""
        return self.call("delete-message", target=channel or self.channel, seq=seq)

    def react(self, seq: int, key: str, on: bool = True, channel: str | None = None) -> Answer:
        """React to a message with an emoji, or take that back; see `call`."""
        return self.call("react", target=channel or self.channel, seq=seq, key=key, on=on)

    def grow(self, seq: int, start: int, add: str = "", done: bool = False, channel: str | None = None) -> Answer:
        """Add words to a growing message that has `start` characters; see `call`."""
        return self.call("grow", target=channel or self.channel, seq=seq, **{"from": start}, add=add, done=done)

    def stop(self, seq: int, channel: str | None = None) -> Answer:
        """Stop a message that grows; see `call`."""
        return self.call("stop", target=channel or self.channel, seq=seq)

    def reply(self, seq: int, text: str, channel: str | None = None, thread: bool = False) -> Answer:
        """Send an answer to a message; thread: in the thread under it. See `call`."""
        about = {"thread" if thread else "reply_to": seq}
        return self.call("send-message", target=channel or self.channel, message=text, **about)

    def pin(self, seq: int, on: bool = True, channel: str | None = None) -> Answer:
        """Pin a message to its channel, or unpin it; see `call`."""
        return self.call("pin", target=channel or self.channel, seq=seq, on=on)

    @staticmethod
    def _new(name: str, kind: str, others: tuple[Participant[Answer], ...]) -> dict[str, Any]:
        """Return the fields of a call that creates a channel."""
        return {"kind": kind, "title" if kind == "private" else "name": name, "users": [one.id for one in others]}

    def _read(self, line: str, channel: str | None, files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the message that the page sends for a line; ValueError for a wrong command."""
        told = next(event for event in reversed(self.events) if event["action"] in ("hello", "actions"))
        message = parse(line, told["actions"])
        if message is None:
            message = {"action": "send-message", "message": line[1:] if line.startswith("//") else line}
            if files:
                message["files"] = [file["id"] for file in files]
        return {"target": channel or self.channel, **message}
