"""What hears the notifications of one schema in a test."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tornado_chat.storage.postgres.engine import Engine


class Ears:
    """A connection that LISTENs to one topic, and connects again when it is lost."""

    def __init__(self, engine: Engine) -> None:
        self.pid = 0
        self._engine = engine
        self._topics: dict[str, Callable[[str], None]] = {}
        self._back: list[Callable[[], Awaitable[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._connection: Any = None

    def hear(self, topic: str, heard: Callable[[str], None]) -> None:
        self._topics[topic] = heard

    def on_return(self, back: Callable[[], Awaitable[None]]) -> None:
        self._back.append(back)

    def channel(self, topic: str) -> str:
        return f"{self._engine.schema}_{topic}"

    async def start(self) -> None:
        await self._connect()
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await self._connection.close()

    async def _keep(self) -> None:
        while True:
            await self._lost.wait()
            waiting: list[tuple[str, str]] = []
            await self._connect(waiting)
            for back in self._back:
                await back()
            self._waiting = None
            for topic, payload in waiting:
                self._topics[topic](payload)

    async def _connect(self, waiting: list[tuple[str, str]] | None = None) -> None:
        self._waiting, self._lost = waiting, asyncio.Event()
        self._connection = await self._engine.connect()
        self._connection.add_termination_listener(lambda _: self._lost.set())
        self.pid = self._connection.get_server_pid()
        for topic in self._topics:
            await self._connection.add_listener(self.channel(topic), self._take)

    def _take(self, connection: Any, pid: int, channel: str, payload: str) -> None:
        topic = channel.removeprefix(f"{self._engine.schema}_")
        if self._waiting is not None:
            self._waiting.append((topic, payload))
        else:
            self._topics[topic](payload)
