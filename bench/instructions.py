"""How many instructions a message and an upgrade cost, counted by callgrind.

Other work on the machine does not change them, so a change of a hundredth is seen on any machine. They are those of
the process, without the kernel's. What they do not tell is how well the processor's caches serve them.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.servers import BUILD, HERE, Failed, Missing, run

MESSAGES, UPGRADES = 4_000, 200
UPGRADE = (
    "GET /ws?name=Client{} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def measure() -> dict[str, int]:
    """Return the instructions of each; Missing without valgrind."""
    if shutil.which("valgrind") is None:
        raise Missing("instructions: valgrind is not installed")
    BUILD.mkdir(exist_ok=True)
    run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(BUILD / "counting.so"), str(HERE / "counting.c")])
    found = {}
    for title, more in (("a message", []), ("a message with a ref", ["--refs"])):
        with _counted("bench.messages", str(MESSAGES), *more) as process:
            _, said = process.communicate()
        found[title] = _count(process, said) // MESSAGES
    with _counted("bench.upgrades") as process:
        said = _upgrade(process)
    found["an upgrade"] = _count(process, said) // UPGRADES
    return found


@contextmanager
def _counted(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a module under callgrind, which counts what that asks it to."""
    command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=/dev/null"]
    process = subprocess.Popen(
        [*command, sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=HERE.parent,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _upgrade(process: subprocess.Popen[str]) -> str:
    """Open connections, the first of which are not counted; return what callgrind said."""
    assert process.stdout
    said, opened = process.stdout.readline(), []
    if not said:
        raise Failed(process.communicate()[1].strip()[-600:])
    for number in range(2 * UPGRADES):
        if number == UPGRADES:
            _order(process)
        opened.append(socket.create_connection(("127.0.0.1", int(said))))
        opened[-1].sendall(UPGRADE.format(number).encode())
        received = b""
        while b'"action":"hello"' not in received:
            received += (more := opened[-1].recv(65_536))
            if not more:
                raise Failed(f"an upgrade was refused: {received[:300]!r}")
    _order(process)
    return process.communicate()[1]


def _order(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    process.stdout.readline()


def _count(process: subprocess.Popen[str], said: str) -> int:
    counted = re.search(r"Collected : (\d+)", said)
    if process.returncode or counted is None:
        raise Failed(said.strip()[-600:])
    return int(counted[1])


def table(found: dict[str, int]) -> str:
    """Return the table."""
    rows = [f"| {title} | {count:,} |" for title, count in found.items()]
    return "\n".join(["### instructions: of the server's process", "", "| | each |", "| --- | ---: |", *rows, ""])
