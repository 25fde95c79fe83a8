"""Everyone comes back: a restart under a thousand clients, and a run in which everything happens at once."""

import asyncio
import contextlib
import random
import signal
import time
from pathlib import Path

import pytest

from tests.living import all_have_what_is_kept, living, settled
from tests.serving import Listener, Server, gathered, kept, same_for_all, until
from tornado_chat.chat.errors import Refused
from tornado_chat.server.loop import new_loop

CHANNELS = ("general", "den", "attic")


# SIGTERM


def restart_under(folder: Path, count: int, slack: float) -> None:
    """Restart a server under clients, in channels of 25, one of whom talks in each."""

    async def main() -> None:
        async with Server(folder) as server, gathered(server.base, count) as clients:
            rooms = [f"room-{number // 25}" for number in range(count)]
            for client, room in zip(clients, rooms, strict=True):
                await client.join(room)
            acked: dict[str, int] = {}
            going = True

            async def write(client: Listener, channel: str) -> None:
                number = 0
                while going:
                    text = f"{channel} {number}"
                    acked[text] = (await client.send(channel, text))["seq"]
                    number += 1
                    await asyncio.sleep(0.05)

            writers = dict(zip(rooms[::25], clients[::25], strict=True))
            writing = asyncio.gather(*(write(client, channel) for channel, client in writers.items()))
            await until(lambda: len(acked) > 3 * len(writers))
            back: set[Listener] = set()

            async def come_back(client: Listener, channel: str) -> None:
                await until(lambda: bool(client.codes))
                while client not in back:
                    with contextlib.suppress(ConnectionError, Refused):
                        await client.call("history", target=channel, limit=1)  # which only members may ask
                        back.add(client)
                    await asyncio.sleep(0.1)

            began = time.monotonic()
            returning = asyncio.gather(*map(come_back, clients, rooms))
            assert await server.end(signal.SIGTERM) == 0
            assert time.monotonic() - began < 10 * slack
            await server.start()
            await returning
            took = time.monotonic() - began
            print(f"{count} clients were back after {took:.1f} s")  # noqa: T201
            assert took <= 15 * slack
            assert [client.codes for client in clients] == [[1012]] * count
            going = False
            await asyncio.wait_for(writing, 30)
            last = {room: (await client.send(room, f"{room} last"))["seq"] for room, client in writers.items()}
            await until(lambda: all(c.newest(room) == last[room] for c, room in zip(clients, rooms, strict=True)))
            assert await server.end(signal.SIGTERM) == 0
        same_for_all(kept(folder), clients, acked)

    new_loop().run_sync(main, timeout=180)


def test_after_a_restart_everyone_is_back_and_nothing_is_lost_or_twice(tmp_path: Path, slack: float) -> None:
    restart_under(tmp_path, 50, slack)


@pytest.mark.long
def test_after_a_restart_a_thousand_are_back_within_15_s(tmp_path: Path, slack: float) -> None:
    restart_under(tmp_path, 1_000, slack)


# Everything at once

HANDLE = '''
"""The server's clock can be stepped, by a double of time.time, and its channels trimmed."""

import time

from tornado_chat import Context, action

real = time.time


@action("step-clock", channel=False)
def step_clock(ctx: Context, seconds: int) -> None:
    time.time = lambda: real() + seconds


trimming = None


@action("trim", channel=False)
async def trim(ctx: Context) -> None:
    global trimming
    if trimming is None or trimming.done():
        trimming = ctx.spawn(ctx.server.history.trim())  # an action may take 2 s


@action("floors", channel=False)
async def floors(ctx: Context) -> dict:
    history = ctx.server.history
    floors = {name: await history.floor(name) for name in ("general", "den", "attic")}
    return {"trims": trimming is not None and not trimming.done(), "floors": floors}
'''


def all_at_once(folder: Path, seconds: float, seed: int, people: int = 8) -> None:
    """Let people talk and change what was said while connections are cut, calls repeated and channels trimmed.

    The clock is stepped, and the server killed.
    """
    chance = random.Random(seed)
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "handle.py").write_text(HANDLE)

    async def main() -> None:
        server = Server(folder / "data", "--plugins-dir", str(plugins), "--keep-messages", "60")
        async with server, living([server.base], people, 2, CHANNELS, chance) as (busy, clients):
            working = [asyncio.create_task(one.work(0.02)) for one in busy]
            end = time.monotonic() + seconds
            mishaps = 0
            while time.monotonic() < end:
                await asyncio.sleep(chance.random() * 0.3)
                for task in working:
                    assert not task.done(), await task
                match chance.randrange(6):
                    case 0 | 1:
                        await server.end(chance.choice([signal.SIGKILL, signal.SIGTERM]))
                        await asyncio.sleep(chance.random() * 0.2)
                        await server.start()
                    case 2:
                        await busy[0].call("step-clock", seconds=chance.choice([-3_600, 0, 3_600]))
                    case 3:
                        await busy[0].call("trim")
                    case _:
                        for client in chance.sample(clients, chance.randint(1, people)):
                            client.cut()
                mishaps += 1
            for one in busy:
                one.going = False
            await asyncio.wait_for(asyncio.gather(*working), 60)
            await asyncio.wait_for(settled(clients, busy, CHANNELS), 60)
            for _ in range(2):  # the first may have begun before the last message
                await busy[0].call("trim")
                while (said := await busy[0].call("floors"))["trims"]:
                    await asyncio.sleep(0.05)
            floors = said["floors"]
            made, lost = sum(len(one.numbers) for one in busy), sum(client.lost for client in clients)
            print(f"{mishaps} mishaps, {made} messages and changes, {lost} connections lost, up to {floors} trimmed")  # noqa: T201
            assert await server.end(signal.SIGTERM) == 0
        all_have_what_is_kept(kept(folder / "data"), clients, busy, floors)

    print(f"seed {seed}")  # noqa: T201
    new_loop().run_sync(main, timeout=seconds + 150)


def test_whatever_happens_all_clients_have_what_the_history_has(tmp_path: Path) -> None:
    all_at_once(tmp_path, 2, random.randrange(2**32))


@pytest.mark.long
@pytest.mark.parametrize("run", range(10))
def test_whatever_happens_for_longer_all_clients_have_what_the_history_has(tmp_path: Path, run: int) -> None:
    all_at_once(tmp_path, 30, random.randrange(2**32))
