"""A small client for HTTP/1.1 on asyncio streams: requests and answers as wholes, within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

CONNECTIONS = 16  # at once; others wait
IDLE = 15.0  # seconds for which a connection is kept: servers end those that are idle for longer
CONNECT = 5.0  # seconds
PATIENCE = 30.0  # seconds for a request and its answer, and SLOWEST for what they carry
SLOWEST = 128 * 1024  # bytes a second
MOST_HEADERS = 64 * 1024  # bytes; asyncio's limit of a line
MOST_LINES = 200


class Answer(NamedTuple):
    """`headers`: by names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BadAnswer(ConnectionError):
    """What came is no answer in HTTP, or too large."""


class Http:
    """Requests to one server. tls: None for a connection without."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._idle: deque[tuple[_Line, float]] = deque()

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"", most: int = 1024 * 1024
    ) -> Answer:
        """Return the answer to a request. most: bytes of its body. OSError (TimeoutError, BadAnswer …), EOFError."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        data = f"{method} {target} HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode("ascii")
        async with self._turns:
            async with asyncio.timeout(PATIENCE + (len(body) + most) / SLOWEST):
                line = self._kept()
                if line is not None:
                    with contextlib.suppress(OSError, EOFError):  # it was ended as nothing came for a while
                        return await self._ask_on(line, method, data, body, most)
                return await self._ask_on(await self._connect(), method, data, body, most)

    async def close(self) -> None:
        while self._idle:
            self._idle.popleft()[0].close()

    async def _connect(self) -> _Line:
        async with asyncio.timeout(CONNECT):
            return _Line(*await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=MOST_HEADERS))

    def _kept(self) -> _Line | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            line, since = self._idle.pop()
            if now - since < IDLE and not line.is_ended:
                return line
            line.close()
        return None

    async def _ask_on(self, line: _Line, method: str, head: bytes, body: bytes, most: int) -> Answer:
        try:
            answer, goes_on = await line.ask(method, head, body, most)
        except BaseException:
            line.close()
            raise
        if goes_on:
            self._idle.append((line, asyncio.get_running_loop().time()))
        else:
            line.close()
        return answer


class _Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @property
    def is_ended(self) -> bool:
        return self._reader.at_eof() or self._writer.is_closing()

    def close(self) -> None:
        self._writer.transport.abort()

    async def ask(self, method: str, head: bytes, body: bytes, most: int) -> tuple[Answer, bool]:
        """Return the answer, and whether the connection can be used again."""
        self._writer.write(head)
        self._writer.write(body)
        with contextlib.suppress(ConnectionError):  # some say why not, and read no more
            await self._writer.drain()
        status = 100
        while status < 200:
            version, status, headers = await self._head()
        content = await self._body(status, headers, most) if method != "HEAD" else b""
        goes_on = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close" and not self.is_ended
        return Answer(status, headers, content), goes_on

    async def _head(self) -> tuple[str, int, dict[str, str]]:
        version, _, rest = (await self._line()).partition(" ")
        if version not in ("HTTP/1.0", "HTTP/1.1") or not rest[:3].isdecimal() or not rest[:3].isascii():
            raise BadAnswer("it does not speak HTTP")
        headers: dict[str, str] = {}
        for _ in range(MOST_LINES):
            line = await self._line()
            if not line:
                return version, int(rest[:3]), headers
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        raise BadAnswer("it sends too many headers")

    async def _line(self) -> str:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise BadAnswer("it sends too long a header") from None
        return line.decode("latin-1").rstrip("\r\n")

    async def _body(self, status: int, headers: Mapping[str, str], most: int) -> bytes:
        if status in (204, 304):
            return b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunks(most)
        length = headers.get("content-length")
        if length is None:
            return await self._rest(most)
        if not length.isascii() or not length.isdecimal() or len(length) > 15:
            raise BadAnswer("it does not say how long its answer is")
        return await self._reader.readexactly(_within(int(length), most))

    async def _rest(self, most: int) -> bytes:
        content = bytearray()
        while data := await self._reader.read(MOST_HEADERS):
            _within(len(content) + len(data), most)
            content += data
        return bytes(content)

    async def _chunks(self, most: int) -> bytes:
        content = bytearray()
        while True:
            size = (await self._line()).partition(";")[0].strip()
            if not size or len(size) > 15 or set(size) - set("0123456789abcdefABCDEF"):
                raise BadAnswer("it sends chunks without a size")
            if int(size, 16) == 0:
                while await self._line():  # trailers
                    pass
                return bytes(content)
            _within(len(content) + int(size, 16), most)
            content += await self._reader.readexactly(int(size, 16))
            await self._line()


def _within(size: int, most: int) -> int:
    if size > most:
        raise BadAnswer("it sends more than was asked for")
    return size
