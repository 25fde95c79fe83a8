"""A user who is here: their connections, and what all of these share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tornado_chat.chat.connection import Connection
from tornado_chat.chat.memberships import Membership


class Online(list[Connection]):
    """The connections of a user. `memberships`: theirs by the channel's name, ended ones too; None until needed.

    `kept`: whether they are stored; those of a guest who came with a bare name are not, at first. `news`: the
    channels of which the user's list will be told anew at the loop's time `due`, each with what is told if it is
    removed; None where nothing is planned.
    """

    __slots__ = ("due", "kept", "memberships", "news", "reading")

    def __init__(self, connections: Iterable[Connection] = ()) -> None:
        super().__init__(connections)
        self.memberships: dict[str, Membership] | None = None
        self.kept = True
        self.due = 0.0
        self.news: dict[str, dict[str, object]] | None = None
        self.reading: asyncio.Future[dict[str, Membership]] | None = None

    @property
    def has_nothing(self) -> bool:
        """Whether this is a guest who has just come with a bare name, and belongs nowhere: nothing is to be read."""
        return self.memberships is None and not self.kept
