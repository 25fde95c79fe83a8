"""More clients than descriptors: whoever is in is served, the others are told to come again, and no one spins."""

import asyncio
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from tests.lengths import each_long
from tests.serving import UNMEASURED
from tornado_chat.server.listener import Listener
from tornado_chat.testing import connect
from tornado_chat.web import capacity

FILES, CLIENTS = 256, 400


class Server:
    """A server in a process of its own that may have 256 open files; its log is in a file."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        command = [sys.executable, "-m", "tornado_chat", "--port", "0", "--data-dir", str(folder / "data")]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdout=PIPE, stderr=log, text=True, preexec_fn=_limit, env=UNMEASURED
            )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1].rstrip("/")
        self.port = int(self.url.rpartition(":")[2])

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def cpu(self) -> float:
        """Return the seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.process.send_signal(signal.SIGTERM)
    server.process.communicate(timeout=60)
    assert server.process.returncode == 0
    assert not [line for line in server.lines() if "Traceback" in line]


async def knock(port: int) -> tuple[int, socket.socket]:
    """Ask for a socket; return it with 101 and a hello, 503, 1013, or 0 where the connection was dropped."""
    loop, sock = asyncio.get_running_loop(), socket.socket()
    sock.setblocking(False)
    head = f"GET /ws?name=Guest HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    answer = b""
    try:
        await loop.sock_connect(sock, ("127.0.0.1", port))
        await loop.sock_sendall(sock, (head + key).encode())
        while more := await loop.sock_recv(sock, 4096):
            answer += more
            if b'"hello"' in answer:
                return 101, sock
            if (1013).to_bytes(2, "big") in answer:
                break
    except ConnectionError:
        pass
    sock.close()
    if b" 503 " in answer:
        assert b"\r\nRetry-After: 5\r\n" in answer
        return 503, sock
    return 1013 if answer else 0, sock


async def eventually(condition: Callable[[], Awaitable[Any]]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := await condition()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    return found


async def measure(server: Server, seconds: float, meanwhile: Callable[[], Awaitable[None]]) -> tuple[float, int]:
    """Return what share of a processor the server uses for a while, and how many lines it logs."""
    cpu, lines, began = server.cpu(), len(server.lines()), time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        await meanwhile()
        await asyncio.sleep(0.2)
    return (server.cpu() - cpu) / passed, len(server.lines()) - lines


def test_400_clients_at_256_descriptors(server: Server) -> None:
    async def main() -> None:
        talker = await connect(server.url, "Ann")
        await talker.call("join-channel", target="den")
        knocks = await asyncio.gather(*(knock(server.port) for _ in range(CLIENTS)))
        inside = [sock for status, sock in knocks if status == 101]
        assert len(inside) == FILES - capacity.RESERVE - 1
        assert 503 in {status for status, _ in knocks} <= {101, 503, 1013, 0}

        async def still_served() -> None:
            status, sock = await knock(server.port)
            assert status == 503
            sock.close()
            await talker.call("send-message", target="den", message="still here")

        share, lines = await measure(server, 1.0, still_served)
        assert share < 0.2
        assert lines <= 3

        for sock in inside[:5]:
            sock.close()

        async def comes_in() -> Any:
            status, sock = await knock(server.port)
            sock.close()
            return status == 101

        await eventually(comes_in)
        await talker.close()
        for _, sock in knocks:
            sock.close()

    asyncio.run(main())


def test_400_who_connect_and_say_nothing_make_nobody_spin(server: Server) -> None:
    async def main() -> None:
        talker = await connect(server.url, "Ann")
        await talker.call("join-channel", target="den")
        silent = [socket.socket() for _ in range(CLIENTS)]
        for one in silent:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", server.port))

        async def out_of_descriptors() -> bool:
            return any("too many open files" in line for line in server.lines())

        await eventually(out_of_descriptors)

        async def still_served() -> None:
            await talker.call("send-message", target="den", message="still here")

        share, lines = await measure(server, 1.0, still_served)
        assert share < 0.2
        assert lines <= 3
        for one in silent:
            one.close()
        newcomer = await connect(server.url, "Bob")
        for client in (talker, newcomer):
            await client.close()

    asyncio.run(main())


def test_the_limit_of_open_files_is_raised_and_leaves_room(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100, 1000]
    monkeypatch.setattr(resource, "getrlimit", lambda what: tuple(now))
    monkeypatch.setattr(resource, "setrlimit", lambda what, to: now.__setitem__(slice(None), to))
    assert capacity.max_connections() == 36
    capacity.raise_open_files()
    assert now == [1000, 1000]
    assert capacity.max_connections() == 900
    assert [capacity.is_spare(descriptor) for descriptor in (983, 984)] == [False, True]
    now[:] = [10, 10]
    assert capacity.max_connections() == 1
    now[:] = [resource.RLIM_INFINITY, resource.RLIM_INFINITY]
    assert capacity.max_connections() == sys.maxsize
    assert not capacity.is_spare(10**6)


def test_a_limit_that_cannot_be_raised_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(what: int, to: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    capacity.raise_open_files()


@pytest.mark.parametrize("files", [10, *each_long(16, 20, 31)])
def test_a_server_that_may_open_too_few_files_says_so(files: int, tmp_path: Path) -> None:
    line = f'ulimit -n {files}; exec "$0" -m tornado_chat --port 0 --data-dir {tmp_path}'
    done = subprocess.run(["sh", "-c", line, sys.executable], capture_output=True, text=True, timeout=60, check=False)
    expected = f"tornado_chat: this process may open {files} files only; raise the limit (ulimit -n)\n"
    assert (done.returncode, done.stderr) == (2, expected)


def test_a_listener_rests_only_for_want_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        for number, raised in ((errno.EMFILE, BlockingIOError), (errno.EPERM, PermissionError)):
            with Listener() as listener:
                listener.bind(("127.0.0.1", 0))
                monkeypatch.setattr(socket.socket, "accept", _fail_with(number))
                with pytest.raises(raised):
                    listener.accept()

    asyncio.run(main())


def _fail_with(number: int) -> Callable[[socket.socket], None]:
    def accept(self: socket.socket) -> None:
        raise OSError(number, os.strerror(number))

    return accept


def test_what_happens_often_is_said_seldom(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    seldom, now = capacity.RateLimitedLog("no room"), 100.0
    monkeypatch.setattr(capacity, "monotonic", lambda: now)
    for _ in range(500):
        now += 0.1
        seldom.warn()
    assert [record.getMessage() for record in caplog.records] == ["no room (1 times)", *["no room (101 times)"] * 4]
