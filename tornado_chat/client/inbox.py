"""Events between the connection that receives them and whoever iterates over the client."""

from __future__ import annotations

import asyncio

from tornado_chat.client.events import Event


class Inbox:
    """A queue of at most `size` events. A full one refuses: the server has the messages, and they are read later."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._room = asyncio.Event()

    def offer(self, event: Event) -> bool:
        """Add an event, unless the inbox is full; return whether it was added."""
        if self._queue.qsize() >= self._size:
            self._room.clear()
            return False
        self._queue.put_nowait(event)
        return True

    async def put(self, event: Event) -> None:
        """Add an event; wait for room where there is none."""
        while not self.offer(event):
            await self._room.wait()

    async def get(self) -> Event | None:
        """Return the oldest event; None, now and ever after, once the inbox is closed and empty."""
        event = await self._queue.get()
        if event is None:
            self._queue.put_nowait(None)
        elif self._queue.qsize() <= self._size // 2:
            self._room.set()
        return event

    def close(self) -> None:
        """Let whoever iterates come to an end after the events that are here."""
        self._queue.put_nowait(None)
