"""Floods and half-dead crowds, against a server in a process of its own (--long)."""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tornado_chat.testing import Client, connect

pytestmark = pytest.mark.long

FLOODERS = 50
FLOOD = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from tests.raw import Raw

async def flood(port: int) -> None:
    while True:
        try:
            eve = await Raw.connect(port)
        except Exception:
            await asyncio.sleep(0.5)
            continue
        eve.send({"action": "join-channel", "target": "den"})
        try:
            while True:
                for _ in range(100):
                    if sys.argv[4] == "messages":
                        eve.send({"action": "send-message", "target": "den", "message": "flood"})
                    elif sys.argv[4] == "pings":
                        eve.frame(b"", first=0x89)
                    else:
                        eve.frame(b"\\n" * 65_000)
                        await eve.writer.drain()
                await eve.writer.drain()
        except ConnectionError:
            pass

async def main() -> None:
    await asyncio.gather(*(flood(int(sys.argv[1])) for _ in range(int(sys.argv[3]))))

asyncio.run(main())
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "tornado_chat", "--port", "0", "--data-dir", str(tmp_path)]
    command += ["--trusted-proxies", "127.0.0.1"]  # so that the honest can have an address of their own
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--ping-interval", "1", "--ping-timeout", "4"], stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    yield int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


async def median(client: Client, seconds: float) -> float:
    """Return the median of how long an honest client waits for its `ok`, in seconds."""
    times: list[float] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        began = time.perf_counter()
        await client.call("send-message", target="home", message="hello")
        times.append(time.perf_counter() - began)
        client.events.clear()
        client._seen = 0
        await asyncio.sleep(0.15)
    return statistics.median(times)


@pytest.mark.parametrize("kind", ["messages", "pings", "newlines"])
def test_a_flood_of_50_connections_does_not_triple_an_honest_clients_median(server: int, kind: str) -> None:
    async def main() -> None:
        honest = await connect(f"http://127.0.0.1:{server}", "Ann", **{"X-Forwarded-For": "192.0.2.1"})
        await honest.call("join-channel", target="home")
        quiet = await median(honest, 8)
        lowest = lambda: os.nice(19)  # noqa: E731
        command = [sys.executable, "-c", FLOOD, str(server), str(Path(__file__).parents[1]), str(FLOODERS), kind]
        flood = subprocess.Popen(command, preexec_fn=lowest, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
        try:
            await asyncio.sleep(2)
            flooded = await median(honest, 20)
        finally:
            flood.kill()
            flood.wait()
        print(f"{kind}: quiet {quiet * 1000:.2f} ms, flooded {flooded * 1000:.2f} ms: {flooded / quiet:.2f}")  # noqa: T201
        assert flooded < 3 * quiet
        await honest.close()

    asyncio.run(main())


@pytest.mark.skipif(shutil.which("slowhttptest") is None, reason="slowhttptest is not installed")
@pytest.mark.parametrize("kind", ["-H", "-B", "-X"])
def test_a_thousand_slow_connections_do_not_keep_a_new_user_out(server: int, kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        target = f"http://127.0.0.1:{server}/{'ws?name=slow' if kind == '-H' else ''}"
        command = ["slowhttptest", kind, "-c", "1000", "-r", "500", "-l", "20", "-i", "5", "-p", "3", "-u", target]
        slow = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
        slowest = 0.0
        try:
            for number in range(15):
                began = time.perf_counter()
                late = await connect(f"http://127.0.0.1:{server}", f"Late {number}")
                await late.call("join-channel", target="den")
                slowest = max(slowest, time.perf_counter() - began)
                await late.close()
                await asyncio.sleep(1)
        finally:
            slow.kill()
            slow.wait()
        print(f"{kind}: joined within {slowest * 1000:.1f} ms")  # noqa: T201
        assert slowest < 1

    asyncio.run(main())


needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nft") is None,
    reason="network namespaces need root, ip and nft",
)
HALF_OPEN = 500
DROP = "{ type filter hook output priority 0; policy drop; }"
CROWD = """
import asyncio, sys
sys.path.insert(0, sys.argv[3])
import raw

async def main() -> None:
    real = asyncio.open_connection
    asyncio.open_connection = lambda host, port: real(sys.argv[1], port)
    port = int(sys.argv[2])
    crowd = [await raw.Raw.connect(port, f"/ws?name=Half{number}") for number in range(500)]
    for one in crowd:
        one.send({"action": "join-channel", "target": "den", "history": 0})
    await asyncio.gather(*map(answer_pings, crowd))

async def answer_pings(one: raw.Raw) -> None:
    while (frame := await one.read()) is not None:
        if frame[0] == 0x89:
            one.frame(frame[1], first=0x8A)

asyncio.run(main())
"""


@needs_namespaces
def test_500_half_open_connections_are_gone_in_time_with_one_leave_each(tmp_path: Path) -> None:
    def ip(*arguments: str, inside: bool = False) -> None:
        prefix = ["ip", "netns", "exec", "chat-half"] if inside else []
        subprocess.run([*prefix, *arguments], check=True, capture_output=True)

    async def main() -> None:
        ann = await connect(f"http://10.213.7.1:{port}", "Ann")
        await ann.call("join-channel", target="den")
        inside = ["ip", "netns", "exec", "chat-half", sys.executable, "-c", CROWD]
        crowd = subprocess.Popen(  # noqa: ASYNC220
            [*inside, "10.213.7.1", str(port), str(Path(__file__).parents[1])]
        )
        try:
            # (One who does not read answers no pings.)
            while (await ann.call("who", target="den"))["count"] < HALF_OPEN + 1:
                await asyncio.sleep(0.1)
            stays = time.monotonic() + 6
            while time.monotonic() < stays:  # all that is alive stays
                assert (await ann.call("who", target="den"))["count"] == HALF_OPEN + 1
                await asyncio.sleep(0.1)
            ip("nft", "add table inet half; add chain inet half out " + DROP, inside=True)
            began = time.monotonic()
            while (await ann.call("who", target="den"))["count"] > 1:
                await asyncio.sleep(0.05)
            took = time.monotonic() - began
            await ann.call("send-message", target="den", message="that was all")
            left = [event["user"]["id"] for event in ann.events if event.get("event") == "leave"]
            print(f"gone after {took:.1f} s, {len(left)} leaves")  # noqa: T201
            assert 2 < took < 4 + 2
            assert len(left) == len(set(left)) == HALF_OPEN
        finally:
            crowd.kill()
            crowd.wait()
        await ann.close()

    ip("ip", "netns", "add", "chat-half")
    try:
        ip("ip", "link", "add", "half0", "type", "veth", "peer", "name", "half1", "netns", "chat-half")
        ip("ip", "addr", "add", "10.213.7.1/24", "dev", "half0")
        ip("ip", "link", "set", "half0", "up")
        ip("ip", "addr", "add", "10.213.7.2/24", "dev", "half1", inside=True)
        ip("ip", "link", "set", "half1", "up", inside=True)
        options = ["--port", "0", "--host", "10.213.7.1", "--data-dir", str(tmp_path), "--ping-interval", "1"]
        options += ["--ping-timeout", "4", "--limits", "off", "--announce-limit", "1000", "--history", "memory"]
        command = [sys.executable, "-m", "tornado_chat", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        port = int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])
        try:
            asyncio.run(main())
        finally:
            process.terminate()
            process.communicate(timeout=60)
    finally:
        subprocess.run(["ip", "link", "del", "half0"], check=False, capture_output=True)  # else it stays for a while
        ip("ip", "netns", "del", "chat-half")
