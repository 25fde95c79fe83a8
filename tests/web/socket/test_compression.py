"""permessage-deflate: what is agreed to, bombs, and one compressed frame for all."""

import zlib
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httpclient import HTTPRequest
from tornado.testing import AsyncHTTPTestCase, gen_test
from tornado.web import Application
from tornado.websocket import websocket_connect

from tests.both_ways import both_ways
from tests.web.socket.test_frames import BINARY, CONTINUATION, PING, TEXT, masked
from tornado_chat.testing import ChatTestCase
from tornado_chat.testing.echo import Echo
from tornado_chat.web.socket import compression
from tornado_chat.web.socket.frames import FrameError, FrameReader

ANSWER = compression.ANSWER


@pytest.mark.parametrize(
    ("offers", "answer"),
    [
        ("permessage-deflate", ANSWER),
        ("permessage-deflate; client_max_window_bits", ANSWER),
        ('permessage-deflate; client_max_window_bits="10"; client_no_context_takeover', ANSWER),
        ("permessage-deflate; server_max_window_bits=15", ANSWER + "; server_max_window_bits=15"),
        ("permessage-deflate; server_max_window_bits=10", None),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", ANSWER),
        ("x-webkit-deflate-frame", None),
        ("", None),
    ],
)
def test_an_offer_is_agreed_to_or_declined(offers: str, answer: str | None) -> None:
    assert compression.accept(offers) == answer


@pytest.mark.parametrize(
    "parameter",
    ["server_max_window_bits=99", "server_max_window_bits=7", "server_max_window_bits", "server_max_window_bits=08",
     "client_max_window_bits=x", "client_max_window_bits=", "server_no_context_takeover=1", "unknown", "unknown=1",
     "client_no_context_takeover; client_no_context_takeover", 'x="a, permessage-deflate"', 'x="a; b', ";", "=",
     'x="\\", permessage-deflate; y="', "server_max_window_bits=15; server_max_window_bits=15"],
)  # fmt: skip
def test_an_offer_with_a_parameter_that_cannot_be_is_declined_and_the_next_one_looked_at(parameter: str) -> None:
    assert compression.accept(f"permessage-deflate; {parameter}") is None
    if parameter.count('"') % 2 == 0:
        assert compression.accept(f"permessage-deflate; {parameter}, permessage-deflate") == ANSWER
        assert compression.accept(f"permessage-deflate, permessage-deflate; {parameter}") == ANSWER


@pytest.mark.parametrize(
    "offers", [",", ";", '"', '"' * 9_999, ",;" * 8_000, '"\\' * 8_000, "\\", ";permessage-deflate"]
)
def test_what_is_no_offer_is_declined_at_once(offers: str) -> None:
    assert compression.accept(offers) is None


def packed(text: bytes) -> bytes:
    writer = zlib.compressobj(wbits=-15)
    return (writer.compress(text) + writer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def read(*frames: bytes, size: int = 1000) -> list[tuple[int, str | bytes]]:
    return list(FrameReader(size, compression.inflate).feed(b"".join(frames)))


@given(st.binary(max_size=5000))
def test_what_is_compressed_is_read_as_it_was(payload: bytes) -> None:
    frame = compression.deflate(payload, BINARY)
    start = 2 if frame[1] < 126 else 4
    content = compression.inflate(frame[start:], 5000) if frame[0] & 0x40 else frame[start:]
    assert content == payload


def test_messages_and_fragments_may_be_compressed_and_need_not() -> None:
    body = packed(b"hello" * 20)
    fragments = masked(body[:3], rsv=4, fin=False), masked(b"?", PING), masked(body[3:], CONTINUATION)
    assert read(masked(body, rsv=4), masked(b"plain")) == [(TEXT, "hello" * 20), (TEXT, "plain")]
    assert read(*fragments) == [(PING, b"?"), (TEXT, "hello" * 20)]
    assert read(masked(b"\x00", rsv=4)) == [(TEXT, "")]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([masked(packed(b"x" * 1_000_000), rsv=4)], 1009),
        ([masked(packed(b"\xff"), rsv=4)], 1007),
        ([masked(b"\xff\xff\xff", rsv=4)], 1002),
        ([masked(b"x", PING, rsv=4)], 1002),
        ([masked(b"x", rsv=6)], 1002),
        ([masked(b"x", fin=False), masked(b"x", CONTINUATION, rsv=4)], 1002),
    ],
)
def test_what_is_not_right_ends_it(frames: list[bytes], code: int) -> None:
    with pytest.raises(FrameError) as error:
        read(*frames)
    assert error.value.code == code


def test_the_same_frame_is_compressed_once() -> None:
    frame = compression.frame(b"hello" * 100)
    assert compression.deflated(frame) is compression.deflated(frame)
    assert len(compression.deflated(frame)) < 50
    ping = compression.frame(b"?", PING)
    assert compression.deflated(ping) is ping


class EchoTest(AsyncHTTPTestCase):
    def get_app(self) -> Application:
        return Application([("/", Echo, {"compress": True})])

    @gen_test
    async def test_an_echo_with_tornados_client(self) -> None:
        url = self.get_url("/").replace("http", "ws")
        for options in ({}, None):
            client = await websocket_connect(url, compression_options=options)
            for message in ("", "hello" * 500, b"\0" * 5000, "short"):
                client.write_message(message, isinstance(message, bytes))
                assert await client.read_message() == message
            client.close()
            assert await client.read_message() is None

    @gen_test
    async def test_an_offer_with_bad_parameters_is_declined_and_the_socket_works(self) -> None:
        for parameter in ("server_max_window_bits=99", "unknown", "client_max_window_bits=x"):
            asked = {"Sec-WebSocket-Extensions": f"permessage-deflate; {parameter}"}
            client = await websocket_connect(HTTPRequest(self.get_url("/").replace("http", "ws"), headers=asked))
            assert "Sec-WebSocket-Extensions" not in client.headers
            client.write_message("hello" * 100)
            assert await client.read_message() == "hello" * 100
            client.close()
            assert await client.read_message() is None


@both_ways
class CompressedChatTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"compress": True}

    @gen_test
    async def test_people_with_and_without_compression_talk(self) -> None:
        ann = await self.join("Ann", "general")
        request = HTTPRequest(self.get_url("/ws?name=Ben").replace("http", "ws"))
        ben = await websocket_connect(request, compression_options={})
        ben.write_message('{"action":"join-channel","target":"general"}')
        await ann.until_text("Ben joined the channel")
        await ann.call("send-message", target="general", message="hello " * 100)
        frames = [await ben.read_message()]
        while ("hello " * 100).strip() not in str(frames[-1]):
            frames.append(await ben.read_message())
        ben.close()
        await ben.read_message()
