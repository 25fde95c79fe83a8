"""An HTTP endpoint that answers as a test says, byte by byte: what streams, and what goes wrong with it."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Endpoint:
    """`requests`: each with `head` and `body`; `answers`: to the next ones; `open`: connections that are open."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        self.requests: list[dict[str, Any]] = []
        self.answers: list[Answer] = []
        self.open = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, sock=self.socket)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
            self.requests.append({"head": head, "body": json.loads(await reader.readexactly(length))})
            await self.answers.pop(0)(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # it was left
        finally:
            writer.close()
            self.open -= 1


def event(text: str | None, finish: str | None = None) -> bytes:
    """Return an event of a stream of OpenAI's format."""
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


def words(*texts: str) -> list[bytes]:
    """Return the events of a whole answer."""
    return [*map(event, texts), event(None, "stop"), b"data: [DONE]\n\n"]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def stream(*pieces: bytes, then: Answer | None = None) -> Answer:
    """Answer with a stream of pieces, each of which comes by itself; then let something go wrong, or end it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        for piece in pieces:
            writer.write(chunk(piece))
            await writer.drain()
        if then is None:
            writer.write(END)
        else:
            await then(reader, writer)

    return answer


def status(code: int, body: str = "", **headers: str) -> Answer:
    """Answer with a status."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {code} Reason", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    return answer


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other side closes the connection."""
    await reader.read()


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection before the answer has ended."""


def endless(piece: bytes) -> Answer:
    """Send a piece again and again until the other side closes the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(chunk(piece))
            await writer.drain()
            await asyncio.sleep(0)

    return answer
