"""What keeps things in a database: methods that are given a connection, and run as the database runs its jobs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R", bound="Repository")
Job = Callable[Concatenate[R, sqlite3.Connection, P], T]
Call = Callable[Concatenate[R, P], Coroutine[Any, Any, T]]


class AnyDatabase(Protocol):
    """A Database or a DirectDatabase."""

    async def read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job of one statement that only reads."""

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job in a transaction. When this returns, what it wrote is on the disk."""


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
