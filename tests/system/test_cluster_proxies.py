"""The examples for proxies in front of a cluster, run as they are; and ./scripts/cluster."""

import asyncio
import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClosedError

from tests.lengths import only_long
from tests.nodes_running import on_nodes
from tests.postgres_server import address
from tests.serving import UNMEASURED, Server, free_port
from tornado_chat.testing import Client, connect

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "cluster"
SCRIPT = ROOT / "scripts" / "_cluster.py"


def nginx(command: str, folder: Path, port: int, ports: Sequence[int]) -> list[str]:
    return list(script().nginx(command, folder, port, ports))


def caddy(command: str, folder: Path, port: int, ports: Sequence[int]) -> list[str]:
    site = (EXAMPLES / "Caddyfile").read_text().replace(":8080", f"http://127.0.0.1:{port}", 2)
    site = site.replace("10.0.0.11:3000 10.0.0.12:3000", " ".join(f"127.0.0.1:{one}" for one in ports))
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{site}")
    return [command, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def haproxy(command: str, folder: Path, port: int, ports: Sequence[int]) -> list[str]:
    site = (EXAMPLES / "haproxy.cfg").read_text().replace("bind :8080", f"bind 127.0.0.1:{port}")
    for number, one in enumerate(ports, 11):
        site = site.replace(f"10.0.0.{number}:3000", f"127.0.0.1:{one}")
    (folder / "haproxy.cfg").write_text(site)
    return [command, "-db", "-f", str(folder / "haproxy.cfg")]


@contextlib.asynccontextmanager
async def running(configure: Callable[..., list[str]], folder: Path, ports: Sequence[int]) -> AsyncIterator[str]:
    """Give the address of a proxy in front of nodes."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    command = shutil.which(configure.__name__, path=path)
    if command is None:
        pytest.skip(f"{configure.__name__} is not installed")
    port = free_port()
    home = {"HOME": str(folder), "PATH": path}  # where Caddy keeps its own
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(configure(command, folder, port, ports), stdout=log, stderr=log, env=home)  # noqa: ASYNC220
    try:
        base = f"http://127.0.0.1:{port}"
        while True:
            assert process.poll() is None, (folder / "proxy.log").read_text()
            with contextlib.suppress(OSError):
                if (await AsyncHTTPClient().fetch(f"{base}/healthz", raise_error=False)).code == 200:
                    break
            await asyncio.sleep(0.05)
        yield base
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("configure", [nginx, only_long(caddy), only_long(haproxy)])
def test_a_proxy_spreads_connections_and_leads_elsewhere_when_a_node_is_killed(
    tmp_path: Path, configure: Callable[..., list[str]]
) -> None:
    async def main(one: Server, two: Server) -> None:
        async with running(configure, tmp_path, [one.port, two.port]) as base:
            clients = [await connect(base, f"C{number}", Origin=base) for number in range(6)]
            for client in clients:
                await client.join("den")
            for number, client in enumerate(clients):
                assert (await client.say(f"{number}"))["seq"] == number + 1
            for client in clients:
                while not any(event.get("message") == "5" for event in client.events):
                    assert await client._receive()
            http = AsyncHTTPClient()
            assert (await http.fetch(f"{base}/metrics", raise_error=False)).code == 404
            await one.end(signal.SIGKILL)
            for _ in range(10):
                assert (await http.fetch(f"{base}/", raise_error=False)).code == 200
            lost = [client for client in clients if await is_lost(client)]
            assert 1 <= len(lost) <= 5
            for client in lost:
                again = await connect(base, token=client.hello["token"])
                await again.join("den")
                answer = await again.call("send-message", target="den", message="back", ref="back")
                assert answer["seq"] > 6
                await again.close()
            for client in clients:
                await client.close()

    on_nodes(tmp_path, main, 2, "--trusted-proxies", "127.0.0.1")


async def is_lost(client: Client) -> bool:
    """Return whether a client's connection has ended."""
    try:
        await client.call("who", target="den")
    except (EOFError, WebSocketClosedError):
        return True
    return False


# ./scripts/cluster


def script() -> Any:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("cluster_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder that another user may enter, as the one who runs PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="tornado_chat-script-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.long
def test_the_script_starts_a_cluster_and_ends_all_of_it(temporary: Path) -> None:
    address()  # skips where there is no PostgreSQL
    command, environ = [sys.executable, str(SCRIPT), "2"], {**UNMEASURED, "TMPDIR": str(temporary)}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ, text=True)
    said = ""

    def printed(pattern: str) -> str:
        """Read on until a pattern comes; return its group."""
        nonlocal said
        assert running.stdout is not None
        while not (found := re.search(pattern, said)):
            line = running.stdout.readline()
            assert line, said
            said += line
        return found[1]

    try:
        base = printed(r"The chat is at (\S+)/ behind ")
        database = printed(r"its database is (\S+)")
        node = int(printed(r"node2 .* process (\d+)"))
        assert urlopen(f"{base}/readyz").status == 200
        os.kill(node, signal.SIGKILL)
        printed("(node2 has ended .SIGKILL.)")
        assert [urlopen(f"{base}/readyz").status for _ in range(4)] == [200] * 4
        assert int(printed(r"node2 is back: process (\d+)")) != node
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0, said
    finally:
        if running.poll() is None:
            running.terminate()  # it still ends what it started
            running.wait(60)
        running.stdout.close()
    assert list(temporary.iterdir()) == []
    for url in (base, database):
        parts = urlsplit(url)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((parts.hostname, parts.port))


def test_its_own_proxy_passes_on_to_the_next_node_that_answers() -> None:
    async def main() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"got " + await reader.read(100))
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1") as node:
            there, port = node.sockets[0].getsockname()[1], free_port()
            async with await script().Proxy([free_port(), there]).start(port):
                for _ in range(3):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.write(b"it")
                    assert await reader.read() == b"got it"
                    writer.close()

    asyncio.run(main())
