"""The link of --admin-link: whoever opens it makes an administrator's account, once and soon after the start."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Protocol

from tornado_chat.chat.store import Store

LASTS = 15 * 60  # seconds
SPACE, KEY = "admin-link", "links"  # of the store


class Link(Protocol):
    """The links that a server takes, and the `token` of the one that it may print."""

    token: str

    async def offer(self) -> None:
        """Let the own token open a link from now on."""

    async def take(self, token: str) -> bool:
        """Return whether a token opens a link; then no link that was offered before opens any more."""

    async def give_back(self) -> None:
        """Undo `take`: no account was made by it."""


class AdminLink:
    """The Link of one server, in memory alone, so a restart ends it. Who may read what is printed may use it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._until = time.monotonic() + LASTS
        self._used = False

    async def offer(self) -> None:
        pass

    async def take(self, token: str) -> bool:
        right = hmac.compare_digest(token.encode(errors="replace"), self.token.encode())
        if not right or self._used or time.monotonic() >= self._until:
            return False
        self._used = True
        return True

    async def give_back(self) -> None:
        self._used = False


class SharedLink:
    """The Link of a node: all nodes take those of each, as a proxy leads to any. The store has digests of tokens."""

    def __init__(self, store: Store) -> None:
        self.token = secrets.token_urlsafe(32)
        self._store = store
        self._taken: dict[str, float] = {}

    async def offer(self) -> None:
        await self._add({_digest(self.token): time.time() + LASTS})

    async def take(self, token: str) -> bool:
        digest, found = _digest(token), dict[str, float]()

        def use(known: dict[str, float]) -> dict[str, float]:
            nonlocal found
            found = known if known.get(digest, 0) > time.time() else {}
            return {} if found else known

        await self._store.update(SPACE, KEY, use, {})
        if found:
            self._taken = found
        return bool(found)

    async def give_back(self) -> None:
        await self._add(self._taken)

    async def _add(self, links: dict[str, float]) -> None:
        def add(known: dict[str, float]) -> dict[str, float]:
            return {one: until for one, until in {**known, **links}.items() if until > time.time()}

        await self._store.update(SPACE, KEY, add, {})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
