"""A node that is cut off from its database and the others: they go on, it comes back, nothing is lost or twice."""

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import clusters
from tests.clusters import Nodes
from tests.living import all_have_what_is_kept, living, settled
from tests.serving import Listener, needs_root, tools
from tornado_chat.server.loop import new_loop

SLOW = 2  # how much longer it may take on a machine with other work
CHANNELS = ("general", "den")
WAY = "127.0.0.2"  # by which the second node reaches the database
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
LINE = """
set -e
ip link set lo up
nft add table inet line
nft 'add chain inet line in { type filter hook input priority 0; }'
exec "$0" -m tests.system.test_cluster_cut_off "$@"
"""


def nft(*words: str) -> None:
    subprocess.run(["nft", *words], check=True, env={**os.environ, "PATH": PATH})


def cut() -> None:
    """Swallow what the second node and the database send each other."""
    for side in ("saddr", "daddr"):
        nft("add", "rule", "inet", "line", "in", "ip", side, WAY, "drop")


def mend() -> None:
    nft("flush", "chain", "inet", "line", "in")


async def gathered(client: Listener, *names: str) -> float:
    """Wait until these, and no others, are in #meeting; return after how many seconds."""
    began = time.monotonic()
    while sorted(one["name"] for one in (await client.call("who", target="meeting"))["users"]) != sorted(names):
        await asyncio.sleep(0.05)
    return time.monotonic() - began


def cut_off(folder: Path, times: int) -> None:
    """Cut the second of two nodes off, so many times for 10 s, while people talk at both."""
    os.environ["OPTIONS"] = f"-c listen_addresses=127.0.0.1,{WAY}"
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)

    async def main() -> None:
        async with clusters.engine() as engine:
            nodes = Nodes(engine.url, folder)
            command = nodes[1].command
            command[command.index(engine.url)] = engine.url.replace("127.0.0.1", WAY)
            async with (
                nodes,
                living(nodes.bases, 4, 2, CHANNELS, chance) as (busy, clients),
                Listener(nodes[0].base, "Ann") as ann,
                Listener(nodes[1].base, "Bob") as bob,
            ):
                await ann.join("meeting")
                await bob.join("meeting")
                await gathered(ann, "Ann", "Bob")
                working = [asyncio.create_task(one.work(0.05)) for one in busy]
                for _ in range(times):
                    cut()
                    began = time.monotonic()
                    gone = await gathered(ann, "Ann")
                    assert gone <= 10 * SLOW
                    assert (await nodes[1].ready())["code"] == 503
                    seq = (await ann.send("meeting", f"{seed} {began}"))["seq"]
                    await asyncio.sleep(10 - (time.monotonic() - began))
                    mend()
                    began = time.monotonic()
                    await gathered(ann, "Ann", "Bob")
                    assert (await bob.send("meeting", f"back {began}"))["seq"] == seq + 1
                    while (await nodes[1].ready())["code"] != 200:
                        await asyncio.sleep(0.05)
                    back = time.monotonic() - began
                    print(f"gone after {gone:.1f} s, back after {back:.1f} s")  # noqa: T201
                    for task in working:
                        assert not task.done(), await task
                assert bob.codes == [], "it was sent away"
                for one in busy:
                    one.going = False
                await asyncio.wait_for(asyncio.gather(*working), 60)
                await asyncio.wait_for(settled(clients, busy, CHANNELS), 60)
                print(f"{sum(len(one.numbers) for one in busy)} messages and changes")  # noqa: T201
                await nodes.stop()
            whole = await asyncio.to_thread(clusters.kept, engine.url)
        all_have_what_is_kept(whole, clients, busy, {})

    new_loop().run_sync(main, timeout=200 + 60 * times)


def apart(folder: Path, times: int) -> None:
    """Do so in a namespace of the network of one's own."""
    command = ["unshare", "--net", "sh", "-c", LINE, sys.executable, str(folder), str(times)]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False
    )
    print(done.stdout)  # noqa: T201
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@needs_root
@tools("unshare", "ip", "nft")
def test_a_node_that_is_cut_off_for_ten_seconds_loses_nothing_and_comes_back(tmp_path: Path) -> None:
    apart(tmp_path, 1)


@needs_root
@tools("unshare", "ip", "nft")
@pytest.mark.long
def test_a_node_that_is_cut_off_ten_times_loses_nothing_and_comes_back(tmp_path: Path) -> None:
    apart(tmp_path, 10)


if __name__ == "__main__":
    cut_off(Path(sys.argv[1]), int(sys.argv[2]))
