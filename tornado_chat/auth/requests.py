"""What a request says of who asks: fields of the query, tokens, cookies. Nothing of it is believed yet."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any, Protocol

from tornado_chat.chat.errors import Error, Refused

COOKIE = "tornado_chat"  # what the cookies of sessions begin with, and the whole name of those of earlier versions
MOST = 4  # cookies of one name that are looked at; a browser sends one for each folder above the page


class Request(Protocol):
    """What is read of a request. Tornado's HTTPServerRequest has it."""

    headers: Any
    query_arguments: dict[str, list[bytes]]
    connection: Any


def argument(request: Request, name: str) -> str | None:
    """Return the first value of a field of the query; Refused (`invalid-field`) if it is not UTF-8."""
    values = request.query_arguments.get(name)
    try:
        return values[0].decode() if values else None
    except UnicodeDecodeError:
        raise Refused(f"{name} is not UTF-8", Error.INVALID_FIELD) from None


def bearer_of(request: Request) -> str | None:
    """Return the token of `Authorization: Bearer`, which may be meant for a proxy in front, and not for the chat."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else None


def token_of(request: Request) -> str | None:
    """Return `?token=`, or else the token of `Authorization: Bearer`."""
    token = argument(request, "token")
    return bearer_of(request) if token is None else token


def cookie_name(secret: bytes) -> str:
    """Return the name of a server's cookies: browsers send those of all ports and many folders of a host together."""
    return f"{COOKIE}_{hmac.digest(secret, b'cookie', hashlib.sha256).hex()[:8]}"


def cookies_of(request: Request, name: str) -> list[str]:
    """Return the values of a server's cookies, that of the deepest folder first (RFC 6265, 5.4)."""
    found = dict.fromkeys(value for wanted in (name, COOKIE) for value in cookies(request, wanted))
    return list(found)[:MOST]


def cookies(request: Request, name: str) -> Iterator[str]:
    """Yield the values of a cookie."""
    for cookie in ";".join(request.headers.get_list("Cookie")).split(";"):
        key, _, value = cookie.partition("=")
        if key.strip() == name and value.strip():
            yield value.strip().strip('"')
