"""A simple model of threads: what the histories are held against, with the one of messages."""

from __future__ import annotations

from typing import Any

from tornado_chat.chat.threads import Reading, Sees

Line = dict[str, Any]


class ThreadModel:
    """`follows`: by channel and root, of each user how far they have read, and whether they follow (None: not asked).

    model: that of messages.
    """

    def __init__(self, model: Any) -> None:
        self.follows: dict[tuple[str, int], dict[str, list[Any]]] = {}
        self._model = model

    def refuses(self, channel: str, root: int) -> str:
        line = self._model.lines[channel].get(root)
        return "not-found" if line is None else "invalid-field" if "thread" in line else ""

    def posted(self, channel: str, seq: int) -> None:
        reply = self._model.lines[channel][seq]
        if "thread" not in reply:
            return
        root, sender = self._model.lines[channel][reply["thread"]], reply["sender"]["id"]
        first = "replies" not in root
        for user in [*people(reply), *([root["sender"]["id"]] if first else [])]:
            if user != sender:
                self._let_follow(channel, root["seq"], user, seq - 1)
        self._let_follow(channel, root["seq"], sender, seq)
        theirs = self.follows[channel, root["seq"]][sender]
        theirs[0] = max(theirs[0], seq)
        self._count(channel, root, seq)

    def changed(self, channel: str, line: Line, number: int, mentioned_before: dict[str, Any]) -> None:
        root = self._model.lines[channel].get(line.get("thread"))
        if root is None:
            return
        for user in people(line):
            if user not in mentioned_before and user != line["sender"]["id"]:
                self._let_follow(channel, root["seq"], user, line["seq"] - 1)
        if "deleted" in line and line["rev"] == number:
            self._count(channel, root, number)

    def _let_follow(self, channel: str, root: int, user: str, read: int) -> None:
        theirs = self.follows.setdefault((channel, root), {}).setdefault(user, [read, True])
        if theirs[1] is None:
            theirs[1] = True

    def _count(self, channel: str, root: Line, number: int) -> None:
        left = self.replies(channel, root["seq"])[::-1]
        root.pop("replies", None)
        if left:
            users = list(dict.fromkeys(one["sender"]["id"] for one in left))[:5]
            root["replies"] = {"count": len(left), "last": left[0]["time"], "users": users}
        root["rev"] = number

    def replies(self, channel: str, root: int) -> list[Line]:
        """Return the replies that are not deleted."""
        lines = self._model.lines[channel]
        found = [lines[seq] for seq in sorted(lines) if lines[seq].get("thread") == root]
        return [one for one in found if "deleted" not in one]

    def follow(self, user: str, channel: str, root: int, on: bool) -> None:
        if not self.refuses(channel, root):
            theirs = self.follows.setdefault((channel, root), {}).setdefault(user, [self._model.last[channel], None])
            theirs[1] = on

    def read(self, user: str, channel: str, root: int, seq: int, back: bool) -> int:
        if self.refuses(channel, root):
            return seq
        theirs = self.follows.setdefault((channel, root), {}).setdefault(user, [seq, None])
        theirs[0] = seq if back else max(theirs[0], seq)
        return int(theirs[0])

    def followers(self, channel: str, root: int) -> list[str]:
        return sorted(user for user, (_, on) in self.follows.get((channel, root), {}).items() if on)

    def reading(self, user: str, channel: str, root: int, stretches: Any = None) -> Reading:
        if user not in self.follows.get((channel, root), {}):
            return Reading()
        read, on = self.follows[channel, root][user]
        seen = [one for one in self.replies(channel, root) if _sees(stretches, one["seq"])]
        unread = sum(one["seq"] > read and one["sender"]["id"] != user for one in seen)
        arose = [self._model.arose.get((channel, one["seq"]), {}) for one in seen if one["sender"]["id"] != user]
        return Reading(bool(on), read, unread, sum(users.get(user, (0, 0))[0] > read for users in arose))

    def following(self, user: str, sees: Sees) -> list[tuple[Line, Reading, int]]:
        found = []
        for (channel, root), users in self.follows.items():
            if channel in sees and users.get(user, [0, False])[1] and _sees(sees[channel], root):
                line = self._model.lines[channel][root]
                active = line.get("replies", {}).get("last", line["time"])
                found.append((line, self.reading(user, channel, root, sees[channel]), active, channel))
        return [one[:3] for one in sorted(found, key=lambda one: one[2], reverse=True)]

    def unread(self, user: str, sees: Sees) -> dict[str, int]:
        """Return how many threads of each channel have something unread."""
        counts: dict[str, int] = {}
        for (channel, root), users in self.follows.items():
            followed = channel in sees and users.get(user, [0, False])[1] and _sees(sees[channel], root)
            if followed and self.reading(user, channel, root, sees[channel]).unread:
                counts[channel] = counts.get(channel, 0) + 1
        return counts


def people(line: Line) -> list[str]:
    return [user for user in line.get("mentions", ()) if not user.startswith("@")]


def _sees(stretches: Any, seq: int) -> bool:
    return stretches is None or any(first < seq and (last is None or seq <= last) for first, last in stretches)
