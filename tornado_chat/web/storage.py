"""What a chat is kept in: a data folder, the memory of its process, or the database of a cluster."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tornado_chat.chat.blobs import Blobs
from tornado_chat.chat.history import History
from tornado_chat.chat.nodes import Nodes
from tornado_chat.chat.repositories import Repositories
from tornado_chat.chat.search import Search
from tornado_chat.chat.store import Store
from tornado_chat.config.settings import Settings, SettingsError
from tornado_chat.storage.blobs.disk import DiskBlobs
from tornado_chat.storage.blobs.folder import FOLDER, WORKSHOP
from tornado_chat.storage.blobs.opening import NO_FILES, open_blobs
from tornado_chat.storage.data_folder import load_secret
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.memory_attachments import MemoryAttachments
from tornado_chat.storage.memory_search import MemorySearch
from tornado_chat.storage.postgres.cluster import Cluster
from tornado_chat.storage.postgres.figures import families
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.search_index import SqliteSearch
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database


async def _nothing() -> None:
    pass


@dataclass
class Storage:
    """What a chat is kept in. `secret`: what signs guests' tokens, 32 bytes. `workshop`: a folder for pictures.
    `no_files`: why it takes no files, "" if it does.

    `clock`: see Loads. `families`: yields its metrics. `trouble`: returns what is wrong in a few words, None while
    messages can be stored. `start` is awaited when all that is told by other nodes finds who hears it, `close` when
    nothing is stored any more. `on_end`: has something called when this server must end, with whether it can be
    started again.
    """

    history: History
    search: Search
    store: Store
    repositories: Repositories
    blobs: Blobs
    secret: bytes
    workshop: Path | None = None
    no_files: str = ""
    nodes: Nodes | None = None
    database: Database | None = None
    on_end: Callable[[Callable[[bool], None]], None] = lambda ended: None
    trouble: Callable[[], str | None] = lambda: None
    clock: Callable[[], float] = lambda: 0.0
    families: Callable[[], Iterable[str]] = tuple
    start: Callable[[], Awaitable[None]] = _nothing
    close: Callable[[], Awaitable[None]] = _nothing

    @property
    def is_kept(self) -> bool:
        """Whether it outlives the process."""
        return self.database is not None or self.nodes is not None

    def ask_who_is_there(self, is_used: Callable[[str], bool]) -> None:
        """Let the history ask whether a channel has members."""
        if isinstance(self.history, MemoryHistory | PostgresHistory):
            self.history.is_used = is_used


def open_storage(settings: Settings) -> Storage:
    """Return what the chat of one server is kept in. SettingsError for a data folder that cannot be used."""
    secret = _secret(settings)
    return _in_memory(secret) if settings.history == "memory" else _in_sqlite(settings, secret)


def _in_memory(secret: bytes) -> Storage:
    history, kept = MemoryHistory(), DirectDatabase()
    history.attachments = MemoryAttachments(kept)
    search, blobs = MemorySearch(history), DiskBlobs()
    return Storage(history, search, SqliteStore(kept), sqlite_repositories(kept), blobs, secret)


def _in_sqlite(settings: Settings, secret: bytes) -> Storage:
    database, files = Database(settings.data_dir), settings.data_dir / FOLDER
    history = SqliteHistory(database, settings.keep_days or None, settings.keep_messages or None)
    return Storage(
        history,
        SqliteSearch(database),
        SqliteStore(database),
        sqlite_repositories(database),
        DiskBlobs(files),
        secret,
        files / WORKSHOP,
        database=database,
        trouble=lambda: database.state,
        close=lambda: _in_thread(database.close),
    )


async def join_cluster(settings: Settings) -> Storage:
    """Return what the chat of a cluster is kept in. `start` makes this server one of its nodes.

    EngineError for a database that cannot be used, SettingsError for a place for files that cannot.
    """
    cluster = await Cluster.open(
        settings.cluster,
        settings.node_name,
        keep_days=settings.keep_days or None,
        keep_messages=settings.keep_messages or None,
    )
    try:
        blobs = DiskBlobs() if settings.blobs is None else await open_blobs(settings.blobs, cluster.engine)
    except BaseException:
        await cluster.close()
        raise
    return Storage(
        cluster.history,
        cluster.search,
        cluster.store,
        cluster.repositories,
        blobs,
        cluster.secret,
        no_files=NO_FILES if settings.blobs is None else "",
        nodes=cluster.nodes,
        on_end=cluster.on_end,
        trouble=lambda: cluster.engine.trouble,
        clock=cluster.nodes.clock.wrong_by,
        families=lambda: families(cluster.nodes, cluster.listener, cluster.history),
        start=cluster.start,
        close=cluster.close,
    )


async def _in_thread(close: Callable[[], object]) -> None:
    """Run what closes a database. Not asyncio.to_thread: a process that ends waits for its threads, and a disk may
    never answer.
    """
    closed, loop = asyncio.Event(), asyncio.get_running_loop()

    def run() -> None:
        close()
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(closed.set)

    threading.Thread(target=run, daemon=True).start()
    await closed.wait()


def _secret(settings: Settings) -> bytes:
    try:
        return load_secret(settings.data_dir)
    except FileExistsError as error:
        raise SettingsError(f"--data-dir {settings.data_dir} {error.strerror}") from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise SettingsError(f"--data-dir {settings.data_dir}: {said}") from None
