"""What tests of files over HTTP share: a chat on a socket, and requests byte by byte."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from tornado.httpclient import HTTPResponse

from tornado_chat.testing import ChatTestCase, Client


class FilesCase(ChatTestCase):
    """`ask` makes a request, as somebody or nobody."""

    def setUp(self) -> None:
        self.lines: list[Line] = []
        super().setUp()

    async def _disconnect(self) -> None:
        for line in self.lines:
            line.close()
        await super()._disconnect()

    async def ask(
        self, method: str, path: str, who: Client | str | None = None, body: Any = None, **headers: Any
    ) -> HTTPResponse:
        given = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        if who is not None:
            given["Authorization"] = f"Bearer {who if isinstance(who, str) else who.hello['token']}"
        return await self.http_client.fetch(
            self.get_url(path), method=method, headers=given, body=body, raise_error=False,
            allow_nonstandard_methods=True, follow_redirects=False, decompress_response=False,
        )  # fmt: skip

    async def upload(self, who: Client, data: bytes = b"hello", name: str = "a.txt") -> Any:
        answer = await self.ask("POST", f"/files?name={name}", who, data)
        assert answer.code == 201, answer.body
        return json.loads(answer.body)

    async def begin(self, who: Client, size: int) -> str:
        """Begin an upload; return its address."""
        answer = await self.ask("POST", "/files?name=a.txt", who, b"", Upload_Length=size)
        assert (answer.code, answer.body) == (201, b"")
        return f"/{answer.headers['Location']}"

    async def offset(self, who: Client, place: str) -> int | None:
        """Return how much of an upload is there, None if it is not."""
        answer = await self.ask("HEAD", place, who)
        return int(answer.headers["Upload-Offset"]) if answer.code == 200 else None

    async def open(self, method: str, path: str, who: Client | None = None, **headers: Any) -> Line:
        """Send the head of a request, and nothing of its body."""
        line = Line(*await asyncio.open_connection("127.0.0.1", self.get_http_port()))
        self.lines.append(line)
        given = {"Host": f"127.0.0.1:{self.get_http_port()}", **headers}
        if who is not None:
            given["Authorization"] = f"Bearer {who.hello['token']}"
        head = [f"{method} {path} {line.version}", *(f"{name.replace('_', '-')}: {given[name]}" for name in given)]
        line.send("\r\n".join([*head, "", ""]))
        return line


class Line:
    """A connection of which every byte is chosen."""

    version = "HTTP/1.1"

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of the next answer."""
        async with asyncio.timeout(20):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            found = dict(re.findall(r"^([\w-]+): (.*)\r$", head, re.MULTILINE))
            body = await self.reader.readexactly(int(found.get("Content-Length", 0)))
        return int(head.split(" ")[1]), found, body

    async def is_closed(self) -> bool:
        """Wait until the server closes; return whether it said nothing more."""
        async with asyncio.timeout(20):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    def close(self) -> None:
        self.writer.close()
