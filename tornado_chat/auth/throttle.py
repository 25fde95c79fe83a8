"""How much work with passwords one address may cause, and how often passwords may be guessed.

Hashing is what costs, and guessing what must be slow: people who sign in or register from one address do not use up
each other's tries, as only a wrong password counts as one. An address waits for itself alone: one hash of it is at
work at a time, so those of many addresses take turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic

from tornado_chat.auth.tries import MemoryTries
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.rate_limits import network
from tornado_chat.chat.repositories import Tried, TryRepository
from tornado_chat.chat.usage import Bucket

# Each a second, and at once.
HASHES = (1.0, 100)  # of an address
ACCOUNTS = (1 / 5, 100)  # that an address makes
# Wrong passwords. A name's tokens come back faster: one address alone cannot keep a name's owner out.
TRIES_OF_ADDRESS = (1 / 10, 10)
TRIES_OF_NAME = (1 / 6, 20)
ADDRESSES = 64  # that may wait to have something hashed; each hash takes some 0.3 s
KEPT = 1_000  # addresses before the first look for those that say nothing


class _Lane:
    """What one address has used, and whose turn it is there."""

    def __init__(self) -> None:
        self.hashes, self.accounts = Bucket(*HASHES), Bucket(*ACCOUNTS)
        self.turn = asyncio.Lock()

    def is_idle(self, now: float) -> bool:
        buckets = (self.hashes, self.accounts)
        return not self.turn.locked() and all(bucket.is_full(now) for bucket in buckets)


class Throttle:
    """The limits of registering, signing in and changing passwords. `on`: False for --limits off.

    tries: where wrong passwords are counted; None for memory. What passwords cost is counted by each node.
    """

    def __init__(
        self, on: bool = True, clock: Callable[[], float] = monotonic, tries: TryRepository | None = None
    ) -> None:
        self._on = on
        self._clock = clock
        self.tries: TryRepository = tries or MemoryTries(clock)
        self._lanes: dict[str, _Lane] = {}
        self._enough = KEPT
        self._at_work = 0

    @asynccontextmanager
    async def register(self, address: str) -> AsyncIterator[None]:
        """Wait for the address's turn to make an account; Refused (`rate-limited`)."""
        if self._on:
            _refuse_for(self._lane(address).accounts.take(self._clock()))
        async with self.turn(address):
            yield

    async def guess(self, address: str, name: str, check: Callable[[], Awaitable[User | None]]) -> User | None:
        """Return what `check` does of a password, when it is the address's turn; Refused (`rate-limited`).

        name: the account's, in its one spelling. What is right counts as no try.
        """
        if not self._on:
            return await check()
        tried = (Tried(f"at {network(address)}", *TRIES_OF_ADDRESS), Tried(f"of {name}", *TRIES_OF_NAME))
        async with self.turn(address):
            _refuse_for(await self.tries.take(tried))
            right = False
            try:
                user = await check()
                right = user is not None
            except Refused:  # nothing was compared
                right = True
                raise
            finally:
                if right:
                    with suppress(Refused):  # the disk fails
                        await self.tries.give_back(tried)
            return user

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait for the address's turn to hash a password; Refused (`rate-limited`)."""
        if not self._on:
            yield
            return
        lane = self._lane(address)
        _refuse_for(lane.hashes.take(self._clock()))
        async with lane.turn:
            if self._at_work >= ADDRESSES:
                raise Refused("too many are signing in; try again", Error.RATE_LIMITED, 5.0)
            self._at_work += 1
            try:
                yield
            finally:
                self._at_work -= 1

    def _lane(self, address: str) -> _Lane:
        self._forget_idle()
        return self._lanes.setdefault(network(address), _Lane())

    def _forget_idle(self) -> None:
        if len(self._lanes) > self._enough:
            now = self._clock()
            self._lanes = {key: lane for key, lane in self._lanes.items() if not lane.is_idle(now)}
            self._enough = max(KEPT, 2 * len(self._lanes))


def _refuse_for(wait: float) -> None:
    if wait:
        raise Refused("too many tries; wait a moment", Error.RATE_LIMITED, wait)
