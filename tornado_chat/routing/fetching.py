"""Fetches what an address holds, for plugins: within limits of size and time, and without being led astray."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from threading import Timer
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

SILENCE = 20.0  # seconds without a byte


def fetch(url: str, size: int, seconds: float) -> bytes:
    """Return the first `size` bytes of what an address holds. It blocks: call it with `ctx.in_thread`.

    url: http, https or file. It follows redirects within one host and port, and to public addresses; so nobody can
    lead it into your own network. OSError if that fails; TimeoutError after 20 s of silence, or `seconds` altogether.
    """
    opened = _Fetch(url)
    timer = Timer(seconds, opened.cut)
    timer.daemon = True
    timer.start()
    try:
        with build_opener(opened).open(url, timeout=SILENCE) as answer:
            body: bytes = answer.read(size)
    except Exception:
        if not opened.late:
            raise
    finally:
        timer.cancel()
        for sock in opened.sockets:
            sock.close()
    if opened.late:
        raise TimeoutError(f"it took longer than {seconds:g} s")
    return body


class _Fetch(HTTPRedirectHandler, HTTPHandler, HTTPSHandler):
    """Opens one address; see fetch."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.asked = urlsplit(url)
        self.sockets: list[socket.socket] = []
        self.late = False

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise OSError("it redirects to what is no web page")
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def do_open(self, http_class: Any, req: Request, **how: Any) -> Any:
        there = urlsplit(req.full_url)
        known = (there.hostname, there.port) == (self.asked.hostname, self.asked.port)  # perhaps by https now
        known = known or req.host != there.netloc  # it is a proxy that is connected to

        def connection(*args: Any, **options: Any) -> Any:
            made = http_class(*args, **options)
            made._create_connection = lambda *address: self.connect(known, *address)
            return made

        return super().do_open(connection, req, **how)

    def connect(self, known: bool, *address: Any) -> socket.socket:
        sock = socket.create_connection(*address)
        self.sockets.append(sock.dup())  # TLS takes the other one over
        if self.late or not (known or is_public(sock.getpeername()[0])):
            sock.close()
            raise OSError("it redirects to a server that is not public")
        return sock

    def cut(self) -> None:
        """Abort. A time limit of the socket is not enough, as each byte restarts it."""
        self.late = True
        for sock in self.sockets:
            with suppress(OSError):  # it has ended by itself
                sock.shutdown(socket.SHUT_RDWR)


def is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    return ((isinstance(found, IPv6Address) and found.ipv4_mapped) or found).is_global
