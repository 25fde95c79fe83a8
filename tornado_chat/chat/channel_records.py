"""What is stored of a channel beside its messages: its kind, what people call it, its settings."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

PRIVATE, DIRECT = "p:", "dm:"  # what the addresses of private channels and direct conversations begin with
KINDS = ("public", "private", "direct")
DIRECT_PEOPLE = (2, 9)  # fewest and most people of a direct conversation

#: Numbers of a channel that somebody may see: from the first up to the last one, None: to the newest.
Stretch = tuple[int, int | None]


@dataclass(slots=True, weakref_slot=True)
class ChannelRecord:
    """A channel: `name` is its address and never changes, `title` is what people see (of a public one the name).

    `posting`: who posts, `everyone` or `moderators`. `slow`: seconds between two messages of one person.
    `edit_window`: seconds, 0 for no limit, None for what the server says. `newcomers`: what new members see of the
    past, `all` or `from-joining`; `open`: the stretches of numbers that were posted while it was `all`.
    `creator`: a user's id. `made`: ms since 1970. `people`: the ids of a direct conversation. `plugins`: the
    settings of plugins in this channel, by the plugin's name.
    """

    name: str
    kind: str = "public"
    title: str = ""
    topic: str = ""
    description: str = ""
    posting: str = "everyone"
    slow: int = 0
    edit_window: int | None = None
    newcomers: str = "all"
    open: tuple[Stretch, ...] = ((0, None),)
    listed: bool = True
    archived: bool = False
    creator: str = ""
    made: int = 0
    people: tuple[str, ...] = ()
    plugins: dict[str, dict[str, Any]] = field(default_factory=dict)

    def has_rules(self) -> bool:
        """Return whether not everybody who is in it may always post."""
        return self.archived or self.slow > 0 or self.posting != "everyone"

    def hides(self) -> bool:
        """Return whether some members may not see all messages."""
        return self.newcomers != "all" or self.open != ((0, None),)

    def fields(self) -> dict[str, Any]:
        """Return what members are told of it; what is as it always is at first is left out."""
        shown: dict[str, Any] = {"channel": self.name, "kind": self.kind}
        first = ChannelRecord(self.name)
        for name in SETTINGS:
            value = getattr(self, name)
            if value != getattr(first, name):
                shown[name] = value
        return shown


#: What `set-channel` sets, and what members are told of.
SETTINGS = (*("title", "topic", "description", "posting", "slow", "edit_window", "newcomers", "listed", "archived"),)


def new_address(kind: str) -> str:
    """Return an address for a private channel or a direct conversation that nobody can guess."""
    return (PRIVATE if kind == "private" else DIRECT) + secrets.token_urlsafe(16)  # 22 characters


def is_secret(name: str) -> bool:
    """Return whether a name has the prefix of an address that only members may know of."""
    return name.startswith((PRIVATE, DIRECT))
