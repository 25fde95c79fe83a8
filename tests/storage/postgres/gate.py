"""What stands between a node and the database in a test, and loses answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Gate:
    """Passes everything on, unless it is `deaf`: then the database gets what is sent, and its answers are lost.

    `deaf_from`: what is sent from which on it is deaf.
    """

    def __init__(self, url: str) -> None:
        self.deaf = False
        self.deaf_from: bytes | None = None
        self._url = url
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The address of the database, through here."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        parts = urlsplit(self._url)
        return parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """End all connections, and lose no more answers."""
        self.deaf, self.deaf_from = False, None
        for writer in self._writers:
            writer.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(self._url)
        answers, asks = await asyncio.open_connection(parts.hostname, parts.port)
        self._writers |= {writer, asks}
        try:
            await asyncio.gather(self._pass(reader, asks, False), self._pass(answers, writer, True))
        finally:
            for one in (writer, asks):
                one.close()
                self._writers.discard(one)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_answer: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if not is_answer and self.deaf_from is not None and self.deaf_from in data:
                    self.deaf = True
                if not (is_answer and self.deaf):
                    writer.write(data)
        writer.close()


@contextlib.asynccontextmanager
async def gate(url: str) -> AsyncIterator[Gate]:
    made = Gate(url)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
