"""The base of the classes that keep data in PostgreSQL. Their methods get a connection of the Engine."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from tornado_chat.storage.postgres.engine import Connection, Engine

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R", bound="Repository")
Job = Callable[Concatenate[R, Connection, P], Coroutine[Any, Any, T]]
Call = Callable[Concatenate[R, P], Coroutine[Any, Any, T]]


class Repository:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine


def reads(job: Job[R, P, T]) -> Call[R, P, T]:
    """Give a method that only reads a connection, outside of a transaction."""

    async def call(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._engine.read(lambda connection: job(self, connection, *args, **kwargs))

    return call


def reads_at_once(job: Job[R, P, T]) -> Call[R, P, T]:
    """Give a method of several statements that only read a connection on which they see one moment."""

    async def call(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._engine.read(lambda connection: job(self, connection, *args, **kwargs), snapshot=True)

    return call


def writes(job: Job[R, P, T]) -> Call[R, P, T]:
    """Give a method that writes a connection, in one transaction."""

    async def call(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._engine.write(lambda connection: job(self, connection, *args, **kwargs))

    return call


def count(done: str) -> int:
    """Return how many rows a statement wrote, of what `execute` returned, such as "DELETE 3"."""
    return int(done.rpartition(" ")[2])
