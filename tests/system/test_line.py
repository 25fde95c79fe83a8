"""A line that drops a fifth of its packets and carries 256 kbit/s: slow, and nothing is lost."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.serving import Listener, Server, cut, gathered, kept, needs_root, same_for_all, tools, until
from tornado_chat.chat.errors import Refused
from tornado_chat.server.loop import new_loop

LINE = """
set -e
ip link set lo mtu 1500 up
tc qdisc add dev lo root tbf rate 256kbit burst 4kb latency 400ms
nft add table inet line
nft 'add chain inet line in { type filter hook input priority 0; }'
nft add rule inet line in numgen random mod 5 == 0 drop
exec "$0" -m tests.system.test_line "$@"
"""


def talk_over_a_bad_line(folder: str, seconds: float) -> None:
    """Talk, all of it over this namespace's own loopback."""

    async def main() -> None:
        async with Server(Path(folder)) as server, gathered(server.base, 5) as clients:
            for client in clients:
                while True:
                    try:
                        await client.join("den")
                        break
                    except (ConnectionError, Refused):
                        await asyncio.sleep(0.1)
            acked: dict[str, int] = {}
            end = time.monotonic() + seconds

            async def write(client: Listener) -> None:
                number = 0
                while time.monotonic() < end:
                    text = f"{client.name} {number}"
                    acked[text] = (await client.send("den", text))["seq"]
                    number += 1
                    if number % 10 == 0:
                        cut(client)
                    await asyncio.sleep(0.5)

            await asyncio.wait_for(asyncio.gather(*map(write, clients)), seconds + 300)
            last = (await clients[0].send("den", "last"))["seq"]
            await until(lambda: all(client.newest("den") == last for client in clients), 300)
            lost = sum(len(client.codes) for client in clients)
            await server.end(signal.SIGTERM)
        same_for_all(kept(Path(folder)), clients, acked)
        print(f"{len(acked)} messages, {lost} connections lost")  # noqa: T201

    new_loop().run_sync(main, timeout=seconds + 700)


def talk(folder: Path, seconds: float) -> None:
    command = ["unshare", "--net", "sh", "-c", LINE, sys.executable, str(folder), str(seconds)]
    environ = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    print(done.stdout)  # noqa: T201
    assert done.returncode == 0, done.stderr


@needs_root
@tools("unshare", "ip", "tc", "nft")
@pytest.mark.long
def test_ten_minutes_on_a_line_that_drops_a_fifth_lose_nothing(tmp_path: Path) -> None:
    talk(tmp_path, 600)


if __name__ == "__main__":
    talk_over_a_bad_line(sys.argv[1], float(sys.argv[2]))
