"""What every answer over HTTP has: the headers that keep a browser to this server; and who may ask."""

from __future__ import annotations

import socket
from collections.abc import Collection
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tornado.web import RequestHandler

from tornado_chat.proxies import FORWARDED, is_loopback, peer_of

if TYPE_CHECKING:
    from tornado_chat.web import Chat

HEADERS = {
    "Server": "tornado_chat",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy(origins: Collection[str]) -> str:
    """Return the Content-Security-Policy. `origins`: those whose pages may show this one in a frame."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors " + (" ".join(origins) or "'none'"),
            "require-trusted-types-for 'script'",
            "trusted-types worker",
        ]
    )


class Safe(RequestHandler):
    """Answers with the headers that keep a browser to this server.

    The application's settings are `policy`, and `allowed_origins`: the sites, beside its own, whose pages may ask.
    """

    application: Chat

    def set_default_headers(self) -> None:
        """Add them to every answer, errors too."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Content-Security-Policy", self.settings["policy"])

    def is_from_here(self) -> bool:
        """Return whether a page of this server or of an allowed site asks, or a program, which names no origin."""
        origin = self.request.headers.get("Origin")
        if origin is None:
            return True  # a program, not a browser
        if origin.lower() in self.settings["allowed_origins"]:
            return True
        if not self.is_named_here():
            return False
        try:
            here = urlsplit(f"{self.request.protocol}://{self.request.host}".lower())
            there = urlsplit(origin.lower())
        except ValueError:  # brackets that do not match
            return False
        return (there.scheme, there.netloc) == (here.scheme, here.netloc)

    def is_named_here(self) -> bool:
        """Return whether the host that is asked for can be this one.

        A name of somebody else's may be made to point here, for a browser on this machine to ask (DNS rebinding).
        From elsewhere, or by a proxy, any name is taken.
        """
        peer = peer_of(self.request)
        headers = self.request.headers
        if not is_loopback(peer) or peer != self.request.remote_ip or any(name in headers for name in FORWARDED):
            return True
        host = f"//{self.request.host}".lower()
        try:
            name = urlsplit(host).hostname or ""
        except ValueError:  # brackets that do not match
            return False
        if name in ("localhost", socket.gethostname().lower()) or name.endswith(".localhost"):
            return True
        if any(host == site.partition(":")[2] for site in self.settings["allowed_origins"]):
            return True
        try:
            return bool(ip_address(name))
        except ValueError:
            return False


class Fresh(Safe):
    """Answers that no one keeps."""

    def set_default_headers(self) -> None:
        """Say so."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
