"""Reads a stream of server-sent events over HTTP, such as the words of a language model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.iostream import IOStream
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.tcpclient import TCPClient

CONNECT = 10.0  # seconds
LONGEST_LINE, LARGEST = 65_536, 8_000_000  # bytes of a line, and of an answer
NO_HEADERS: Mapping[str, str] = {}


class StreamError(Exception):
    """There is no stream, or no more of it.

    `code`: the HTTP status if it is not 200, 0 without an answer (nobody listens, the connection was lost), 200 if
    the stream was lost, fell silent or is none. `wait`: seconds that the answer asks to wait, None if it does not.
    """

    def __init__(self, why: str, code: int = 0, wait: float | None = None) -> None:
        super().__init__(why)
        self.code = code
        self.wait = wait


async def stream_events(
    url: str, body: bytes, headers: Mapping[str, str] = NO_HEADERS, *, first: float = 120.0, silence: float = 45.0
) -> AsyncGenerator[bytes, None]:
    """POST a body, and yield the data of each server-sent event of the answer, without following redirects.

    Use `contextlib.aclosing`: leaving the block closes the connection at once. first, silence: seconds to wait for
    the first bytes, and for each further ones. Each line of data is an event. Raises StreamError.
    """
    rest = b""
    async with aclosing(_received(url, body, headers, first, silence)) as pieces:
        async for piece in pieces:
            *lines, rest = re.split(rb"[\r\n]+", rest + piece)
            if len(rest) > LONGEST_LINE:
                raise StreamError("a line is too long", 200)
            for line in lines:
                if line.startswith(b"data:"):
                    yield line[5:].strip()


class _Line(TCPClient):
    """A connection that can be cut: Tornado's client ends a request by its time limit alone."""

    def __init__(self) -> None:
        super().__init__()
        self.stream: IOStream | None = None
        self.is_cut = False

    async def connect(self, *address: Any, **options: Any) -> IOStream:
        self.stream = await super().connect(*address, **options)
        if self.is_cut:
            self.stream.close()
        return self.stream

    def cut(self) -> None:
        self.is_cut = True
        if self.stream is not None:
            self.stream.close()


async def _received(
    url: str, body: bytes, headers: Mapping[str, str], first: float, silence: float
) -> AsyncGenerator[bytes, None]:
    """Yield the pieces of an answer as they come."""
    came: asyncio.Queue[bytes | StreamError | None] = asyncio.Queue()
    lines: list[str] = []
    code = size = 0

    def head(line: str) -> None:
        nonlocal code
        lines.append(line)
        if not line.strip():
            code, text = int(lines[0].split()[1]), "".join(lines)
            lines.clear()
            if code > 200:  # those before 200 are followed by others
                wait = re.search(r"^retry-after: *([0-9]{1,6})\s", text, re.IGNORECASE | re.MULTILINE)
                came.put_nowait(StreamError(f"HTTP {code}", code, float(wait[1]) if wait else None))

    def take(piece: bytes) -> None:  # without waiting: what the server sent before it closed would be lost
        nonlocal size
        size += len(piece)
        came.put_nowait(piece if size <= LARGEST else StreamError("the answer is too large", 200))
        if size > LARGEST:
            line.cut()

    async def fetch() -> None:
        try:
            await client.fetch(request, raise_error=False)
        except Exception as error:
            came.put_nowait(StreamError(f"the connection failed: {error}", code))
        else:
            came.put_nowait(None)

    request = HTTPRequest(
        url, "POST", {"Content-Type": "application/json", "Accept": "text/event-stream", **headers}, body,
        follow_redirects=False, connect_timeout=CONNECT, request_timeout=0, decompress_response=False,
        header_callback=head, streaming_callback=take,
    )  # fmt: skip
    client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=2 * LARGEST)
    client.tcp_client = line = _Line()
    fetching = asyncio.create_task(fetch())
    patience = first
    try:
        while (piece := await asyncio.wait_for(came.get(), patience)) is not None:
            if isinstance(piece, StreamError):
                raise piece
            patience = silence
            yield piece
    except TimeoutError:
        raise StreamError("it is silent", code or 200) from None
    finally:
        line.cut()
        client.close()
        fetching.add_done_callback(lambda done: done.cancelled() or done.exception())
