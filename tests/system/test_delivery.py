"""The guarantee: what was acknowledged is there once and in order for everyone, whatever happens to the server."""

import asyncio
import contextlib
import random
import signal
from pathlib import Path

import pytest

from tests.serving import Server
from tornado_chat.client import Client, Event
from tornado_chat.server.loop import new_loop
from tornado_chat.storage.sqlite import maintenance

WRITERS, READERS = 20, 5


async def kill_again_and_again(folder: Path, kills: int, seed: int, slack: float) -> None:
    chance = random.Random(seed)
    server = Server(folder)
    acked: dict[str, int] = {}
    read: list[list[tuple[int, str]]] = [[] for _ in range(READERS)]
    going = True

    async def write(client: Client, name: str) -> None:
        number = 0
        while going:
            text = f"{name} {number}"
            acked[text] = (await client.send("general", text))["seq"]
            number += 1
            await asyncio.sleep(chance.random() * 0.02)

    async def listen(client: Client, into: list[tuple[int, str]]) -> None:
        async for message in client:
            if "seq" in message:
                into.append((message["seq"], message["message"]))

    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(server)
        clients = [
            await stack.enter_async_context(Client(server.base, name=f"c{n}")) for n in range(WRITERS + READERS)
        ]
        for client in clients:
            await client.join("general")
        listening = [asyncio.create_task(listen(*pair)) for pair in zip(clients[WRITERS:], read, strict=True)]
        writing = [asyncio.create_task(write(client, f"w{n}")) for n, client in enumerate(clients[:WRITERS])]
        slowest = 0.0
        for _ in range(kills):
            before = len(acked)
            while len(acked) < before + 50:  # it is busy
                for task in (*writing, *listening):
                    assert not task.done(), await task
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.random() * 0.1)
            await server.end()
            slowest = max(slowest, await server.start())
        going = False
        await asyncio.wait_for(asyncio.gather(*writing), 60)
        last = max(acked.values())
        while not all(into and into[-1][0] >= last for into in read):
            await asyncio.sleep(0.01)
        for task in listening:
            task.cancel()
        await asyncio.wait(listening)
        assert await server.end(signal.SIGTERM) == 0

    assert maintenance.check(folder) == []
    whole = read[0]
    assert [seq for seq, _ in whole] == list(range(1, len(whole) + 1)), "seq without gaps"
    assert all(into == whole for into in read), "every reader has the same list in the same order"
    texts = [text for _, text in whole]
    assert len(set(texts)) == len(texts), "nothing twice"
    stored = {text: seq for seq, text in whole}
    assert {text: stored.get(text) for text in acked} == acked, "nothing that was acknowledged is lost"
    assert slowest <= 2.0 * slack


def run(folder: Path, kills: int, slack: float) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201
    new_loop().run_sync(lambda: kill_again_and_again(folder, kills, seed, slack), timeout=30 + 10 * kills)


def test_a_kill_in_a_busy_hour_loses_nothing_and_doubles_nothing(tmp_path: Path, slack: float) -> None:
    run(tmp_path, 1, slack)


@pytest.mark.long
def test_two_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path, slack: float) -> None:
    run(tmp_path, 200, slack)


def test_a_restart_keeps_ones_identity_and_takes_up_where_one_was(tmp_path: Path) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        await server.start()
        async with Client(server.base, name="Ann") as ann:
            await ann.join("general")
            user = ann.user
            await ann.send("general", "one")
            assert await server.end(signal.SIGTERM) == 0
            sent = asyncio.create_task(ann.send("general", "written meanwhile"))
            await server.start()
            assert (await sent)["seq"] == 2
            assert ann.user == user
            got: list[Event] = []
            async for message in ann:
                got += [message] if "seq" in message else []
                if len(got) == 2:
                    break
            assert [one["message"] for one in got] == ["one", "written meanwhile"]
        await server.end(signal.SIGTERM)

    new_loop().run_sync(main)


def test_a_client_that_is_not_let_in_is_told_so(tmp_path: Path) -> None:
    async def main() -> None:
        server = Server(tmp_path)
        await server.start()
        with pytest.raises(ConnectionError, match="Invalid Name"):
            async with Client(server.base, name="\u202e"):
                pass
        await server.end(signal.SIGTERM)

    new_loop().run_sync(main)
