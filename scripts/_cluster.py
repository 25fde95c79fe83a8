"""What ./scripts/cluster runs: a throw-away PostgreSQL, nodes and a proxy in front of them, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent
START = 60.0  # seconds that a node has to start
AGAIN = 15.0  # seconds after which a node that has ended is started again: the others have missed it by then
END = 15.0  # seconds that a node has to end
EXAMPLE = SCRIPTS.parent / "docs" / "examples" / "cluster" / "nginx.conf"


class Failed(Exception):
    """What keeps the cluster from running, in a line."""


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """Give the address of a PostgreSQL that lives in a folder."""
    started = subprocess.run([SCRIPTS / "_postgres", "start", folder], capture_output=True, text=True, check=False)
    if started.returncode:
        raise Failed(f"PostgreSQL does not start: {started.stderr.strip()}")
    try:
        yield started.stdout.strip()
    finally:
        subprocess.run([SCRIPTS / "_postgres", "stop", folder, "immediate"], check=False)


class Node:
    """One server. It gets no Ctrl-C of the terminal: who has started it ends it."""

    def __init__(self, name: str, port: int, folder: Path, url: str) -> None:
        self.name, self.port = name, port
        self.process: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()
        self._settings = folder / f"{name}.toml"
        self._settings.write_text(
            f'cluster = "{url}"\nnode = "{name}"\nport = {port}\nblobs = "files"\nlog_level = "warning"\n'
            'trusted_proxies = ["127.0.0.1"]\n'
        )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        """Start it; Failed if it does not serve."""
        self._ready.clear()
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tornado_chat", "--config", str(self._settings)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        asyncio.ensure_future(self._read(self.process.stdout, shown=False))
        asyncio.ensure_future(self._read(self.process.stderr, shown=True))
        ends, ready = asyncio.ensure_future(self.process.wait()), asyncio.ensure_future(self._ready.wait())
        await asyncio.wait((ends, ready), timeout=START, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            raise Failed(f"{self.name} does not start")

    async def _read(self, stream: asyncio.StreamReader, *, shown: bool) -> None:
        async for line in stream:
            text = line.decode(errors="replace").rstrip()
            if shown:
                print(f"{self.name} | {text}", file=sys.stderr, flush=True)
            elif " is at http" in text:
                self._ready.set()

    async def keep(self) -> None:
        """Start it again whenever it has ended."""
        while self.process is not None:
            status = await self.process.wait()
            how = signal.Signals(-status).name if status < 0 else f"status {status}"
            print(f"{self.name} has ended ({how}); it is started again in {AGAIN:g} s", flush=True)
            await asyncio.sleep(AGAIN)
            with contextlib.suppress(Failed):
                await self.start()
                print(f"{self.name} is back: process {self.pid}", flush=True)

    async def end(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), END)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


class Proxy:
    """Passes each new connection to the next node that takes it."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turns = itertools.count()

    async def start(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._pass, "127.0.0.1", port)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        turn = next(self._turns)
        for each in range(len(self._ports)):
            with contextlib.suppress(OSError):
                there = await asyncio.open_connection("127.0.0.1", self._ports[(turn + each) % len(self._ports)])
                await asyncio.gather(_pipe(reader, there[1]), _pipe(there[0], writer))
                return
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, until one of the two ends."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


def nginx(command: str, folder: Path, port: int, ports: Sequence[int]) -> list[str]:
    """Write the example's configuration for these nodes; return how nginx is run with it."""
    site = EXAMPLE.read_text().replace("listen 8080", f"listen 127.0.0.1:{port}")
    servers = "".join(f"server 127.0.0.1:{each} max_fails=2 fail_timeout=5s;\n" for each in ports)
    site = re.sub(r"( *server 10\.[^;]*;\n)+", servers, site).replace("/var/log/nginx", str(folder))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\nevents {{}}\nhttp {{ {places} {site} }}"
    )
    return [command, "-e", str(folder / "nginx.log"), "-p", str(folder), "-c", str(conf)]


@contextlib.asynccontextmanager
async def proxy(folder: Path, port: int, ports: Sequence[int]) -> AsyncIterator[str]:
    """Give the name of a proxy in front of the nodes: nginx, if it is installed."""
    command = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if command is None:
        async with await Proxy(ports).start(port):
            yield "a plain proxy (nginx is not installed)"
        return
    process = await asyncio.create_subprocess_exec(
        *nginx(command, folder, port, ports), stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not await answers(port):
            if process.returncode is not None:
                raise Failed("nginx does not start")
            await asyncio.sleep(0.05)
        yield "nginx"
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def main(count: int) -> None:
    """Run a cluster of so many nodes until Ctrl-C, SIGTERM or SIGHUP."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tornado_chat-cluster-")))
        folder.chmod(0o755)  # for the user that runs PostgreSQL where this is root
        (folder / "files").mkdir()
        url = stack.enter_context(database(folder / "data"))
        port, *ports = free_ports(count + 1)
        nodes = [Node(f"node{number}", each, folder, url) for number, each in enumerate(ports, 1)]
        try:
            await until(stop, asyncio.gather(*(node.start() for node in nodes)))
            if stop.is_set():
                return
            async with proxy(folder, port, ports) as what:
                print(f"\nThe chat is at http://127.0.0.1:{port}/ behind {what}; its database is {url}")
                for node in nodes:
                    print(f"  {node.name}  http://127.0.0.1:{node.port}/  process {node.pid}")
                print(
                    "\nOpen it in two browsers, and kill a node in the middle of a conversation, as if its machine"
                    f"\nwere lost: kill -9 {nodes[0].pid}. Ctrl-C ends all of it and removes what was said.\n",
                    flush=True,
                )
                await until(stop, asyncio.gather(*(node.keep() for node in nodes)))
        finally:
            await asyncio.gather(*(node.end() for node in nodes))


async def until(stop: asyncio.Event, work: asyncio.Future[Any]) -> None:
    """Wait for some work, or until there is to be an end."""
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait((stopped, work), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not work.done():
        work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1])))
    except Failed as failed:
        sys.exit(str(failed))
