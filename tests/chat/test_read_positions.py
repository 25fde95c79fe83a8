"""How far someone has read: it grows, one address adds no more than its share, and who comes no more is forgotten."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tornado_chat.chat.models import User
from tornado_chat.chat.rate_limits import KEEPS, Limits
from tornado_chat.chat.read_positions import DAY, KEPT, Reading
from tornado_chat.config.settings import Settings
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.store import SqliteStore

ANN, BOB = User("a:1", "Ann"), User("a:11", "Bob")


def test_a_position_grows_and_is_each_users_own() -> None:
    async def main() -> None:
        reading = Reading(SqliteStore(DirectDatabase()))
        assert [await reading.move(ANN, "den", seq) for seq in (3, 2, 5)] == [3, 3, 5]
        assert (await reading.position(ANN, "den"), await reading.position(BOB, "den")) == (5, 0)

    asyncio.run(main())


def test_one_user_and_one_address_add_a_share_and_what_is_above_it_is_answered_but_not_kept() -> None:
    async def main() -> None:
        store = SqliteStore(DirectDatabase())
        reading = Reading(store)
        limits = Limits(Settings(max_connections=(0, 0, 0), connect_rate=(0, 0, 0)), lambda: 1_000.0)
        of_user, of_address = (at_once for _, at_once in KEEPS)
        gate = limits.enter(ANN.id, "192.0.2.1")
        for number in range(of_user + 3):
            assert await reading.move(ANN, f"{number}", 1, gate) == (number < of_user)
        assert len(await store.items("read", limit=10_000)) == of_user
        assert await reading.move(ANN, "1", 2, gate) == 2  # what is known moves
        for number in range(of_address):
            user = User(f"g:{number}", "Eve")
            await reading.move(user, "den", 1, limits.enter(user.id, f"2001:db8::{number % 15}"))
        kept = len(await store.items("read", limit=10_000))
        assert kept == pytest.approx(of_user + of_address, abs=1)  # sums of seconds are not exact
        assert not await reading.move(BOB, "den", 1, limits.enter(BOB.id, "2001:db8::99"))
        assert await reading.move(BOB, "den", 1, limits.enter(BOB.id, "192.0.2.2"))
        assert await reading.move(BOB, "hall", 1, None)  # --limits off

    asyncio.run(main())


def test_the_positions_of_those_who_have_not_read_for_90_days_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(database: Any) -> None:
        store = SqliteStore(database)
        reading = Reading(store)
        await store.set("read", "a:0 den", 7)  # of an earlier version
        await store.set("read", "a:0 hall", 7)
        for user in (ANN, BOB):
            for channel in ("den", "hall"):
                await reading.move(user, channel, 1)
        assert await reading.trim() == 0
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + KEPT * DAY)
        await reading.move(BOB, "den", 2)
        assert await reading.trim() == 0
        monkeypatch.setattr(time, "time", lambda: now + (KEPT + 1) * DAY)
        assert await reading.trim() == 2
        assert [key for key, _ in await store.items("read")] == ["a:11 den", "a:11 hall"]
        assert [key for key, _ in await store.items("readers")] == ["*", "a:11"]

    on_database(tmp_path, main)
