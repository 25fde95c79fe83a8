"""Bad input, row by row, against a running server: what breaks the transport has its code, the rest an answer."""

import asyncio
import contextlib
import json
import time
import zlib
from ipaddress import ip_network
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.testing import gen_test

from tests.both_ways import both_ways
from tests.raw import Raw, http, upgrade
from tornado_chat.chat.errors import Refused
from tornado_chat.server.http_server import LIMITS
from tornado_chat.testing import ChatTestCase, Client


@both_ways
class BadInputTest(ChatTestCase):
    settings = {"limits": "off", "compress": True}

    @pytest.fixture(autouse=True)
    def _log(self, caplog: pytest.LogCaptureFixture) -> None:
        self.log = caplog

    def tearDown(self) -> None:
        super().tearDown()
        assert not [record for record in self.log.records if record.exc_info], "a traceback"

    @property
    def port(self) -> int:
        return self.get_http_port()

    async def code(self, *frames: Any, **headers: str) -> int | None:
        """Return what a connection is closed with after these frames."""
        eve = await Raw.connect(self.port, **headers)
        for frame in frames:
            eve.frame(**frame) if isinstance(frame, dict) else eve.writer.write(frame)
        return await eve.until_closed()

    async def error(self, client: Client, frame: str) -> dict[str, Any]:
        client.send_text(frame)
        return await client.until("error")

    @gen_test
    async def test_a_foreign_or_null_origin_and_https_on_http_are_403_before_the_upgrade(self) -> None:
        here = f"127.0.0.1:{self.port}"
        for origin in ("http://evil.example", "null", f"https://{here}", f"http://{here}.evil.example", "x"):
            with pytest.raises(HTTPClientError) as refused:
                await self.connect("Eve", Origin=origin)
            assert refused.value.code == 403
        await self.connect("Program")

    @gen_test
    async def test_too_much_a_lying_length_and_a_deflate_bomb_are_1009(self) -> None:
        assert await self.code({"payload": b"x" * 65_537}) == 1009
        assert await self.code({"payload": b"", "size": 2**40}) == 1009
        fragment = {"payload": b"x" * 40_000}
        assert await self.code({**fragment, "first": 0x01}, {**fragment, "first": 0x80}) == 1009
        deflate = zlib.compressobj(9, wbits=-15)
        bomb = deflate.compress(b" " * 60_000_000) + deflate.flush(zlib.Z_SYNC_FLUSH)
        assert len(bomb) < 65_000
        agreed = {"Sec_WebSocket_Extensions": "permessage-deflate"}
        assert await self.code({"payload": bomb[:-4], "first": 0xC1}, **agreed) == 1009

    @gen_test
    async def test_broken_utf8_is_1007_a_broken_frame_1002_and_binary_1003(self) -> None:
        assert await self.code({"payload": b'{"action":"\xff"}'}) == 1007
        assert await self.code({"payload": b"\xed\xa0\x80"}) == 1007
        for frame in (
            {"payload": b"x", "first": 0x83},  # an opcode that is none
            {"payload": b"x", "first": 0xC1},  # a reserved bit, without compression
            {"payload": b"x", "masked": False},
            {"payload": b"\x03\xed", "first": 0x88},  # close code 1005
            {"payload": b"\x00", "first": 0x88},
            {"payload": b"x" * 126, "first": 0x89},  # a large ping
            {"payload": b"x", "first": 0x80},  # the rest of nothing
        ):
            assert await self.code(frame) == 1002, frame
        assert await self.code({"payload": b"x", "first": 0x82}) == 1003

    @gen_test
    async def test_bad_websocket_headers_are_400_and_bad_extension_parameters_are_declined(self) -> None:
        for parameter in ("server_max_window_bits=99", "client_max_window_bits=x", "unknown", "x; x"):
            offer = {"Sec_WebSocket_Extensions": f"permessage-deflate; {parameter}"}
            assert await self.code({"payload": b"x", "first": 0x82}, **offer) == 1003  # it was let in
        for headers in (
            {"Sec_WebSocket_Key": ""},
            {"Upgrade": ""},
            {"Upgrade": "h2c"},
            {"Connection": "close"},
            {"Host": ""},
        ):
            answer = await http(self.port, upgrade(self.port, **headers), head=True)
            assert answer.split()[1:2] == [b"400"], (headers, answer[:200])
        answer = await http(self.port, upgrade(self.port, Sec_WebSocket_Version="7"), head=True)
        assert b" 426 " in answer

    @gen_test
    async def test_what_is_no_strict_json_is_invalid_json(self) -> None:
        ann = await self.join("Ann", "den")
        for frame in (
            *("{", "[]", "1", '"text"', "null", "NaN", '{"a":Infinity}', '{"a":1e999}', '{"a":"\\ud800"}', "{'a':1}"),
            *('{"a":1,}', '{"action":"who"} x', '{"a":' * 65 + "1" + "}" * 65, "[" * 20_000, '{"a":"\x01"}'),
        ):
            assert (await self.error(ann, frame))["code"] == "invalid-json", frame[:50]
        digits = "9" * 5_000
        for number in (digits, "9" * 300, "9007199254740993", "-9007199254740993", "1.5", "1e300"):
            said = await self.error(ann, f'{{"action":"history","target":"den","before":{number}}}')
            assert said["code"] == ("invalid-json" if number == digits else "invalid-field"), number[:20]
        await ann.call("who")

    @gen_test
    async def test_a_wrong_type_or_a_missing_field_is_invalid_field_and_named(self) -> None:
        ann = await self.join("Ann", "den")
        for event, named in (
            ({"action": "history", "target": "den", "limit": True}, "limit"),
            ({"action": "history", "target": "den", "limit": "5"}, "limit"),
            ({"action": "history", "target": "den", "before": [1]}, "before"),
            ({"action": "send-message", "target": "den"}, "message"),
            ({"action": "send-message", "target": {"a": 1}, "message": "x"}, "target"),
            ({"action": "send-message", "target": "den", "message": None}, "message"),
            ({"action": "typing"}, "target"),
            ({"action": "join-channel", "target": "den", "since": 5}, "since"),
            ({"action": "join-channel", "target": "den", "since": {"epoch": "x", "seq": True}}, "seq"),
            ({"target": "den"}, "action"),
            ({"action": 5}, "action"),
            ({"action": "who", "ref": 5}, "ref"),
            ({"action": "who", "ref": "x" * 65}, "ref"),
        ):
            said = await self.error(ann, json.dumps(event))
            assert said["code"] == "invalid-field", event
            assert named in said["message"], said

    @gen_test
    async def test_control_bidirectional_zero_width_and_look_alike_spaces_in_names_are_invalid_name(self) -> None:
        ann = await self.join("Ann", "den")
        for char in "\0\n\x1b\x7f\x85\u200b\u200e\u202e\u2066\u2060\ufeff\u00a0\u2003\u3000\u2028\u115f\u3164":
            with pytest.raises(Refused) as refused:
                await ann.call("join-channel", target=f"a{char}b")
            assert refused.value.code == "invalid-name", repr(char)
            with pytest.raises(HTTPClientError) as unborn:
                await self.connect(f"a{char}b")
            assert unborn.value.code == 400, repr(char)

    @gen_test
    async def test_newlines_and_line_separators_in_a_text_arrive_unchanged(self) -> None:
        ann = await self.join("Ann", "den")
        for text in ("one\ntwo", "one\u2028two", "one\u2029two", "one\ttwo", "\ntwo", "a\r\nb"):
            await ann.call("send-message", target="den", message=text)
        heard = [event["message"] for event in ann.events if "seq" in event and event["action"] == "send-message"]
        assert heard == ["one\ntwo", "one\u2028two", "one\u2029two", "one\ttwo", "\ntwo", "a\nb"]

    @gen_test
    async def test_no_path_leads_outside_the_assets_and_none_is_500(self) -> None:
        for path in (
            *("/assets/../settings.py", "/assets/%2e%2e/index.html", "/assets/..%2f..%2fsetup.cfg", "/assets/%00"),
            "/assets/.",
            *("/assets//etc/passwd", "/assets/%2fetc%2fpasswd", "/assets/....//....//etc/passwd", "/assets/\\..\\x"),
            *("/assets/%c0%ae%c0%ae/x", "/assets/%ff", "/assets/" + "a/" * 4000, "/assets/app.js%00.css"),
            *("/assets/%252e%252e/index.html", "//evil.example/", "/%2e%2e/", "/..", "/assets/vendor"),
            *("/assets/%0d%0aSet-Cookie:%20a=b", "http://evil.example/assets/../x", "/?a=%ff"),
        ):
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            answer = await http(self.port, request)
            status = int(answer.split()[1])
            assert status in (301, 400, 403, 404) or (path, status) == ("/?a=%ff", 200), (path, status)
            assert b"Set-Cookie" not in answer.partition(b"\r\n\r\n")[0]
            assert b"root:" not in answer

    @gen_test
    async def test_line_breaks_and_escapes_in_a_request_are_one_line_each_in_the_log(self) -> None:
        self.log.set_level("INFO")
        for path in (b"/\x1b[31mred", b"/a%0ab", b"/ws?token=secret", b"/\xe2\x80\xa8x"):
            await http(self.port, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for record in self.log.records:
            assert "secret" not in record.getMessage()
            assert "\n" not in record.getMessage()


@both_ways
class NoLoginTest(ChatTestCase):
    settings = {"auth": ("password", "header"), "trusted_proxies": (ip_network("192.0.2.1"),)}

    @gen_test
    async def test_no_login_where_one_is_needed_is_4401_at_once_and_nothing_is_handled(self) -> None:
        for path in ("/ws", "/ws?name=Eve", "/ws?token=e30.e30"):
            eve = await Raw.connect(self.get_http_port(), path, Remote_User="Ann", Cookie="tornado_chat=x")
            eve.send({"action": "join-channel", "target": "den"})
            eve.send({"action": "send-message", "target": "den", "message": "hello"})
            first = await eve.read()
            assert first is not None
            assert first[0] == 0x88, "closed before anything else is said"
            assert int.from_bytes(first[1][:2], "big") == 4401
            eve.writer.close()
        assert not self.chat.hub.connections
        assert await self.chat.hub.history.last("den") == 0


# Slow clients


class HalfOpenTest(ChatTestCase):
    settings = {"ping_interval": 0.2, "ping_timeout": 1.0}

    @gen_test
    async def test_a_half_open_connection_is_gone_within_ping_timeout_with_4000_and_one_leave(self) -> None:
        ann = await self.join("Ann", "den")
        eve = await Raw.connect(self.get_http_port())
        eve.send({"action": "join-channel", "target": "den"})
        await ann.until(lambda event: event.get("event") == "join")
        began = time.monotonic()
        await ann.until(lambda event: event.get("event") == "leave")
        assert time.monotonic() - began < 1.0 + 0.2 + 5  # the machine may be busy
        assert self.chat.hub.metrics.closed["4000"] == 1
        await ann.call("who")
        assert len([event for event in ann.events if event.get("event") == "leave"]) == 1
        eve.writer.close()


@both_ways
class SlowTest(ChatTestCase):
    settings = {"limits": "off"}

    def get_httpserver_options(self) -> dict[str, Any]:
        return {**LIMITS, "idle_connection_timeout": 1.0, "body_timeout": 1.0}

    @gen_test
    async def test_slow_headers_and_a_slow_body_are_cut_and_others_join_meanwhile(self) -> None:
        port, began = self.get_http_port(), time.monotonic()
        head = b" / HTTP/1.1\r\nHost: x\r\n"
        starts = (b"", b"GET / HT", b"GET" + head + b"X: ", b"POST" + head + b"Content-Length: 99\r\n\r\nx")
        slow = [asyncio.ensure_future(drip(port, starts[number % 4])) for number in range(100)]
        while time.monotonic() - began < 1.5:
            ann = await self.join("Ann", "den")
            await ann.close()
            await asyncio.sleep(0.1)
        ends = await asyncio.gather(*slow)
        assert max(ends) < 10

    @gen_test
    async def test_more_than_16_kib_of_headers_are_not_read(self) -> None:
        for length, wanted in ((15_000, b"HTTP/1.1 200 OK"), (17_000, b"")):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.get_http_port())
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * length + b"\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                assert (await reader.read(15)) == wanted
            writer.close()


async def drip(port: int, start: bytes) -> float:
    """Send a request a byte at a time; return after how many seconds the server has cut it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    writer.write(start)
    try:
        while not reader.at_eof():
            writer.write(b"x")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    await reader.read(65536)
    except ConnectionError:
        pass
    writer.close()
    return time.monotonic() - began
