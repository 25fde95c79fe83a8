"""How much of the server one user, one address and everyone together may use: rates and caps."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache
from time import monotonic

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.usage import Daily, Usage
from tornado_chat.config.settings import Settings

FLOOD = 10.0  # seconds of calls that heed no `retry_after_ms`, after which the connection is ended
LULL = 1.0  # seconds without such a call that end a flood
PENALTY = 0.02  # seconds at most in which a connection over a limit is not read: a flood then costs next to nothing
FULL_RETRY = 10.0  # seconds after which to try again where there are too many connections
#: What one user, and one address, may add to what is kept: a second, and at once.
KEEPS: tuple[tuple[float, int], ...] = ((1, 500), (5, 5_000))
EACH_GROWTH = 50  # characters that a call counts as at least
WORDS = (20_000, 5_000)  # frames that say who comes and goes: a second, and at once
MAX_CHARGE = 50.0  # calls that one is counted as at most: nobody is kept waiting for minutes
CHANNELS = 20  # addresses that can together make all the channels that there can be
KEPT = 1_000  # shares that are kept before the first look for idle ones


class ConnectionLimits:
    """One connection's way past the limits."""

    __slots__ = ("_defied", "_flood", "_limits", "_retry", "address", "user")

    def __init__(self, limits: Limits, user: Usage, address: Usage) -> None:
        self._limits = limits
        self.user = user
        self.address = address
        self._retry = self._defied = self._flood = 0.0

    def call(self, now: float) -> float:
        """Count a call; return 0, or the seconds after which it may come again."""
        for bucket in (self.user.calls, self.address.calls, self._limits.all.calls):
            ready, longest = bucket.ready, now - bucket.slack
            if ready > now:
                return ready - now
            bucket.ready = (ready if ready > longest else longest) + bucket.each  # as `take` does, without its call
        return 0.0

    def charge(self, calls: float) -> None:
        """Count a call as so many more, for what it turned out to cost."""
        now, calls = self._limits.clock(), min(calls, MAX_CHARGE)
        for bucket in (self.user.calls, self.address.calls, self._limits.all.calls):
            bucket.charge(now, calls)

    def may_keep(self) -> bool:
        """Return whether one more small thing may be kept for good."""
        now = self._limits.clock()
        return not (self.user.keeping().wait(now) or self.address.keeping().wait(now))

    def keep(self) -> None:
        """Count a small thing that is kept for good."""
        now = self._limits.clock()
        self.user.keeping().charge(now, 1)
        self.address.keeping().charge(now, 1)

    def daily(self, what: Daily, count: int) -> None:
        """Count what may be done so many times a day; or Refused."""
        now = self._limits.clock()
        buckets = [usage.on_a_day(what, level) for level, usage in enumerate((self.user, self.address))]
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait:
            raise Refused(f"too many {what} today", Error.RATE_LIMITED, wait)
        for bucket in buckets:
            bucket.charge(now, count)

    def grow(self, characters: int) -> None:
        """Count words that a message grows by instead of the call that brings them; or Refused."""
        now = self._limits.clock()
        growth = self.user.growing()
        wait = growth.wait(now)
        if wait:
            raise limited(wait)  # which counts as a call: who does not heed it is held
        growth.charge(now, max(characters, EACH_GROWTH))
        self.charge(-1)

    def invite(self, users: Iterable[User], count: int) -> None:
        """Count so many invitations, and each of these users as invited by whomever; or Refused."""
        now, buckets = self._limits.clock(), []
        for user in users:
            bucket = self._limits.of_user(user.id).on_a_day("invited", 0)
            if wait := bucket.wait(now):
                raise Refused(f"{user.name} was invited too often today", Error.RATE_LIMITED, wait)
            buckets.append(bucket)
        self.daily("invitations", count)
        for bucket in buckets:
            bucket.charge(now, 1)

    def rename(self) -> None:
        """Count a rename; or Refused."""
        wait = self.user.renaming().take(self._limits.clock())
        if wait:
            raise limited(wait)

    def give_rename_back(self) -> None:
        """Take a rename back that came to nothing."""
        self.user.renaming().charge(self._limits.clock(), -1)

    def join(self, comes: bool, makes: bool, channels: int) -> None:
        """Count a join; or Refused.

        `comes`: whether its user is new there; `makes`: whether the channel is new; `channels`: how many there are.
        """
        limits = self._limits
        of_user, of_address, of_all = limits.max_channels
        if comes and 0 < of_user <= self.user.channels:
            raise Refused(f"at most {of_user} channels at a time; leave one", Error.TOO_MANY)
        if makes and 0 < of_address <= self.address.channels:
            raise Refused(f"at most {of_address} channels that one address made; join another one", Error.TOO_MANY)
        if makes and 0 < of_all <= channels:
            raise Refused("the server has as many channels as it can have", Error.TOO_MANY)
        now = limits.clock()
        wait = self.user.joining().take(now) or self.address.joining().take(now) or limits.all.joining().take(now)
        if wait:
            raise limited(wait)
        self.user.channels += comes
        self.address.channels += makes

    def is_flood(self, now: float, wait: float) -> bool:
        """Note a call that was refused for `wait` seconds; return whether it is one of 10 s of unheeding ones."""
        if now < self._retry:
            if now - self._defied > LULL:
                self._flood = now
            self._defied = now
        self._retry = now + wait
        return self._defied == now and now - self._flood >= FLOOD


def nowhere(user: str = "", address: str = "") -> int:
    """Return how many connections somebody has to other nodes, where there are none."""
    return 0


class Limits:
    """All limits of a server, as its settings have them.

    elsewhere: returns how many connections a user (by id), or a network of addresses, has to other nodes. These count
    for what one of them may have at a time; rates, and what all have together, are those of this node.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = monotonic,
        elsewhere: Callable[[str, str], int] = nowhere,
    ) -> None:
        self._elsewhere = elsewhere
        self._rates = list(zip(settings.message_rate, settings.join_rate, settings.connect_rate, strict=True))
        self._max_connections = settings.max_connections
        self._upload_rate = settings.upload_rate
        self.max_channels = with_address(settings.max_channels)
        self.clock = clock
        self.all = Usage(*self._rates[2])
        self._users: dict[str, Usage] = {}
        self._addresses: dict[str, Usage] = {}
        self._enough = KEPT

    def admit(self, address: str) -> None:
        """Count a connection that asks to come in; Refused (`rate-limited`, `too-many`) if it may not."""
        _, of_address, of_all = self._max_connections
        share = self._share(self._addresses, network(address), 1)
        there = self._elsewhere("", network(address))
        now = self.clock()
        wait = share.connects.take(now) or self.all.connects.take(now)
        if wait:
            raise limited(wait)
        if 0 < of_all <= self.all.connections:
            raise Refused("the server is full", Error.TOO_MANY, FULL_RETRY)
        if 0 < of_address <= share.connections + there:
            raise Refused(f"at most {of_address} connections of one address", Error.TOO_MANY, FULL_RETRY)

    def enter(self, user: str, address: str) -> ConnectionLimits:
        """Count a connection of a user (by id) that was admitted; Refused if it is one too many."""
        of_user = self._max_connections[0]
        share = self.of_user(user)
        if 0 < of_user <= share.connections + self._elsewhere(user, ""):
            raise Refused(f"at most {of_user} connections at a time", Error.TOO_MANY, FULL_RETRY)
        wait = share.connects.take(self.clock())
        if wait:
            raise limited(wait)
        gate = ConnectionLimits(self, share, self._share(self._addresses, network(address), 1))
        for each in (gate.user, gate.address, self.all):
            each.connections += 1
        return gate

    def upload(self, user: str, address: str) -> None:
        """Count a file that a user (by id) begins to send; or Refused."""
        now, usages = self.clock(), (self.of_user(user), self._share(self._addresses, network(address), 1), self.all)
        buckets = [usage.uploading(rate) for usage, rate in zip(usages, self._upload_rate, strict=True)]
        if wait := max(bucket.wait(now) for bucket in buckets):
            raise Refused("too many files at once; wait a moment", Error.RATE_LIMITED, wait)
        for bucket in buckets:
            bucket.charge(now, 1)

    def leave(self, gate: ConnectionLimits) -> None:
        """Forget a connection that has ended."""
        for each in (gate.user, gate.address, self.all):
            each.connections -= 1

    def of_user(self, user: str) -> Usage:
        """Return what a user (an id), who may be away, has used."""
        return self._share(self._users, user, 0)

    def _share(self, shares: dict[str, Usage], key: str, level: int) -> Usage:
        share = shares.get(key)
        if share is None:
            if len(self._users) + len(self._addresses) >= self._enough:
                self._forget_idle()
            share = shares[key] = Usage(*self._rates[level], KEEPS[level])
        return share

    def _forget_idle(self) -> None:
        now = self.clock()
        for shares in (self._users, self._addresses):
            for key in [key for key, share in shares.items() if share.is_idle(now)]:
                del shares[key]
        self._enough = max(KEPT, 2 * (len(self._users) + len(self._addresses)))


def with_address(channels: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the limits of channels: per user, per address, altogether; of two numbers the middle one is a share."""
    of_user, *of_address, of_all = channels
    return of_user, of_address[0] if of_address else of_all and max(of_user, of_all // CHANNELS), of_all


def limited(wait: float) -> Refused:
    """Return what is answered to a call that came too soon."""
    return Refused("too fast; wait a moment", Error.RATE_LIMITED, wait)


@lru_cache(1024)
def network(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 of an IPv6 address, which one host has whole."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # a socket of another family
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(ip) >> 64 << 64, 64)))
        ip = ip.ipv4_mapped
    return str(ip)
