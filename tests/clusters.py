"""Nodes of a cluster, each in a process of its own, on a database of their own; an engine that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from tests import postgres_server
from tests.serving import UNMEASURED, Event, Server, exported


class Nodes(list[Server]):
    """The nodes of a cluster, named `node0` and so on. `url`: the address of their database."""

    def __init__(self, url: str, folder: Path, count: int = 2, *options: str) -> None:
        self.url = url
        super().__init__(
            Server(folder / f"node{number}", "--cluster", url, "--node", f"node{number}", *options)
            for number in range(count)
        )

    @property
    def bases(self) -> list[str]:
        return [one.base for one in self]

    async def __aenter__(self) -> Nodes:
        await asyncio.gather(*(one.start() for one in self))
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in self:
            await one.__aexit__()

    async def stop(self) -> None:
        """End all of them in peace."""
        for one in self:
            assert await one.end(signal.SIGTERM) == 0


def kept(url: str) -> dict[str, list[Event]]:
    """Return what a cluster keeps, by channel, as its clients would be sent it; it must be whole."""
    command = [sys.executable, "-m", "tornado_chat"]
    for words in (["check"], ["export"]):
        done = subprocess.run(
            [*command, *words, "--cluster", url], env=UNMEASURED, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return exported(done.stdout)


class Engine:
    """A PostgreSQL of a test's own, with all that it promises to keep."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        postgres_server.copy(folder)
        self.url = self._run("start", folder)
        self._port = str(urlsplit(self.url).port)

    @staticmethod
    def _run(*words: str | Path, **more: str) -> str:
        done = subprocess.run(
            [postgres_server.SCRIPT, *words], env={**os.environ, **more}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """End it as a broken machine does: each of its processes."""
        pid = self.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while (
            Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
        ):
            pass

    def start(self) -> None:
        self._run("start", self.folder, PORT=self._port)

    def stop(self) -> None:
        self._run("stop", self.folder, "immediate")


@contextlib.asynccontextmanager
async def engine() -> AsyncIterator[Engine]:
    """Give an engine."""
    folder = Path(postgres_server.new_folder())
    try:
        made = await asyncio.to_thread(Engine, folder / "data")
        try:
            yield made
        finally:
            with contextlib.suppress(AssertionError):  # it was killed
                await asyncio.to_thread(made.stop)
    finally:
        shutil.rmtree(folder)
