"""A client's files: sent and fetched over HTTP in pieces, so that a lost connection costs one piece."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from socket import gaierror
from typing import Any, BinaryIO
from urllib.parse import quote, urljoin

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.iostream import StreamClosedError

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.client.credentials import TIMEOUT, Credentials, SignInFailed
from tornado_chat.client.events import Event
from tornado_chat.client.reconnect import FIRST_PAUSE, LONGEST_PAUSE

PIECE = 1_000_000  # bytes: proxies often take no more than 1 MiB at once
FETCHED = 4_000_000  # bytes that are fetched at once
PATIENCE = 300.0  # seconds for a piece
TRIES = 10  # in a row, while the client is connected
BEGUN = 3  # times that an upload is begun: a restart may have forgotten it
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 599})  # statuses that waiting may mend
AWAY = (ConnectionError, StreamClosedError, gaierror)
NO_CHAT = "the answer to an upload is not that of a chat; check the address, and the proxy in front"
UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)
MET = frozenset({200, 201, 204, 206, 409, 416})


class Transfers:
    """Uploads and downloads of a client.

    base: returns the chat's address. connected: whether the client is. gone: see Calls. `offered`: what the server
    says of files in its `hello`, None if it takes none.
    """

    def __init__(
        self,
        credentials: Credentials,
        base: Callable[[], str],
        connected: Callable[[], bool],
        gone: Callable[[], ConnectionError | None],
    ) -> None:
        self.offered: Mapping[str, Any] | None = None
        self._credentials, self._base, self._connected, self._gone = credentials, base, connected, gone

    def hear(self, hello: Event) -> None:
        """Take in what a `hello` says of files."""
        server = hello.get("server")
        files = server.get("files") if isinstance(server, dict) else None
        self.offered = files if isinstance(files, dict) else None

    # Up

    async def upload(self, path: Path, name: str) -> Event:
        """Upload a file; return its `id`, `name`, `type` and `size`. Refused or OSError if that cannot be."""
        with await asyncio.to_thread(self._open, path) as file:
            size = os.fstat(file.fileno()).st_size
            for left in range(BEGUN, 0, -1):
                try:
                    return await self._send(file, name, size)
                except Refused as refused:
                    if refused.code != Error.NOT_FOUND or left == 1:
                        raise
        raise AssertionError

    async def check(self, path: Path) -> None:
        """Raise what `upload` would raise before it sends anything."""
        (await asyncio.to_thread(self._open, path)).close()

    def _open(self, path: Path) -> BinaryIO:
        if self.offered is None:
            raise Refused("this server takes no files", Error.NOT_ALLOWED)
        file = path.open("rb", buffering=0)
        size, most = os.fstat(file.fileno()).st_size, self.offered.get("max_size")
        if isinstance(most, int) and size > most:
            file.close()
            raise Refused(f"{path.name} has {size:,} bytes; this server takes {most:,} at most", Error.TOO_LARGE)
        return file

    async def _send(self, file: BinaryIO, name: str, size: int) -> Event:
        """Send the bytes of a file, the first ones with its name; return what it has become."""
        url = f"{self._base()}/files?name={quote(name, '', errors='replace')}"
        answer = await self._fetch("POST", url, {"Upload-Length": str(size)}, await _piece(file, 0, size))
        if answer.code == 201 and "Location" not in answer.headers:
            return _made(answer)
        place, at, tries = urljoin(url, answer.headers.get("Location", "")), _offset(answer, size), 0
        while tries < TRIES:
            piece = await _piece(file, at, size)
            answer = await self._fetch("PATCH", place, {"Upload-Offset": str(at)}, piece, once=True)
            if answer is not None and answer.code == 201:
                return _made(answer)
            before = at
            if answer is not None and answer.code == 204:
                at += len(piece)
            else:  # lost on the way, or known already
                at = _offset(await self._fetch("HEAD", place, {}), size)
            tries = 0 if at > before else tries + 1
        raise ConnectionError(f"{file.name} could not be sent: the server takes nothing of it")

    # Down

    async def pieces(self, id: str) -> AsyncIterator[bytes]:
        """Yield the bytes of a file. Refused (`not-found`) unless the client's user may have it."""
        url, at = f"{self._base()}/files/{quote(id, '')}", 0
        while True:
            answer = await self._fetch("GET", url, {"Range": f"bytes={at}-{at + FETCHED - 1}"})
            if answer.code == 416:
                return  # it ends here
            if answer.code == 200 and at:
                raise OSError("the answer is not the part of the file that was asked for; check the proxy")
            yield answer.body
            at += len(answer.body)
            whole = answer.headers.get("Content-Range", "").rpartition("/")[2]
            if answer.code == 200 or not answer.body or (whole.isdecimal() and at >= int(whole)):
                return

    # One request

    async def _fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, once: bool = False
    ) -> Any:
        """Return the answer to a request, which is made until there is one; once: None if there was none.

        Raises Refused as the server does, OSError for what is no answer of a chat.
        """
        tries, pause, renewed = 0, FIRST_PAUSE, False
        while True:
            if (gone := self._gone()) is not None:
                raise gone
            answer = await self._ask(method, url, headers, body, renewed)
            if answer.code in MET:
                return answer
            if answer.code == 401 and not renewed:
                renewed = True
                continue
            if answer.code not in PASSING:
                raise _refused(answer, url)
            tries += self._connected()
            if tries >= TRIES:
                raise ConnectionError(f"{url} could not be reached: {_problem(answer)}")
            wait = answer.headers.get("Retry-After", "")
            await asyncio.sleep(max(pause, min(float(wait), LONGEST_PAUSE) if wait.isdecimal() else 0.0))
            if once:
                return None
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, renew: bool
    ) -> HTTPResponse:
        """Make a request once; 599 if nobody answers."""
        request = HTTPRequest(
            url, method, dict(headers), body, connect_timeout=TIMEOUT, request_timeout=PATIENCE,
            follow_redirects=False, decompress_response=False,
        )  # fmt: skip
        try:
            request.headers.update(await self._credentials.headers(self._base(), renew))
            return await AsyncHTTPClient().fetch(request, raise_error=False)
        except SignInFailed as failed:
            raise Refused(f"cannot sign in: {failed}", Error.NOT_ALLOWED) from None
        except HTTPClientError as error:  # signing in failed, or there was no answer
            return HTTPResponse(request, error.code, error=error)
        except OSError as error:
            if not isinstance(error, AWAY) and error.errno not in UNREACHABLE:
                raise
            return HTTPResponse(request, 599, error=error)


async def _piece(file: BinaryIO, at: int, size: int) -> bytes:
    """Return the next bytes of a file that had this size; OSError if it has become shorter."""
    await asyncio.to_thread(file.seek, at)
    piece = await asyncio.to_thread(file.read, min(PIECE, size - at))
    if len(piece) < min(PIECE, size - at):
        raise OSError(f"{file.name} has become shorter while it was sent")
    return piece


def _made(answer: HTTPResponse) -> Event:
    """Return the file that an upload has become."""
    try:
        made = json.loads(answer.body)
        return {**made, "id": str(made["id"])}
    except (ValueError, TypeError, KeyError):
        raise OSError(NO_CHAT) from None


def _offset(answer: HTTPResponse, size: int) -> int:
    """Return how many bytes of an upload are there."""
    said = answer.headers.get("Upload-Offset", "")
    if not said.isdecimal() or int(said) > size:
        raise OSError(NO_CHAT)
    return int(said)


def _problem(answer: HTTPResponse) -> str:
    return str(answer.error or answer.reason) if answer.code == 599 else f"{answer.code} {answer.reason}"


def _refused(answer: HTTPResponse, url: str) -> Exception:
    """Return what the server says no with; an OSError for a status that stands there without words of a chat."""
    if answer.request.method == "HEAD" and answer.code == 404:  # it has no words
        return Refused("the upload is gone", Error.NOT_FOUND)
    try:
        about = json.loads(answer.body)
        return Refused(str(about["message"]), str(about["code"]))
    except (ValueError, KeyError, TypeError):
        pass
    said = f"{url.partition('?')[0]} was answered {answer.code} {answer.reason}"
    if answer.code == 413:
        return OSError(f"{said}: let the proxy in front of the chat take bodies of {PIECE:,} bytes")
    return OSError(f"{said}: let the proxy in front of the chat pass /files on, or check the address")
