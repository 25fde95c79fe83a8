"""What a user may do. `may` asks for a server role alone, `denied` for a channel with its roles and rules too."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Error, Refused

ROLES = ("guest", "member", "admin")
VISITOR, MEMBER, MODERATOR, OWNER, ADMIN = range(-1, 4)  # ranks in a channel; a visitor is there without belonging
RANKS = {"member": MEMBER, "moderator": MODERATOR, "owner": OWNER}


class HasRole(Protocol):
    """A user, as far as permissions are concerned."""

    role: str


@dataclass(slots=True, frozen=True)
class Denied:
    """Why something is not allowed: the `rule` that says so, and what it `needs`, in words for a person.

    retry_after: seconds; until: ms since 1970, where it is allowed again by itself.
    """

    rule: str
    needs: str
    retry_after: float = 0.0
    until: int = 0

    def refused(self) -> Refused:
        told = Refused(self.needs, Error.NOT_ALLOWED, self.retry_after, rule=self.rule, needs=self.needs)
        told.until = self.until
        return told


#: The roles that have a power, by the power's name.
_BUILT_IN = {power: frozenset({"admin"}) for power in ("audit", "ban", "delete", "kick", "overview", "reload")}
_BUILT_IN["server-picture"] = frozenset({"admin"})
_BUILT_IN["pin"] = frozenset({"admin", "member"})
_BUILT_IN["create-channel"] = _BUILT_IN["open-direct"] = frozenset(ROLES)
#: What the powers are for that people ask for without being administrators.
_ON_SERVER = {"create-channel": "make channels", "open-direct": "begin direct conversations", "pin": "pin messages"}
_powers = dict(_BUILT_IN)
_added: dict[str, tuple[int, str]] = {}  # the powers of plugins in channels, as those of IN_CHANNEL

#: The powers in a channel: the least rank that has it there, and what that is for. Those of the server's powers that
#: are named here too are anyone's who has one of the two.
IN_CHANNEL = {
    "post": (VISITOR, "post here"),
    "react": (VISITOR, "react here"),
    "edit": (VISITOR, "edit messages here"),
    "pin": (MODERATOR, "pin messages here"),
    "delete": (MODERATOR, "delete the messages of others"),
    "mention-all": (MODERATOR, "mention everyone where more than 20 people are"),
    "topic": (MODERATOR, "set the topic, the description, and who posts how often"),
    "set-channel": (OWNER, "change these settings"),
    "invite": (MEMBER, "invite people"),
    "remove-member": (MODERATOR, "remove people"),
    "silence": (MODERATOR, "silence people"),
    "set-role": (OWNER, "give roles"),
}
_SPEAKING = ("post", "react", "edit", "pin")  # what who is silenced cannot do, and nobody in an archived channel
_NOT_IN_DIRECT = ("topic", "set-channel", "invite", "remove-member", "silence", "set-role")
_WHO = {VISITOR: "everyone", MEMBER: "members", MODERATOR: "moderators", OWNER: "owners"}
_WORDS = {"guest": "guests", "member": "members", "admin": "administrators"}


def may(user: HasRole, power: str) -> bool:
    return user.role in _powers.get(power, ())


def rank(user: HasRole, role: str | None) -> int:
    """Return the rank of a user in a channel where they have a `role`, None where they do not belong."""
    if user.role == "admin":
        return ADMIN
    return VISITOR if role is None else RANKS[role]


def denied(
    user: HasRole, power: str, record: ChannelRecord | None = None, role: str | None = None, silenced_until: int = 0
) -> Denied | None:
    """Return why a user may not use a power, in a channel if a record is given; None: they may.

    role: theirs in the channel, None where they do not belong to it. silenced_until: ms since 1970.
    """
    if record is None or not is_in_channel(power):
        return None if may(user, power) else Denied("role", _needs_role(power))
    if power in _NOT_IN_DIRECT and record.kind == "direct":
        return Denied("direct", "A direct conversation has no roles and settings, and always the same people")
    if power in _SPEAKING:
        if record.archived:
            return Denied("archived", f"{called(record)} is archived: it can be read only")
        now = time.time()
        if silenced_until > now * 1000:
            until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(silenced_until // 1000 + 59))
            words = f"You are silenced in {called(record)} until {until}"
            return Denied("silenced", words, until=silenced_until)
    own = rank(user, role)
    least, what = IN_CHANNEL.get(power) or _added[power]
    if power == "invite" and record.kind == "private":
        least = MODERATOR
    if power == "post" and record.posting == "moderators":
        return None if own >= MODERATOR else Denied("posting", f"Only moderators of {called(record)} post here")
    if own >= least or may(user, power):
        return None
    *roles, last = [*_roles_with(power), f"{_WHO[least]} of {called(record)}"]
    who = f"{', '.join(roles)} and {last}" if roles else last
    return Denied("channel-role", f"Only {who} can {what}")


def outranked(user: HasRole, role: str | None, other: HasRole, others: str | None) -> Denied | None:
    """Return why a user may not act on another one, whose role in the channel is `others`: the rank is not lower."""
    if rank(user, role) > rank(other, others):
        return None
    return Denied("rank", "Nobody acts on someone of the same or a higher role")


def called(record: ChannelRecord) -> str:
    """Return what people call a channel."""
    if record.kind == "direct":
        return "this conversation"
    return f"#{record.name}" if record.kind == "public" else record.title or "this channel"


def _roles_with(power: str) -> list[str]:
    return [words for role, words in _WORDS.items() if role in _powers.get(power, ())]


def _needs_role(power: str) -> str:
    *roles, last = _roles_with(power) or ["nobody"]
    who = f"Only {', '.join(roles)} and {last}" if roles else f"Only {last}" if last != "nobody" else "Nobody"
    return f"{who} can {_ON_SERVER.get(power) or f'use the power {power}'} here"


def need(user: HasRole | None, power: str) -> None:
    """Raise Refused (`not-allowed`) unless a user has a power of the server; it says which roles have it."""
    if user is None or not may(user, power):
        raise Denied("role", _needs_role(power)).refused()


def give_power(power: str, roles: Collection[str]) -> None:
    """Let these roles have a power of the server's own, as its settings say."""
    _powers[power] = frozenset(roles)


def known_powers() -> list[str]:
    return sorted(_powers)


def is_in_channel(power: str) -> bool:
    """Return whether a role in a channel gives a power there."""
    return power in IN_CHANNEL or power in _added


def add_power(power: str, *roles: str, channel: Literal["member", "moderator", "owner"] | None = None) -> None:
    """Add a power that a plugin's actions ask for: `@action(power=…)`, `ctx.may`, `ctx.need`, `ctx.use`.

    * roles: the roles on the server that have it, in every channel; `admin` alone where none is named.
    * channel: the least role in a channel that has it there.

    ValueError for a power of the server's own, and for a role that does not exist.
    """
    if not (isinstance(power, str) and power):
        raise ValueError(f"a power has a name, not {power!r}")
    if power in _BUILT_IN or power in IN_CHANNEL:
        raise ValueError(f"the server has a power {power!r} of its own")
    for role in roles:
        if role not in ROLES:
            raise ValueError(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    if channel is not None and channel not in RANKS:
        raise ValueError(f"there is no role {channel!r} in a channel; there are {', '.join(RANKS)}")
    _powers[power] = frozenset(roles or ("admin",))
    _added.pop(power, None)
    if channel is not None:
        _added[power] = (RANKS[channel], f"use the power {power}")
