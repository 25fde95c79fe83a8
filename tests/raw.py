"""A client without manners: raw bytes over a socket, for what a proper client never sends."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from tornado.util import _websocket_mask

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


async def http(port: int, request: bytes, timeout: float = 20.0, head: bool = False) -> bytes:
    """Send bytes; return all that comes until the server closes, or the head of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(timeout):
            answer = await reader.readuntil(b"\r\n\r\n")
            return answer if head or b" 101 " in answer[:20] else answer + await reader.read()
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        return getattr(error, "partial", b"")
    finally:
        writer.close()


def upgrade(port: int, path: str = "/ws?name=Eve", **headers: str) -> bytes:
    """Return a handshake; a header may be replaced, and left out by an empty value."""
    all_headers = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in all_headers.items() if value]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


class Raw:
    """A WebSocket whose frames are written byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.ended = False

    def end(self) -> None:
        """Send no more."""
        self.ended = True
        self.writer.write_eof()

    @classmethod
    async def connect(cls, port: int, path: str = "/ws?name=Eve", **headers: str) -> Raw:
        """Shake hands properly."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(upgrade(port, path, **headers))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head, head
        return cls(reader, writer)

    def frame(self, payload: bytes, first: int = 0x81, masked: bool = True, size: int | None = None) -> None:
        """Send a frame; `size`: what its header says."""
        size = len(payload) if size is None else size
        bit = 0x80 if masked else 0
        if size < 126:
            head = bytes([first, bit | size])
        elif size < 65536:
            head = bytes([first, bit | 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([first, bit | 127]) + size.to_bytes(8, "big")
        mask = os.urandom(4) if masked else b""
        self.writer.write(head + mask + (_websocket_mask(mask, payload) if masked else payload))

    def send(self, event: dict[str, Any]) -> None:
        """Send a message."""
        self.frame(json.dumps(event).encode())

    async def read(self) -> tuple[int, bytes] | None:
        """Return the next frame's first byte and payload, None at the end."""
        try:
            first, size = await self.reader.readexactly(2)
            if size > 125:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
            return first, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def until_closed(self) -> int | None:
        """Answer the server's goodbye; return its close code, None if it just goes."""
        code = None
        try:
            while (frame := await self.read()) is not None:
                if frame[0] == 0x88:
                    code = int.from_bytes(frame[1][:2], "big")
                    if not self.ended:
                        self.frame(frame[1], first=0x88)
        finally:
            self.writer.close()
        return code
