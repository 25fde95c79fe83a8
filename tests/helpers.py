"""What tests without a network share: a clock that jumps, a wire that records, people on it, a database on disk."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

from tornado_chat.chat.connection import Connection
from tornado_chat.chat.file_sharing import Files
from tornado_chat.chat.models import User
from tornado_chat.chat.searching import Searching
from tornado_chat.plugin_host.events import PluginEvents
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.routing.router import Router
from tornado_chat.routing.server import Server
from tornado_chat.storage.blobs.disk import DiskBlobs
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.memory_attachments import MemoryAttachments
from tornado_chat.storage.memory_search import MemorySearch
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database
from tornado_chat.testing.clock import JumpingLoop
from tornado_chat.testing.participant import Participant
from tornado_chat.testing.transports import FakeTransport, lines
from tornado_chat.web.socket.frames import text_frames


def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a test's coroutine on a loop whose time costs none."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main())


def on_database(folder: Path, main: Callable[[Database], Awaitable[Any]]) -> Any:
    """Run something on the database in a folder, which is closed when it ends: a start of a server, and its end."""

    async def whole() -> Any:
        database = Database(folder)
        try:
            return await main(database)
        finally:
            await asyncio.to_thread(database.close)

    return asyncio.run(whole())


async def turns(count: int = 40) -> None:
    """Let the loop turn: far more often than a flush or a handler waits."""
    for _ in range(count):
        await asyncio.sleep(0)


async def pass_time(seconds: float) -> None:
    """Let the jumping clock go on."""
    await asyncio.sleep(seconds)
    await turns()


class Client(Participant[None]):
    """A connection on a FakeTransport."""

    def __init__(self, hub: Server, user: User, address: str = "") -> None:
        self.transport = FakeTransport()
        self.user = user
        self.connection = Connection(user, self.transport, hub.flusher)
        self.connection.address = address
        hub.add(self.connection)

    @property
    def frames(self) -> list[list[dict[str, Any]]]:
        """All frames that came, each as its objects."""
        return [lines(frame) for frame in self.transport.frames]

    @property
    def events(self) -> list[dict[str, Any]]:
        """All objects that came."""
        return [event for frame in self.frames for event in frame]


class History(MemoryHistory):
    """A history whose methods a test can replace, in the compiled build, too."""


class House:
    """A hub and a router over a memory history, with the built-in actions; `now` is the router's clock."""

    def __init__(self, *plugins: ModuleType, history: MemoryHistory | None = None, **hub: Any) -> None:
        self.history = history or History()
        kept = DirectDatabase()
        repositories = hub.setdefault("repositories", sqlite_repositories(kept))
        self.kept = kept
        self.hub = Server(self.history, **{"store": SqliteStore(kept), "frames": text_frames, **hub})
        self.hub.searching = Searching(self.hub, self.hub.places, MemorySearch(self.history))
        self.hub.files = Files(self.hub, self.hub.places, repositories.files, DiskBlobs())
        self.hub.files.max_size = 1_000_000
        self.now = 0.0
        registry = build_registry([])
        for module in plugins:
            registry.add(module, module.__name__)
        self.registry = registry
        self.router = Router(registry, self.hub, lambda: self.now)
        self.hooks = PluginEvents(self.hub)
        self.hooks.use(registry.listeners)

    def keep_files(self) -> None:
        """Let messages have only files that are there."""
        self.history.attachments = MemoryAttachments(self.kept)

    def client(self, name: str, *channels: str, id: str = "", role: str = "member", address: str = "") -> Client:
        """Connect someone, who is in these channels (and is announced to no one)."""
        client = Client(self.hub, User(id or f"id-{name}", name, role), address)
        for channel in channels:
            self.hub.join(client.connection, channel)
        return client

    async def say(self, client: Client, frame: str) -> None:
        """Have a client's frame handled to its end."""
        pending = self.router.dispatch(client.connection, frame)
        if pending is not None:
            await pending
        await turns()

    async def call(self, client: Client, action: str, ref: str | None = "r", **fields: Any) -> dict[str, Any]:
        """Call an action; return its one answer."""
        before = len(client.events)
        message = {"action": action, **fields} if ref is None else {"action": action, "ref": ref, **fields}
        await self.say(client, json.dumps(message))
        answers = [event for event in client.events[before:] if event["action"] in ("ok", "error")]
        assert len(answers) == 1, answers
        return answers[0]


def module(source: str, name: str = "plugin") -> ModuleType:
    """Return a module of this source; it has imported what a plugin imports."""
    made = ModuleType(name)
    made.__file__ = f"{name}.py"
    prelude = "import asyncio\nfrom typing import *\nfrom tornado_chat import *\nfrom tornado_chat import action\n"
    exec(compile(prelude + source, made.__file__, "exec"), vars(made))
    return made
