"""Histories of all kinds."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import on_postgres
from tests.storage.histories import on_disk, on_engine
from tornado_chat.storage.memory import KEEP, MemoryHistory
from tornado_chat.storage.postgres import trimming as postgres_trimming
from tornado_chat.storage.sqlite import history, trimming


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    """Run a test's coroutine on a history of each kind. keep: messages of each channel that trimming leaves."""

    def on(main: Callable[[Any], Any], keep: int | None = None) -> None:
        if request.param == "memory":
            asyncio.run(main(MemoryHistory(keep or KEEP)))
        elif request.param == "postgres":
            on_postgres(lambda engine: on_engine(engine, main, keep_messages=keep))
        else:
            on_disk(tmp_path, main, keep_messages=keep)

    return on


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have trimming go on without a rest, in pieces that are small."""
    for module in (history, postgres_trimming):
        monkeypatch.setattr(module, "REST", 0)
        monkeypatch.setattr(module, "PIECE", 10)
        monkeypatch.setattr(module, "STRETCH", 3)
    for trims in (trimming, postgres_trimming):
        monkeypatch.setattr(trims, "AT_ONCE", 2)
