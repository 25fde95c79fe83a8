"""The takeover, over real sockets: what a Tornado user expects of a WebSocketHandler, and what RFC 6455 does."""

import asyncio
import gc
import socket
import ssl
import struct
import weakref
from collections.abc import Awaitable
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream
from tornado.log import app_log, gen_log
from tornado.testing import AsyncHTTPTestCase, ExpectLog, gen_test
from tornado.web import Application
from tornado.websocket import websocket_connect

from tests.secure import OverTls
from tests.web.socket.test_frames import CLOSE, CONTINUATION, PING, PONG, TEXT, masked
from tornado_chat.web.socket.transport import TURN, WebSocketTransport
from tornado_chat.web.socket.upgrade import SocketHandler

MUCH, PIECE = 64, b"x" * 256 * 1024  # more than the kernel takes for a client that does not read


class Echo(SocketHandler):
    """Says what it hears; some words make it do something else."""

    def initialize(self, log: list[Any]) -> None:
        self.log = log

    async def open(self, *args: str) -> None:  # type: ignore[override]
        self.log.append(("open", weakref.ref(self.request)))
        if self.get_query_argument("fail", ""):
            raise RuntimeError("failed to open")

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        if message == "fail":
            raise RuntimeError("failed to handle")
        if message == "close":
            self.close(4001, "as asked")
        elif message == "abort":
            self.transport.abort(4002)
        elif message == "slow":
            return self.slow()
        elif message == "much":
            for _ in range(MUCH):
                self.write_message(PIECE, binary=True)
            return None
        self.write_message(message, isinstance(message, bytes))
        return None

    async def slow(self) -> None:
        await asyncio.sleep(0.05)
        await self.write_message("slow")

    def on_pause(self) -> None:
        self.log.append(("pause", self.transport))

    def on_resume(self) -> None:
        self.log.append(("resume", self.transport.waiting()))

    def on_pong(self, data: bytes) -> None:
        self.log.append(("pong", data))

    def on_close(self) -> None:
        self.log.append(("close", self.close_code, self.close_reason))


def handshake(path: str = "/ws") -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


class Raw:
    """A client that sends what it wants, byte by byte if need be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int, *behind: bytes, path: str = "/ws", tls: ssl.SSLContext | None = None) -> "Raw":
        # The limit: one that pauses would lose over TLS what came before the end (asyncio's doing).
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, limit=2 * MUCH * len(PIECE))
        writer.write(handshake(path) + b"".join(behind))
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
        return cls(reader, writer)

    async def frame(self) -> tuple[int, bytes]:
        head = await self.reader.readexactly(2)
        size = head[1]
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return head[0] & 0x0F, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """Return the code of the next close frame, and wait for the end of the connection."""
        opcode, payload = await self.frame()
        while opcode != CLOSE:
            opcode, payload = await self.frame()
        self.writer.write(masked(payload, CLOSE))
        assert await self.reader.read() == b""
        await self.leave()
        return int.from_bytes(payload[:2], "big")

    async def leave(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass


class SocketTest(AsyncHTTPTestCase):
    tls: ssl.SSLContext | None = None

    def get_app(self) -> Application:
        self.log: list[Any] = []
        return Application([("/ws", Echo, {"log": self.log})], websocket_max_message_size=1000)

    async def raw(self, *behind: bytes, path: str = "/ws") -> Raw:
        raw = await Raw.open(self.get_http_port(), *behind, path=path, tls=self.tls)
        self.addCleanup(raw.writer.close)
        return raw

    async def ended(self) -> tuple[int, str]:
        """Wait for on_close; return its code and reason, and check that it came once."""
        while not any(entry[0] == "close" for entry in self.log):
            await asyncio.sleep(0.001)
        ((_, code, reason),) = [entry for entry in self.log if entry[0] == "close"]
        return code, reason

    @gen_test
    async def test_tornados_client_talks_with_it(self) -> None:
        request = HTTPRequest(self.get_url("/ws").replace("http", "ws"), validate_cert=False)
        client = await websocket_connect(request)
        for message in ("hello", "", "zwö" * 200, b"\xff"):
            await client.write_message(message, isinstance(message, bytes))
            assert await client.read_message() == message
        client.close(4000, "bye")
        assert await client.read_message() is None
        assert await self.ended() == (4000, "bye")

    @gen_test
    async def test_frames_right_behind_the_handshake_are_not_lost(self) -> None:
        raw = await self.raw(masked(b"one"), masked(b"two")[:3])
        raw.writer.write(masked(b"two")[3:])
        assert [await raw.frame(), await raw.frame()] == [(TEXT, b"one"), (TEXT, b"two")]
        await raw.leave()
        assert await self.ended() == (1006, None)

    @gen_test
    async def test_bytes_may_come_one_at_a_time(self) -> None:
        raw = await self.raw()
        for byte in masked(b"a", fin=False) + masked(b"?", PING) + masked(b"b", CONTINUATION):
            raw.writer.write(bytes([byte]))
            await raw.writer.drain()
        assert [await raw.frame(), await raw.frame()] == [(PONG, b"?"), (TEXT, b"ab")]
        await raw.leave()

    @gen_test
    async def test_messages_keep_their_order_behind_a_slow_one(self) -> None:
        raw = await self.raw(masked(b"slow"), masked(b"1"), masked(b"slow"), masked(b"2"))
        assert [(await raw.frame())[1] for _ in range(4)] == [b"slow", b"1", b"slow", b"2"]
        await raw.leave()

    @gen_test
    async def test_the_client_closes_and_is_answered_with_its_code(self) -> None:
        for code, answer in ((1000, 1000), (4321, 4321)):
            raw = await self.raw()
            raw.writer.write(masked(code.to_bytes(2, "big") + b"bye", CLOSE) + masked(b"too late"))
            assert await raw.close_code() == answer
            assert await self.ended() == (code, "bye")
            self.log.clear()

    @gen_test
    async def test_the_server_closes_and_nothing_is_handled_after_it(self) -> None:
        raw = await self.raw(masked(b"close"), masked(b"fail"), masked(b"more"))
        goodbye = (4001).to_bytes(2, "big")
        assert await raw.frame() == (CLOSE, goodbye + b"as asked")
        raw.writer.write(masked(goodbye, CLOSE))
        assert await raw.reader.read() == b""
        await raw.leave()
        assert (await self.ended())[0] == 4001

    @gen_test
    async def test_abort_ends_it_at_once_and_on_close_reads_the_code(self) -> None:
        raw = await self.raw(masked(b"abort"))
        try:
            await raw.reader.read()
        except ConnectionError:
            pass
        await raw.leave()
        assert (await self.ended())[0] == 4002

    @gen_test
    async def test_an_exception_is_logged_once_and_closes_with_1011(self) -> None:
        with ExpectLog(app_log, "Uncaught exception in Echo") as logged:
            raw = await self.raw(masked(b"fail"))
            assert await raw.close_code() == 1011
        assert logged.logged_stack
        await self.ended()

    @gen_test
    async def test_an_exception_in_open_is_logged_and_closes_with_1011(self) -> None:
        with ExpectLog(app_log, "Uncaught exception"):
            raw = await self.raw(path="/ws?fail=1")
            assert await raw.close_code() == 1011

    @gen_test
    async def test_what_breaks_the_protocol_is_closed_with_its_code(self) -> None:
        broken = {
            1002: [
                masked(b"x", rsv=4),
                masked(b"x", 3),
                b"\x81\x01x",
                masked(b"x", CONTINUATION),
                masked(b"\x03", CLOSE),
            ],
            1007: [masked(b"\xff"), masked(b"\x03\xe8\xff", CLOSE)],
            1009: [masked(b"x" * 1001), masked(b"x" * 600, fin=False) + masked(b"x" * 600, CONTINUATION)],
        }

        async def send(stream: bytes) -> int:
            raw = await self.raw(stream, masked(b"never handled"))
            return await raw.close_code()

        for code, streams in broken.items():
            assert await asyncio.gather(*map(send, streams)) == [code] * len(streams)
            while len(ends := [entry[1] for entry in self.log if entry[0] == "close"]) < len(streams):
                await asyncio.sleep(0.001)
            assert ends == [code] * len(streams)
            self.log.clear()

    @gen_test
    async def test_a_ping_is_answered_and_a_pong_is_heard(self) -> None:
        raw = await self.raw(masked(b"now", PING), masked(b"then", PONG))
        assert await raw.frame() == (PONG, b"now")
        await raw.leave()
        await self.ended()
        assert ("pong", b"then") in self.log

    async def paused(self) -> WebSocketTransport:
        """Wait for a client that falls behind; return its wire."""
        while not any(entry[0] == "pause" for entry in self.log):
            await asyncio.sleep(0.001)
        (wire,) = [entry[1] for entry in self.log if entry[0] == "pause"]
        assert isinstance(wire, WebSocketTransport)
        return wire

    @gen_test
    async def test_who_falls_behind_is_told_of_once_and_so_is_who_has_caught_up(self) -> None:
        raw = await self.raw(masked(b"much"))
        wire = await self.paused()
        before = wire.waiting()
        assert 0 < before < MUCH * len(PIECE)
        left = set()  # what waits gets less by what the kernel takes, not by whole frames
        while wire.waiting():
            left.add(wire.waiting() % (len(PIECE) + 10))
            await asyncio.sleep(0)
        assert len(left) > 1
        for _ in range(MUCH):
            assert (await raw.frame())[1] == PIECE
        while ("resume", 0) not in self.log:
            await asyncio.sleep(0.001)
        raw.writer.write(masked(b"again"))
        assert await raw.frame() == (TEXT, b"again")
        await raw.leave()
        await self.ended()
        assert [entry[0] for entry in self.log] == ["open", "pause", "resume", "close"]

    @gen_test
    async def test_what_waits_is_written_before_the_goodbye(self) -> None:
        raw = await self.raw(masked(b"much"), masked(b"close"))
        await self.paused()
        for _ in range(MUCH):
            assert (await raw.frame())[1] == PIECE
        assert await raw.close_code() == 4001
        assert await self.ended() == (4001, "as asked")

    @gen_test
    async def test_what_waits_is_written_before_the_answer_to_a_goodbye(self) -> None:
        raw = await self.raw(masked(b"much"), masked((1000).to_bytes(2, "big"), CLOSE))
        await self.paused()
        for _ in range(MUCH):
            assert (await raw.frame())[1] == PIECE
        assert await raw.close_code() == 1000
        assert (await self.ended())[0] == 1000

    @gen_test
    async def test_abort_leaves_what_waits_behind(self) -> None:
        raw = await self.raw(masked(b"much"))
        wire = await self.paused()
        wire.abort(1013)
        assert await self.ended() == (1013, None)
        await raw.leave()

    @gen_test
    async def test_a_client_that_resets_is_gone(self) -> None:
        for behind in ([], [masked(b"much")]):
            raw = await self.raw(*behind)
            if behind:
                await self.paused()
            else:
                raw.writer.write(masked(b"here"))
                await raw.frame()
            sock = raw.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.writer.transport.abort()
            assert await self.ended() == (1006, None)
            self.log.clear()

    @gen_test
    async def test_others_are_served_while_one_floods(self) -> None:
        flood = await self.raw(masked(b"x") * 20 * TURN)
        other = await self.raw(masked(b"here"))
        assert await other.frame() == (TEXT, b"here")
        for _ in range(20 * TURN):
            await flood.frame()
        await flood.leave()
        await other.leave()

    @gen_test
    async def test_a_flood_that_takes_many_reads_keeps_its_order(self) -> None:
        texts = [str(number).encode() for number in range(100 * TURN)]
        raw = await self.raw(b"".join(map(masked, texts)))
        assert [(await raw.frame())[1] for _ in texts] == texts
        await raw.leave()

    @gen_test
    async def test_what_served_the_handshake_is_let_go(self) -> None:
        before = {id(one) for one in gc.get_objects() if isinstance(one, IOStream | HTTPServerRequest)}
        raw = await self.raw(masked(b"x"))
        await raw.frame()
        request = next(entry[1] for entry in self.log if entry[0] == "open")
        while request() is not None:
            await asyncio.sleep(0)
            gc.collect()
        if self.tls is None:
            open_streams = [
                one
                for one in gc.get_objects()
                if isinstance(one, IOStream) and id(one) not in before and not one.closed()
            ]
            assert open_streams == []
        requests = [one for one in gc.get_objects() if isinstance(one, HTTPServerRequest) and id(one) not in before]
        assert requests == []
        await raw.leave()

    def test_a_handshake_that_is_none_is_400(self) -> None:
        good = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "x",
        }
        for name in ("Upgrade", "Connection", "Sec-WebSocket-Key"):
            assert self.fetch("/ws", headers={**good, name: ""}, validate_cert=False).code == 400
        assert self.fetch("/ws", headers={**good, "Sec-WebSocket-Version": "12"}, validate_cert=False).code == 426


class TlsTest(OverTls, SocketTest):
    """The same over TLS, which stays on the IOStream."""

    @gen_test
    async def test_bytes_that_are_no_tls_end_the_connection(self) -> None:
        await self.talk_and_break(before=0)

    @gen_test
    async def test_bytes_that_are_no_tls_right_behind_a_message_end_it_too(self) -> None:
        await self.talk_and_break(before=1)

    async def talk_and_break(self, before: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.get_http_port())
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        assert self.tls is not None
        tls = self.tls.wrap_bio(incoming, outgoing)

        async def do(what: Any) -> Any:
            while True:
                try:
                    return what()
                except ssl.SSLWantReadError:
                    writer.write(outgoing.read())
                    incoming.write(await reader.read(65536))
                finally:
                    writer.write(outgoing.read())

        await do(tls.do_handshake)
        await do(lambda: tls.write(handshake() + masked(b"here")))
        answer = b""
        while b"here" not in answer:
            answer += await do(lambda: tls.read(65536))
        tls.write(masked(b"x" * 900) * before)
        with ExpectLog(gen_log, "error on read", required=False), self.assertNoLogs("asyncio"):
            writer.write(outgoing.read() + b"no record" * 10)
            assert await self.ended() == (1006, None)
        writer.close()

    def fetch(self, path: str, raise_error: bool = False, **kwargs: Any) -> Any:
        return super().fetch(path, raise_error, **{**kwargs, "validate_cert": False})
