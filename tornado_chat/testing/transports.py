"""A transport that records, and a reader of its frames."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


class FakeTransport:
    """A Transport that records what is written; `unread`: bytes that its client has not read."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed: list[int] = []
        self.aborted: list[int] = []
        self.pings = 0
        self.unread = 0
        self.last_heard = 0.0
        self.write: Callable[[bytes], None] = self.frames.append

    def ping(self) -> None:
        self.pings += 1

    def waiting(self) -> int:
        return self.unread

    def close(self, code: int, reason: str) -> None:
        self.closed.append(code)

    def abort(self, code: int) -> None:
        self.aborted.append(code)


def lines(frame: bytes) -> list[dict[str, Any]]:
    """Return the objects, one a line, of a server's text frame (RFC 6455, 5.2)."""
    assert frame[0] == 0x81, "one whole text frame"
    size, at = frame[1], 2
    if size > 125:
        at = 4 if size == 126 else 10
        size = int.from_bytes(frame[2:at], "big")
    assert len(frame) == at + size
    return [json.loads(line) for line in frame[at:].decode().split("\n")]
