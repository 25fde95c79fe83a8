"""A client's credentials, and the requests that carry them."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders, HTTPInputError

TIMEOUT = 5.0  # seconds for one request
SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}

HOST = re.compile(rb"[a-z0-9_.-]+", re.IGNORECASE)
TOKEN = re.compile(r"[!-~]*")  # printable ASCII

Token = str | Callable[[], str | Awaitable[str]]


def clean_base(address: str) -> str:
    """Return a chat's address as http(s)://host[:port][/path]; ValueError if it is none."""
    try:
        parts = urlsplit(address.strip())
        scheme, host, _ = SCHEMES.get(parts.scheme), parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{address!r} is not the address of a chat: {error}") from None
    if scheme is None or not host or not _is_host(host):
        raise ValueError(f"{address!r} is not the address of a chat: write http://HOST:PORT or https://HOST")
    if parts.username is not None:
        raise ValueError(
            "leave user and password out of the address; pass name= and password=, or headers= for a proxy"
        )
    if parts.query:
        raise ValueError("leave out what follows the ? of the address; pass name= or token= instead")
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/ws')}"


def _is_host(name: str) -> bool:
    try:
        return ":" in name or HOST.fullmatch(name.encode("idna")) is not None  # with a colon: IPv6
    except UnicodeError:
        return False


class SignInFailed(Exception):
    """The server refuses the credentials; the message says why."""


class Credentials:
    """A name; a token or a function that returns one; or the name and password of an account.

    `headers` go with every request, for a proxy in front of the chat. ValueError if a request cannot carry them.
    """

    def __init__(self, name: str, token: Token, password: str, headers: Mapping[str, str]) -> None:
        self.name = name
        self.token = "" if callable(token) else token
        self._ask = token if callable(token) else None
        self._password = password
        self._headers = HTTPHeaders()
        try:
            name.encode()
            for header, value in headers.items():
                self._headers.add(header, value)
        except (ValueError, TypeError, HTTPInputError) as error:
            raise ValueError(f"name= or headers= cannot be sent: {error}") from None
        if not TOKEN.fullmatch(self.token):
            raise ValueError("token= has characters that no token has")
        self._cookie = ""
        self._new = False  # whether the server has not accepted the current credentials yet

    async def request(self, base: str) -> HTTPRequest:
        """Return the request for a WebSocket; ask for a token or sign in first if needed.

        SignInFailed if the password is wrong. Errors of the function `token` pass.
        """
        headers, query = self._headers.copy(), f"?name={quote(self.name)}"
        if self._password:
            if not self._cookie:
                self._cookie = await self._sign_in(base)
                self._new = True
            headers["Cookie"] = "; ".join(filter(None, [headers.get("Cookie"), self._cookie]))
            query = ""
        elif self._ask is not None:
            self.token = await self._given(self._ask)
            self._new = True
        if self.token and not self._password:
            if "Authorization" in headers:  # for a proxy
                query = f"?token={quote(self.token)}"
            else:
                headers["Authorization"], query = f"Bearer {self.token}", ""
        url = f"ws{base.removeprefix('http')}/ws{query}"
        return HTTPRequest(url, headers=headers, connect_timeout=TIMEOUT, request_timeout=TIMEOUT)

    async def headers(self, base: str, renew: bool = False) -> HTTPHeaders:
        """Return the headers of a request for or with a file. renew: the server refused those of the last one.

        SignInFailed as of `request`; OSError where there is no room for the token.
        """
        headers = self._headers.copy()
        if self._password:
            if renew or not self._cookie:
                self._cookie = await self._sign_in(base)
            headers["Cookie"] = "; ".join(filter(None, [headers.get("Cookie"), self._cookie]))
        elif self.token or self._ask is not None:
            if self._ask is not None and (renew or not self.token):
                self.token = await self._given(self._ask)
            if "Authorization" in headers:
                raise OSError("headers= has an Authorization, so that files cannot be sent with the token as well")
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def accepted(self, token: str | None) -> None:
        """Note that the server accepted the credentials; keep a guest's token from its hello."""
        self._new = False
        if token and TOKEN.fullmatch(token) and self._ask is None:
            self.token = token

    def renew(self) -> bool:
        """Return whether new credentials may help after a refusal (4401)."""
        can, self._cookie = not self._new and (self._ask is not None or bool(self._password)), ""
        return can

    @staticmethod
    async def _given(ask: Callable[[], str | Awaitable[str]]) -> str:
        answer = ask()
        token = await answer if inspect.isawaitable(answer) else answer
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise SignInFailed("the function token= returned what is no token")
        return token

    async def _post(self, base: str, path: str, fields: Mapping[str, str]) -> HTTPHeaders:
        headers = self._headers.copy()
        headers["Content-Type"] = "application/json"
        if self._cookie:
            headers["Cookie"] = self._cookie
        request = HTTPRequest(
            f"{base}/{path}",
            "POST",
            headers,
            json.dumps(fields),
            connect_timeout=TIMEOUT,
            request_timeout=2 * TIMEOUT,  # other passwords may be checked first
            follow_redirects=False,
        )
        return (await AsyncHTTPClient().fetch(request)).headers

    async def _sign_in(self, base: str) -> str:
        try:
            answer = await self._post(base, "sign-in", {"name": self.name, "password": self._password})
        except HTTPClientError as error:
            if error.code in (400, 401, 403):
                raise SignInFailed(_words(error)) from None
            raise
        return "; ".join(cookie.partition(";")[0] for cookie in answer.get_list("Set-Cookie"))

    async def sign_out(self, base: str) -> None:
        """End the session, which would last for 30 days."""
        if self._cookie:
            try:
                await self._post(base, "sign-out", {})
            except (OSError, HTTPClientError):
                pass  # the server cannot be reached; the session expires
            self._cookie = ""


def _words(error: HTTPClientError) -> str:
    """Return the server's message of a refusal."""
    try:
        return str(json.loads(error.response.body)["message"])  # type: ignore[union-attr]
    except (AttributeError, ValueError, TypeError, KeyError):
        return f"{error.code} {error.message}"
