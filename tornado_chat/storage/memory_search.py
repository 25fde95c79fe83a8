"""Searches the history in memory: looks through what the caller may see, the newest first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop

from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.models import Message
from tornado_chat.chat.search import AT_MOST, Found, Place, Query, fits
from tornado_chat.chat.slices import Pause
from tornado_chat.chat.threads import Sees
from tornado_chat.storage.memory import MemoryHistory


class MemorySearch:
    """A Search (see there)."""

    def __init__(self, history: MemoryHistory) -> None:
        self._history = history

    async def search(self, query: Query, sees: Sees, before: Place | None, limit: int) -> Found:
        began = time.monotonic()
        pause = Pause()
        places: list[tuple[int, int, str, int]] = []
        for name, stretches in sees.items():
            places += self._places(name, stretches, query, before)
            await pause()
        heapify(places)  # in the order of time, whatever the clock did, not of the numbers
        found: list[Message] = []
        last = before
        while places:
            if time.monotonic() - began > AT_MOST:
                return Found(found, True, False, last)
            await pause()
            when, number, name, seq = heappop(places)
            log = self._history.logs.get(name)
            message = log and log.get(seq)  # it may have gone, or changed, meanwhile
            if message and fits(message, query):
                if len(found) == limit:
                    return Found(found, True, True, last)
                found.append(message)
            last = Place(-when, -number)
        return Found(found, False, True, None)

    def _places(
        self, name: str, stretches: Sequence[Stretch] | None, query: Query, before: Place | None
    ) -> Iterator[tuple[int, int, str, int]]:
        """Yield where to look in a channel, so that the newest is the least."""
        log = self._history.logs.get(name)
        for one in log.messages if log else ():
            if query.after is not None and one.time < query.after:
                continue
            if query.before is not None and one.time >= query.before:
                continue
            if query.senders is not None and (one.sender is None or one.sender.id not in query.senders):
                continue
            number = int(one.id)
            if may_see(stretches, one.seq) and (before is None or (one.time, number) < before):
                yield -one.time, -number, name, one.seq
