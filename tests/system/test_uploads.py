"""Uploads over lines as people have them, to a whole server (Files 5)."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from tests.serving import Server
from tests.web.files.asking import Line
from tornado_chat.client import Client

pytestmark = pytest.mark.long

RATE = 125_000  # bytes a second: 1 Mbit/s
MINUTES = 3
DATA = os.urandom(RATE * 60 * MINUTES)


async def begun(server: Server, token: str, head: str, size: int, *headers: str) -> Line:
    """Send the head of a request."""
    line = Line(*await asyncio.open_connection("127.0.0.1", server.port))
    lines = [f"{head} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", f"Content-Length: {size}"]
    line.send("\r\n".join([*lines, *headers, "", ""]))
    return line


async def trickle(line: Line, data: bytes) -> None:
    began = time.monotonic()
    for at in range(0, len(data), 10_000):
        line.send(data[at : at + 10_000])
        await line.writer.drain()
        await asyncio.sleep(began + at / RATE - time.monotonic())


def test_a_slow_upload_arrives_and_one_that_stalls_is_cut_and_goes_on(tmp_path: Path) -> None:
    async def slow(server: Server, token: str) -> None:
        line = await begun(server, token, "POST /files?name=slow", len(DATA))
        began = time.monotonic()
        await trickle(line, DATA)
        status, _, body = await line.answer()
        assert (status, json.loads(body)["size"]) == (201, len(DATA))
        assert time.monotonic() - began > 60 * MINUTES - 1
        line.close()

    async def stalled(server: Server, token: str) -> None:
        line = await begun(server, token, "POST /files?name=stalled", 0, f"Upload-Length: {len(DATA)}")
        _, headers, _ = await line.answer()
        place = f"/{headers['Location']}"
        line.close()
        line = await begun(server, token, f"PATCH {place}", len(DATA), "Upload-Offset: 0")
        await trickle(line, DATA[: 10 * RATE])
        began = time.monotonic()
        async with asyncio.timeout(60):
            head = await line.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert 25 < time.monotonic() - began < 40
        line.close()
        line = await begun(server, token, f"HEAD {place}", 0)
        head = await line.reader.readuntil(b"\r\n\r\n")
        at = int(head.partition(b"Upload-Offset: ")[2].split()[0])
        assert at == 10 * RATE
        line.close()
        line = await begun(server, token, f"PATCH {place}", len(DATA) - at, f"Upload-Offset: {at}")
        line.send(DATA[at:])
        status, _, body = await line.answer()
        assert (status, json.loads(body)["size"]) == (201, len(DATA))
        line.close()

    async def main() -> None:
        async with Server(tmp_path, "--limits", "on") as server, Client(server.base, "Ann") as ann:
            token = ann._credentials.token or ""
            await asyncio.gather(slow(server, token), stalled(server, token))

    asyncio.run(main())
