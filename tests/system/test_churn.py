"""Coming and going without end (F13): descriptors, tasks, tables and memory are back where they were."""

import asyncio
import contextlib
import ctypes
import gc
import json
import os
import ssl
from pathlib import Path

import pytest
from tornado.testing import gen_test

from tests.secure import OverTls
from tests.web.socket.test_frames import CLOSE, masked
from tests.web.socket.test_upgrade import handshake
from tornado_chat.testing import ChatTestCase

AT_ONCE = 50
JOIN = masked(json.dumps({"action": "join-channel", "target": "den", "ref": "in"}).encode())
LEAVE = masked(json.dumps({"action": "leave-channel", "target": "den", "ref": "out"}).encode())
GOODBYE = masked((1000).to_bytes(2, "big"), CLOSE)


def memory() -> int:
    """Return how many bytes of memory this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def held() -> int:
    """Return the resident memory in bytes, without what the C library keeps for later."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another library
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return memory()


class ChurnTest(ChatTestCase):
    settings = {"limits": "off"}
    tls: ssl.SSLContext | None = None

    async def visit(self, number: int) -> None:
        """Connect, join, and go in one of four ways."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.get_http_port(), ssl=self.tls)
        writer.write(handshake(f"/ws?name=Guest{number}") + JOIN)
        await reader.readuntil(b'"ref":"in"')
        if number % 4 == 0:
            writer.write(LEAVE)
            await reader.readuntil(b'"ref":"out"')
        if number % 4 == 1:
            writer.write(GOODBYE)
            await reader.read()
        if number % 4 == 2:
            writer.transport.abort()  # type: ignore[attr-defined]
        writer.close()
        try:
            await writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass

    async def visits(self, count: int) -> None:
        numbers = iter(range(count))

        async def come_and_go() -> None:
            for number in numbers:
                await self.visit(number)

        await asyncio.gather(*(come_and_go() for _ in range(AT_ONCE)))
        while self.chat.hub.connections:
            await asyncio.sleep(0.01)

    def tables(self) -> dict[str, int]:
        """Count what there is."""
        hub, keepalive = self.chat.hub, self.chat.keepalive
        return {
            "descriptors": len(os.listdir("/proc/self/fd")),
            "tasks": len(asyncio.all_tasks()),
            "connections": len(hub.connections),
            "users": len(hub.present()),
            "channels": len(hub.channels),
            "watched": len(keepalive.behind) + sum(map(len, keepalive._due.values())),
        }

    async def churn(self, count: int) -> None:
        await self.visits(min(count // 5, 1000))  # what is kept once and for all is there
        await asyncio.sleep(0.5)
        before, had = self.tables(), held()
        await self.visits(count)
        for _ in range(1000):
            if self.tables() == before:
                break
            await asyncio.sleep(0.01)
        assert self.tables() == before
        assert held() - had <= 10 * 2**20

    @gen_test
    @pytest.mark.long
    async def test_visits_leave_nothing_behind(self) -> None:
        await self.churn(500 if self.tls is None else 100)

    @pytest.mark.long
    @gen_test(timeout=1200)
    async def test_very_many_visits_leave_nothing_behind(self) -> None:
        await self.churn(50_000 if self.tls is None else 2_000)


@pytest.mark.long
class TlsChurnTest(OverTls, ChurnTest):
    pass
