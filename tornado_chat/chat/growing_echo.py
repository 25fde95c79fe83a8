"""What is known here of a message that grows on another node."""

from __future__ import annotations

Key = tuple[str, int]  # the channel and number of a message
Tail = tuple[int, str]  # what has gone out behind a stored text of so many characters
NONE: Tail = (0, "")


class Echo:
    """A message that grows on another `node`, of a user (an id, "" for the server).

    `tail`: the words that have gone out since the change `stored` was stored, of a text of `start` characters;
    `whole`: whether none of them are missing. `waiting`: words behind a change that has not been heard of here yet.
    """

    __slots__ = ("node", "start", "stored", "tail", "user", "waiting", "whole")

    def __init__(self, node: str, user: str, stored: int, start: int) -> None:
        self.node, self.user, self.stored, self.start = node, user, stored, start
        self.tail = ""
        self.whole = True
        self.waiting: list[tuple[int, int, str]] = []

    def follow(self, at: int, words: str) -> None:
        """Take in words that begin at a place in the text."""
        if at == self.start + len(self.tail):
            self.tail += words
        else:
            self.whole = False


def length(tail: Tail) -> int:
    """Return how many characters a text has with what has gone out behind it."""
    return tail[0] + len(tail[1])
