"""Databases and networks that fail, for tests."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests import postgres_server
from tornado_chat.storage.postgres.connecting import Connection

Change = Callable[[bytes], bytes]


class Database:
    """A PostgreSQL of a test's own, which it may stop."""

    def __init__(self, folder: Path, options: str = "") -> None:
        self.folder, self.options = folder, options
        self.url = ""

    def start(self) -> None:
        """Start it, where it was if it was started before; return when it serves."""
        about = {**os.environ, "OPTIONS": f"-c fsync=on {self.options}"}
        if self.url:
            about["PORT"] = str(urlsplit(self.url).port)
        command = [postgres_server.SCRIPT, "start", self.folder / "data"]
        started = subprocess.run(command, env=about, capture_output=True, text=True, check=False)
        assert started.returncode == 0, started.stderr
        self.url = started.stdout.strip()

    def stop(self, mode: str = "immediate") -> None:
        """End it. immediate: as a crash does; fast: as an administrator does."""
        subprocess.run([postgres_server.SCRIPT, "stop", self.folder / "data", mode], check=True)

    def processes(self) -> list[int]:
        """Return its processes, the one that starts the others first."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]


@contextmanager
def database(options: str = "") -> Iterator[Database]:
    """Give a database that runs."""
    made = Database(Path(postgres_server.new_folder()), options)
    try:
        postgres_server.copy(made.folder / "data")
        made.start()
        yield made
    finally:
        if (made.folder / "data" / "postmaster.pid").exists():
            made.stop()
        shutil.rmtree(made.folder)


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """Stop processes for a while."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def backend(connection: Connection) -> int:
    """Return the process that serves a connection."""
    return int(connection.get_server_pid())


class Network:
    """What lies between a node and its database. `url`: the address on this side."""

    def __init__(self, change: Change | None = None) -> None:
        self.url = ""
        self._change = change
        self._works = asyncio.Event()
        self._works.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Swallow all packets from now on, and say nothing to who sends them."""
        self._works.clear()

    def mend(self) -> None:
        """Let packets through again; what was swallowed is sent again, as TCP does."""
        self._works.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._works.wait()
        there = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer, self._change))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Change | None = None
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._works.wait()
                writer.write(change(data) if change is not None else data)
                await writer.drain()
        await self._works.wait()
        writer.close()

    async def start(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._connect(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda task: writer.transport.abort())

        self._server = await asyncio.start_server(connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = parts._replace(netloc=parts.netloc.replace(str(parts.port), str(port))).geturl()

    async def close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def network(url: str, change: Change | None = None) -> AsyncIterator[Network]:
    """Give a network to the database of an address. change: what becomes of what the database sends."""
    made = Network(change)
    await made.start(url)
    try:
        yield made
    finally:
        await made.close()
