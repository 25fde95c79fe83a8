"""What many uploads at once do to the loop and to memory: python -m bench.uploads (see --help).

The server runs in a process of its own, with its defaults but for the limits. How late its loop is, is measured in
it, every 5 ms; and in a process that does nothing else, which says how much of that is the machine's. Its memory is
what it holds at most, above what it holds when nothing has come yet.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tornado.testing import bind_unused_port

from tornado_chat.client import Client
from tornado_chat.config.settings import Settings
from tornado_chat.server import run

EVERY = 0.005  # seconds between two looks at the loop
PIECE = 64 * 1024


class Lag:
    """How late a loop is, and for how long it works between two looks; from one SIGUSR1 to the next."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._noting = False
        self._found: list[tuple[float, float]] = []

    async def look(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._turn)
        self._file.touch()
        while True:
            before, worked = time.monotonic(), time.thread_time()
            await asyncio.sleep(EVERY)
            if self._noting:
                late = max(time.monotonic() - before - EVERY, 0.0)
                self._found.append((1_000 * late, 1_000 * (time.thread_time() - worked)))

    def _turn(self) -> None:
        if self._noting:
            self._file.write_text(json.dumps(self._found))
        self._noting = not self._noting


def serve(folder: Path, port: int) -> None:
    """Run a server that notes how late its loop is."""
    serving = run.serve

    async def noting(settings: Settings) -> None:
        looking = asyncio.ensure_future(Lag(folder / "server").look())
        await serving(settings)
        looking.cancel()

    run.serve = noting
    run.run(Settings(data_dir=folder / "data", port=port, limits="off", file_space=(0, 0)))


async def uploads(port: int, token: str, count: int, size: int, rate: int) -> list[float]:
    """Send so many files at once, each at a rate in bytes a second (0: at any); return how long they took."""
    data = os.urandom(size - 8)

    async def one(number: int) -> float:
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = ["POST /files?name=a HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
        writer.write("\r\n".join([*head, f"Content-Length: {size}", "", f"{number:8}"]).encode())
        for at in range(0, len(data), PIECE):
            writer.write(data[at : at + PIECE])
            await writer.drain()
            if rate:
                await asyncio.sleep(max(began + (at + PIECE) / rate - time.monotonic(), 0))
        status = (await reader.readline()).split()[1]
        writer.close()
        assert status == b"201", status
        return time.monotonic() - began

    return await asyncio.gather(*map(one, range(count)))


def memory(pid: int, what: str) -> int:
    """Return a line of /proc/PID/status in bytes: VmRSS is what is held now, VmHWM at most so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) * 1024


async def measure(folder: Path, count: int, size: int, rate: int) -> dict[str, float]:
    sock, port = bind_unused_port()
    sock.close()
    command = [sys.executable, "-m", "bench.uploads", "--folder", str(folder), "--port", str(port)]
    processes = [
        subprocess.Popen([*command, "--role", role], stdout=subprocess.DEVNULL)  # noqa: ASYNC220
        for role in ("server", "nothing")
    ]
    try:
        async with Client(f"http://127.0.0.1:{port}", "Ann") as ann:
            while not (folder / "server").exists() or not (folder / "nothing").exists():
                await asyncio.sleep(0.05)
            await asyncio.sleep(1)
            idle = memory(processes[0].pid, "VmRSS")
            for process in processes:
                process.send_signal(signal.SIGUSR1)
            began = time.monotonic()
            took = await uploads(port, ann._credentials.token or "", count, size, rate)
            seconds = time.monotonic() - began
            for process in processes:
                process.send_signal(signal.SIGUSR1)
            peak = memory(processes[0].pid, "VmHWM")
            while not (folder / "server").stat().st_size or not (folder / "nothing").stat().st_size:
                await asyncio.sleep(0.05)
    finally:
        for process in processes:
            process.terminate()
            await asyncio.to_thread(process.wait)
    late, worked = zip(*json.loads((folder / "server").read_text()), strict=True)
    nothing, _ = zip(*json.loads((folder / "nothing").read_text()), strict=True)
    return {
        "uploads": count,
        "MB each": size / 1e6,
        "seconds": seconds,
        "MB/s": count * size / seconds / 1e6,
        "slowest upload, s": max(took),
        "loop lag, p50, ms": part(late, 0.5),
        "loop lag, p99, ms": part(late, 0.99),
        "loop lag of a process that does nothing, p99, ms": part(nothing, 0.99),
        "work of the loop in 5 ms, p99, ms": part(worked, 0.99),
        "memory above idle, MiB": (peak - idle) / 2**20,
    }


def part(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--size", type=int, default=10_000_000, help="bytes of each")
    parser.add_argument("--rate", type=int, default=0, help="bytes a second of each; 0 is as fast as it goes")
    for name in ("--folder", "--port", "--role"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role == "server":
        serve(Path(given.folder), int(given.port))
    elif given.role:
        asyncio.run(Lag(Path(given.folder) / given.role).look())
    else:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            found = asyncio.run(measure(Path(folder), given.count, given.size, given.rate))
        for name, value in found.items():
            print(f"{name:50} {value:>8.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
