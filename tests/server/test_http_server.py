"""Connections between requests: proxies keep them and use them again; who is slow within a request is cut."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.testing import bind_unused_port

from tornado_chat.chat.models import User
from tornado_chat.config.settings import Settings
from tornado_chat.server import http_server
from tornado_chat.server.http_server import Server
from tornado_chat.web.app import make_app

SLOW = 0.3  # seconds that a request's headers and its body may take here
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n1234"


class Connection:
    """A connection of a proxy's."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def get(self) -> bytes:
        """Ask and return the whole answer."""
        self.writer.write(GET)
        head = await self.reader.readuntil(b"\r\n\r\n")
        return head + await self.reader.readexactly(3)

    async def is_cut(self) -> bool:
        """Wait until the server closes."""
        async with asyncio.timeout(20):
            return await self.reader.read() == b""


@asynccontextmanager
async def served(folder: Path, **limits: Any) -> AsyncIterator[tuple[Server, Any]]:
    """Run a server; yields it and what connects to it."""
    writers = []
    server = Server(
        make_app(Settings(data_dir=folder, history="memory")),
        **{"idle_connection_timeout": SLOW, "body_timeout": SLOW, **limits},
    )
    sock, port = bind_unused_port()
    server.add_socket(sock)

    async def connect(**how: Any) -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **how)
        writers.append(writer)
        return Connection(reader, writer)

    try:
        yield server, connect
    finally:
        for writer in writers:
            writer.close()
        server.stop()
        await server.close_all_connections()
        assert not server._idle
        assert not server._connections


def test_a_connection_that_was_idle_for_long_answers_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as (_, connect):
            idle = await connect()
            for _ in range(2):
                assert b" 200 " in await idle.get()
                silent = await connect()
                assert await silent.is_cut()  # so long has it been: a connection that never asked is cut

    asyncio.run(main())


@pytest.mark.parametrize("begun", [GET[:-2], b"G", b"\r\n", POST])
def test_a_slow_request_is_cut_on_a_connection_that_has_served_before_too(begun: bytes, tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as (_, connect):
            slow = await connect()
            assert b" 200 " in await slow.get()
            slow.writer.write(begun)
            assert await slow.is_cut()

    asyncio.run(main())


def test_a_file_takes_longer_and_is_larger_than_other_bodies_may_be(tmp_path: Path) -> None:
    size = 4 * http_server.LIMITS["max_body_size"]

    async def main() -> None:
        async with served(tmp_path) as (server, connect):
            token = server.request_callback.auth.identity.guests.token(User("ann", "Ann"))
            head = f"POST /files?name=a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            for headers in ("", "Expect: 100-continue\r\n"):
                sender, silent = await connect(), await connect()
                assert b" 200 " in await sender.get()
                sender.writer.write(f"{head}{headers}Content-Length: {size}\r\n\r\n".encode())
                if headers:
                    assert await sender.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 (Continue)\r\n\r\n"
                half = bytes(size // 2)
                sender.writer.write(half)
                assert await silent.is_cut()  # longer than another body may take
                sender.writer.write(half)
                answer = await sender.reader.readuntil(b"\r\n\r\n")
                assert answer.startswith(b"HTTP/1.1 201 ")
                await sender.reader.readuntil(b"}")
                assert b" 200 " in await sender.get()

    asyncio.run(main())


def test_a_connection_over_tls_that_was_idle_answers_again_and_is_cut_if_slow(
    tmp_path: Path, certificate: dict[str, str]
) -> None:
    trusting = ssl.create_default_context(cafile=certificate["certfile"])

    async def main() -> None:
        async with served(tmp_path, ssl_options=certificate) as (_, connect):
            how = {"ssl": trusting, "server_hostname": "localhost"}
            idle, silent = await connect(**how), await connect(**how)
            assert b" 200 " in await idle.get()
            assert await silent.is_cut()
            assert b" 200 " in await idle.get()
            idle.writer.write(b"G")
            assert await idle.is_cut()

    asyncio.run(main())


def test_requests_that_come_together_are_answered_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as (_, connect):
            eager = await connect()
            eager.writer.write(GET * 5)
            for _ in range(6):
                assert b" 200 " in await eager.get()

    asyncio.run(main())


def test_an_idle_connection_is_closed_at_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "KEEP_ALIVE", 0.1)

    async def main() -> None:
        async with served(tmp_path) as (_, connect):
            idle = await connect()
            assert b" 200 " in await idle.get()
            assert await idle.is_cut()

    asyncio.run(main())


def test_of_too_many_idle_connections_the_one_that_waits_for_longest_is_closed(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as (server, connect):
            server.max_idle = 3
            idle = [await connect() for _ in range(5)]
            for one in idle:
                assert b" 200 " in await one.get()
            for one in idle[:2]:
                assert await one.is_cut()
            for one in idle[2:]:
                assert b" 200 " in await one.get()

    asyncio.run(main())


def test_a_proxys_connection_outlives_what_proxies_keep() -> None:
    assert http_server.KEEP_ALIVE > 600
