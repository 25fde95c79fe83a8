"""A server in a process of its own, for the tests that kill it, starve it or take its disk away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.testing import bind_unused_port

from tornado_chat.client import Client, Event
from tornado_chat.storage.sqlite import maintenance

#: For servers whose coverage tells nothing new: it costs each start and end half a second.
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do this")


def free_port() -> int:
    sock, port = bind_unused_port()
    sock.close()
    return port


class Server:
    """A server on a data folder. `before`: a command that runs it, such as strace -D."""

    def __init__(self, folder: Path, *options: str, before: Sequence[str] = ()) -> None:
        self.folder = folder
        self.before = before
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        place = [] if "--cluster" in options else ["--data-dir", str(folder)]
        self.command = [sys.executable, "-m", "tornado_chat", *place, "--port", str(self.port)]
        self.command += ["--log-level", "error", "--limits", "off", *options]
        self.process: subprocess.Popen[bytes] | None = None
        self.log = 0  # the descriptor of a file that goes with it

    async def __aenter__(self) -> Server:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            await self.end()

    async def start(self) -> float:
        """Start it; return after how many seconds it served."""
        began = time.monotonic()
        with tempfile.TemporaryFile() as file:
            self.log = os.dup(file.fileno())
        quiet = {"stdout": subprocess.DEVNULL, "stderr": self.log, "env": UNMEASURED}
        self.process = subprocess.Popen([*self.before, *self.command], **quiet)  # type: ignore[call-overload]  # noqa: ASYNC220
        while True:
            assert self.process.poll() is None, ("it does not start", self.logged())
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                await writer.wait_closed()
                return time.monotonic() - began

    async def end(self, number: int = signal.SIGKILL) -> int:
        """End it; return its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = await asyncio.to_thread(self.process.wait, 20)
        os.close(self.log)
        return status

    def logged(self) -> list[str]:
        """Return the lines of its log so far."""
        return os.pread(self.log, 1_000_000, 0).decode().splitlines()

    async def ready(self) -> dict[str, Any]:
        """Return what /readyz says, and its status as `code`."""
        answer = await AsyncHTTPClient().fetch(f"{self.base}/readyz", raise_error=False)
        return {**json.loads(answer.body), "code": answer.code}

    def memory(self) -> int:
        """Return its resident memory in bytes."""
        assert self.process is not None
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def kept(folder: Path) -> dict[str, list[Event]]:
    """Return what a server that has ended keeps, by channel, as its clients would be sent it; it must be whole."""
    assert maintenance.check(folder) == []
    file = folder / "export.jsonl"
    with file.open("w", encoding="utf-8") as out:
        maintenance.export(folder, out)
    return exported(file.read_text(encoding="utf-8"))


def exported(text: str) -> dict[str, list[Event]]:
    """Return what an export has, by channel."""
    channels: dict[str, list[Event]] = {}
    for line in text.split("\n")[:-1]:
        message = json.loads(line)
        channels.setdefault(message["target"], []).append(message)
    return channels


class Listener(Client):
    """A client that keeps what it is told, by channel, and the codes that its connections were closed with."""

    def __init__(self, base: str, name: str) -> None:
        super().__init__(base, name)
        self.heard: dict[str, list[Event]] = {}
        self.codes: list[int | None] = []

    async def listen(self) -> None:
        """Keep what comes until the connection has ended for good."""
        async for message in self:
            if "seq" in message:
                self.heard.setdefault(message["target"], []).append(message)

    def _lost(self, socket: Any) -> None:
        self.codes.append(socket.close_code)
        super()._lost(socket)

    def newest(self, channel: str) -> int:
        """Return how far it is in a channel."""
        return int(self.heard[channel][-1]["seq"]) if channel in self.heard else 0


def cut(client: Listener) -> None:
    """End a client's connection as a broken line does."""
    if client._calls.socket is not None:
        client._calls.socket.protocol.stream.close()  # type: ignore[union-attr]


@contextlib.asynccontextmanager
async def gathered(base: str, count: int, kind: type[Listener] = Listener) -> AsyncIterator[list[Listener]]:
    """Connect clients that listen, a hundred at a time."""
    async with contextlib.AsyncExitStack() as stack:
        clients: list[Listener] = []
        while len(clients) < count:
            some = [kind(base, f"c{number}") for number in range(len(clients), min(len(clients) + 100, count))]
            clients += await asyncio.gather(*map(stack.enter_async_context, some))
        listening = [asyncio.create_task(client.listen()) for client in clients]
        yield clients
        for task in listening:
            task.cancel()
        await asyncio.wait(listening)


def same_for_all(whole: dict[str, list[Event]], clients: Sequence[Listener], acked: dict[str, int]) -> None:
    """Hold what each client has against what is `kept`: the same, each once, in order, all that was acknowledged."""
    for messages in whole.values():
        texts = [one["message"] for one in messages]
        assert len(set(texts)) == len(texts), "twice"
    for client in clients:
        for channel, heard in client.heard.items():
            assert heard == whole[channel]
    stored = {one["message"]: one["seq"] for messages in whole.values() for one in messages}
    assert acked.items() <= stored.items(), "lost"


async def until(true: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait for a condition; return after how many seconds it held."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it never came to that"
        await asyncio.sleep(0.01)
    return time.monotonic() - began


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def tools(*names: str) -> Any:
    """Return the mark that skips a test where one of these commands is not installed."""
    missing = [name for name in names if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")
