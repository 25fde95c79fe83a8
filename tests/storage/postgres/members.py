"""Nodes of a test: in this process, and in one of their own that can be stopped and killed."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests import postgres
from tornado_chat.storage.postgres import lease
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.listener import Listener
from tornado_chat.storage.postgres.nodes import PostgresNodes


async def until(seen: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not seen():
            await asyncio.sleep(0.005)


def hasten(seconds: float) -> None:
    """Have nodes count as dead after so long."""
    lease.BEAT, lease.AGAIN, lease.LEASE = seconds / 5, seconds / 30, seconds


class Member:
    """A node. `news`: what it was told of, and of whom, in order."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name = engine, name
        self.listener = Listener(engine)
        self.nodes = PostgresNodes(engine, self.listener, name)
        self.news: list[Any] = []
        self.nodes.hear("word", lambda by, about: self.news.append([by, about]))
        self.nodes.on_come(lambda by: self.news.append(f"{by} comes"))
        self.nodes.on_gone(lambda by: self.news.append(f"{by} goes"))
        self.nodes.on_return(self.read_again)
        self.nodes.on_end(lambda why: self.news.append(why))

    async def read_again(self) -> None:
        self.news.append("reads again")

    async def start(self) -> "Member":
        await self.listener.start()
        await self.nodes.start()
        return self

    async def close(self) -> None:
        await self.nodes.close()
        await self.listener.close()
        await self.engine.close()

    def words(self, by: str) -> list[Any]:
        """Return what a node has told this one."""
        return [one[1] for one in self.news if isinstance(one, list) and one[0] == by]


class Cluster:
    """The nodes of one schema."""

    def __init__(self, url: str, schema: str) -> None:
        self.url, self.schema = url, schema
        self.members: list[Member] = []
        self.processes: list[Process] = []

    async def node(self, name: str, url: str = "") -> Member:
        """Start a node in this process."""
        engine = await Engine.open(url or self.url, schema=self.schema, name=name)
        self.members.append(member := Member(engine, name))
        return await member.start()

    async def nodes(self, *names: str) -> list[Member]:
        """Start nodes in this process, which then know each other."""
        members = [await self.node(name) for name in names]
        await until(lambda: all(len(member.nodes.others) == len(names) - 1 for member in members))
        for member in members:
            await until(lambda: "reads again" in member.news)  # noqa: B023
            member.news.clear()
        return members

    async def process(self, name: str) -> "Apart":
        """Start a node in a process of its own."""
        command = [sys.executable, "-m", __name__, self.url, self.schema, name, str(lease.LEASE)]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        self.processes.append(process)
        apart = Apart(process)
        await until(lambda: "reads again" in apart.news)
        return apart

    async def close(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        await asyncio.gather(*(member.close() for member in self.members))


class Apart:
    """A node in a process of its own."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.news: list[Any] = []
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.news.append(json.loads(line))

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def tell(self, word: Any) -> None:
        """Have it tell the others a word."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(word).encode() + b"\n")

    async def end(self) -> None:
        """Have it end as it should."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


def on_cluster(main: Callable[[Cluster], Awaitable[None]]) -> None:
    """Run something on nodes with a schema of their own."""

    async def whole(url: str, schema: str) -> None:
        async with opened(url, schema) as cluster:
            await main(cluster)

    with postgres.schema() as (url, schema):
        asyncio.run(whole(url, schema))


@asynccontextmanager
async def opened(url: str, schema: str) -> AsyncIterator[Cluster]:
    cluster = Cluster(url, schema)
    try:
        yield cluster
    finally:
        await cluster.close()


class _Printed(list[Any]):
    def append(self, one: Any) -> None:
        sys.stdout.write(f"{json.dumps(one)}\n")
        sys.stdout.flush()


async def _serve(url: str, schema: str, name: str, seconds: str) -> None:
    hasten(float(seconds))
    member = Member(await Engine.open(url, schema=schema, name=name), name)
    member.news = _Printed()
    await member.start()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    ended = asyncio.Event()
    member.nodes.on_end(lambda why: ended.set())
    obeying = asyncio.create_task(_obey(member, reader))
    await asyncio.wait([obeying, asyncio.create_task(ended.wait())], return_when=asyncio.FIRST_COMPLETED)
    await member.close()


async def _obey(member: Member, reader: asyncio.StreamReader) -> None:
    async for line in reader:
        word = json.loads(line)
        if isinstance(word, dict):
            await member.nodes.lock(word["lock"]).__aenter__()
        else:
            member.nodes.tell("word", word)


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
