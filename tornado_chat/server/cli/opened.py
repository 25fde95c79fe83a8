"""What commands look after: the chat of a data folder, or that of a cluster. Servers may be running."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.repositories import Repositories
from tornado_chat.config.database_url import without_password
from tornado_chat.config.settings import SettingsError
from tornado_chat.server.cli.cluster import on_cluster
from tornado_chat.server.cli.parsing import cluster, data_dir
from tornado_chat.storage.postgres.deletion import PostgresMessages
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.file_rows import PostgresFiles
from tornado_chat.storage.postgres.lease import LEASE
from tornado_chat.storage.postgres.moderation import postgres_repositories
from tornado_chat.storage.sqlite.deletion import SqliteMessages
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.files import NAME, look_for
from tornado_chat.storage.sqlite.moderation import sqlite_repositories

T = TypeVar("T")

_LIVES = f"SELECT EXISTS (SELECT 1 FROM nodes WHERE seen > clock_timestamp() - interval '{LEASE} s')"


class Messages(Protocol):
    """What commands want to know of the messages of channels."""

    async def count(self, channel: str) -> tuple[int, int]:
        """Return how many messages a channel has, and when the newest was posted (ms since 1970, or 0)."""

    async def without_record(self) -> Sequence[str]:
        """Return the names of channels that have messages, and no record."""

    async def last(self, channel: str) -> int:
        """Return the newest number of a channel."""

    async def forget(self, channel: str) -> None:
        """Delete all messages of a channel. No number comes twice, should it be made again."""


class Opened(NamedTuple):
    """A chat. `place`: where it is, for people. `is_shared`: whether servers have it, which alone change channels."""

    place: str
    repositories: Repositories
    messages: Messages
    is_shared: bool


def in_chat(given: argparse.Namespace, job: Callable[[Opened], Awaitable[T]], *, make: bool = False) -> T:
    """Run a job on the chat that a command is for; make: where there is none, make one.

    SettingsError for what is refused.
    """
    if url := cluster(given):
        return on_cluster(url, lambda engine: _in_cluster(engine, job), make=make)
    need_chat(given, make=make)
    folder = data_dir(given)

    async def run(database: DirectDatabase) -> T:
        repositories, messages = sqlite_repositories(database), SqliteMessages(database)
        return await job(Opened(str(folder.absolute()), repositories, messages, database.is_shared))

    try:
        with DirectDatabase(folder) as database:
            return asyncio.run(run(database))
    except Refused as refused:
        raise SettingsError(refused.message) from None


def need_chat(given: argparse.Namespace, *, make: bool = False) -> None:
    """Raise an error with the cure unless there is a chat for a command: before something is asked for in vain."""
    if url := cluster(given):
        on_cluster(url, _nothing, make=make)
    elif not make:
        look_for(data_dir(given) / NAME)


async def _nothing(engine: Engine) -> None:
    pass


async def _in_cluster(engine: Engine, job: Callable[[Opened], Awaitable[T]]) -> T:
    repositories = postgres_repositories(engine, PostgresFiles(engine))
    is_shared = await engine.read(lambda connection: connection.fetchval(_LIVES))
    return await job(Opened(without_password(engine.url), repositories, PostgresMessages(engine), is_shared))
