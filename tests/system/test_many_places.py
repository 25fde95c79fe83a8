"""Figures: ten thousand channels and people: what connecting, joining and finding cost the loop, and a restart."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.helpers import House
from tests.serving import Server, until
from tests.storage.test_many_places import ME, OWN, fill
from tests.web.socket.test_frames import masked
from tests.web.socket.test_upgrade import handshake
from tornado_chat.auth.providers import Guests
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.models import User
from tornado_chat.config.settings import Settings
from tornado_chat.storage.data_folder import load_secret
from tornado_chat.storage.sqlite.files import NAME
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database

PEOPLE, EACH = 1_000, 20
JOINS = 3_000
AT_ONCE = 100  # connections that are being made


def house(database: Database) -> House:
    more = {"store": SqliteStore(database), "repositories": sqlite_repositories(database)}
    return House(history=SqliteHistory(database), **more)  # type: ignore[arg-type]


async def loop_time(what: str, heard: list[bytes], call: Callable[[], Awaitable[Any]]) -> float:
    """Return how long a call works on the thread of the loop, with all that it begins, in seconds: of 7 the least.

    heard: what the caller's client has received before, which is forgotten.
    """
    took = []
    for _ in range(7):
        heard.clear()
        began, seen = time.thread_time(), time.monotonic()
        await call()
        took.append((time.thread_time() - began, time.monotonic() - seen))
    work, whole = 1_000 * min(took)[0], 1_000 * min(seen for _, seen in took)
    print(f"{what}: {work:.2f} ms of the loop, {whole:.1f} ms in all")  # noqa: T201
    return min(took)[0]


async def measure(folder: Path, count: int, slack: float) -> None:
    fill(folder, count)
    database = Database(folder)
    place = house(database)
    try:
        places = place.hub.places
        somebody = place.client("Somebody", id="a:11")
        heard = somebody.transport.frames

        async def connect() -> None:
            me = place.client("Me", id=ME)
            places.connected(me.connection)
            await until(lambda: bool(me.transport.frames))
            assert len(me.of("channels")[0]["channels"]) >= OWN
            place.hub.remove(me.connection)

        numbers = iter(range(10_000))

        async def join() -> None:
            await place.call(somebody, "join-channel", target=f"new {next(numbers)}")

        async def again() -> None:
            target, since = "c1", {"epoch": place.history.epoch, "seq": 0}
            await place.call(somebody, "join-channel", target=target, since=since, changes=True)

        async def browse(**how: Any) -> None:
            assert (await place.call(somebody, "browse", **how))["action"] == "ok"

        async def find() -> None:
            assert (await place.call(somebody, "users", find="son 99"))["users"]

        async def open_channel() -> None:
            """Join a channel of so many members, and read what its window shows first."""
            answer = await place.call(somebody, "join-channel", target="c1")
            assert answer["action"] == "ok"
            assert (await place.call(somebody, "members", target="c1"))["count"] >= count // 2

        assert await loop_time(f"connecting as somebody in {OWN} channels", heard, connect) < 0.02 * slack
        assert await loop_time("joining a new channel", heard, join) < 0.005 * slack
        assert await loop_time("a rejoin", heard, again) < 0.005 * slack
        assert await loop_time("a page of channels", heard, browse) < 0.005 * slack
        assert (
            await loop_time("channels by a part of their name", heard, lambda: browse(find="number 99"))
            < 0.005 * slack
        )
        visitor = place.client("Visitor")
        for number in range(count):  # channels that nobody finds, with somebody in them
            name = f"channel {number} that is not listed"
            place.hub.join(visitor.connection, name)
            place.hub.channels[name].record = ChannelRecord(name, listed=False)
        there = await loop_time("channels among very many in use", heard, lambda: browse(find="number 99"))
        assert there < 0.005 * slack
        assert await loop_time("people by a part of their name", heard, find) < 0.005 * slack
        began = time.monotonic()
        assert await loop_time(f"opening a channel of {count // 2:,}", heard, open_channel) < 0.1 * slack
        assert time.monotonic() - began < 7 * 0.1 * slack
        await places.writer.written()
    finally:
        await asyncio.to_thread(database.close)


@pytest.mark.long
def test_what_many_channels_and_people_cost_the_loop(tmp_path: Path, slack: float) -> None:
    asyncio.run(measure(tmp_path, 3_000, slack))


@pytest.mark.long
def test_what_ten_thousand_channels_and_people_cost_the_loop(tmp_path: Path, slack: float) -> None:
    asyncio.run(measure(tmp_path, 10_000, slack))


# Over sockets: as little of a client as there can be, so that the server is what is measured.


class Socket:
    """A connection whose lines are counted, not parsed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._got = b""

    @classmethod
    async def open(cls, port: int, query: str) -> Socket:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(handshake(f"/ws?{query}"))
        found = cls(reader, writer)
        await found.until(b'"action":"hello"')
        return found

    def send(self, calls: Iterable[dict[str, Any]]) -> None:
        self._writer.write(b"".join(masked(json.dumps(call).encode()) for call in calls))

    async def until(self, *wanted: bytes) -> None:
        """Wait until all of these have come; a thing that is wanted twice must come twice."""
        while any(self._got.count(one) < wanted.count(one) for one in set(wanted)):
            more = await self._reader.read(1 << 16)
            assert more, self._got[-300:]
            self._got += more
        self._got = b""

    def close(self) -> None:
        self._writer.transport.abort()


async def come(port: int, queries: list[str]) -> list[Socket]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(query: str) -> Socket:
        async with room:
            return await Socket.open(port, query)

    return list(await asyncio.gather(*map(one, queries)))


@contextmanager
def closed(sockets: list[Socket]) -> Iterator[None]:
    try:
        yield
    finally:
        for one in sockets:
            one.close()


def tokens(folder: Path, users: Iterable[str]) -> list[str]:
    """Return what people of these ids connect with."""
    guests = Guests(load_secret(folder))
    return [f"token={quote(guests.token(User(user, f'Person {user}')))}" for user in users]


def joined_by(folder: Path, users: list[str]) -> list[list[str]]:
    with closing(sqlite3.connect(folder / NAME)) as connection:
        asked = "SELECT channel FROM memberships WHERE user = ? LIMIT ?"
        return [[row[0] for row in connection.execute(asked, (user, EACH))] for user in users]


@pytest.mark.long
def test_a_thousand_people_with_twenty_channels_each_are_back_soon_after_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        fill(tmp_path, 10_000)
        users = [f"a:{number}" for number in range(1, PEOPLE + 1)]
        channels = joined_by(tmp_path, users)
        assert min(map(len, channels)) == EACH
        queries = tokens(tmp_path, users)
        server = Server(tmp_path)

        async def back(query: str, names: list[str]) -> Socket:
            async with room:
                found = await Socket.open(server.port, query)
            found.send([{"action": "join-channel", "target": one, "ref": one, "history": 0} for one in names])
            await found.until(*[b'"floor":'] * len(names))
            return found

        for _ in range(2):
            began, room = time.monotonic(), asyncio.Semaphore(AT_ONCE)
            starts = await server.start()
            try:
                sockets = list(await asyncio.gather(*map(back, queries, channels)))
                took = time.monotonic() - began
            finally:
                await server.end(signal.SIGTERM)
            said = f"{PEOPLE:,} people with {EACH} channels each are back {took:.1f} s after the start"
            print(f"{said} ({starts:.1f} s)")  # noqa: T201
            with closed(sockets):
                assert took < 15

    asyncio.run(main())


@pytest.mark.long
@pytest.mark.parametrize("history", ["memory", "sqlite"])
def test_people_who_are_stored_join_as_fast_as_guests(tmp_path: Path, history: str) -> None:
    async def joins(queries: list[str], channel: str, port: int) -> float:
        """Return the seconds until all have joined a channel, and all know of all."""
        sockets = await come(port, queries)
        with closed(sockets):
            began = time.monotonic()
            for one in sockets:
                one.send([{"action": "join-channel", "target": channel, "ref": "r", "history": 0}])
            known = f'"presence","channel":"{channel}","count":{JOINS}'.encode()
            await asyncio.gather(*(one.until(known) for one in sockets))
            return time.monotonic() - began

    async def main() -> None:
        folder = Settings(data_dir=tmp_path).data_dir
        took: dict[str, list[float]] = {"guests": [], "stored": []}
        async with Server(folder, "--history", history) as server:
            names = [f"name=Guest{number}" for number in range(JOINS)]
            for turn in range(5):
                known = tokens(folder, [f"a:{turn}-{number}" for number in range(JOINS)])
                for kind, queries in (("guests", names), ("stored", known)):
                    took[kind].append(await joins(queries, f"{kind} {turn}", server.port))
        guests, stored = (sorted(took[kind])[2] for kind in ("guests", "stored"))
        print(f"{JOINS:,} joins, {history}: guests {guests:.2f} s, stored {stored:.2f} s ({stored / guests:.2f})")  # noqa: T201
        assert stored <= 1.2 * guests

    asyncio.run(main())
