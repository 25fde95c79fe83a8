"""The servers that are measured: how each is made ready, started on a core of its own, and ended."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = HERE / "peers"
BUILD = HERE / ".build"
LOAD = BUILD / "load"

NOTHING: Mapping[str, str] = {}
GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode"}  # where Debian puts the sources of Go's libraries


class Missing(Exception):
    """A server that cannot be had on this machine, and why."""


class Failed(Exception):
    """A measurement that came to nothing, or a delivery that was lost or out of order."""


@dataclass(frozen=True)
class Server:
    """One server. `command` takes the port and a folder for data; `prepare` returns the version or raises Missing."""

    name: str
    command: Callable[[int, Path], list[str]]
    prepare: Callable[[], str]
    environ: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT  # where it runs
    with_refs: bool = False  # its clients send a ref with each message


def run(
    command: list[str], environ: Mapping[str, str] = NOTHING, cwd: Path | None = None, timeout: float = 300
) -> str:
    """Return what a command says; Missing if it cannot be run or fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment(environ), cwd=cwd, timeout=timeout, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(str(error)) from None
    if done.returncode:
        raise Missing((done.stderr or done.stdout).strip()[-300:] or f"{command[0]} ended with {done.returncode}")
    return done.stdout.strip()


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return that of what is run: no way to another tornado_chat, and this Python's commands first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PATH": path} | dict(more)


def build_load() -> None:
    """Compile the load generator; Missing without a C compiler."""
    BUILD.mkdir(exist_ok=True)
    run(["gcc", "-O2", "-Wall", "-o", str(LOAD), str(HERE / "load.c")])


# How each is made ready


def _packages(*names: str) -> str:
    try:
        return ", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in names)]
        )
    except metadata.PackageNotFoundError as error:
        raise Missing(f"the package {error.name} is not installed") from None


def _npm(package: str) -> None:
    wanted, installed = PEERS / "package.json", BUILD / "package.json"
    there = (BUILD / "node_modules" / package).exists() and installed.exists()
    if not there or installed.read_text() != wanted.read_text():
        shutil.copy(wanted, installed)
        run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=BUILD)


def _node() -> str:
    _npm("ws")
    script = "console.log(process.version, 'ws', require('ws/package.json').version)"
    return "node " + run(["node", "-e", script], cwd=BUILD)


def _bun() -> str:
    _npm("bun")
    return "bun " + run([str(BUILD / "node_modules/.bin/bun"), "--version"])


def _go() -> str:
    run(["go", "build", "-o", str(BUILD / "go_peer"), str(PEERS / "go/main.go")], environ=GO)
    return run(["go", "version"]).removeprefix("go version ")


# How each is started


def _peer(runner: str, file: str, port: int, data: Path) -> list[str]:
    return [runner, str(PEERS / file), str(port)]


def _go_peer(port: int, data: Path) -> list[str]:
    return [str(BUILD / "go_peer"), str(port)]


_bun_path = str(BUILD / "node_modules/.bin/bun")
_python = sys.executable
_node_path = {"NODE_PATH": str(BUILD / "node_modules")}

OTHERS = (
    Server("bun", partial(_peer, _bun_path, "bun_peer.js"), _bun),
    Server("go", _go_peer, _go),
    Server("node_ws", partial(_peer, "node", "node_ws.js"), _node, environ=_node_path),
    Server("websockets", partial(_peer, _python, "websockets_peer.py"), partial(_packages, "websockets")),
    Server("aiohttp", partial(_peer, _python, "aiohttp_peer.py"), partial(_packages, "aiohttp")),
    Server("tornado_plain", partial(_peer, _python, "tornado_plain.py"), partial(_packages, "tornado")),
)


@dataclass(frozen=True)
class Running:
    """A server that listens."""

    port: int
    pid: int
    log: Path

    def memory(self) -> int:
        """Return its resident memory in bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise Failed("the server is gone: " + self.tail())

    def cpu(self) -> float:
        """Return the processor time of all its threads so far, in µs."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in threads) / 1_000

    def tail(self) -> str:
        """Return the end of what it said."""
        return self.log.read_text(errors="replace").strip()[-600:]


@contextlib.contextmanager
def running(server: Server, core: int) -> Iterator[Running]:
    """Run a server on one core, with an empty data folder; Failed if it does not listen within 20 s."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        log = Path(folder) / "log"
        command = ["taskset", "-c", str(core), *server.command(port, Path(folder) / "data")]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, cwd=server.folder, env=environment(server.environ)
            )
        try:
            one = Running(port, process.pid, log)
            deadline = time.monotonic() + 20
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failed("it does not start: " + one.tail())
                time.sleep(0.05)
            time.sleep(0.3)  # for what it still does after its start
            yield one
        finally:
            process.kill()  # nothing in it is to be kept
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
