"""What tests of histories share: messages, changes, and a history on the disk."""

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.helpers import on_database
from tornado_chat.chat.changes import Change
from tornado_chat.chat.models import Message, User
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.postgres.listener import Listener
from tornado_chat.storage.sqlite.history import SqliteHistory

ANN, BOB = User("1", "Ann"), User("2", "Bob")


def message(
    text: str = "hi", ref: str | None = None, sender: User | None = ANN, channel: str = "den", **extra: Any
) -> Message:
    return Message(channel, text, sender, int(time.time() * 1000), ref, extra=extra or None)


def edit(seq: int, text: str, ref: str | None = None, user: User | None = ANN, **asked: Any) -> Change:
    return change("edited", seq, ref, user, text=text, **asked)


def change(
    what: str, seq: int, ref: str | None = None, user: User | None = ANN, channel: str = "den", **asked: Any
) -> Change:
    return Change(channel, seq, what, user, int(time.time() * 1000), ref, **asked)


def on_disk(folder: Path, main: Callable[[SqliteHistory], Awaitable[Any]], **options: Any) -> Any:
    return on_database(folder, lambda database: main(SqliteHistory(database, **options)))


async def on_engine(engine: Engine, main: Callable[[PostgresHistory], Awaitable[Any]], **options: Any) -> Any:
    async with one_node(engine, **options) as log:
        return await main(log)


@contextlib.asynccontextmanager
async def one_node(engine: Engine, name: str = "one", **options: Any) -> AsyncIterator[PostgresHistory]:
    listener = Listener(engine)
    log = PostgresHistory(engine, listener, name, **options)
    await listener.start()
    await log.open()
    try:
        yield log
    finally:
        await log.close()
        await listener.close()
