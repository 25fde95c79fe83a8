"""Bans, and the audit of what administrators did."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import math
import secrets
import time
from collections.abc import Sequence
from typing import Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.rate_limits import network
from tornado_chat.chat.repositories import Ban, Repositories
from tornado_chat.chat.store import MAX_KEY
from tornado_chat.chat.user_ids import ACCOUNT, read_id, spellings
from tornado_chat.config.networks import Network, is_within, read_address, read_network

log = logging.getLogger("tornado_chat")

OPERATOR = User("", "command line")  # as the audit names whoever runs the server
ENDLESS = 10**13  # ms since 1970; the keys of the audit count down from it, so that the newest entry comes first


class Moderation:
    """Bans of users (by id) and of ranges of addresses, and the record of every use of a power."""

    def __init__(self, repositories: Repositories) -> None:
        self._accounts, self._repository, self._audit = repositories[:3]
        self._loaded = False
        self._turn = asyncio.Lock()  # of those who read or write bans: none undoes what another one knows
        self._bans: dict[str, Ban] = {}
        self._ranges: dict[str, Network] = {}
        self._entries = itertools.count(1)

    # Bans: in memory, so that no connection waits for the disk

    @property
    def is_loaded(self) -> bool:
        """Whether all bans are known here."""
        return self._loaded

    async def load(self, again: bool = False) -> None:
        """Read the bans, once, before `ban_on` is called; again: as another node has changed them.

        A damaged ban is logged and has no effect.
        """
        if again:
            self._loaded = False  # if it cannot be done now, the next one who needs them does it
        if not self._loaded:
            async with self._turn:
                if not self._loaded:
                    self._know_all(await self._repository.all())
                    self._loaded = True

    def _know_all(self, bans: Sequence[Ban]) -> None:
        self._bans, self._ranges = {}, {}
        for ban in bans:
            try:
                self._know(ban)
            except (ValueError, TypeError):
                log.error("the ban of %r cannot be read and is not heeded: ban them again", ban.whom)

    def _know(self, ban: Ban) -> None:
        if not math.isfinite(ban.until):
            raise ValueError("a ban has an end")
        if "/" in ban.whom:  # ids of users have none
            self._ranges[ban.whom] = read_network(ban.whom, strict=False)
        self._bans[ban.whom] = ban

    def ban_on(self, user_id: str, address: str) -> str | None:
        """Return the reason of the `current_ban`."""
        ban = self.current_ban(user_id, address)
        return None if ban is None else ban.reason

    def current_ban(self, user_id: str, address: str) -> Ban | None:
        now, ip = time.time(), read_address(address) if self._ranges else None
        ranges = [whom for whom, network in self._ranges.items() if ip is not None and ip in network]
        for whom in (*spellings(user_id), *ranges):
            ban = self._bans.get(whom)
            if ban is not None and ban.until > now:
                return ban
        return None

    def standing(self, whom: str) -> Ban | None:
        """Return the ban on just this id or range, None where there is none that stands."""
        ban = self._bans.get(whom)
        return None if ban is None or ban.until <= time.time() else ban

    @staticmethod
    def notice(until: float, reason: str) -> str:
        """Return what who is banned is told; the page reads the time."""
        try:
            end = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(until + 59))
        except (ValueError, OverflowError, OSError):  # a year that no calendar has
            return reason
        return f"banned until {end}" + ("" if reason in ("", "banned") else f": {reason}")

    def hits(self, whom: str, user_id: str, address: str) -> bool:
        if "/" not in whom:
            return whom in spellings(user_id)
        return is_within(address, [self._ranges.get(whom) or read_network(whom, strict=False)])

    async def whom(self, user_id: str | None, address: str | None) -> str:
        """Return the `whom` of a ban on a user, or on an address or a range of them.

        Refused (`invalid-field`) unless one of the two is given and valid, and for an account that does not exist.
        """
        if address is None and user_id and "/" not in user_id and len(user_id) <= MAX_KEY:
            if user_id.startswith(ACCOUNT) and await self._accounts.account(user_id) is None:
                raise Refused(f"there is no account with the id {user_id}", Error.INVALID_FIELD)
            return user_id
        if user_id is None and address is not None:
            written = address.strip()
            with contextlib.suppress(ValueError):
                single = network(written) if "/" not in written else written  # of IPv6 the /64, which is one host's
                return str(read_network(single, strict=False))
        raise Refused("give user (an id), or address (or a range like 192.0.2.0/24)", Error.INVALID_FIELD)

    async def find(self, written: str) -> dict[str, Any] | None:
        """Return the ban on whom someone wrote, in any spelling of an id or a range."""
        names = {written, *spellings(read_id(written) or written)}
        with contextlib.suppress(Refused):
            names.add(await self.whom(None, written))
        return next((ban for ban in await self.bans() if ban["whom"] in names), None)

    async def ban(self, whom: str, until: float, reason: str, by: User, name: str = "") -> None:
        """Ban a user (an id; `name`: their name) or a range of addresses `until` a time, in s since 1970.

        Known here alone; see Banning.
        """
        await self.load()
        ban = Ban(whom, by.name, name, until, reason)
        async with self._turn:
            await self._repository.put(ban)
            self._know(ban)

    async def lift(self, whom: str) -> bool:
        """Lift a ban; return whether there was one. Known here alone; see Banning."""
        await self.load()
        async with self._turn:
            self._bans.pop(whom, None)
            self._ranges.pop(whom, None)
            return await self._repository.delete(whom)

    async def bans(self) -> list[dict[str, Any]]:
        """Return the current bans; those that are over are deleted."""
        await self.load()
        now = time.time()
        if over := [whom for whom, ban in self._bans.items() if ban.until <= now]:
            async with self._turn:
                await self._repository.trim(now)
            for whom in over:
                if whom in self._bans and self._bans[whom].until <= now:
                    del self._bans[whom]
                    self._ranges.pop(whom, None)
        return [ban._asdict() for ban in self._bans.values()]

    # The audit

    async def record(self, by: User, power: str, about: dict[str, Any]) -> None:
        """Record the use of a power; when this returns it is on the disk."""
        now = int(time.time() * 1000)
        within = -next(self._entries) % 16**6  # counts down too: of one millisecond the newest comes first as well
        await self._audit.add(f"{ENDLESS - now}-{within:06x}{secrets.token_hex(2)}", now, by, power, about)
        whom = next((str(about[key]) for key in ("user", "whom", "lifted", "plugin") if about.get(key)), "")
        extra = {"event": "power", "power": power, "user": by.id, "about": whom}
        log.info("%s used the power %s on %s", by.id, power, whom, extra=extra)

    async def recorded(self, after: str = "", limit: int = 200) -> Sequence[dict[str, Any]]:
        """Return the newest entries, or those older than the one with the key `after`."""
        return await self._audit.entries(after, limit)
