"""Servers in this process, each on a socket of its own: one by itself on SQLite, or the nodes of a cluster."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from tornado.netutil import bind_sockets

from tests import postgres
from tornado_chat.config.settings import Settings
from tornado_chat.routing.server import Server as Hub
from tornado_chat.server.http_server import Server
from tornado_chat.server.loop import new_loop
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.testing import Client, connect
from tornado_chat.web.app import Chat, make_app
from tornado_chat.web.storage import join_cluster

DEFAULTS: dict[str, Any] = {
    "auth": ("header", "guest"),
    "limits": "off",
    "trusted_proxies": (ipaddress.ip_network("127.0.0.0/8"),),
}


class Here:
    """A server at `base`, `follow`ing what commands and others do as often as a test says. People: see `connect`."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.clients: list[Client] = []
        self.server = Server(chat)
        sockets = bind_sockets(0, "127.0.0.1")
        self.server.add_sockets(sockets)
        self.base = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"

    async def connect(self, name: str, role: str = "member") -> Client:
        """Connect somebody whom a proxy has named, with a role."""
        if role != "member":
            await self.chat.accounts.set_role(await self.chat.accounts.proxy_id(name), role)
        return self._keep(await connect(self.base, **{"Remote-User": name}))

    async def guest(self, name: str | None = None, token: str | None = None) -> Client:
        """Connect a guest, or somebody who has a token."""
        return self._keep(await connect(self.base, name, token))

    def _keep(self, client: Client) -> Client:
        self.clients.append(client)
        return client

    async def join(self, name: str, channel: str, role: str = "member") -> Client:
        """Connect somebody whom a proxy has named, who joins a channel."""
        client = await self.connect(name, role)
        await client.join(channel)
        return client

    async def close(self) -> None:
        """Disconnect all clients, and end."""
        for client in self.clients:
            await client.close()
        self.server.stop()
        await self.chat.close()
        await self.server.close_all_connections()


@contextlib.asynccontextmanager
async def alone(folder: Path, **settings: Any) -> AsyncIterator[Here]:
    """Serve a chat in a data folder."""
    here = Here(make_app(Settings(data_dir=folder, **{**DEFAULTS, **settings})))
    try:
        await here.chat.start()
        yield here
    finally:
        await here.close()


@contextlib.asynccontextmanager
async def nodes(url: str, folder: Path, *names: str, **settings: Any) -> AsyncIterator[list[Here]]:
    """Serve a chat by nodes of these names, which know each other."""
    async with contextlib.AsyncExitStack() as stack:
        served = []
        for name in names:
            one = Settings(data_dir=folder / name, cluster=url, node=name, **{**DEFAULTS, **settings})
            served.append(Here(make_app(one, await join_cluster(one))))
            stack.push_async_callback(served[-1].close)
            await served[-1].chat.start()
        while not all(len(one.chat.hub.nodes.others) == len(names) - 1 for one in served):
            await asyncio.sleep(0.005)
        yield served


def on_nodes(folder: Path, main: Callable[..., Awaitable[Any]], *names: str, **settings: Any) -> None:
    """Run a test's coroutine with nodes of a new database."""

    async def whole(url: str) -> None:
        async with nodes(url, folder, *(names or ("a", "b")), **settings) as served:
            await main(*served)

    with postgres.database() as url:
        new_loop().run_sync(lambda: whole(url), timeout=120)


async def level(served: Sequence[Here]) -> None:
    """Wait until all servers have done what others have told them, and told their clients what there is to tell."""
    while True:
        for one in served:
            answers = await one.chat.hub.questions.ask_all("session-over", ["nobody", "nothing"], 30)
            assert not answers.missing
        if _have_passed_on_the_same(served) and not any(_is_busy(one.chat.hub) for one in served):
            return
        await asyncio.sleep(0.01)


def _have_passed_on_the_same(served: Sequence[Here]) -> bool:
    histories = [one.chat.hub.history for one in served]
    known = [one._passing.feed.known for one in histories if isinstance(one, PostgresHistory)]
    return all(one.get(name, number) == number for one in known for other in known for name, number in other.items())


def _is_busy(hub: Hub) -> bool:
    """Return whether something is gathered, or being read, that clients will be told."""
    places = hub.places
    news = places._news
    gathered = [hub._changed, news._moved, news._tasks, places._calling, places._telling, places._stirred]
    told = [one._planned_presence for one in hub.channels.values()]
    return any(gathered) or any(told) or any(online.news is not None for _, online in hub.everyone())
