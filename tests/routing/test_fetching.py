"""What plugins fetch: within limits, and from nowhere that a redirect should not lead to."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import quote, unquote

import pytest

from tornado_chat import fetch
from tornado_chat.routing.fetching import is_public


def read(url: str) -> bytes:
    return fetch(url, 1_000, 10.0)


class Page(BaseHTTPRequestHandler):
    """Answers in the manner that its path names."""

    hits: ClassVar[list[str]] = []

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self.hits.append(self.path)
        with suppress(OSError):
            if self.path.startswith("/to/"):
                self.send_response(302)
                self.send_header("Location", unquote(self.path[4:]))
                self.end_headers()
            elif self.path == "/headers":
                self.wfile.write(b"HTTP/1.0 200 OK\r\n")
                while True:
                    self.drip(b"X")
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"whole")
                while self.path == "/body":
                    self.drip(b"\n")

    def drip(self, piece: bytes) -> None:
        self.wfile.write(piece)
        time.sleep(0.01)


@pytest.fixture
def servers() -> Iterator[list[str]]:
    made = [ThreadingHTTPServer(("127.0.0.1", 0), Page) for _ in range(2)]
    for server in made:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    Page.hits.clear()
    yield [f"http://127.0.0.1:{server.server_port}" for server in made]
    for server in made:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("path", ["/headers", "/body"])
def test_what_never_ends_is_given_up(servers: list[str], path: str) -> None:
    with pytest.raises(TimeoutError, match=r"longer than 0\.3 s"):
        fetch(servers[0] + path, 1_000_000, 0.3)


def test_a_redirect_leads_to_the_same_server_or_a_public_one_alone(servers: list[str]) -> None:
    here, other = servers
    assert read(f"{here}/to/%2Fnew") == b"whole"
    Page.hits.clear()
    for there in (other, other.replace("127.0.0.1", "localhost"), other.replace("127.0.0.1", "[::ffff:127.0.0.1]")):
        with pytest.raises(OSError, match="not public"):
            read(f"{here}/to/{quote(there + '/secret', safe='')}")
    for there in ("file:///etc/hostname", "ftp://127.0.0.1/x", "data:,x"):
        with pytest.raises(OSError, match=r"no web page|not allowed"):
            read(f"{here}/to/{quote(there, safe='')}")
    assert all(hit.startswith("/to/") for hit in Page.hits)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *(
            (one, False)
            for one in ("192.0.2.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1")
        ),
        *((one, True) for one in ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1")),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_the_first_bytes_are_read_and_no_more(servers: list[str]) -> None:
    assert fetch(servers[0], 3, 10.0) == b"who"
