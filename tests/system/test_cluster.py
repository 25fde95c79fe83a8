"""Several servers on one database, each a process: they are one chat, whatever becomes of one of them."""

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient

from tests.lengths import only_long
from tests.nodes_running import node, on_nodes
from tests.postgres import database
from tests.serving import Server, until
from tornado_chat.server.run import TAKEN_OVER
from tornado_chat.testing import Client, connect

SLOW = 2  # how much longer it may take on a machine with other work


@contextlib.asynccontextmanager
async def people(**servers: Server) -> AsyncIterator[list[Client]]:
    """Connect people, each to a node; all are in `den`."""
    clients = [await connect(server.base, name.title()) for name, server in servers.items()]
    for client in clients:
        await client.join("den")
    try:
        yield clients
    finally:
        for client in clients:
            await client.close()


async def back(client: Client, server: Server) -> Client:
    """Connect somebody again, with their token, to a node."""
    await client.close()
    again = await connect(server.base, token=client.hello["token"])
    await again.join("den")
    return again


def names(answer: dict[str, Any]) -> list[str]:
    return sorted(user["name"] for user in answer["users"])


async def are_here(client: Client, *wanted: str) -> None:
    """Wait until these people, and no others, are in the channel."""
    while names(await client.call("who", target="den")) != sorted(wanted):
        await asyncio.sleep(0.05)


def test_two_nodes_are_one_chat(tmp_path: Path) -> None:
    async def main(one: Server, two: Server) -> None:
        async with people(ann=one, bob=two) as (ann, bob):
            assert ann.hello["epoch"] == bob.hello["epoch"]
            await are_here(ann, "Ann", "Bob")
            await are_here(bob, "Ann", "Bob")
            said = [await who.say(f"{number}") for number, who in enumerate((ann, bob, ann, bob))]
            assert [one["seq"] for one in said] == [1, 2, 3, 4]
            for client in (ann, bob):
                while 4 not in (numbers := [event["seq"] for event in client.of("send-message") if "seq" in event]):
                    await client.call("who", target="den")
                assert numbers == [1, 2, 3, 4]
            again = await back(ann, two)
            assert again.hello["user"] == ann.hello["user"]
            await again.close()
        assert [(await server.ready())["code"] for server in (one, two)] == [200, 200]
        metrics = (await AsyncHTTPClient().fetch(f"{one.base}/metrics")).body.decode()
        assert "tornado_chat_ready 1" in metrics
        assert "tornado_chat_nodes 2" in metrics

    on_nodes(tmp_path, main)


def test_of_a_node_that_is_told_to_stop_everyone_leaves_at_once_and_comes_back_to_another(tmp_path: Path) -> None:
    async def main(one: Server, two: Server) -> None:
        async with people(ann=one, bob=two) as (ann, bob):
            await are_here(bob, "Ann", "Bob")
            ending = asyncio.create_task(one.end(signal.SIGTERM))
            await asyncio.wait_for(are_here(bob, "Bob"), 5)
            while await ann._receive():
                pass
            assert (ann.closed, await ending) == (1012, 0)
            again = await back(ann, two)
            await are_here(bob, "Ann", "Bob")
            assert (await again.say("hello again"))["seq"] == 1
            await again.close()

    on_nodes(tmp_path, main)


@pytest.mark.long
def test_the_people_of_a_node_that_is_killed_are_gone_within_ten_seconds(tmp_path: Path) -> None:
    async def main(one: Server, two: Server) -> None:
        async with people(ann=one, bob=two) as (ann, bob):
            await are_here(bob, "Ann", "Bob")
            await ann.say("hello")
            began = time.monotonic()
            await one.end(signal.SIGKILL)
            await asyncio.wait_for(are_here(bob, "Bob"), 20)
            assert time.monotonic() - began < 10 * SLOW
            assert (await bob.say("who is here?"))["seq"] == 2
            await one.start()  # under its name and address
            again = await back(ann, one)
            await are_here(bob, "Ann", "Bob")
            await again.close()

    on_nodes(tmp_path, main)


@pytest.mark.long
def test_a_process_with_the_name_of_a_node_takes_its_place(tmp_path: Path) -> None:
    async def main(one: Server, two: Server) -> None:
        # its cluster, and its name
        async with people(ann=one, bob=two) as (_, bob), Server(tmp_path, *one.command[-4:]) as other:
            process = one.process
            assert process is not None
            await until(lambda: process.poll() is not None, 30)
            assert process.returncode == TAKEN_OVER
            assert any(" another process " in line for line in one.logged())  # of the database it says more
            async with people(carl=other):
                await are_here(bob, "Bob", "Carl")

    on_nodes(tmp_path, main)


# Errors at the start


def start(folder: Path, url: str, *options: str) -> str:
    """Start a node that does not come up; return what it says, in one line."""
    command = [*node(folder, url, "n1").command, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("tornado_chat: ")
    assert "secret" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://chat:secret@127.0.0.1:1/chat", "--cluster 127.0.0.1:1/chat cannot be reached"),
        only_long(
            "postgresql://chat:secret@no-such-host.invalid/chat",
            "--cluster no-such-host.invalid/chat cannot be reached",
        ),
        only_long("postgresql://chat:secret", "must be an address like postgresql://"),
    ],
)
def test_a_database_that_is_not_there_is_one_line_and_status_2(tmp_path: Path, url: str, words: str) -> None:
    assert words in start(tmp_path, url)


def test_a_database_without_the_name_is_one_line_and_status_2(tmp_path: Path) -> None:
    with database(ready=False) as url:
        assert "createdb" in start(tmp_path, f"{url}_not")
        assert "no such folder" in start(tmp_path, url, "--blobs", str(tmp_path / "nowhere"))
