"""An Engine whose jobs all run in one transaction that is open already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.migrations import SCHEMA

T = TypeVar("T")


class OneConnection(Engine):
    """For what needs an Engine to read and write, one job after the other."""

    def __init__(self, connection: Connection, url: str) -> None:
        self.url, self.schema, self.name = url, SCHEMA, ""
        self._connection_of_all = connection

    async def read(self, job: Callable[[Connection], Awaitable[T]], *, snapshot: bool = False) -> T:
        return await job(self._connection_of_all)

    async def write(self, job: Callable[[Connection], Awaitable[T]]) -> T:
        return await job(self._connection_of_all)
