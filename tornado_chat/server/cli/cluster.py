"""Commands for a chat in PostgreSQL. Nodes may be running."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tornado_chat.chat.errors import Refused
from tornado_chat.config.settings import SettingsError
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.health import NoChatError

T = TypeVar("T")


def on_cluster(url: str, job: Callable[[Engine], Awaitable[T]], *, make: bool = False) -> T:
    """Run a job on the database at an address. SettingsError for what is refused, EngineError without a chat.

    make: where there is no chat, it is made, as the first server would.
    """

    async def run() -> T:
        try:
            engine = await Engine.open(url, name="command", is_node=False)
        except NoChatError:
            if not make:
                raise
            engine = await Engine.open(url, name="command")
        try:
            return await job(engine)
        finally:
            await engine.close()

    try:
        return asyncio.run(run())
    except Refused as refused:
        raise SettingsError(refused.message) from None
