"""What several nodes on one PostgreSQL do beside one process on SQLite: python -m bench.cluster (see --help).

PostgreSQL is a throw-away one on the same machine, with the settings that it is installed with: fsync on. All nodes,
the database and the load share the same cores, as does the one process that they are compared with.

* `closed`: how many messages a second are stored and passed on, with 256 on their way at each node, one after the
  other. Messages of 110 bytes with a ref; no sockets.
* `paced`: 2,000 messages a second over two nodes: how long until one is acknowledged, and until another node has it.
* `fan-out`: 3,000 readers in one channel, at one node and spread over three: processor time for each delivery.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

from tornado.testing import bind_unused_port

from tornado_chat.chat.history import Committed, History
from tornado_chat.chat.models import Message, User
from tornado_chat.client import Client
from tornado_chat.server.loop import new_loop
from tornado_chat.storage.postgres.cluster import Cluster
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.writer import Database

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "_postgres"
IN_FLIGHT = 256
PAD = "x" * 80  # of a text: with its number, time and sender a message has 110 bytes
WARMUP = 1.0
READERS, RATE = 3_000, 10


# A node: a process of its own


@contextlib.asynccontextmanager
async def opened(where: str, node: str) -> AsyncIterator[History]:
    """Give the history at the address of a database, or in a folder."""
    if "://" in where:
        cluster = await Cluster.open(where, node)
        await cluster.start()
        try:
            yield cluster.history
        finally:
            await cluster.close()
    else:
        database = Database(Path(where))
        try:
            yield SqliteHistory(database)
        finally:
            database.close()


class Load:
    """Messages of one node, and what it hears of all."""

    def __init__(self, history: History, node: str, channels: int) -> None:
        self.heard = self.acked = 0
        self.acks: list[float] = []
        self.fan_out: list[float] = []
        self.measuring = False
        self.sending = True
        self._history = history
        self._node = node
        self._names = [f"room{number}" for number in range(channels)]
        self._user = User(f"u:{node}", node)
        self._count = 0
        history.on_commit(self._committed)

    def post(self, again: bool) -> None:
        """Post a message; again: another one as soon as it is acknowledged."""
        self._count += 1
        count, began = self._count, time.monotonic()
        text = f"{began:.6f} {self._node} {PAD}"
        channel = self._names[count % len(self._names)]
        post = self._history.append(Message(channel, text, self._user, int(time.time() * 1_000), f"{count}"))

        def done() -> None:
            if post.error is not None:
                raise post.error
            if self.measuring:
                self.acked += 1
                self.acks.append(time.monotonic() - began)
            if again and self.sending:
                self.post(again)

        post.then(done)

    def _committed(self, committed: Sequence[Committed]) -> None:
        if not self.measuring:
            return
        now = time.monotonic()
        for one in committed:
            assert isinstance(one, Message)
            self.heard += 1
            began, node, _ = one.text.split(" ", 2)
            if node != self._node:
                self.fan_out.append(now - float(began))


async def node(options: argparse.Namespace) -> dict[str, Any]:
    """Load a history for some seconds, from the moment at which a line comes on standard input."""
    async with opened(options.where, options.node) as history:
        load = Load(history, options.node, options.channels)
        print("ready", flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.readline)
        loop = asyncio.get_running_loop()
        pacing = None
        if options.rate:
            pacing = loop.create_task(_pace(load, options.rate))
        else:
            for _ in range(IN_FLIGHT):
                load.post(again=True)
        await asyncio.sleep(WARMUP)
        load.measuring, worked = True, _worked()
        await asyncio.sleep(options.seconds)
        load.measuring, load.sending = False, False
        worked = _worked() - worked
        if pacing is not None:
            pacing.cancel()
        await asyncio.sleep(0.5)
        load.acks.sort()
        load.fan_out.sort()
        return {
            "acked": load.acked / options.seconds,
            "heard": load.heard / options.seconds,
            "cpu": worked / options.seconds,
            "ack": _percentiles(load.acks),
            "fan-out": _percentiles(load.fan_out),
        }


async def _pace(load: Load, rate: int) -> None:
    began, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - began) * rate)
        for _ in range(due - sent):
            load.post(again=False)
        sent = due
        await asyncio.sleep(0.001)


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _percentiles(sorted_values: Sequence[float]) -> dict[str, float]:
    if not sorted_values:
        return {}
    return {f"p{part}": 1_000 * sorted_values[len(sorted_values) * part // 100] for part in (50, 99)}


# Those that are measured


@contextlib.contextmanager
def database() -> Iterator[str]:
    """Give the address of a fresh PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="tornado_chat-bench-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        url = subprocess.run([SCRIPT, "start", data], capture_output=True, text=True, check=True).stdout.strip()
        try:
            yield url
        finally:
            subprocess.run([SCRIPT, "stop", data, "immediate"], check=True)


def loaded(where: str, nodes: int, channels: int, seconds: float, rate: int = 0) -> list[dict[str, Any]]:
    """Return the figures of each node under load. rate: messages a second of each; 0: as many as it can."""
    words = ["--where", where, "--channels", str(channels), "--seconds", str(seconds), "--rate", str(rate)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.cluster", "node", "--node", f"n{number}", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(nodes)
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n", "a node did not start"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return [json.loads(one.communicate()[0]) for one in running]


def closed(rounds: int, seconds: float) -> None:
    """Print how much is stored, by 1, 2 and 4 nodes, beside one process on SQLite, interleaved."""
    print("messages/s as fast as it goes: PostgreSQL to SQLite, median of the rounds (lowest – highest)")  # noqa: T201
    for channels in (1, 100):
        ratios: dict[int, list[float]] = {1: [], 2: [], 4: []}
        figures: dict[int, list[float]] = {0: [], 1: [], 2: [], 4: []}
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                sqlite = loaded(folder, 1, channels, seconds)[0]["acked"]
            figures[0].append(sqlite)
            for nodes in ratios:
                with database() as url:
                    acked = sum(one["acked"] for one in loaded(url, nodes, channels, seconds))
                figures[nodes].append(acked)
                ratios[nodes].append(acked / sqlite)
        print(f"{channels} channels: SQLite {statistics.median(figures[0]):,.0f}")  # noqa: T201
        for nodes, found in ratios.items():
            spread = f"{min(found):.2f} – {max(found):.2f}"
            middle = f"{statistics.median(figures[nodes]):,.0f}, {statistics.median(found):.2f}"
            print(f"  {nodes} nodes: {middle} ({spread})")  # noqa: T201


def paced(rounds: int, seconds: float) -> None:
    """Print how long messages take at 2,000 a second over two nodes."""
    print("2,000 messages/s over 2 nodes, in ms: median of the rounds (highest)")  # noqa: T201
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        with database() as url:
            for one in loaded(url, 2, 100, seconds, rate=1_000):
                for what in ("ack", "fan-out"):
                    for part, value in one[what].items():
                        found.setdefault(f"{what} {part}", []).append(value)
    for name, values in found.items():
        print(f"  {name}: {statistics.median(values):.1f} ({max(values):.1f})")  # noqa: T201


# Fan-out, over sockets


def _served(url: str, number: int, port: int) -> subprocess.Popen[bytes]:
    options = ["--cluster", url, "--node", f"n{number}"]
    options += ["--port", str(port), "--limits", "off", "--log-level", "error"]
    return subprocess.Popen([sys.executable, "-m", "tornado_chat", *options], cwd=ROOT, stdout=subprocess.DEVNULL)


def _cpu(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


MARK = b'"marked'  # how a text begins that is counted


class Reader(asyncio.Protocol):
    """A client that joins a channel and counts what it is sent."""

    heard = 0

    def __init__(self, name: str) -> None:
        self._name = name
        self._end = b""  # of what came last: a line may come in two parts
        self.joined = False

    def connection_made(self, transport: Any) -> None:
        transport.write(
            f"GET /ws?name={self._name} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        words = b'{"action":"join-channel","ref":"j","target":"hall","history":0}'
        transport.write(bytes([0x81, 0x80 | len(words), 0, 0, 0, 0]) + words)

    def data_received(self, data: bytes) -> None:
        seen = self._end + data
        Reader.heard += seen.count(MARK)
        self.joined = self.joined or b'"action":"ok","ref":"j"' in seen
        self._end = seen[-len(MARK) + 1 :] if self.joined else seen[-100:]


async def _fan_out(ports: Sequence[int], processes: Sequence[Any], seconds: float) -> float:
    """Return the processor time, in us, that the nodes take for a delivery."""
    loop = asyncio.get_running_loop()
    readers = []
    for start in range(0, READERS, 100):
        some = [
            loop.create_connection(lambda: Reader("reader"), "127.0.0.1", ports[number % len(ports)])
            for number in range(start, start + 100)
        ]
        readers += [one for _, one in await asyncio.gather(*some)]
        while not all(one.joined for one in readers):  # all at once, some would be told to try again
            await asyncio.sleep(0.01)
    async with Client(f"http://127.0.0.1:{ports[0]}", "writer") as writer:
        await writer.join("hall")
        await asyncio.sleep(2)
        Reader.heard, worked, end = 0, sum(map(_cpu, processes)), loop.time() + seconds
        sent = 0
        while loop.time() < end:
            await writer.send("hall", f"marked {PAD}")
            sent += 1
            await asyncio.sleep(1 / RATE)
        while Reader.heard < sent * READERS:
            await asyncio.sleep(0.01)
        return 1e6 * (sum(map(_cpu, processes)) - worked) / Reader.heard


def fan_out(rounds: int, seconds: float) -> None:
    """Print what a delivery costs at one node and at three."""
    print(f"{READERS:,} readers in one channel: processor time of all nodes for a delivery, us")  # noqa: T201
    costs: dict[int, list[float]] = {1: [], 3: []}
    for _ in range(rounds):
        for nodes in costs:
            with database() as url, contextlib.ExitStack() as stack:
                ports = []
                for _ in range(nodes):
                    sock, port = bind_unused_port()
                    sock.close()
                    ports.append(port)
                processes = [_served(url, number, port) for number, port in enumerate(ports)]
                for one in processes:
                    stack.callback(one.wait)
                    stack.callback(one.terminate)
                _wait_for(ports)
                loop = new_loop()
                costs[nodes].append(
                    loop.run_sync(lambda ports=ports, processes=processes: _fan_out(ports, processes, seconds), 300)
                )
    for nodes, found in costs.items():
        print(f"  {nodes} nodes: {statistics.median(found):.2f} ({min(found):.2f} – {max(found):.2f})")  # noqa: T201
    ratios = [three / one for one, three in zip(costs[1], costs[3], strict=True)]
    print(f"  three to one: {statistics.median(ratios):.2f} ({min(ratios):.2f} – {max(ratios):.2f})")  # noqa: T201


def _wait_for(ports: Sequence[int]) -> None:
    for port in ports:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)


PARTS = {"closed": closed, "paced": paced, "fan-out": fan_out}


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["node"]:
        inner = argparse.ArgumentParser()
        for name, kind in (("where", str), ("node", str), ("channels", int), ("seconds", float), ("rate", int)):
            inner.add_argument(f"--{name}", type=kind)
        given = inner.parse_args(words[1:])
        print(json.dumps(new_loop().run_sync(lambda: node(given))))  # noqa: T201
        return 0
    parser = argparse.ArgumentParser(
        "python -m bench.cluster", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)} (all)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is measured (3)")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="for how long, each time (5)")
    options = parser.parse_args(words)
    if unknown := [one for one in options.parts if one not in PARTS]:
        parser.error(f"{unknown[0]}: there are {', '.join(PARTS)}")
    for name in options.parts or PARTS:
        PARTS[name](options.rounds, options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
