"""Figures: a mention of all members, where thousands are connected, holds the loop up for no one."""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.helpers import Client, House
from tests.lengths import either
from tests.serving import until
from tests.storage.test_many_places import fill
from tests.system.test_many_places import house
from tornado_chat.storage.sqlite.mentions import EVERYONE
from tornado_chat.storage.sqlite.writer import Database

ROOM = "c1"  # half of all belong to it; the first one owns it


class Longest:
    """The longest turn of the loop: `work` on its own thread and `whole`, in ms, and the `sum` of all work."""

    def __init__(self) -> None:
        self.work = self.whole = self.sum = 0.0


@asynccontextmanager
async def turns() -> AsyncIterator[Longest]:
    """Measure each turn of the loop meanwhile."""
    found, loop = Longest(), asyncio.get_running_loop()
    last = time.thread_time(), time.monotonic()
    going = True

    def turn() -> None:
        nonlocal last
        now = time.thread_time(), time.monotonic()
        work, whole = (1_000 * (new - old) for new, old in zip(now, last, strict=True))
        found.work, found.whole, found.sum = max(found.work, work), max(found.whole, whole), found.sum + work
        last = now
        if going:
            loop.call_later(0.0001, turn)

    turn()
    try:
        yield found
    finally:
        going = False


def told(client: Client) -> bool:
    """Return whether somebody was told of a mention in the room; what else they were told is forgotten."""
    frames, client.transport.frames[:] = list(client.transport.frames), []
    return any(b'"channel":"c1"' in frame and b'"mentions":0' not in frame for frame in frames)


async def connect(place: House, count: int) -> list[Client]:
    """Return so many people, whose lists are known, by their number."""
    people = [place.client(f"Person {number}", id=f"a:{number}") for number in range(1, count + 1)]
    for client in people:
        await place.hub.places.own(client.user)
    return people


async def measure(folder: Path, count: int, present: bool, slack: float) -> None:
    fill(folder, count)
    database = Database(folder)
    place = house(database)
    try:
        people = await connect(place, count)
        inside = [client for client in people if place.hub.places.membership(client.user, ROOM)]
        owner, *members = inside
        for client in inside if present else [owner]:
            await place.call(client, "join-channel", target=ROOM)
        await asyncio.sleep(2)  # what is gathered of those who came
        for client in people:
            client.transport.frames.clear()
        gc.collect()  # what so many connections take is not the mention's
        began = time.monotonic()
        async with turns() as longest:
            said = {"action": "send-message", "ref": "lunch", "target": ROOM, "message": "@channel: lunch"}
            await place.say(owner, json.dumps(said))
            await until(lambda: any(b'"action":"ok"' in frame for frame in owner.transport.frames))
            if present:
                await until(lambda: all(client.transport.frames for client in members))
                await asyncio.sleep(2)
            else:
                for client in members:
                    await until(lambda client=client: told(client))  # type: ignore[misc]
        took, where = time.monotonic() - began, "present" if present else "elsewhere"
        turn = f"the longest turn {longest.work:.1f} ms of work ({longest.whole:.1f} ms in all)"
        whom = f"@channel, {len(members):,} of {count:,} people, {where}"
        print(f"{whom}: {took:.1f} s, {turn}, {longest.sum:.0f} ms in sum")  # noqa: T201
        assert longest.work < 20 * slack
        (answer,) = owner.of("ok")
        assert "unmentioned" not in answer

        def rows(connection: sqlite3.Connection) -> list[tuple[int]]:
            newest = "SELECT user FROM mentions WHERE message & 0xffffffffff = ? AND time > 1e12"
            return connection.execute(newest, (answer["seq"],)).fetchall()

        assert await database.read(rows) == [(EVERYONE,)]
        assert not any(told(client) for client in people if client not in inside)
    finally:
        await asyncio.to_thread(database.close)


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.long
def test_a_mention_of_all_members_keeps_no_one_waiting(tmp_path: Path, present: bool, slack: float) -> None:
    asyncio.run(measure(tmp_path, either(300, 1_000), present, slack))


@pytest.mark.long
@pytest.mark.parametrize("present", [True, False])
def test_a_mention_of_five_thousand_members_keeps_no_one_waiting(tmp_path: Path, present: bool, slack: float) -> None:
    asyncio.run(measure(tmp_path, 10_000, present, slack))
