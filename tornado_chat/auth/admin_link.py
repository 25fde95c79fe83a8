"""The link of --admin-link: whoever opens it makes an administrator's account, once and soon after the start."""

from __future__ import annotations

import hmac
import secrets
import time

LASTS = 15 * 60  # seconds


class AdminLink:
    """Its token is in memory alone, so a restart ends it. Who may read what the server prints may use it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._until = time.monotonic() + LASTS
        self._used = False

    def take(self, token: str) -> bool:
        """Return whether a token opens the link; it then opens it no more."""
        right = hmac.compare_digest(token.encode(errors="replace"), self.token.encode())
        if not right or self._used or time.monotonic() >= self._until:
            return False
        self._used = True
        return True

    def give_back(self) -> None:
        """Let the link be opened again: no account was made by it."""
        self._used = False
