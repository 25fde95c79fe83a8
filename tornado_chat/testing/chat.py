"""A chat without a network, whose clock moves only when the test moves it."""

from __future__ import annotations

import math
import random
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from unittest import mock

from tornado_chat.actions import BUILT_IN as MODULES
from tornado_chat.auth.accounts import Accounts
from tornado_chat.auth.build import choose
from tornado_chat.chat.file_sharing import Files
from tornado_chat.chat.models import User
from tornado_chat.chat.searching import Searching
from tornado_chat.config.settings import Settings
from tornado_chat.plugin_host.files import load
from tornado_chat.plugin_host.loader import NOTHING, read_settings
from tornado_chat.plugin_host.manager import PluginManager
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.registry import BUILT_IN, Registry
from tornado_chat.routing.router import Router
from tornado_chat.routing.server import Server
from tornado_chat.storage.blobs.disk import DiskBlobs
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.memory_attachments import MemoryAttachments
from tornado_chat.storage.memory_search import MemorySearch
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.testing.clock import JumpingLoop, never
from tornado_chat.testing.person import Person
from tornado_chat.web.socket.frames import text_frames

T = TypeVar("T")

PATIENCE = 60.0  # seconds of the chat's clock in which a call is answered


class Chat:
    """A chat with these plugins, each a module or the path of its file, and the built-in actions.

    All effects of a method have happened when it returns. The clock starts at the current time; it advances only in
    `wait` and while a call waits for its answer. `time.time()`, `time.monotonic()` and asyncio's timers follow it.

    settings: by plugin name, as in `[plugins.NAME]` of the TOML file.
    seed: for the `random` that plugins use.
    """

    def __init__(
        self,
        *plugins: ModuleType | Path | str,
        settings: Mapping[str, Mapping[str, Any]] = NOTHING,
        seed: int | None = None,
    ) -> None:
        self._loop = JumpingLoop()
        self._loop.clock.now = math.floor(time.monotonic())
        self._forget = weakref.finalize(self, _forget, self._loop)
        self._epoch = time.time() - self._loop.time()
        self._random = None if seed is None else random.Random(seed).getstate()
        self._settings = settings
        self._sources = plugins
        self._history = MemoryHistory()
        kept = DirectDatabase()
        self.store = SqliteStore(kept)
        self._repositories = sqlite_repositories(kept)
        self._blobs = DiskBlobs()
        self._history.attachments = MemoryAttachments(kept)
        self._start()

    def __enter__(self) -> Chat:
        """Return the chat itself."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close it."""
        self.close()

    def connect(self, name: str, channel: str | None = "general", role: str = "member") -> Person:
        """Connect a user and join a channel; the same name is the same user again."""
        person = Person(self, User(f"id-{name}", name, role))
        if channel is not None:
            person.join(channel)
        return person

    @property
    def now(self) -> float:
        """The chat's `time.time()`."""
        return self._epoch + self._loop.time()

    def wait(self, seconds: float) -> None:
        """Advance the clock; everything that is due in that time happens."""
        end = self._loop.time() + seconds
        self._run(seconds)
        self._loop.clock.now = end

    def restart(self) -> None:
        """Restart the server on what it stored: connections end, plugins given by path are loaded again."""
        self._stop()
        self._start()

    def close(self) -> None:
        """End it and call the `shutdown` listeners; a chat that is only dropped skips those."""
        if self._forget.alive:
            self._stop()
            self._do(self._blobs.close())
            self._forget()

    # Internal

    def _start(self) -> None:
        with self._inside():
            self.registry = self._load()
        self.hub = Server(self._history, self.store, self._repositories, text_frames)
        self.hub.searching = Searching(self.hub, self.hub.places, MemorySearch(self._history))
        self.hub.files = Files(self.hub, self.hub.places, self._repositories.files, self._blobs)
        self.hub.files.max_size = Settings().max_file_size
        self.hub.gather = 0.0  # what has changed is told at once
        self.hub.identity = identity = choose(Settings(), bytes(32), Accounts(self._repositories.accounts))
        self.hub.new_token = identity.token
        self.router = Router(self.registry, self.hub, self._loop.time, strict=False)
        self._plugins = PluginManager(Settings(), self.hub, self.registry, lambda registry: None)
        self._do(self._recover())
        self._do(self._plugins.begin(self.registry, self.registry.plugins.values()))

    async def _recover(self) -> None:
        await self.hub.growths.recover(await self._history.growing())
        await self.hub.files.pictures.load()

    def _load(self) -> Registry:
        registry = Registry()
        for module in MODULES:
            registry.add(module, BUILT_IN)
        for source in self._sources:
            module = source if isinstance(source, ModuleType) else load(Path(source))
            name = module.__name__.rpartition(".")[2].removeprefix("tornado_chat_plugin_")
            plugin = Plugin(name, module.__file__ or name)
            plugin.module = module
            plugin.settings = read_settings(module, name, self._settings.get(name, NOTHING))
            registry.plugins[name] = plugin
            registry.add(module, plugin)
        return registry

    def _stop(self) -> None:
        async def stop() -> None:
            await self._plugins.end(self.registry, self.registry.plugins.values())
            await self.hub.growths.close()
            self.hub.close()

        self._do(stop())

    def _do(self, what: Coroutine[Any, Any, None], enough: Callable[[], bool] = lambda: True) -> None:
        """Run a coroutine to its end and until `enough`, and all callbacks that are then due."""
        task = self._loop.create_task(what)
        self._run(PATIENCE, lambda: task.done() and enough())
        if not (task.done() and enough()):
            task.cancel()
            raise TimeoutError(f"it did not end within {PATIENCE:g} s of the chat's clock")
        task.result()

    def _get(self, what: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine returns, with all that it does done."""
        found: list[T] = []

        async def run() -> None:
            found.append(await what)

        self._do(run())
        return found[0]

    def _run(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Run for so many seconds, or until `enough` and nothing else is due."""
        end = self._loop.time() + seconds + 1e-6  # sums of seconds are not exact
        clock = self._loop.clock
        clock.rest = lambda moment: enough() or moment is None or moment > end
        try:
            with self._inside():
                self._loop.run_forever()
        finally:
            clock.rest = never

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Replace `time` and `random` with the chat's own."""
        state, loop, epoch = random.getstate(), self._loop, self._epoch
        if self._random is not None:
            random.setstate(self._random)
        try:
            with mock.patch.multiple(time, time=lambda: epoch + loop.time(), monotonic=loop.time):
                yield
        finally:
            if self._random is not None:
                self._random = random.getstate()
                random.setstate(state)


def _forget(loop: JumpingLoop) -> None:
    loop.set_exception_handler(lambda loop, context: None)  # pending tasks are no error
    loop.close()
