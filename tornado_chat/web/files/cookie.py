"""The cookie by which a browser asks for pictures and films, as it sends no token with them.

It is worth nothing elsewhere: nothing is uploaded with it, and no other request has it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from itertools import islice

from tornado_chat.auth.accounts import Accounts
from tornado_chat.auth.providers import Credentials
from tornado_chat.auth.requests import MOST, Request, cookie_name, cookies
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User

LASTS = 12 * 3_600  # seconds at most
LARGEST = 3_800  # bytes of name and value: a browser takes 4 KiB with all that stands beside them


class FileCookies:
    """Makes cookies and reads them. secret: the server's; what is signed with it here is signed for this alone."""

    def __init__(self, secret: bytes, accounts: Accounts) -> None:
        self._secret = hmac.digest(secret, b"files", hashlib.sha256)
        self._accounts = accounts
        self.name = f"{cookie_name(secret)}_files"

    def make(self, came: Credentials) -> tuple[str, int]:
        """Return a cookie's value for somebody who has come in, and for how many seconds it lasts.

        Refused (`too-many`): their token names more channels than a cookie can.
        """
        now = time.time()
        lasts = LASTS if came.until is None else max(int(min(came.until - now, LASTS)), 0)
        channels = None if came.channels is None else sorted(came.channels)
        said = [came.user.id, int(now) + lasts, came.session, channels]
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        payload = base64.urlsafe_b64encode(text.encode()).rstrip(b"=")
        value = (payload + b"." + self._sign(payload)).decode()
        if len(self.name) + len(value) > LARGEST:
            raise Refused(
                "the token names too many channels for a cookie: ask with Authorization: Bearer", Error.TOO_MANY
            )
        return value, lasts

    async def read(self, request: Request) -> Credentials | None:
        """Return who asks, None where the cookie is none of this server, or is over."""
        for value in islice(cookies(request, self.name), MOST):
            came = self._open(value)
            if came is not None and (not came.session or await self._accounts.stands(came.session)):
                return came
        return None

    def _open(self, value: str) -> Credentials | None:
        payload, _, signature = value.encode(errors="replace").partition(b".")
        if not hmac.compare_digest(self._sign(payload), signature):
            return None
        user_id, until, session, channels = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        if until <= time.time():
            return None
        allowed = None if channels is None else frozenset(channels)
        return Credentials(User(user_id, ""), None, session, until, allowed)

    def _sign(self, payload: bytes) -> bytes:
        return base64.urlsafe_b64encode(hmac.digest(self._secret, payload, hashlib.sha256)).rstrip(b"=")
