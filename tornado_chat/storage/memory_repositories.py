"""Accounts, bans and the audit in memory; gone with the process."""

from __future__ import annotations

import json
from bisect import bisect_right, insort
from typing import Any

from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import PAGE, Account, Ban, Repositories
from tornado_chat.chat.store import encode
from tornado_chat.chat.validation import name_key


class MemoryAccounts:
    """An AccountRepository. No account is of an earlier version, so each has one key."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._names: dict[str, str] = {}
        self._roles: dict[str, str] = {}
        self._changed: dict[str, None] = {}
        self._sessions: dict[str, tuple[str, int]] = {}
        self._sessions_of: dict[str, dict[str, None]] = {}  # by account, the oldest first

    async def add(self, user: User, key: str, password: str) -> bool:
        if key in self._names:
            return False
        self._names[key] = user.id
        self._accounts[user.id] = Account(user, password)
        return True

    async def account(self, user_id: str) -> Account | None:
        found = self._accounts.get(user_id)
        return found and found._replace(user=self._with_role(found.user))

    async def named(self, key: str, look: str) -> Account | None:
        return await self.account(self._names.get(look, ""))

    async def accounts(self, after: str = "", limit: int = PAGE) -> list[User]:
        ids = sorted(user_id for user_id in self._accounts if user_id > after)
        return [self._with_role(self._accounts[user_id].user) for user_id in ids[:limit]]

    async def rename(self, user_id: str, name: str, key: str) -> bool:
        if self._names.get(key, user_id) != user_id:
            return False
        account = self._accounts[user_id]
        del self._names[name_key(account.user.name)]
        self._names[key] = user_id
        self._accounts[user_id] = account._replace(user=User(user_id, name))
        return True

    async def set_password(self, user_id: str, password: str, but: str = "") -> None:
        self._accounts[user_id] = self._accounts[user_id]._replace(password=password)
        for session in list(self._sessions_of.get(user_id, ())):
            if session != but:
                await self.end(session)
        self._changed[user_id] = None

    async def role(self, user_id: str) -> str | None:
        return self._roles.get(user_id)

    async def set_role(self, user_id: str, role: str) -> None:
        self._roles[user_id] = role
        self._changed[user_id] = None

    async def take_changed(self) -> list[str]:
        changed, self._changed = self._changed, {}
        return list(changed)

    async def proxy_id(self, own: str, before: str) -> str:
        return own

    async def begin(self, session: str, user_id: str, until: int, most: int) -> None:
        self._sessions[session] = user_id, until
        own = self._sessions_of.setdefault(user_id, {})
        own[session] = None
        for oldest in list(own)[:-most]:
            await self.end(oldest)

    async def session(self, session: str) -> tuple[User, int] | None:
        user_id, until = self._sessions.get(session, ("", 0))
        account = await self.account(user_id)
        return account and (account.user, until)

    async def end(self, session: str) -> None:
        user_id, _ = self._sessions.pop(session, ("", 0))
        self._sessions_of.get(user_id, {}).pop(session, None)

    async def trim(self, now: float) -> None:
        for session in [session for session, (_, until) in self._sessions.items() if until <= now]:
            await self.end(session)

    def _with_role(self, user: User) -> User:
        return User(user.id, user.name, self._roles.get(user.id, "member"))


class MemoryBans:
    """A BanRepository."""

    def __init__(self) -> None:
        self._bans: dict[str, Ban] = {}

    async def all(self) -> list[Ban]:
        return list(self._bans.values())

    async def put(self, ban: Ban) -> None:
        self._bans[ban.whom] = ban

    async def delete(self, whom: str) -> bool:
        return self._bans.pop(whom, None) is not None


class MemoryAudit:
    """An AuditRepository."""

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._entries: dict[str, str] = {}

    async def add(self, key: str, time: int, by: User, power: str, about: dict[str, Any]) -> None:
        entry = {"key": key, "time": time, "by": {"id": by.id, "name": by.name}, "power": power, "about": about}
        self._entries[key] = encode(entry)
        insort(self._keys, key)

    async def entries(self, after: str, limit: int) -> list[dict[str, Any]]:
        start = bisect_right(self._keys, after)
        return [json.loads(self._entries[key]) for key in self._keys[start : start + limit]]


def memory_repositories() -> Repositories:
    """Return new and empty ones."""
    return Repositories(MemoryAccounts(), MemoryBans(), MemoryAudit())
