"""What a client holds of a channel, by the rules of the wire protocol ("How a client applies it"). No I/O.

`tests/changes.json` has cases that this and the page's JavaScript pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Event = dict[str, Any]


def number(message: Event) -> int:
    """Return the number of a message's last change, or its own."""
    return int(message.get("rev") or message["seq"])


def differences(before: Event | None, after: Event) -> list[str]:
    """Return what has happened to a message, as `what` of a `changed` says it. before: None if it was not held."""
    before = before or {"seq": after["seq"], "text_rev": after["seq"]}
    if "deleted" in after:
        return [] if "deleted" in before else ["deleted"]
    is_new_text = before.get("text_rev", before["seq"]) != after.get("text_rev", after["seq"])
    grew = before.get("edited") == after.get("edited") and ("growing" in before or "edited" not in after)
    found = {"edited": is_new_text and not grew, "pinned": ("pinned" in before) != ("pinned" in after)}
    found["grown"] = grew and (is_new_text or ("growing" in before) != ("growing" in after))
    for what, field in (("reacted", "reactions"), ("replied", "replies")):
        found[what] = before.get(field) != after.get(field)
    return [what for what, is_new in found.items() if is_new]


class Mirror:
    """The messages of one channel. What it returns and holds is replaced when it changes, never altered.

    `known`: the number up to which everything is known. `start`: the seq from which on messages are held, 0 for the
    beginning. `asking`: whether `changes` since `known` are to be asked; what comes meanwhile waits for the answer.
    limit: how many messages are held; the oldest are forgotten.
    """

    def __init__(
        self, known: int = 0, start: int = 0, messages: Iterable[Event] = (), limit: int | None = None
    ) -> None:
        self.known = known
        self.start = start
        self.messages = {one["seq"]: one for one in messages}
        self.asking = False
        self._limit = limit
        self._waiting: list[Event] = []

    @property
    def held(self) -> list[Event]:
        """The messages in order."""
        return [self.messages[seq] for seq in sorted(self.messages)]

    def lose(self) -> None:
        """Note that the connection was lost: a join is to be answered first."""
        self.asking = True
        self._waiting.clear()

    def is_new(self, change: Event) -> bool:
        """Return whether a `changed` tells something: one of two under a number may come after the other."""
        if change["seq"] != self.known:
            return bool(change["seq"] > self.known)
        held = self.messages.get(change.get("about", 0))
        return held is not None and number(held) < change["seq"]

    def hear(self, event: Event) -> None:
        """Apply a `send-message`, a `changed` or a `growing`."""
        if self.asking:
            self._waiting.append(event)
            return
        if event["action"] == "growing":
            self._grow(event)
            return
        if event["action"] == "send-message":
            self.merge(event)
        elif not self._change(event):
            self.asking = True
            self._waiting.append(event)
            return
        self.known = max(self.known, event["seq"])

    def join(self, answer: Event) -> None:
        """Apply the `ok` of a join: one with `changes: true` beside `since`, or one without `since`."""
        if answer["recovered"]:
            self.learn({"messages": answer["messages"], "seq": answer["upto"], "more": answer["more"]})
            return
        messages = answer["messages"]
        self.messages = {one["seq"]: one for one in messages}
        self.start = (messages[0]["seq"] if messages else answer["seq"] + 1) if answer["more"] else 0
        self.known = max([answer["seq"], *map(number, messages)])
        self._forget()
        self.learn({"messages": [], "seq": 0, "more": False})

    def learn(self, page: Event) -> None:
        """Apply a page of `changes`."""
        for message in page["messages"]:
            self.merge(message)
        self.known = max(self.known, page["seq"])
        self.asking = page["more"]
        if not self.asking:
            waiting, self._waiting = self._waiting, []
            for event in waiting:
                self.hear(event)

    def load(self, page: Event) -> None:
        """Apply a page of `history` before `start`."""
        messages = page["messages"]
        self.start = messages[0]["seq"] if messages and page["more"] else 0
        for message in messages:
            self.merge(message)

    def merge(self, message: Event) -> None:
        """Hold a message, unless a newer state of it is held, or it is older than what is loaded."""
        held = self.messages.get(message["seq"])
        if held is None and message["seq"] < self.start:
            return
        if held is None or number(held) < number(message):
            self.messages[message["seq"]] = message
            self._forget()

    def _change(self, event: Event) -> bool:
        """Apply a change to the message that it is about; return whether that was possible."""
        held = self.messages.get(event.get("about", 0))
        if held is None or number(held) >= event["seq"]:
            return True
        if number(held) < event["after"]:
            return False
        gone = [name for name, value in event["set"].items() if value is None]
        changed = {**held, **event["set"], "rev": event["seq"]}
        self.messages[held["seq"]] = {name: value for name, value in changed.items() if name not in gone}
        return True

    def _grow(self, event: Event) -> None:
        """Add to a message what it has not got; if something before is missing, the next change has the whole."""
        held, add = self.messages.get(event["about"]), event["add"]
        if held is not None and "growing" in held:
            text, start = held["message"], event["from"]
            if start <= len(text) < start + len(add):
                self.messages[held["seq"]] = {**held, "message": text[:start] + add}

    def _forget(self) -> None:
        if self._limit is not None and len(self.messages) > 2 * self._limit:
            gone = sorted(self.messages)[: -self._limit]
            for seq in gone:
                del self.messages[seq]
            self.start = gone[-1] + 1
