"""Who belongs to which channel, and how: stored, and the same on every device. Being present is a connection's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from tornado_chat.chat.channel_records import ChannelRecord, Stretch
from tornado_chat.chat.models import User

ROLES = ("member", "moderator", "owner")  # in a channel; a later one ranks higher
LEVELS = ("all", "mentions", "none")  # of what somebody wants to be notified
MOST = 1_000  # memberships of a user
MOST_INVITED = MOST // 2  # beyond which nobody is invited: strangers never use up what one needs to join by oneself
MOST_KEPT = 2 * MOST  # with those that have ended; further ones are not stored


@dataclass(slots=True)
class Membership:
    """That a user (`user`: an id) belongs to a channel.

    `since`: the channel's newest number when it began. `sees`: the stretches of numbers that its holder may see,
    None for all. `read`: up to which number they have read. `level`: of what they are notified, until `level_until`
    (then all), 0 for good. `silenced_until`: when they may post again. `ended`: when it ended, 0 while it lasts; and
    `kept_out_until`: before that it does not begin again. `hidden`: a direct conversation that waits for its next
    message. `kept`: whether it is stored; False where the limits let no more be stored. All times in ms since 1970.
    `was`: the values of STORED as last read or written, where several servers share them; None if that is not known.
    """

    record: ChannelRecord
    user: str
    role: str = "member"
    since: int = 0
    began: int = 0
    sees: tuple[Stretch, ...] | None = None
    read: int = 0
    level: str = "all"
    level_until: int = 0
    silenced_until: int = 0
    ended: int = 0
    kept_out_until: int = 0
    hidden: bool = False
    kept: bool = True
    was: tuple[Any, ...] | None = field(default=None, compare=False, repr=False)

    @property
    def counts(self) -> bool:
        """Whether the limits count it: a direct conversation counts for who began it alone."""
        return self.record.kind != "direct" or self.record.creator == self.user

    def may_see(self, seq: int) -> bool:
        """Return whether its holder may see the message with a `seq`."""
        return may_see(self.sees, seq)


#: What is stored of a membership, beside its user and the name of its channel.
STORED = (
    *("role", "since", "began", "sees", "read", "level", "level_until", "silenced_until", "ended", "kept_out_until"),
    "hidden",
)
_values = attrgetter(*STORED)


def values(membership: Membership) -> tuple[Any, ...]:
    """Return the values of STORED as they are now."""
    found: tuple[Any, ...] = _values(membership)
    return found


def of_values(record: ChannelRecord, user: str, known: Sequence[Any]) -> Membership:
    """Return the membership of which `values` returned this, as it is or from JSON."""
    about = dict(zip(STORED, known, strict=True))
    if about["sees"] is not None:
        about["sees"] = tuple((first, last) for first, last in about["sees"])
    return Membership(record, user, **about)


def dirty(membership: Membership) -> list[str]:
    """Return the fields that differ from what was last read or stored, or if that is not known, from a new one's."""
    was, now = _NEW if membership.was is None else membership.was, values(membership)
    return [] if now == was else [name for name, *both in zip(STORED, was, now, strict=True) if both[0] != both[1]]


def refresh(membership: Membership, row: Membership) -> None:
    """Take over from a row that was just read what this server has not changed since, or what was read further."""
    mine = set(dirty(membership))
    if membership.read <= row.read and (membership.was is None or membership.was[_READ] < membership.read):
        mine.discard("read")
    for name in STORED:
        if name not in mine:
            setattr(membership, name, getattr(row, name))
    membership.was = values(row)


def note_stored(membership: Membership, stored: Membership, names: Sequence[str]) -> None:
    """Note that fields have been stored as they are in a copy; what is read meanwhile of others stays known."""
    if membership.was is None:
        membership.was = values(stored)
        return
    known = dict(zip(STORED, membership.was, strict=True)) | {name: getattr(stored, name) for name in names}
    membership.was = tuple(known.values())


def may_see(sees: Sequence[Stretch] | None, seq: int) -> bool:
    """Return whether somebody who sees these stretches of numbers, or all, may see the message with a `seq`."""
    return sees is None or any(first < seq and (last is None or seq <= last) for first, last in sees)


def used(own: Mapping[str, Membership]) -> int:
    """Return how many of a user's memberships there are, of at most MOST."""
    return sum(one.counts and not one.ended for one in own.values())


_NEW = values(Membership(ChannelRecord(""), ""))
_READ = STORED.index("read")


class Person(NamedTuple):
    """Somebody whom others may write to, though they may not be connected. `seen`: ms since 1970."""

    user: User
    seen: int


class Member(NamedTuple):
    """A member of a channel, in a page of them. `silenced_until`: see Membership."""

    user: User
    role: str
    silenced_until: int = 0


class Browsed(NamedTuple):
    """A channel, in a page of those that somebody may find, and how many members it has."""

    record: ChannelRecord
    members: int


class Order(NamedTuple):
    """What a command wants done to a channel: other settings (none: a new owner known), or None: deletion."""

    number: int
    name: str
    settings: dict[str, Any] | None


class Memberships(Protocol):
    """Where the records of channels, memberships and the names of people are stored.

    Each method is one transaction; what it wrote is on the disk when it returns. Refused (`history-unavailable`)
    while the disk fails. Records that are returned are new objects: Places keeps one for each channel.
    """

    async def record(self, name: str) -> ChannelRecord | None:
        """Return the record of a channel."""

    async def records(self, names: Sequence[str]) -> list[ChannelRecord]:
        """Return the records of channels, of those that have one."""

    async def create(self, record: ChannelRecord, members: Sequence[Membership]) -> ChannelRecord:
        """Store a new channel and its first members, and return its record; or the one that there is already.

        There is one of an address, and one direct conversation of the same people. A record that was stored is
        returned itself.
        """

    async def set(self, record: ChannelRecord, changed: Collection[str]) -> None:
        """Store what was changed of a record (names of fields), as it is now.

        A public channel that has no record gets all of this one; of others that have none nothing is stored.
        """

    async def delete(self, name: str) -> None:
        """Delete a record with all its memberships."""

    async def direct(self, people: Sequence[str]) -> ChannelRecord | None:
        """Return the direct conversation of these people (ids)."""

    async def of_user(self, user: str) -> list[Membership]:
        """Return a user's memberships, those that have ended too, with the records of their channels."""

    async def of_users(self, users: Sequence[str]) -> list[Membership]:
        """Do what `of_user` does for several users at once."""

    async def put(self, memberships: Sequence[Membership]) -> None:
        """Store memberships as they are now; one of a public channel that has no record stores that too.

        One of a private channel or a direct conversation that has none is left out: it was deleted meanwhile. Where
        several servers share them, only the fields that are dirty are stored, and then `was` is set.
        """

    async def membership(self, user: str, record: ChannelRecord) -> Membership | None:
        """Return a user's membership in a channel, also one that has ended."""

    async def members(
        self, name: str, find: str = "", after: str = "", limit: int = 200
    ) -> tuple[list[Member], bool]:
        """Return members whose name contains `find`, by id from behind `after` on, and whether there are more.

        Whoever has no name is called by their id.
        """

    async def count(self, name: str) -> int:
        """Return how many members a channel has."""

    async def lasting(self, name: str, users: Sequence[str]) -> AbstractSet[str]:
        """Return who of some people, by id, is a member of a channel."""

    async def ranked(self, name: str) -> list[Membership]:
        """Return the memberships of owners and moderators, and the oldest one of a member."""

    async def named(self, channels: Sequence[str] | None, keys: Sequence[str]) -> list[User]:
        """Return the members of channels, or of all people, whose names have these keys (validation.name_key)."""

    async def browse(self, user: str, find: str, after: str, limit: int) -> tuple[list[Browsed], bool]:
        """Return listed public channels and the user's own ones, by address; and whether there are more.

        `find` is a part of the name or title; of a direct conversation, of the name of one of the others.
        """

    async def channels(
        self, find: str = "", after: str = "", limit: int = 200, *, direct: bool = False
    ) -> tuple[list[Browsed], bool]:
        """Return channels whose name or title contains `find`, by address; and whether there are more.

        direct: with direct conversations, which are found by their address alone.
        """

    async def order(self, name: str, settings: Mapping[str, Any] | None) -> int:
        """Ask the server that runs, or the next one, to change or to delete a channel; return the order's number."""

    async def orders(self) -> list[Order]:
        """Return the oldest orders that wait."""

    async def carried_out(self, order: Order) -> None:
        """Forget an order."""

    async def met(self, people: Sequence[Person]) -> None:
        """Store what people are called, and when they were here; the latest time counts."""

    async def people(
        self, *, ids: Sequence[str] = (), find: str = "", after: str = "", limit: int = 200
    ) -> tuple[list[Person], bool]:
        """Return people whose names contain `find`, by id from behind `after` on, and whether there are more.

        With `ids`: these people, however many.
        """

    async def erase(self, user: str) -> list[Membership]:
        """Forget a person with all memberships; return those of who has become an owner in their place.

        Their direct conversations stay with the others, without them, and are not opened anew by the same ids.
        """

    async def trim(self, now: int, guest_days: int, is_here: Callable[[str], bool]) -> list[Membership]:
        """Forget guests who came last so many days ago, silences that are over, and what ended 90 days ago.

        Return what `erase` does. now: ms since 1970. is_here: whether somebody is connected.
        """

    async def empty(self, before: int, after: str = "", limit: int = 200) -> list[str]:
        """Return names of channels, from behind `after` on, that had no members since a time (ms)."""

    async def discard(self, names: Sequence[str]) -> int:
        """Delete those of these channels that have no members; return how many."""
