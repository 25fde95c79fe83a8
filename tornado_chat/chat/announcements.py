"""When channels tell who came, went and was renamed: gathered, and at a pace that leaves room for others."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado_chat.chat.channel import Channel

DELAY = 0.25  # seconds in which a channel's news gathers
AT_ONCE = 2_000  # frames that are written before others are served
PACE = 50_000  # frames a second, over all channels; in a storm the news of each gathers for longer

log = logging.getLogger("tornado_chat")


class Announcements:
    """The channels that have something to tell, in the order in which they will."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Channel]] = deque()

    def plan(self, channel: Channel) -> None:
        """Have a channel `tell_presence` in a moment; it plans one at a time."""
        loop = asyncio.get_running_loop()
        self._waiting.append((loop.time() + DELAY, channel))
        if len(self._waiting) == 1:
            loop.call_later(DELAY, self._tell)

    def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        now, written = loop.time(), 0
        while self._waiting and self._waiting[0][0] <= now + 0.001 and written < AT_ONCE:
            channel = self._waiting[0][1]
            try:
                channel.tell_presence()
            except Exception:  # ours: it must not cost the other channels their news
                log.exception("the news of a channel could not be told")
            self._waiting.popleft()
            written += len(channel.members)
        if self._waiting:
            loop.call_at(max(self._waiting[0][0], now + written / PACE), self._tell)
