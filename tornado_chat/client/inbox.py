"""The queue between the connection and the code that iterates over the client."""

from __future__ import annotations

import asyncio

from tornado_chat.client.events import Event


class Inbox:
    """A queue of at most `size` events. It refuses more: the client reads messages from the history later."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._room = asyncio.Event()

    def is_full(self) -> bool:
        return self._queue.qsize() >= self._size

    def offer(self, event: Event) -> bool:
        """Add an event unless the queue is full; return whether it was added."""
        if self.is_full():
            self._room.clear()
            return False
        self._queue.put_nowait(event)
        return True

    async def put(self, event: Event) -> None:
        """Add an event; wait while the queue is full."""
        while not self.offer(event):
            await self._room.wait()

    async def get(self) -> Event | None:
        """Return the oldest event; always None once the queue is closed and empty."""
        event = await self._queue.get()
        if event is None:
            self._queue.put_nowait(None)
        elif self._queue.qsize() <= self._size // 2:
            self._room.set()
        return event

    def close(self) -> None:
        """End the iteration after the events that are waiting."""
        self._queue.put_nowait(None)
