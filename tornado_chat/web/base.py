"""What all HTTP handlers share: security headers, and which sites may ask."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Collection
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

from tornado_chat.config.networks import FORWARDED, is_loopback, peer_of
from tornado_chat.web.socket.tornado_internals import answers

QUERY = re.compile(r"[?#;&=]|%(25)*(3f|23|3b|26|3d)", re.IGNORECASE)  # what begins a query, rightly written or not
Site = tuple[str, str, int]
PORTS = {"http": 80, "https": 443}
DOCUMENT_HEADERS = {  # heeded in documents, SVG and workers; beside them the Content-Security-Policy
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HEADERS = {
    "Server": "tornado_chat",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    **DOCUMENT_HEADERS,
}


def policy(origins: Collection[str]) -> str:
    """Return the Content-Security-Policy. `origins`: those whose pages may show this one in a frame."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self'",
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


def site(scheme: str, host: str) -> Site | None:
    """Return a site in one spelling: scheme, host, and port (the scheme's own where none is named). None: no host."""
    try:
        parts = urlsplit(f"//{host.lower()}")
        name, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:  # brackets that do not match, or a port that is none
        return None
    if not name or "@" in host or parts.netloc != host.lower():
        return None
    with contextlib.suppress(ValueError):
        name = str(ip_address(name))
    return scheme, name, PORTS.get(scheme, 0) if port is None else port


def shown_path(uri: str) -> str:
    """Return what may be logged of a URL: its path. The query and `user:password@` may hold secrets."""
    path = QUERY.split(uri, maxsplit=1)[0]
    is_path = path.startswith("/") and not path.startswith("//")
    return path if is_path else re.sub("^([A-Za-z+.-]*:?//)?.*@", r"\1", path)


def shown_origin(origin: str) -> str:
    """Return what may be logged of an Origin header: scheme, host and port."""
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]{0,20}://)(?:[^/?#]*@)?([^/?#@\s]{1,200})", origin)
    return f"{found[1]}{found[2]}" if found else "an unknown site"


def default_headers(policy: str) -> dict[str, str]:
    """Return the headers that all answers have."""
    return {**HEADERS, "Content-Security-Policy": policy}


def methods_of(handler: RequestHandler) -> str:
    """Return what the Allow header of a handler says."""
    return ", ".join(method for method in handler.SUPPORTED_METHODS if answers(handler, method))


def is_from_here(request: HTTPServerRequest, allowed: Collection[Site]) -> bool:
    """Return whether this server's page, an allowed site or a program asks. Programs send no Origin."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    there = site(*origin.lower().partition("://")[::2])
    if there is None:
        return False
    if there in allowed:
        return True
    return is_named_here(request, allowed) and there == site(request.protocol, request.host)


def is_named_here(request: HTTPServerRequest, allowed: Collection[Site]) -> bool:
    """Return whether the Host header can name this server.

    An attacker's domain may point here, so that a browser on this machine sends requests (DNS rebinding).
    Requests from other machines or by a proxy may use any name.
    """
    peer = peer_of(request)
    if not is_loopback(peer) or peer != request.remote_ip or any(name in request.headers for name in FORWARDED):
        return True
    host = request.host
    here = site(request.protocol, host)
    if here is None:
        return False
    name = here[1]
    if name in ("localhost", socket.gethostname().lower()) or name.endswith(".localhost"):
        return True
    if any(site(one[0], host) == one for one in allowed):
        return True
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


class Safe(RequestHandler):
    """Answers with the headers that keep a browser to this server. What its route names become its attributes.

    The application's settings are `policy`, and `allowed_sites`: those, beside its own, whose pages may ask.
    """

    def initialize(self, **given: Any) -> None:
        vars(self).update(given)

    def set_default_headers(self) -> None:
        for name, value in default_headers(self.settings["policy"]).items():
            self.set_header(name, value)

    def drop_document_headers(self) -> None:
        """Remove the headers that have no effect on an answer that is no document, SVG or worker."""
        for name in (*DOCUMENT_HEADERS, "Content-Security-Policy"):
            self.clear_header(name)

    def is_from_here(self) -> bool:
        """Return whether this server's page, an allowed site or a program asks."""
        return is_from_here(self.request, self.settings["allowed_sites"])

    def is_named_here(self) -> bool:
        """Return whether the Host header can name this server."""
        return is_named_here(self.request, self.settings["allowed_sites"])

    def write_error(self, status_code: int, **about: Any) -> None:
        """Add the methods that are answered to a 405 (RFC 9110, 15.5.6)."""
        if status_code == 405:
            self.set_header("Allow", methods_of(self))
        super().write_error(status_code, **about)


class Fresh(Safe):
    """Answers that nobody caches."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
