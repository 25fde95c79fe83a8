"""Servers of one cluster, each in a process of its own, on a database of their own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.postgres import database
from tests.serving import Server
from tornado_chat.server.loop import new_loop


def node(folder: Path, url: str, name: str, *options: str) -> Server:
    """Return a server that is to be a node."""
    return Server(folder, *options, "--cluster", url, "--node", name)


@contextlib.asynccontextmanager
async def nodes(folder: Path, url: str, count: int = 2, *options: str) -> AsyncIterator[list[Server]]:
    """Start nodes that are called n1, n2 and so on."""
    async with contextlib.AsyncExitStack() as stack:
        servers = [node(folder, url, f"n{number}", *options) for number in range(1, count + 1)]
        await asyncio.gather(*map(stack.enter_async_context, servers))
        yield servers


def on_nodes(
    folder: Path, main: Callable[..., Coroutine[Any, Any, None]], count: int = 2, *options: str, timeout: float = 120
) -> None:
    """Run a test's coroutine with so many nodes."""

    async def run(url: str) -> None:
        async with nodes(folder, url, count, *options) as servers:
            await main(*servers)

    with database() as url:
        new_loop().run_sync(lambda: run(url), timeout=timeout)
