"""What a WebSocketTransport calls on its handler, and on what takes the place of that."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol


class SocketCallbacks(Protocol):
    """What an open socket is told; what returns at once need not be overridden."""

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Handle a message. More is read once what is returned is done; None: at once."""

    def on_ping(self, data: bytes) -> None:
        """Called when a ping was answered."""

    def on_pong(self, data: bytes) -> None:
        """Called for each pong."""

    def on_sign(self) -> Awaitable[None] | None:
        """Called after each ping or pong; returns what `on_message` does."""
        return None

    def on_closing(self) -> None:
        """Called when a close frame was sent or received. What is written from then on is dropped."""
        return

    def on_pause(self) -> None:
        """Called when the kernel has not taken all that was written."""
        return

    def on_resume(self) -> None:
        """Called when it has taken the rest."""
        return

    def on_ws_connection_close(self, close_code: int | None = None, close_reason: str | None = None) -> None:
        """Called once, when the connection has ended."""

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Log what a callback raised."""


class Opening(SocketCallbacks, Protocol):
    """What a transport is made with."""

    def on_made(self) -> None:
        """Called when it can be written to."""
        return


class Handshake(Opening, Protocol):
    """What a SocketHandler offers to its transport."""

    def answer(self) -> tuple[bytes, bool]:
        """Return the answer to the upgrade (RFC 6455, 4.2.2), and whether compression was agreed on."""
