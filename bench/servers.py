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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / "peers"
BUILD = HERE / ".build"
LOAD = BUILD / "load"

#: What tornado_chat is started with beside its port and its data folder.
FLAGS: tuple[str, ...] = ("--limits", "off")

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
    with_refs: bool = False  # its clients send a ref with each message

    @property
    def ours(self) -> bool:
        """Return whether it is tornado_chat, in one form or another."""
        return self.name.startswith("tornado_chat")


def run(command: list[str], **options: object) -> str:
    """Return what a command says; Missing if it cannot be run or fails."""
    environ = os.environ | options.pop("environ", {})  # type: ignore[operator]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=300, **options)  # type: ignore[call-overload]
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(str(error)) from None
    if done.returncode:
        raise Missing(f"{command[0]}: {(done.stderr or done.stdout).strip()[-300:]}")
    return str(done.stdout).strip()


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
    if not (BUILD / "node_modules" / package).exists():
        shutil.copy(PEERS / "package.json", BUILD)
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


def _speed() -> str:
    return _packages("tornado", "orjson", "uvloop")


# How each is started


def _chat(port: int, data: Path, history: str = "memory", python: str = sys.executable) -> list[str]:
    options = ["--port", str(port), "--data-dir", str(data), "--history", history]
    return [python, "-m", "tornado_chat", *options, *FLAGS]


def _peer(runner: str, file: str, port: int, data: Path) -> list[str]:
    return [runner, str(PEERS / file), str(port)]


def _go_peer(port: int, data: Path) -> list[str]:
    return [str(BUILD / "go_peer"), str(port)]


_bun_path = str(BUILD / "node_modules/.bin/bun")
_python = sys.executable
_node_path = {"NODE_PATH": str(BUILD / "node_modules")}

OURS = Server("tornado_chat", _chat, _speed)
PLAIN = Server(
    "tornado_chat, tornado only",
    partial(_chat, python=str(Path(sys.prefix + "-plain") / "bin" / "python")),
    partial(_packages, "tornado"),
)
OTHERS = (
    Server("bun", partial(_peer, _bun_path, "bun_peer.js"), _bun),
    Server("go", _go_peer, _go),
    Server("node_ws", partial(_peer, "node", "node_ws.js"), _node, environ=_node_path),
    Server("websockets", partial(_peer, _python, "websockets_peer.py"), partial(_packages, "websockets")),
    Server("aiohttp", partial(_peer, _python, "aiohttp_peer.py"), partial(_packages, "aiohttp")),
    Server("tornado_plain", partial(_peer, _python, "tornado_plain.py"), partial(_packages, "tornado")),
)


def kept(history: str) -> Server:
    """Return tornado_chat with a kind of history; each message has a random ref, as a careful client sends it."""
    return Server(f"tornado_chat, {history}, refs", partial(_chat, history=history), _speed, with_refs=True)


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
                command, stdout=output, stderr=output, cwd=HERE.parent, env=os.environ | server.environ
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
