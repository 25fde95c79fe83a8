"""How the client for bots gets in: addresses, credentials, and what waiting cannot mend."""

import asyncio
import contextlib
import gc
import logging
import re
import tempfile
import time
import warnings
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha1
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port, gen_test
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClientConnection

from tests.both_ways import ThroughTornado
from tests.serving import cut, free_port
from tornado_chat.client import Client, credentials
from tornado_chat.client.credentials import clean_base
from tornado_chat.testing import ChatTestCase

WORD = "correct horse"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://h:3000", "http://h:3000"),
        ("ws://h:3000/", "http://h:3000"),
        ("wss://h/chat/ws", "https://h/chat"),
        ("HTTPS://h/chat/#/general", "https://h/chat"),
        (" http://[::1]:3000/ws ", "http://[::1]:3000"),
    ],
)
def test_an_address_may_be_that_of_the_page_or_of_the_websocket(written: str, meant: str) -> None:
    assert clean_base(written) == meant


@pytest.mark.parametrize(
    ("address", "word"),
    [
        *(
            (one, "address of a chat")
            for one in (
                *("", "localhost:3000", "h", "ftp://h", "http://", "http://h:x", "http://h:99999", "http://["),
                *("http://a..b", f"http://{'h' * 70}", "http://h h", "http://.", "http://h\0"),
            )
        ),
        ("http://h/?token=abc", "token="),
        ("http://ann:secret@h", "password="),
    ],
)
def test_what_is_not_an_address_is_said_at_once(address: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Client(address)


class Answer(RequestHandler):
    """Answers as told: a status, a place to go to."""

    def initialize(self, status: int, location: str = "") -> None:
        self.status, self.location = status, location

    def get(self) -> None:
        self.set_status(self.status)
        if self.location:
            self.set_header("Location", self.location)
        if self.status == 503:
            self.set_header("Retry-After", "0")


@contextlib.contextmanager
def serve(*rules: Any, **options: Any) -> Iterator[str]:
    """Serve other answers than a chat's; give host and port."""
    sock, port = bind_unused_port()
    server = HTTPServer(Application(list(rules)), **options)
    server.add_socket(sock)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop()


async def fails(base: str, *words: str, **how: Any) -> None:
    with pytest.raises(ConnectionError) as raised:
        async with asyncio.timeout(30):
            await Client(base, "Bot", **how).__aenter__()
    for word in words:
        assert word in str(raised.value)


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "check host and path"), (401, "401"), (403, "403"), (400, "400"), (410, "check"), (200, "chat")],
)
async def test_what_waiting_cannot_mend_ends_the_first_try(io_loop: Any, status: int, words: str) -> None:
    with serve(("/ws", Answer, {"status": status})) as there:
        await fails(f"http://{there}", words)


@pytest.mark.gen_test
async def test_a_redirect_to_another_host_or_without_end_is_not_followed(io_loop: Any) -> None:
    with serve(("/ws", Answer, {"status": 302, "location": "https://chat.invalid/ws"})) as away:
        await fails(f"http://{away}", "redirects to https://chat.invalid")
    with serve(("/ws", Answer, {"status": 307, "location": "/ws"})) as circle:
        await fails(f"http://{circle}", "again and again")


@pytest.mark.gen_test
async def test_tls_where_there_is_none_and_none_where_there_is_is_said(
    io_loop: Any, certificate: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "TIMEOUT", 1.0)  # Tornado waits for the end of what is no request
    with serve() as plain:
        await fails(f"https://{plain}", "write http://")
    with serve(ssl_options=certificate) as tls:
        await fails(f"ws://{tls}", "write https://")
        await fails(f"wss://{tls}", "certificate is not valid")


@pytest.mark.gen_test
async def test_nobody_at_home_is_said_each_time_and_the_first_connection_has_its_time(
    io_loop: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await fails(f"http://127.0.0.1:{free_port()}", "within 0.5 s", "refused", connect_timeout=0.5)
    assert len([one for one in caplog.records if "trying again" in one.message]) >= 2
    caplog.clear()
    with serve(("/ws", Answer, {"status": 503})) as busy:
        await fails(f"http://{busy}", "503", connect_timeout=0.3)
    assert "503" in caplog.text


@pytest.mark.gen_test
async def test_a_client_that_was_not_let_in_leaves_nothing_running(io_loop: Any) -> None:
    before = asyncio.all_tasks()
    with serve(("/ws", Answer, {"status": 404})) as other:
        await fails(f"http://{other}")
    await fails(f"http://127.0.0.1:{free_port()}", connect_timeout=0.1)
    async with asyncio.timeout(30):
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def answering(answer: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """Serve one answer, made from the request's key, to whoever asks; yield host and port."""

    served = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append((asyncio.current_task(), writer))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            found = re.search(rb"Sec-WebSocket-Key: (.*)\r\n", await reader.readuntil(b"\r\n\r\n"), re.IGNORECASE)
            writer.write(answer(found[1] if found else b""))
            await reader.read()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task, writer in served:
            writer.close()
            if task is not None:
                await task


def upgraded(payload: bytes, opcode: int = 1) -> Callable[[bytes], bytes]:
    def answer(key: bytes) -> bytes:
        accept = b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        head = SWITCH + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        return head + bytes([0x80 + opcode, len(payload)]) + payload

    return answer


SWITCH = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
NO_CHATS = {
    "long header": lambda key: b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    "wrong accept": lambda key: SWITCH + b"Sec-WebSocket-Accept: x\r\n\r\n",
    "no accept": lambda key: SWITCH + b"\r\n",
    "extension": lambda key: upgraded(b"")(key).replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: x\r\n\r\n"),
    "status": lambda key: b"HTTP/1.1 abc\r\n\r\n",
    "length": lambda key: b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    **{name: upgraded(name.encode()) for name in ("hello", "[1]", "5", "null", '{"x":1}', '{"action":"ok"}')},
    "part of a hello": upgraded(b'{"action":"hello"}'),
    "hello of nobody": upgraded(b'{"action":"hello","token":5,"user":{"name":5}}'),
    "binary": upgraded(b"\0\1", opcode=2),
}


@pytest.mark.gen_test
@pytest.mark.parametrize("name", NO_CHATS)
async def test_what_is_no_chat_is_said_at_once(io_loop: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tornado warns of each handshake that it has given up, once that is collected: in this test, unless pytest keeps
    # a line of the log with its traceback.
    monkeypatch.setattr(logging.getLogger("tornado.application"), "disabled", True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        async with answering(NO_CHATS[name]) as there:
            await fails(f"http://{there}", "is not a chat")
        gc.collect()
        found = [one for one in gc.get_objects() if isinstance(one, WebSocketClientConnection)]
        assert not any(one.protocol for one in found)


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "location",
    [
        *("http://[bad", "ftp://127.0.0.1/x", "http://127.0.0.1:99999/", "http://127.0.0.1:abc/", "http://a..b/"),
        *("javascript:alert(1)", "mailto:a@b"),
    ],
)
async def test_a_redirect_to_what_is_no_address_ends_it(io_loop: Any, location: str) -> None:
    with serve(("/ws", Answer, {"status": 302, "location": location})) as there:
        await fails(f"http://{there}", "redirects to", "not the address of a chat")


@pytest.mark.parametrize(
    "how",
    [
        *({"token": token} for token in ("a\r\nb", "\xe9", " ", "\0")),
        *({"headers": headers} for headers in ({"X": "a\nb"}, {"X": "\u6f22"}, {"X Y": "a"}, {"X": 5}, {"X": None})),
        {"name": "\ud800"},
    ],
)
def test_what_no_request_can_carry_is_said_at_once(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="="):
        Client("http://h", **how)


@pytest.mark.gen_test
@pytest.mark.parametrize("token", ["a\nb", "\xe9", 5, None])
async def test_a_function_that_returns_no_token_ends_it(io_loop: Any, token: Any) -> None:
    await fails(f"http://127.0.0.1:{free_port()}", "no token", token=lambda: token)


class PasswordTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"auth": ("password",)}

    def get_app(self) -> Any:
        chat = super().get_app()
        chat.accounts.cost = (2**4, 8, 1)
        return chat

    async def sessions(self) -> list[str]:
        kept = self.chat.accounts._repository._database
        rows = await kept.read(lambda connection: connection.execute("SELECT hash FROM sessions").fetchall())
        return [row[0] for row in rows]

    @gen_test
    async def test_a_password_signs_in_and_out_again(self) -> None:
        ann = await self.chat.accounts.register("Ann", WORD)
        async with Client(self.get_url("/"), "ann", password=WORD) as bot:
            assert bot.user == {"id": ann.id, "name": "Ann"}
            assert len(await self.sessions()) == 1
        assert await self.sessions() == []

    @gen_test
    async def test_a_wrong_password_ends_it(self) -> None:
        await self.chat.accounts.register("Ann", WORD)
        await fails(self.get_url("/"), "cannot sign in", "do not fit", password="wrong horse")

    @gen_test
    async def test_a_session_that_ends_is_begun_anew(self) -> None:
        ann = await self.chat.accounts.register("Ann", WORD)
        async with Client(self.get_url("/"), "Ann", password=WORD) as bot:
            await bot.join("den")
            for session in await self.sessions():
                await self.chat.accounts.end(session)
            self.chat.hub.end(self.chat.hub.connections_of(ann.id), "signed out", 4401)
            await bot.send("den", "still here")
            assert len(await self.sessions()) == 1


class HeaderTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"auth": ("header",), "trusted_proxies": (ip_network("127.0.0.1"),)}

    @gen_test
    async def test_headers_are_sent_along(self) -> None:
        async with Client(self.get_url("/"), headers={"Remote-User": "ann"}) as bot:
            assert bot.user["name"] == "ann"


class TokenTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"auth": ("token",)}

    def setUp(self) -> None:
        # Before Tornado's own, which has a socket open by the time it asks for the application.
        self.jwt = pytest.importorskip("jwt", reason="needs the extra [jwt]")
        super().setUp()

    def signed(self, seconds: float) -> str:
        claims = {"sub": "7", "name": "Bot", "aud": "tornado_chat", "exp": int(time.time() + seconds)}
        return str(self.jwt.encode(claims, "s" * 64, "HS256"))

    def get_app(self) -> Any:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        key = Path(folder.name) / "key"
        key.write_text("s" * 64)
        self.settings = {**self.settings, "jwt_key": key}  # type: ignore[misc]
        return super().get_app()

    @gen_test
    async def test_a_token_that_is_over_is_asked_for_again(self) -> None:
        asked = 0

        async def token() -> str:
            nonlocal asked
            asked += 1
            return self.signed(60)

        async with Client(self.get_url("/"), token=token) as bot:
            await bot.join("den")
            self.chat.hub.end(self.chat.hub.connections_of("t:7"), "the time you signed in for is over", 4401)
            await bot.send("den", "still here")
            assert asked == 2

    @gen_test
    async def test_a_function_whose_tokens_do_not_count_ends_it(self) -> None:
        await fails(self.get_url("/"), "4401", token=lambda: self.signed(-3600))

    @gen_test
    async def test_a_token_outlives_a_lost_connection(self) -> None:
        async with Client(self.get_url("/"), token=self.signed(60)) as bot:
            await bot.join("den")
            cut(bot)
            await bot.send("den", "still here")
            assert bot.user["id"] == "t:7"


class MovingTest(ThroughTornado, ChatTestCase):  # whose routes can be taken away
    @gen_test
    async def test_a_redirect_within_the_host_is_followed(self) -> None:
        rule = ("/old/ws", Answer, {"status": 308, "location": self.get_url("/ws?x=1")})
        with serve(rule) as moved:
            bot = Client(f"http://{moved}/old", "Bot")
            await bot.__aenter__()
            assert bot.base == self.get_url("").rstrip("/")
            assert bot.user["name"] == "Bot"
            await bot.__aexit__(None, None, None)

    @gen_test
    async def test_a_redirect_may_name_the_scheme_of_the_websocket_and_gives_no_credentials(self) -> None:
        for there in ("ws://127.0.0.1", "http://u:p@127.0.0.1"):
            rule = ("/ws", Answer, {"status": 302, "location": f"{there}:{self.get_http_port()}/ws"})
            with serve(rule) as moved:
                async with Client(f"http://{moved}", "Bot") as bot:
                    assert bot.base == self.get_url("").rstrip("/")

    @gen_test
    async def test_who_was_in_once_waits_for_an_address_that_is_not_found_for_a_while(self) -> None:
        async with Client(self.get_url("/"), "Bot") as bot:
            await bot.join("den")
            self.chat.wildcard_router.rules, rules = [], self.chat.wildcard_router.rules
            with self.assertLogs("tornado_chat.client", logging.WARNING) as logged:
                cut(bot)
                async with asyncio.timeout(30):
                    while not any("404" in line for line in logged.output):
                        await asyncio.sleep(0.01)
            self.chat.wildcard_router.rules = rules
            await bot.send("den", "still here")


def test_a_token_never_stands_in_the_address() -> None:
    async def url(**headers: str) -> str:
        client = Client("http://h", token="abc", headers=headers)
        return str((await client._credentials.request(client.base)).url)

    assert asyncio.run(url()) == "ws://h/ws"
    assert asyncio.run(url(Authorization="Basic eDp5")) == "ws://h/ws?token=abc"  # a proxy's; there is no other place


@pytest.mark.gen_test
async def test_a_connection_that_comes_after_the_client_was_closed_is_closed(io_loop: Any) -> None:
    asked, answered, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await answered.wait()
        found = re.search(rb"Sec-WebSocket-Key: (\S+)", head, re.IGNORECASE)
        assert found is not None
        writer.write(upgraded(b"")(found[1]))
        await reader.read(100)  # a close frame
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", name="Ann")
    entering = asyncio.create_task(client.__aenter__())
    await asked.wait()
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    answered.set()
    await ended.wait()
    server.close()
