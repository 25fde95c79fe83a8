"""How far each user has read each channel.

Spaces of the store: `read` (user and channel -> seq) and `readers` (user -> the day on which they last read, in days
since 1970), by which the positions of those who come no more are forgotten.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tornado_chat.chat.models import User
from tornado_chat.chat.store import Store, all_in

if TYPE_CHECKING:
    from tornado_chat.chat.rate_limits import ConnectionLimits

KEPT = 90  # days after which the positions of a user who did not read are forgotten
DAY = 86_400
SEEN = 10_000  # users of whom it is at hand that today is noted
REST = 0.02  # seconds between two users who are forgotten
SEEDED = "*"  # no user's id: since when days are noted


class Reading:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[str, int] = {}

    async def position(self, user: User, channel: str) -> int:
        """Return up to which `seq` a user has read a channel, 0 where that is not known."""
        return int(await self._store.get("read", f"{user.id} {channel}", 0))

    async def move(self, user: User, channel: str, seq: int, gate: ConnectionLimits | None = None) -> int:
        """Note how far a user has read, and return it: it only grows.

        gate: the limits of who asks; above them no channel is added to those that the user has read.
        """
        if seq == 0 or (gate is not None and not gate.may_keep()):
            position = await self.position(user, channel)
            if seq == 0 or position == 0:
                return position
        new = False

        def grow(known: int | None) -> int:
            nonlocal new
            new = known is None
            return max(known or 0, seq)

        position = int(await self._store.update("read", f"{user.id} {channel}", grow))
        if new and gate is not None:
            gate.keep()
        today = int(time.time() // DAY)
        if self._seen.get(user.id) != today:
            if len(self._seen) >= SEEN:
                self._seen.clear()
            self._seen[user.id] = today
            await self._store.set("readers", user.id, today)
        return position

    async def trim(self) -> int:
        """Forget the positions of those who have not read for long, a few at a time; return of how many users."""
        today, forgotten = int(time.time() // DAY), 0
        if await self._store.get("readers", SEEDED) is None:
            await self._seed(today)
        async for user_id, day in all_in(self._store, "readers"):
            if user_id != SEEDED and not (isinstance(day, int) and today - day <= KEPT):
                while page := await self._store.items("read", f"{user_id} "):
                    for key, _ in page:
                        await self._store.delete("read", key)
                await self._store.delete("readers", user_id)
                forgotten += 1
                await asyncio.sleep(REST)
        return forgotten

    async def _seed(self, today: int) -> None:
        """Let those who read before days were noted have read today."""
        after = ""
        while page := await self._store.items("read", after=after, limit=1):
            user_id = page[0][0].partition(" ")[0]
            await self._store.update("readers", user_id, lambda known: known or today)
            after = f"{user_id} \U0010ffff"
        await self._store.set("readers", SEEDED, today)
