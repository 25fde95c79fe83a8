"""Plain upgrades are answered as Tornado answers them, and everything that is not plain is left to it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tornado.httpserver import HTTPServer, _HTTPRequestContext
from tornado.httputil import HTTPServerRequest, RequestStartLine
from tornado.iostream import IOStream
from tornado.testing import bind_unused_port

from tests.raw import upgrade
from tornado_chat.chat.models import User
from tornado_chat.config.settings import Settings
from tornado_chat.server.http_server import Server
from tornado_chat.server.loop import new_loop
from tornado_chat.web.app import make_app
from tornado_chat.web.socket import plain_upgrade
from tornado_chat.web.socket.compression import inflate

PLAIN = upgrade(80, Host="localhost")
BROWSER = upgrade(
    80,
    Host="localhost",
    Connection="keep-alive, Upgrade",
    Origin="http://localhost",
    Sec_Fetch_Site="same-origin",
    Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits",
    Cookie="tornado_chat=a; b=c",
    User_Agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)
HASTY: dict[str, Any] = {"idle_connection_timeout": 0.3, "body_timeout": 0.3, "max_header_size": 16 * 1024}
PIECES = [  # what is put in, or instead of something
    *(
        b" ",
        b"\t",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\0",
        b"\xff",
        b":",
        b",",
        b";",
        b"?",
        b"%",
        b"#",
        b"x" * 9_000,
    ),
    *(
        b"Host: localhost\r\n",
        b"Host: other\r\n",
        b"host: localhost\r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: 3\r\n",
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b" folded\r\n",
        b"X: \r\n",
        b"X:y\r\n",
        b"X : y\r\n",
    ),
    *(
        b"Origin: http://localhost\r\n",
        b"Origin: http://evil.example\r\n",
        b"Origin: null\r\n",
        b"Origin: http://[\r\n",
    ),
    *(
        b"Sec-Fetch-Site: cross-site\r\n",
        b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n",
    ),
    *(
        b"Sec-WebSocket-Protocol: chat\r\n",
        b"Sec-WebSocket-Version: 13\r\n",
        b"Sec-WebSocket-Key: x\r\n",
        b"Upgrade: h2c\r\n",
    ),
    *(b"X-Forwarded-For: 192.0.2.1\r\n", b"X-Forwarded-For: 192.0.2.66\r\n", b"X-Forwarded-Proto: https\r\n"),
    *(
        b"Authorization: Bearer a.b\r\n",
        b"Authorization: Bearer a.b.c\r\n",
        b"Cookie: a=b\r\n",
        b"Connection: close\r\n",
    ),
    *(
        b"HTTP/1.0",
        b"HTTP/1.1",
        b"HTTP/2.0",
        b"POST",
        b"HEAD",
        b"/ws",
        b"//ws",
        b"/ws/",
        b"/",
        b"/healthz",
        b"?name=%ff",
    ),
    *(
        b"?name=",
        b"?token=x",
        b"?name=Ann&name=Bob",
        b"http://localhost/ws?name=Ann",
        b"websocket",
        b"WebSocket",
        b"13",
        b"8",
    ),
]


class Two:
    """A chat that is served in both ways: at `ports[0]` plain upgrades are answered at once."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.loop = new_loop()
        self.plain: list[bool] = []
        self.run(self._begin(Settings(data_dir=folder, history="memory", **given)))

    def run(self, coroutine: Any) -> Any:
        return self.loop.run_sync(lambda: coroutine)

    async def _begin(self, given: Settings) -> None:
        self.chat = make_app(given)
        await self.chat.start()
        upgrade = self.chat.upgrade

        def watched(*arguments: Any) -> Any:
            found = upgrade(*arguments)
            self.plain.append(found is not None)
            return found

        self.chat.upgrade = watched  # type: ignore[method-assign]
        self.servers = [Server(self.chat, **HASTY), HTTPServer(self.chat, **HASTY)]
        self.ports = []
        for server in self.servers:
            sock, port = bind_unused_port()
            server.add_socket(sock)
            self.ports.append(port)

    def end(self) -> None:
        async def end() -> None:
            for server in self.servers:
                server.stop()
                await server.close_all_connections()
            await self.chat.close()
            self.chat.hub.close()

        self.run(end())
        self.loop.close(all_fds=True)

    async def answers(self, *parts: bytes) -> list[list[bytes]]:
        """Return what both answer to a request that comes in parts."""
        for _ in range(3):  # on a busy machine one of them may be cut as slow
            one, other = await asyncio.gather(*(told(port, parts) for port in self.ports))
            if one == other:
                break
        return [one, other]


async def told(port: int, parts: Sequence[bytes]) -> list[bytes]:
    """Return the head of the answer, its body or the beginning of the first frame, and what comes after a refusal."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.01 if len(parts) > 1 else 0)
        found.append(await _until(reader, b"\r\n\r\n"))
        if b" 101 " in found[0][:20]:
            first, size = await reader.readexactly(2)
            if size > 125:
                size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
            payload = await reader.readexactly(size)
            if first & 0x40:
                payload = inflate(payload, 10**6)
            found.append(payload if first == 0x88 else payload[:18])
        elif length := re.search(rb"Content-Length: (\d+)", found[0]):
            found.append(await reader.readexactly(int(length[1])))
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            found.append(await reader.read())
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        found.append(getattr(error, "partial", b""))
    finally:
        writer.close()
    return [re.sub(rb"Date: [^\r]+|Etag: [^\r]+", b"", one) for one in found]


async def _until(reader: asyncio.StreamReader, end: bytes) -> bytes:
    try:
        return await reader.readuntil(end)
    except asyncio.IncompleteReadError as error:
        return error.partial


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    networks = tuple(map(ip_network, ("127.0.0.1/32", "192.0.2.64/26")))
    two = Two(tmp_path, limits="off", compress=True, trusted_proxies=networks)
    yield two
    two.end()


@pytest.mark.parametrize(
    "request_", [PLAIN, BROWSER, PLAIN.replace(b"Upgrade: websocket", b"UPGRADE: WebSocket"), PLAIN + b"\x81\x80abcd"]
)
def test_what_browsers_and_libraries_send_is_plain(two: Two, request_: bytes) -> None:
    one, other = two.run(two.answers(request_))
    assert one == other
    assert one[0].startswith(b"HTTP/1.1 101 Switching Protocols\r\nServer: tornado_chat\r\n")
    assert two.plain[-1:] == [True]


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"GET", b"POST", 405),
        (b"HTTP/1.1", b"HTTP/1.0", 400),
        (b"/ws?", b"/ws/?", 404),
        (b"/ws?", b"//ws?", 404),
        (b"?name=Eve", b"?name=E v", 400),
        (b"Upgrade: websocket", b"Upgrade: h2c", 400),
        (b"Connection: Upgrade", b"Connection: close", 400),
        (b"Version: 13", b"Version: 8", 426),
        (b"Host: localhost", b"X: localhost", 400),
        (b"Host: localhost", b"Host: a/b", 400),
        (b"Host: localhost", b"Host: localhost\r\nHost: localhost", 400),
        (b"Host: localhost", b"Host: localhost\r\n folded", 400),
        (b"Host: localhost", b"Host: localhost\r\nContent-Length: 0", 101),
        (b"Host: localhost", b"Host: localhost\r\nSec-Fetch-Site: cross-site", 403),
        (b"Host: localhost", b"Host: localhost\r\nX: \xff", 101),
        (b"Host: localhost", b"Host: localhost\r\nX: \0", 400),
        (b"Host: localhost\r\n", b"Host: localhost\n", 101),
        (b"Host: localhost", b"Host: localhost\r\nX: " + b"x" * 9_000, 101),
        (b"GET", b"\r\nGET", 101),
    ],
)
def test_what_is_unusual_is_left_to_tornado(two: Two, old: bytes, new: bytes, status: int) -> None:
    one, other = two.run(two.answers(PLAIN.replace(old, new, 1)))
    assert one == other
    assert one[0].split()[1] == str(status).encode()
    assert True not in two.plain


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("?name=%00", {}, 400),
        ("?name=%ff", {}, 400),
        ("?name=%00", {"Origin": "http://localhost"}, 101),
        ("", {}, 400),
        ("?token=x", {}, 101),
        ("?name=Eve", {"Origin": "http://evil.example"}, 403),
        ("?name=Eve", {"Authorization": "Bearer x"}, 101),
        ("?name=Eve", {"X-Forwarded-For": "192.0.2.1"}, 101),
        ("?name=Eve", {"Sec-WebSocket-Protocol": "chat"}, 101),
    ],
)
def test_a_plain_upgrade_is_refused_alike(two: Two, query: str, headers: dict[str, str], status: int) -> None:
    one, other = two.run(two.answers(upgrade(80, f"/ws{query}", Host="localhost", **headers)))
    assert one == other
    assert one[0].split()[1] == str(status).encode()
    assert True in two.plain


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0), ""])
def test_a_request_is_what_tornado_makes_of_it(address: Any) -> None:
    query = b"&token=a%20b&x=&name=" + b"&y" * 15
    found = plain_upgrade.read(BROWSER.replace(b" HTTP/1.1", query + b" HTTP/1.1"), address)
    assert found is not None
    assert plain_upgrade.read(BROWSER.replace(b" HTTP/1.1", 20 * b"&y" + b" HTTP/1.1"), address) is None
    line = RequestStartLine(found.method, found.uri, found.version)
    with socket.socket({0: socket.AF_UNIX, 2: socket.AF_INET, 4: socket.AF_INET6}[len(address)]) as sock:
        context = _HTTPRequestContext(IOStream(sock), address, None)
        connection: Any = type("Connection", (), {"context": context})
        other = HTTPServerRequest(connection=connection, headers=found.headers, start_line=line)
    for name in vars(other).keys() - {"connection", "_start_time", "_finish_time"}:
        assert getattr(found, name) == getattr(other, name)
    assert (found.full_url(), found.cookies, repr(found)[5:]) == (other.full_url(), other.cookies, repr(other)[10:])
    assert 0 <= found.request_time() < 60
    for name in ("address", "remote_ip", "protocol"):
        assert getattr(found.connection.context, name) == getattr(context, name)  # type: ignore[union-attr]


def test_a_refusal_by_a_limit_or_a_fault_is_one_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = Two(tmp_path, connect_rate=(1, 1, 1_000), trusted_proxies=(ip_network("127.0.0.1"),))
    caplog.set_level("INFO")
    try:
        for port, address in zip(two.ports, ("192.0.2.1", "192.0.2.2"), strict=True):
            asked = upgrade(80, Host="localhost", X_Forwarded_For=address)
            heads = [two.run(told(port, [asked]))[0] for _ in range(12)]
            assert b" 101 " in heads[0]
            assert b" 503 Too fast; wait a moment\r\n" in heads[-1]
            assert b"\r\nRetry-After: 1\r\n" in heads[-1]

        async def fail(request: object) -> None:
            raise RuntimeError("no disk")

        monkeypatch.setattr(two.chat.auth.identity, "authenticate", fail)
        monkeypatch.setattr(two.chat.hub, "limits", None)
        for port in two.ports:
            caplog.clear()
            assert two.run(told(port, [PLAIN]))[0].startswith(b"HTTP/1.1 500 ")
            assert len([record for record in caplog.records if record.exc_info]) == 1
    finally:
        two.end()


def test_a_ban_and_a_full_server_are_told_alike(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    token = two.chat.auth.identity.guests.token(User("eve", "Eve"))
    two.run(two.chat.hub.moderation.load())
    monkeypatch.setattr(
        two.chat.hub.moderation, "current_ban", lambda *whom: type("Ban", (), {"until": 0, "reason": "x"})
    )
    one, other = two.run(two.answers(upgrade(80, f"/ws?token={token}", Host="localhost")))
    assert one == other
    assert one[1].startswith((4403).to_bytes(2, "big"))
    monkeypatch.setattr(two.chat.hub, "max_connections", 0)
    one, other = two.run(two.answers(PLAIN))
    assert one == other
    assert b" 503 Full\r\n" in one[0]
    assert b"\r\nRetry-After: 5\r\n" in one[0]


def test_a_request_in_parts_and_one_that_never_ends_are_tornados(two: Two) -> None:
    for parts in ([PLAIN[:1], PLAIN[1:]], [PLAIN[:-1], PLAIN[-1:]], [b"\r\n", PLAIN], [PLAIN[:-2]], [b"G"], [b""]):
        two.plain.clear()
        one, other = two.run(two.answers(*parts))
        assert one == other, parts
        assert True not in two.plain, parts


def test_whoever_goes_or_says_nothing_leaves_nothing_behind(two: Two) -> None:
    server = two.servers[0]
    assert isinstance(server, Server)

    async def come_and_go() -> None:
        silent = [await asyncio.open_connection("127.0.0.1", two.ports[0]) for _ in range(20)]
        while len(server._new) < 20:
            await asyncio.sleep(0.001)
        for _, writer in silent[:10]:
            writer.transport.abort()
        assert await silent[-1][0].read() == b""  # cut, as one that has never asked
        for _, writer in silent:
            writer.close()
        while server._new or server._connections:
            await asyncio.sleep(0.001)

    two.run(come_and_go())


def test_a_server_that_ends_closes_those_who_have_said_nothing(two: Two) -> None:
    async def end() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", two.ports[0])
        server = two.servers[0]
        assert isinstance(server, Server)
        while not server._new:
            await asyncio.sleep(0.001)
        server.stop()
        await server.close_all_connections()
        assert await reader.read() == b""
        assert not server._new
        writer.close()

    two.run(end())


def test_one_who_is_being_let_in_when_the_server_ends_is_closed(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    async def end() -> None:
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def wait(request: object) -> None:
            asked.set()
            await go_on.wait()

        monkeypatch.setattr(two.chat.auth.identity, "authenticate", wait)
        reader, writer = await asyncio.open_connection("127.0.0.1", two.ports[0])
        writer.write(PLAIN)
        await asked.wait()
        await two.servers[0].close_all_connections()
        go_on.set()
        with contextlib.suppress(ConnectionResetError):  # nobody has read the request
            assert await reader.read() == b""
        writer.close()

    two.run(end())
    assert not two.chat.hub.connections


def test_one_whose_task_was_cancelled_is_answered_500(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancel() -> list[bytes]:
        async def cancelled(request: object) -> None:
            raise asyncio.CancelledError

        monkeypatch.setattr(two.chat.auth.identity, "authenticate", cancelled)
        return await told(two.ports[0], [PLAIN])

    assert two.run(cancel())[0].startswith(b"HTTP/1.1 500 ")


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, ...]:
    """A request that was right once, in one part or two."""
    text = draw(st.sampled_from([PLAIN, BROWSER]))
    for _ in range(draw(st.integers(0, 3))):
        lines = [found.end() for found in re.finditer(rb"\r\n", text)] or [0]
        spots = [found.start() for found in re.finditer(rb"[^A-Za-z0-9]\b|\b[^A-Za-z0-9]", text)] or [0]
        at = draw(st.sampled_from(lines) | st.sampled_from(spots) | st.integers(0, len(text)))
        upto = at + draw(st.sampled_from([0, 0, 0, 1, 2, 4, 9]))
        again = text[at : text.find(b"\n", at) + 1]
        text = text[:at] + draw(st.sampled_from(PIECES) | st.just(again) | st.just(b"")) + text[upto:]
    if draw(st.integers(0, 5)):
        return (text,)
    at = draw(st.integers(0, len(text)))
    return text[:at], text[at:]


def check_alike(two: Two, count: int) -> None:
    kinds = set()

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @example((PLAIN,))
    @given(mutated())
    def alike(parts: tuple[bytes, ...]) -> None:
        two.plain.clear()
        one, other = two.run(two.answers(*parts))
        assert one == other, parts
        kinds.add((True in two.plain, one[0].split()[1:2] == [b"101"]))

    alike()
    assert {(True, True), (False, False)} <= kinds


def test_40_mutated_upgrades_are_answered_alike(two: Two) -> None:
    check_alike(two, 40)


@pytest.mark.long
def test_5_000_mutated_upgrades_are_answered_alike(two: Two) -> None:
    check_alike(two, 5_000)
