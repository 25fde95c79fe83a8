"""A history of one kind with its files, without a network."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.storage.histories import ANN, message, one_node
from tests.storage.stores import DiskStore, S3Store, bucket
from tornado_chat.chat.file_sharing import Files
from tornado_chat.chat.files import File
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.models import User
from tornado_chat.chat.moderation import Moderation
from tornado_chat.chat.places import Places
from tornado_chat.chat.repositories import Repositories
from tornado_chat.storage.blobs.folder import FOLDER
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.file_rows import PostgresFiles
from tornado_chat.storage.postgres.moderation import postgres_repositories
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.web.socket.frames import text_frames

Store = DiskStore | S3Store


class Room:
    """A history and its files."""

    def __init__(self, history: Any, repositories: Repositories, store: Store) -> None:
        self.history, self.rows, self.memberships = history, repositories.files, repositories.memberships
        self.hub = Hub(history, text_frames)
        places = Places(self.hub, repositories.memberships, Moderation(repositories))
        self.files = Files(self.hub, places, repositories.files, store.blobs)
        self.files.max_size = 1_000_000
        self.store, self.blobs = store, store.blobs

    async def file(self, data: bytes = b"data", owner: User = ANN, name: str = "a.txt") -> File:
        return await self.files.add(owner, name, data)

    async def post(self, *files: File, **about: Any) -> int:
        return (await self.history.append(message(files=[one.shown() for one in files], **about))).seq

    async def kept(self) -> list[str]:
        """The names of the blobs that are there."""
        return await self.store.kept()

    async def uploads(self) -> list[str]:
        """The ids of the uploads that are there."""
        return await self.store.uploads()

    async def bytes_of(self, file: File) -> bytes:
        return b"".join([data async for data in self.files.read(file.blob)])

    async def is_there(self, file: File) -> bool:
        return bool(await self.rows.files([file.id]))

    async def sweep_later(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        """Sweep as it is done so many seconds from now."""
        now = time.time() + seconds
        with monkeypatch.context() as patched:
            patched.setattr(time, "time", lambda: now)
            await self.files.sweep()
            await self.files.sweep_orphans()


Store = DiskStore | S3Store
Main = Callable[[Room], Awaitable[Any]]


async def within(main: Main, history: Any, repositories: Repositories, store: Store) -> Any:
    room = Room(history, repositories, store)
    try:
        return await main(room)
    finally:
        await room.blobs.close()


def on_disk(folder: Path, main: Main, keep: int | None = None) -> Any:
    """Run something in a room on the disk. keep: messages of each channel that trimming leaves."""
    return on_database(
        folder,
        lambda database: within(
            main,
            SqliteHistory(database, keep_messages=keep),
            sqlite_repositories(database),
            DiskStore(folder / FOLDER),
        ),
    )


async def on_engine(engine: Engine, folder: Path, main: Main, keep: int | None = None) -> Any:
    """Run something in a room of one node of a cluster, whose files are in a folder that others may see."""
    repositories = postgres_repositories(engine, PostgresFiles(engine))
    async with one_node(engine, keep_messages=keep) as history:
        return await within(main, history, repositories, DiskStore(folder, shared=True))


async def on_bucket(engine: Engine, main: Main, keep: int | None = None) -> Any:
    """Likewise, where the files are in a bucket."""
    repositories = postgres_repositories(engine, PostgresFiles(engine))
    async with one_node(engine, keep_messages=keep) as history, bucket(engine) as store:
        return await within(main, history, repositories, store)
