"""How guests and what has ended are forgotten in pieces, whichever database has them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from tornado_chat.chat.memberships import Membership

DAY = 86_400_000  # ms
ENDED_DAYS = 90  # for which memberships are known that have ended
PIECE = 200  # rows that are removed at a time
REST = 0.02  # seconds between two pieces


class PlaceTrimming(ABC):
    """See Memberships.trim."""

    async def trim(self, now: int, guest_days: int, is_here: Callable[[str], bool]) -> list[Membership]:
        while await self._end_piece(now) == PIECE:
            await asyncio.sleep(REST)
        since = now - guest_days * DAY
        owners: list[Membership] = []
        while guests := await self._guests(since):
            owners += await self._erase(guests, since, {one for one in guests if is_here(one)}, now)
            await asyncio.sleep(REST)
        return owners

    @abstractmethod
    async def _end_piece(self, now: int) -> int:
        """Remove silences that are over, and a piece of the memberships that ended long ago; return how many."""

    @abstractmethod
    async def _guests(self, since: int) -> list[str]:
        """Return ids of guests who were last here before a time (ms), a piece of them."""

    @abstractmethod
    async def _erase(self, guests: Sequence[str], since: int, here: AbstractSet[str], now: int) -> list[Membership]:
        """Forget those of these guests who have not come meanwhile; return what `erase` does. here: who came now."""
