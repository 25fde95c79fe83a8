"""What a WebSocketTransport asks and tells its handler."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol


class SocketCallbacks(Protocol):
    """What a SocketHandler offers to its transport."""

    @property
    def max_message_size(self) -> int:
        """The most bytes that a message has."""

    def answer(self) -> tuple[bytes, bool]:
        """Return the answer to the upgrade (RFC 6455, 4.2.2), and whether compression was agreed on."""

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Handle a message; what is returned is done when more may be read, None: at once."""

    def on_ping(self, data: bytes) -> None:
        """Hear that a ping was answered."""

    def on_pong(self, data: bytes) -> None:
        """Hear a pong."""

    def on_sign(self) -> Awaitable[None] | None:
        """Hear of a ping or a pong, after either; what is returned: see `on_message`."""

    def on_closing(self) -> None:
        """Hear that a goodbye was said or heard: what is written from now on goes nowhere."""

    def on_pause(self) -> None:
        """Hear that the kernel has not taken all that was written."""

    def on_resume(self) -> None:
        """Hear that nothing waits any more."""

    def on_ws_connection_close(self, close_code: int | None = None, close_reason: str | None = None) -> None:
        """Hear, once, that the connection has ended."""

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Log what a callback raised."""
