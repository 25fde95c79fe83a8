"""Fuzzing a running server: whatever comes up is answered, and an honest client never notices."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from tests.raw import Raw, http, upgrade
from tornado_chat.chat.models import User
from tornado_chat.config.settings import Settings
from tornado_chat.server.loop import new_loop
from tornado_chat.testing import Client, connect
from tornado_chat.web.app import make_app
from tornado_chat.web.files import answers, progress

ACTIONS = "join-channel leave-channel send-message history typing read channels who roll welcome nothing".split()
CHANGES = "edit-message delete-message react pin pins changes".split()
FIELDS = "action target message ref limit before after since history seq sides name users".split()

odd_texts = ["den", "", "\0", "a" * 5000, "\u202e", "<script>", "\n", "😀", "1e999"]
texts = st.text(max_size=20) | st.sampled_from(odd_texts)
numbers = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([0, -1, 1, 2**53, 2**53 + 1, 2**63])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*FIELDS, "epoch"]), inner, max_size=4)
    ),
    max_leaves=8,
)
near = st.fixed_dictionaries(  # what is nearly right gets the furthest
    {"action": st.sampled_from(ACTIONS + CHANGES)},
    optional={
        "target": st.just("den") | values,
        "message": texts | values,
        "ref": st.text(max_size=70) | values,
        **{name: st.integers(-5, 500) | values for name in ("limit", "before", "after", "history", "seq", "sides")},
        **{name: st.integers(0, 5) | values for name in ("around", "of", "reply_to")},
        "seqs": st.lists(st.integers(-1, 5)) | values,
        "key": st.sampled_from("👍🎉") | values,
        "on": st.booleans() | values,
        "since": st.fixed_dictionaries({"epoch": texts, "seq": st.integers() | values}) | st.integers(0, 5) | values,
    },
)
lines = (near | values).map(json.dumps) | st.text(max_size=60)
some = st.lists(lines, min_size=1, max_size=3).map("\n".join) | near.map(lambda one: json.dumps(one, indent=1))
five = st.lists(some, min_size=5, max_size=5)


class House:
    """A server on its own loop, an honest client who asks every few milliseconds, and how long that took."""

    def __init__(self, folder: Path, log: pytest.LogCaptureFixture) -> None:
        gc.collect()  # what earlier tests left behind is told of now, and not as if it were of this one
        log.clear()
        self.loop = new_loop()
        self.log = log
        self.chat = make_app(Settings(data_dir=folder, limits="off"))
        self.slowest = 0.0
        self.codes: set[int | None] = set()
        self.eve: Client | None = None
        self.run(self.begin())

    def run(self, coroutine: Any) -> Any:
        return self.loop.run_sync(lambda: coroutine)

    async def begin(self) -> None:
        sock, self.port = bind_unused_port()
        self.server = HTTPServer(self.chat)
        self.server.add_sockets([sock])
        sock, self.hasty = bind_unused_port()  # half a request is cut soon; on a busy machine a whole one may be
        self.hasty_server = HTTPServer(self.chat, idle_connection_timeout=0.1, body_timeout=0.1)
        self.hasty_server.add_sockets([sock])
        self.honest = await connect(f"http://127.0.0.1:{self.port}", "Ann")
        await self.honest.call("join-channel", target="den")

    async def probe(self) -> None:
        began = time.perf_counter()
        await self.honest.call("who", target="den")
        self.slowest = max(self.slowest, time.perf_counter() - began)
        self.honest.events.clear()
        self.honest._seen = 0

    async def say(self, frames: list[str]) -> None:
        """Say something broken; then ask something right, so that all of it has been handled."""
        if self.eve is None or self.eve.closed is not None:
            self.eve = await connect(f"http://127.0.0.1:{self.port}", "Eve")
            await self.eve.call("join-channel", target="den")
        self.eve.events.clear()
        self.eve._seen = 0
        for frame in frames:
            self.eve.send_text(frame)
        try:
            await self.eve.call("who", ref="done")
        except EOFError:
            self.codes.add(self.eve.closed)
        await self.probe()
        assert 1011 not in self.codes
        assert not [record for record in self.log.records if record.exc_info]

    async def ask(self, request: bytes) -> None:
        """Send bytes as a request; it must not be our fault that there is no answer."""
        answer = await http(self.hasty, request)
        assert not answer.startswith(b"HTTP/1.1 5"), answer[:200]
        await self.probe()
        assert not [record for record in self.log.records if record.exc_info]

    def end(self) -> None:
        async def end() -> None:
            for client in (self.honest, self.eve):
                if client is not None:
                    await client.close()
            for server in (self.server, self.hasty_server):
                server.stop()
                await server.close_all_connections()
            while self.chat.hub.connections:
                await asyncio.sleep(0.01)
            await self.chat.close()

        self.run(end())
        self.loop.close(all_fds=True)


def fuzz(house: House, strategy: SearchStrategy[Any], do: Callable[[Any], Any], examples: int) -> None:
    @seed(7)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(given: Any) -> None:
        house.run(do(given))

    try:
        one()
    finally:
        house.end()
    # pytest -s shows it
    print(f"slowest probe {house.slowest * 1000:.1f} ms, closed with {house.codes}")  # noqa: T201


def test_100_fuzzed_messages_are_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path, caplog)
    fuzz(house, five, house.say, 20)


@pytest.mark.long
def test_10_000_fuzzed_messages_are_answered_and_nobody_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, caplog)
    fuzz(house, five, house.say, 2_000)
    assert house.slowest < 0.1


paths = st.lists(
    st.sampled_from("/ ws assets .. %2e%2e %00 %ff readyz healthz metrics app.js \\ //".split())
    | st.text("abc%/.?&=#;\x7f\x80ÿ", max_size=8),
    max_size=5,
).map(lambda parts: "/" + "/".join(parts))
names = st.sampled_from(
    "Host Origin Upgrade Connection Content-Length Transfer-Encoding Range If-None-Match If-Modified-Since Cookie "
    "Accept-Encoding Sec-WebSocket-Key Sec-WebSocket-Version Sec-WebSocket-Extensions Authorization Expect "
    "X-Forwarded-For".split()
)
words = st.sampled_from(
    "x websocket Upgrade close 13 7 chunked 5 -1 99999999999 bytes=0-1 bytes=9-1,5- null http://[ 100-continue gzip "
    'permessage-deflate;server_max_window_bits=99 Bearer\tx W/"x" \xff'.split(" ")
)
requests = st.builds(
    lambda method, path, headers, body, key: "\r\n".join(
        [f"{method} {path} HTTP/1.1", *key, *(f"{name}: {value}" for name, value in headers), "", body]
    ).encode("latin-1", "replace"),
    st.sampled_from("GET HEAD POST PUT DELETE OPTIONS PATCH CONNECT TRACE get X".split()),
    paths | st.just("/ws?name=") | st.text("&=%20aé\u202e+", max_size=10).map("/ws?name={}".format),
    st.lists(st.tuples(names, words | st.text(max_size=10)), max_size=5),
    st.text(max_size=20),
    st.sampled_from([["Host: x", "Connection: close"], [], upgrade(1).decode().split("\r\n")[1:-2]]),
)


def test_100_fuzzed_requests_are_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path, caplog)
    fuzz(house, requests, house.ask, 100)


@pytest.mark.long
def test_5_000_fuzzed_requests_are_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path, caplog)
    fuzz(house, requests, house.ask, 5_000)


file_headers = st.sampled_from(
    "Content-Length Transfer-Encoding Upload-Length Upload-Offset Content-Type Content-Encoding Range If-Range "
    "If-None-Match Expect Cookie Origin Connection".split()
)
file_words = st.sampled_from(
    "0 1 5 20 -1 5.0 99999999999999999999 chunked multipart/form-data gzip bytes=0-1 bytes=-1 bytes=9- 100-continue "
    "null close ID * x".split()
)
file_requests = st.builds(
    lambda method, path, headers, body: "\r\n".join(
        [
            f"{method} /files{path} HTTP/1.1",
            *("Host: x", "Connection: close", "Authorization: Bearer TOKEN"),
            *(f"{name}: {value}" for name, value in headers),
            *("", body),
        ]
    ).encode("latin-1", "replace"),
    st.sampled_from("GET HEAD POST PUT DELETE PATCH PATCH POST".split()),
    st.sampled_from(["", "?name=a", "/uploads/UPLOAD", "/uploads/x", "/cookie", "/FILE", "/FILE/x?size=400", "/%ff"])
    | paths
    | st.text(max_size=10).map("?name={}".format),
    st.lists(st.tuples(file_headers, file_words | st.text("a0 ;,=-\xff", max_size=10)), max_size=4),
    st.text(max_size=20) | st.just("5\r\nhello\r\n0\r\n\r\n"),
)


def fuzz_files(house: House, monkeypatch: pytest.MonkeyPatch, examples: int) -> None:
    monkeypatch.setattr(progress, "STALLED", 0.1)
    monkeypatch.setattr(answers, "LINGER", 0.1)
    files, ann = house.chat.hub.files, User(house.honest.hello["user"]["id"], "Ann")
    file = house.run(files.add(ann, "a.txt", b"hello"))

    async def ask(request: bytes) -> None:
        upload = await files.begin(ann, "b.txt", 20)
        token = house.honest.hello["token"].encode()
        request = request.replace(b"TOKEN", token).replace(b"UPLOAD", upload.id.encode())
        await house.ask(request.replace(b"FILE", file.id.encode()).replace(b" ID", b' "%s"' % file.id.encode()))
        await files.discard(upload)
        assert await files.get(ann, file.id) == file

    fuzz(house, file_requests, ask, examples)


def test_40_fuzzed_requests_for_files_are_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuzz_files(House(tmp_path, caplog), monkeypatch, 40)


@pytest.mark.long
def test_3_000_fuzzed_requests_for_files_are_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuzz_files(House(tmp_path, caplog), monkeypatch, 3_000)


any_bytes = st.lists(
    st.tuples(st.integers(0, 255), st.booleans(), st.binary(max_size=40), st.none() | st.integers(0, 2**62)),
    min_size=1,
    max_size=4,
)


def test_40_fuzzed_frames_are_closed_with_a_code_or_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, caplog)

    async def send(frames: list[tuple[int, bool, bytes, int | None]]) -> None:
        eve = await Raw.connect(house.port)
        for first, masked, payload, size in frames:
            eve.frame(payload, first, masked, size)
        eve.end()
        code = await eve.until_closed()
        assert code in (None, 1000, 1002, 1003, 1007, 1009) or 3000 <= code < 5000, code
        await house.probe()

    fuzz(house, any_bytes, send, 100)
