"""Several nodes on one PostgreSQL: whatever is killed, stopped or cut off, what was acknowledged stays, once."""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests import clusters, postgres
from tests.clusters import Engine, Nodes
from tests.living import all_have_what_is_kept, living, settled
from tests.serving import Listener, Server, same_for_all, until
from tornado_chat.chat.errors import Refused
from tornado_chat.server.loop import new_loop

CHANNELS = ("general", "den", "attic")
Mishap = Callable[[Nodes, random.Random], Awaitable[None]]


async def node_killed(nodes: Nodes, chance: random.Random) -> None:
    """Kill a node, or end it, and start it again after a while."""
    node = chance.choice(nodes)
    await node.end(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
    await asyncio.sleep(chance.random())
    await node.start()


async def node_stopped(nodes: Nodes, chance: random.Random) -> None:
    """Stop a node for longer than its lease, as a machine that is moved or starved."""
    node = chance.choice(nodes)
    assert node.process is not None
    node.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(10)
    node.process.send_signal(signal.SIGCONT)
    await asyncio.sleep(2)


def nothing_lost(url: str, folder: Path, count: int, mishap: Mishap, times: int, seed: int) -> None:
    """Let people talk and change what was said at all nodes while something happens, so many times."""
    chance = random.Random(seed)

    async def main() -> None:
        async with (
            Nodes(url, folder, count) as nodes,
            living(nodes.bases, 6, 2, CHANNELS, chance) as (busy, clients),
        ):
            working = [asyncio.create_task(one.work(0.02)) for one in busy]
            for _ in range(times):
                await asyncio.sleep(chance.random() * 0.5)
                await mishap(nodes, chance)
                for client in chance.sample(clients, 2):
                    client.cut()
                for task in working:
                    assert not task.done(), await task
            for one in busy:
                one.going = False
            await asyncio.wait_for(asyncio.gather(*working), 60)
            await asyncio.wait_for(settled(clients, busy, CHANNELS), 60)
            made, lost = sum(len(one.numbers) for one in busy), sum(client.lost for client in clients)
            print(f"{made} messages and changes, {lost} connections lost")  # noqa: T201
            await nodes.stop()
        all_have_what_is_kept(clusters.kept(url), clients, busy, {})

    print(f"seed {seed}")  # noqa: T201
    new_loop().run_sync(main, timeout=180 + 20 * times)


def test_nodes_that_are_killed_lose_nothing_and_all_clients_have_what_is_kept(tmp_path: Path) -> None:
    with postgres.database() as url:
        nothing_lost(url, tmp_path, 2, node_killed, 2, random.randrange(2**32))


@pytest.mark.long
def test_nodes_that_are_killed_twenty_times_lose_nothing(tmp_path: Path) -> None:
    with postgres.database() as url:
        nothing_lost(url, tmp_path, 3, node_killed, 20, random.randrange(2**32))


@pytest.mark.long
def test_a_node_that_is_stopped_for_longer_than_its_lease_loses_nothing(tmp_path: Path) -> None:
    with postgres.database() as url:
        nothing_lost(url, tmp_path, 2, node_stopped, 2, random.randrange(2**32))


# The engine


def engine_killed(folder: Path, times: int) -> None:
    """Kill the database under two nodes; they serve again within 3 s of its being back, and nothing is lost."""
    chance = random.Random(times)

    async def main() -> None:
        async with (
            clusters.engine() as engine,
            Nodes(engine.url, folder) as nodes,
            living(nodes.bases, 6, 2, CHANNELS, chance) as (busy, clients),
        ):
            working = [asyncio.create_task(one.work(0.02)) for one in busy]
            took = []
            for _ in range(times):
                await asyncio.sleep(0.3 + chance.random())
                lost = sum(client.lost for client in clients)
                await asyncio.to_thread(engine.kill)
                await not_ready(nodes)
                await start(engine)
                took.append(await served(nodes))
                assert sum(client.lost for client in clients) == lost, "clients were sent away"
                for task in working:
                    assert not task.done(), await task
            for one in busy:
                one.going = False
            await asyncio.wait_for(asyncio.gather(*working), 60)
            await asyncio.wait_for(settled(clients, busy, CHANNELS), 60)
            print(f"served after {', '.join(f'{one:.1f}' for one in took)} s")  # noqa: T201
            await nodes.stop()
            whole = await asyncio.to_thread(clusters.kept, engine.url)
        all_have_what_is_kept(whole, clients, busy, {})
        assert max(took) <= 3.0

    new_loop().run_sync(main, timeout=180 + 20 * times)


async def not_ready(nodes: Nodes) -> None:
    """Wait until each node says that it cannot store anything."""
    for node in nodes:
        while (await node.ready())["code"] != 503:
            await asyncio.sleep(0.02)


async def start(engine: Engine) -> None:
    """Start an engine; what is left of the killed one may be in the way for a moment."""
    for _ in range(50):
        with contextlib.suppress(AssertionError):
            await asyncio.to_thread(engine.start)
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the engine does not start")


async def served(nodes: Nodes) -> float:
    """Return after how many seconds each node stores messages and passes those of the others on."""
    began = time.monotonic()
    for node in nodes:
        async with Listener(node.base, "probe") as probe:
            while True:
                with contextlib.suppress(Refused):
                    await probe.join("probes")
                    await probe.send("probes", f"probe {time.monotonic()}")
                    break
                await asyncio.sleep(0.05)
    for node in nodes:
        while (await node.ready())["code"] != 200:
            await asyncio.sleep(0.02)
    return time.monotonic() - began


def test_a_database_that_is_killed_loses_nothing_and_is_served_again_at_once(tmp_path: Path) -> None:
    engine_killed(tmp_path, 1)


@pytest.mark.long
def test_a_database_that_is_killed_twenty_times_loses_nothing(tmp_path: Path) -> None:
    engine_killed(tmp_path, 20)


# Who is there


@pytest.mark.long
def test_people_of_a_node_that_is_killed_are_gone_within_10_s_and_others_notice_nothing_else(tmp_path: Path) -> None:
    async def main(url: str) -> None:
        async with Nodes(url, tmp_path) as nodes:
            first, second = nodes
            async with Listener(first.base, "Ann") as ann, Listener(second.base, "Bob") as bob:
                listening = [asyncio.create_task(one.listen()) for one in (ann, bob)]
                await ann.join("den")
                await bob.join("den")
                await gathered(ann, "Ann", "Bob")
                acked = {f"{number}": (await ann.send("den", f"{number}"))["seq"] for number in range(5)}
                await second.end()
                began = time.monotonic()
                number = 5
                while await present(ann) != ["Ann"]:
                    acked[f"{number}"] = (await ann.send("den", f"{number}"))["seq"]
                    number += 1
                    await asyncio.sleep(0.05)
                    assert time.monotonic() - began < 12
                took = time.monotonic() - began
                assert took <= 10
                assert ann.codes == []
                await second.start()
                await gathered(ann, "Ann", "Bob")
                acked["last"] = (await bob.send("den", "last"))["seq"]
                await until(lambda: all(one.newest("den") == acked["last"] for one in (ann, bob)))
                for task in listening:
                    task.cancel()
            await nodes.stop()
        same_for_all(clusters.kept(url), [ann, bob], acked)

    with postgres.database() as url:
        new_loop().run_sync(lambda: main(url), timeout=120)


async def present(client: Listener) -> list[str]:
    """Return who is in #den."""
    return sorted(user["name"] for user in (await client.call("who", target="den"))["users"])


async def gathered(client: Listener, *names: str) -> None:
    """Wait until these people are in #den, and nobody else."""
    while await present(client) != list(names):
        await asyncio.sleep(0.05)


@pytest.mark.long
def test_a_node_that_starts_while_others_run_shows_what_they_have(tmp_path: Path) -> None:
    async def main(url: str) -> None:
        async with Nodes(url, tmp_path, 1) as nodes, Listener(nodes[0].base, "Ann") as ann:
            await ann.join("den")
            await ann.send("den", "hello")
            late = Server(tmp_path / "late", "--cluster", url, "--node", "late")
            async with late, Listener(late.base, "Bob") as bob:
                joined = await bob.call("join-channel", target="den")
                assert [one["message"] for one in joined["messages"]] == ["hello"]
                assert sorted(one["name"] for one in joined["users"]) == ["Ann", "Bob"]

    with postgres.database() as url:
        new_loop().run_sync(lambda: main(url), timeout=60)
