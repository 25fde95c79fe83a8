"""Readers that stall (F5): they go, bounded and with 1013, and nobody else notices. Over TCP and over TLS."""

import asyncio
import json
import socket
import ssl
import time

import pytest
from tornado.httpclient import HTTPRequest
from tornado.testing import gen_test
from tornado.websocket import websocket_connect

from tests.secure import OverTls
from tests.web.socket.test_frames import masked
from tests.web.socket.test_upgrade import handshake
from tornado_chat.chat import connection
from tornado_chat.chat.connection import MAX_WAITING, Connection
from tornado_chat.testing import ChatTestCase, Client
from tornado_chat.web.socket.session import Session

READERS = 5


async def heard(reader: Client, number: int) -> None:
    await reader.until(lambda event: str(event.get("message")).startswith(f"{number} "))


class StalledTest(ChatTestCase):
    # The keepalive looks 25 times a second.
    settings = {"ping_interval": 1.0, "ping_timeout": 60.0, "limits": "off"}
    tls: ssl.SSLContext | None = None

    def setUp(self) -> None:
        self.socks: list[socket.socket] = []
        self.codes: list[int | None] = []
        self.patch = pytest.MonkeyPatch()
        self.addCleanup(self.patch.undo)
        close = Session.on_ws_connection_close

        def closed(one: Session, code: int | None, reason: str | None) -> None:
            self.codes.append(code)
            close(one, code, reason)

        self.patch.setattr(Session, "on_ws_connection_close", closed)
        super().setUp()

    async def _disconnect(self) -> None:
        for sock in self.socks:
            sock.close()
        await super()._disconnect()

    async def reader(self, name: str) -> Client:
        """Connect a client that reads, and join it."""
        url = self.get_url(f"/ws?name={name}").replace("http", "ws")
        client = Client(await websocket_connect(HTTPRequest(url, validate_cert=False)))
        self.clients.append(client)
        await client.call("join-channel", target="den")
        return client

    async def stalled(self) -> Connection:
        """Join a client that reads no more; return the server's side of it."""
        before = set(self.chat.hub.connections)
        self.socks.append(await asyncio.to_thread(self._join_and_stall))
        while not (found := set(self.chat.hub.connections) - before):
            await asyncio.sleep(0.001)
        (one,) = found
        while "den" not in one.channels:
            await asyncio.sleep(0.001)
        return one

    def _join_and_stall(self) -> socket.socket:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", self.get_http_port()))
        if self.tls is not None:
            sock = self.tls.wrap_socket(sock)
        join = json.dumps({"action": "join-channel", "target": "den"}).encode()
        sock.sendall(handshake("/ws?name=Stalled") + masked(join))
        return sock

    async def gone(self, one: Connection) -> int:
        """Wait until the server has let a connection go; return how much waited for it at most."""
        most = 0
        while one in self.chat.hub.connections:
            most = max(most, one.transport.waiting())
            await asyncio.sleep(0)
        return most

    @gen_test
    async def test_a_burst_evicts_the_stalled_with_bounded_memory_and_no_healthy_reader(self) -> None:
        readers = [await self.reader(f"Reader{n}") for n in range(READERS)]
        stalled = [await self.stalled() for _ in range(3)]
        gone = [asyncio.ensure_future(self.gone(one)) for one in stalled]
        count = 0
        while not all(task.done() for task in gone):
            for _ in range(50):
                readers[0].send("send-message", target="den", message=f"{count} ".ljust(4000, "."))
                count += 1
            await heard(readers[0], count - 1)
        assert self.codes == [1013] * 3
        assert max(task.result() for task in gone) <= MAX_WAITING
        for reader in readers[1:]:
            await heard(reader, count - 1)
        for reader in readers:
            said = [int(event["message"].split()[0]) for event in reader.events if event.get("sender")]
            assert said == list(range(count))
        assert len(self.chat.hub.connections) == READERS

    @gen_test
    async def test_one_that_takes_nothing_for_long_is_gone_however_little_waits(self) -> None:
        self.patch.setattr(connection, "MAX_STALL", 0.2)
        reader = await self.reader("Reader")
        stalled = await self.stalled()
        gone = asyncio.ensure_future(self.gone(stalled))
        number = 0
        while not gone.done():
            if stalled.transport.waiting() == 0:  # the kernel may find room for a little more after a while
                await reader.call("send-message", target="den", message=f"{number} ".ljust(4000, "."))
                number += 1
            await asyncio.sleep(0)
        assert await gone < MAX_WAITING
        assert self.codes == [1013]
        if not any(event.get("event") == "leave" for event in reader.events):
            await reader.until(lambda event: event.get("event") == "leave")
        assert len(self.chat.hub.connections) == 1

    @gen_test
    async def test_a_burst_of_500_messages_evicts_no_healthy_reader(self) -> None:
        readers = [await self.reader(f"Reader{n}") for n in range(READERS)]
        for number in range(500):
            readers[0].send("send-message", target="den", message=f"{number} ".ljust(400, "."))
        for reader in readers:
            await heard(reader, 499)
        assert len(self.chat.hub.connections) == READERS

    @gen_test
    async def test_one_that_takes_20_ms_for_each_read_is_slow_but_stays_and_misses_nothing(self) -> None:
        reader = await self.reader("Reader")
        slow = await self.stalled()
        texts: list[str] = []
        while slow.transport.waiting() == 0:
            texts.append(f"{len(texts)} ".ljust(4000, "."))
            await reader.call("send-message", target="den", message=texts[-1])
        came = await asyncio.to_thread(self._read_slowly, self.socks[0], texts[-1].encode())
        places = [came.find(text.encode()) for text in texts]
        assert -1 not in places
        assert places == sorted(places)
        assert slow in self.chat.hub.connections
        assert self.codes == []

    @staticmethod
    def _read_slowly(sock: socket.socket, last: bytes) -> bytes:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        came = bytearray()
        while last not in came[-66_000:]:
            time.sleep(0.02)
            came += sock.recv(65_536)
        return bytes(came)


@pytest.mark.long
class TlsStalledTest(OverTls, StalledTest):
    pass
