"""The base of all classes that keep data in SQLite. Their methods are jobs of a database, and get its connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.writer import Database

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R", bound="Repository")
Job = Callable[Concatenate[R, sqlite3.Connection, P], T]
AnyDatabase = Database | DirectDatabase
Call = Callable[Concatenate[R, P], Coroutine[Any, Any, T]]


class Repository:
    def __init__(self, database: AnyDatabase) -> None:
        self._database = database


def reads(job: Job[R, P, T]) -> Call[R, P, T]:
    """Make a coroutine of a method with one statement that only reads."""

    async def call(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.read(lambda connection: job(self, connection, *args, **kwargs))

    return call


def writes(job: Job[R, P, T]) -> Call[R, P, T]:
    """Make a coroutine of a method that writes, in one transaction."""

    async def call(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.write(lambda connection: job(self, connection, *args, **kwargs))

    return call
