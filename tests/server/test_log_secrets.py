"""Nothing secret that a client sends is logged, however broken the request is that it stands in."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lengths import only_long
from tests.server.test_main import Server

SECRET = "S3CR3T"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
)
BROKEN = [
    f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\x01\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: x\r\nCookie: session={SECRET}\x7f\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: x\r\nBearer {SECRET}: 1\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: u:{SECRET}@x\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {SECRET}\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: {SECRET}\r\n\r\n",
    f"GET / HTTP/{SECRET}\r\nHost: x\r\n\r\n",
    f"GET /?{SECRET}=%ff&{SECRET}=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /ws#token={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /ws;token={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /ws&token={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /ws%3Ftoken={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /ws%3ftoken%3d{SECRET} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /ws%253Ftoken={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET http://u:{SECRET}@x/ws HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET //u:{SECRET}@x/ws HTTP/1.1\r\nHost: x\r\n\r\n",
    f"CONNECT u:{SECRET}@x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /ws?name=Ann HTTP/1.1\r\nHost: x\r\nOrigin: https://u:{SECRET}@evil.example:8443/?t={SECRET}\r\n{UPGRADE}\r\n\r\n",
    f"GET /ws?name=Ann HTTP/1.1\r\nHost: x\r\nOrigin: {SECRET}\r\n{UPGRADE}\r\n\r\n",
    f"GET /plugins/burst/?token={SECRET} HTTP/1.1\r\nHost: x\r\nCookie: {SECRET}\r\n\r\n",
    f"GET /plugins/burst/wrong?token={SECRET} HTTP/1.1\r\nHost: x\r\n\r\n",
]
PLUGIN = """
from tornado.web import HTTPError, RequestHandler
from tornado_chat import route

@route("/")
class Burst(RequestHandler):
    def get(self) -> None:
        1 / 0

@route("/wrong")
class Wrong(RequestHandler):
    def get(self) -> None:
        self.get_argument("missing")
"""


@pytest.fixture(params=[only_long("text"), "json"])
def server(request: pytest.FixtureRequest, environ: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "burst.py").write_text(PLUGIN)
    server = Server(environ, "--plugins-dir", str(folder), "--log-level", "debug", "--log-format", request.param)
    yield server
    if server.process.poll() is None:
        server.stop()


def ask(server: Server, request: str) -> bytes:
    host, port = server.url.removeprefix("http://").rstrip("/").split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(request.encode("latin-1").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
        sock.shutdown(socket.SHUT_WR)
        while more := sock.recv(4096):
            answer += more
    return answer


def test_no_secret_of_a_request_is_logged(server: Server) -> None:
    for request in BROKEN:
        ask(server, request)
    log = server.stop()[1]
    assert [line for line in log.splitlines() if SECRET in line] == []
    assert "Invalid header value" in log  # it says what was wrong
    assert "https://evil.example:8443" in log
    assert "ZeroDivisionError" in log
    assert "HTTPServerRequest(" not in log
    if log.startswith("{"):
        assert all("\n" not in json.loads(line)["message"] for line in log.splitlines())


def test_an_error_that_ends_the_start_is_an_event_of_a_json_log(environ: dict[str, str]) -> None:
    json_log = {**environ, "TORNADO_CHAT_LOG_FORMAT": "json"}
    for flags in (["--port", "x"], ["--tls-cert", "/nowhere"], ["--data-dir", __file__]):
        server = Server(json_log, *flags)
        server.process.communicate(timeout=60)
        assert server.process.returncode == 2
        events = server.events()
        assert events[-1]["level"] == "error"
        assert events[-1]["event"] == "not started"
        assert flags[-1].removeprefix("x") in events[-1]["message"]
