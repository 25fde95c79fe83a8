"""How many instructions a message and an upgrade cost, counted by callgrind.

Other work on the machine does not change them, so a change of a hundredth is seen on any machine. They are those of
the process, without the kernel's. What they do not tell is how well the processor's caches serve them.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.builds import TREE, Build
from bench.servers import BUILD, HERE, Failed, Missing, environment, run

MESSAGES, UPGRADES = 4_000, 200
UPGRADE = (
    "GET /ws?name=Client{} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
COUNTED = ("messages.py", "upgrades.py")  # what runs inside of the server; a commit has its own


def prepare(commits: Sequence[Build]) -> None:
    """Make ready what counts; Missing if it is not there, or if a commit has nothing that could be counted."""
    if shutil.which("valgrind") is None:
        raise Missing("instructions: valgrind is not installed: apt install valgrind")
    for build in commits:
        if not all((build.folder / "bench" / name).exists() for name in COUNTED):
            raise Missing(f"instructions: {build.title} has no bench/{' and no bench/'.join(COUNTED)} yet")
    BUILD.mkdir(exist_ok=True)
    run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(BUILD / "counting.so"), str(HERE / "counting.c")])


def measure(build: Build = TREE) -> dict[str, int]:
    """Return the instructions of each."""
    found = {}
    for title, more in (("a message", []), ("a message with a ref", ["--refs"])):
        with _counted(build, "bench.messages", str(MESSAGES), *more) as process:
            _, said = process.communicate()
        found[title] = _count(process, said) // MESSAGES
    with _counted(build, "bench.upgrades") as process:
        said = _upgrade(process)
    found["an upgrade"] = _count(process, said) // UPGRADES
    return found


@contextmanager
def _counted(build: Build, module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a module under callgrind, which counts what that asks it to."""
    command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=/dev/null"]
    process = subprocess.Popen(
        [*command, build.python, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=build.folder,
        env=environment({"PYTHONHASHSEED": "0"}),
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


def table(found: Sequence[tuple[Build, dict[str, int]]]) -> str:
    """Return the table, with what each of the others takes of what the first does."""
    (_, first), *others = found
    rows = [["", *(build.name for build, _ in found)], ["---", *["---:"] * len(found)]]
    for title, count in first.items():
        shares = (f"{counts[title]:,} ({counts[title] / count:.2f})" for _, counts in others)
        rows.append([title, f"{count:,}", *shares])
    lines = ["### instructions: of the server's process", "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    for build, _ in others:
        for name in COUNTED:
            if (build.folder / "bench" / name).read_bytes() != (HERE / name).read_bytes():
                lines += [f"* {build.name} has another bench/{name}: it may count something else.", ""]
    return "\n".join(lines)
