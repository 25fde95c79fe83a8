"""Upgrades that Tornado has read: each is decided on and opened by the Entrance."""

from __future__ import annotations

from typing import Any

from tornado_chat.auth.providers import Credentials
from tornado_chat.web.base import Safe
from tornado_chat.web.capacity import RETRY_AFTER
from tornado_chat.web.socket.entrance import Entrance, TooSoon, TurnedAway
from tornado_chat.web.socket.plain_upgrade import refusal_of
from tornado_chat.web.socket.upgrade import SocketHandler


class ChatSocket(Safe, SocketHandler):
    """A client's handshake: Tornado's handler, which a Session takes the place of when the socket is open."""

    entrance: Entrance
    came: Credentials | TurnedAway

    async def prepare(self) -> None:
        """Decide before the upgrade who may come in, unless that was done."""
        self.compress = self.entrance.compress
        if self.entrance.server.is_full():
            self._turn_away()
            return
        if (refusal := refusal_of(self.request)) is not None:
            raise refusal
        self.came = await self.entrance.admit(self.request)

    def _turn_away(self) -> None:
        self.set_status(503, "Full")
        self.set_header("Retry-After", str(RETRY_AFTER))
        self.set_header("Connection", "close")
        written = self.finish()
        stream = self.detach()
        written.add_done_callback(lambda done: stream.close())

    def write_error(self, status_code: int, **about: Any) -> None:
        """Say when to come again, where one has come too soon."""
        error = about["exc_info"][1] if "exc_info" in about else None
        if isinstance(error, TooSoon):
            self.set_header("Retry-After", str(error.retry_after))
        super().write_error(status_code, **about)

    def lines_of_answer(self) -> str:
        return self.entrance.lines_of_answer()

    def check_origin(self, origin: str) -> bool:
        """Pass what `prepare` has let through (Tornado asks only for cross-origin requests)."""
        return True

    def open(self) -> None:
        """Let the client in, and say hello; or say why not."""
        if self.transport.is_closing():
            return
        came = vars(self).pop("came")
        try:
            self.entrance.open(self.request, self.transport, came).flush()
        except TurnedAway as turned:
            self.close(turned.code, turned.reason)
