"""Accounts: names with passwords, and the sessions of those who have signed in; all of it in the store.

Spaces: those of account_names.py, `users` (id -> name and scrypt's hash), `sessions` (a token's hash -> id, end),
`signed-in` (id -> its sessions, oldest first), `roles` (id -> role, where it is not `member`), `changed` (ids of whom
a command has changed something that a running server has not looked at yet). A session's token itself is kept nowhere
but with its owner.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tornado_chat.auth.account_names import AccountNames, clean_account
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.store import Store, all_in
from tornado_chat.chat.user_ids import ACCOUNT, HEADER, today

LASTS = 30 * 86_400  # seconds of a session
SESSIONS = 100  # of one account at a time
SHORTEST, LONGEST = 8, 1_024  # characters of a password
ROLES = ("member", "admin")

T = TypeVar("T")


class Accounts:
    """The accounts of one store. `cost`: scrypt's n, r and p (16 MiB, and as long as p says)."""

    def __init__(self, store: Store, cost: tuple[int, int, int] = (2**14, 8, 5)) -> None:
        self._store = store
        self.cost = cost
        self._renaming = asyncio.Lock()
        self.names = AccountNames(store)
        self._thread = ThreadPoolExecutor(1, "passwords")  # one: a flood of passwords takes 16 MiB and one core

    # Names and passwords

    async def register(self, name: str, password: str) -> User:
        """Make an account; Refused for a name that is taken or cannot be one, or a bad password."""
        name, key = clean_account(name)
        check_password(password)
        await self.names.take(key, "")  # before the work is done
        hashed = await self._aside(lambda: make_hash(password, self.cost))
        user = User(ACCOUNT + secrets.token_hex(8), name)
        await self._store.set("users", user.id, {"name": name, "password": hashed})
        try:
            await self.names.take(key, user.id)
        except Refused:
            await self._store.delete("users", user.id)
            raise
        return user

    async def check(self, name: str, password: str) -> User | None:
        """Return whose name and password these are. It takes as long where there is no such name."""
        user_id = await self.names.owner(name)
        record = await self._store.get("users", user_id or ACCOUNT)
        hashed = record["password"] if record else "$".join(["scrypt", *map(str, self.cost), "00" * 16, "00" * 32])
        right = await self._aside(lambda: is_password(password, hashed))
        now = await self._store.get("users", user_id or ACCOUNT)  # it may have waited while the password was changed
        return await self.user(user_id) if right and record and now["password"] == hashed else None

    async def find(self, name: str) -> User:
        """Return the account of a name; Refused where there is none."""
        user_id = await self.names.owner(name)
        user = user_id and await self.user(user_id)
        if not user:
            raise Refused(f"there is no account {name!r}")
        return user

    async def user(self, user_id: str) -> User | None:
        """Return the account of an id."""
        record = await self._store.get("users", user_id)
        return User(user_id, record["name"], await self.role(user_id)) if record else None

    async def set_password(self, user: User, password: str, but: str = "") -> None:
        """Give an account another password, and end its sessions, `but` one (of `session_of`)."""
        hashed = await self._aside(lambda: make_hash(check_password(password), self.cost))
        await self._store.update("users", user.id, lambda record: {**record, "password": hashed})
        await self._sweep(lambda key, session: session["user"] == user.id and key != but)

    async def rename(self, user: User, name: str) -> User:
        """Give an account another name; Refused where it is taken."""
        name, key = clean_account(name)
        async with self._renaming:  # two at once would leave a name that nobody bears, or bear one that is not theirs
            await self.names.take(key, user.id)
            before = (await self._store.get("users", user.id))["name"]
            await self._store.update("users", user.id, lambda record: {**record, "name": name})
            await self.names.free(before, user.id, but=key)
        return User(user.id, name, user.role)

    async def all(self) -> AsyncIterator[User]:
        """Yield all accounts, by id."""
        async for user_id, record in all_in(self._store, "users"):
            yield User(user_id, record["name"], await self.role(user_id))

    # Roles, of others than accounts too

    async def role(self, user_id: str) -> str:
        """Return the role that a user was given, `member` where none was."""
        own = today(user_id)
        role = await self._store.get("roles", own)
        if role is None and own.startswith(HEADER):  # one that was given before the case of these ids was ignored
            for known, given in await self._store.items("roles", HEADER):
                role = given if today(known) == own else role
        return str(role or "member")

    async def set_role(self, user_id: str, role: str) -> None:
        """Give a user a role (of ROLES)."""
        await self._store.set("roles", user_id, role)

    # What a command changes beside a server that runs

    async def tell(self, user_id: str) -> None:
        """Have a running server look anew at a user whose role or sessions were changed."""
        await self._store.set("changed", user_id, True)

    async def changed(self) -> list[str]:
        """Return the ids of those whom `tell` named since the last time."""
        found = await self._store.items("changed")
        for user_id, _ in found:
            await self._store.delete("changed", user_id)
        return [user_id for user_id, _ in found]

    # Sessions

    async def begin(self, user: User) -> str:
        """Begin a session of LASTS seconds; return the token that its owner keeps. The oldest of very many ends."""
        token = secrets.token_urlsafe(32)
        session = session_of(token)
        over: list[str] = []
        await self._store.set("sessions", session, {"user": user.id, "until": int(time.time()) + LASTS})

        def add(known: list[str]) -> list[str]:
            sessions = [*known, session]
            over[:] = sessions[:-SESSIONS]
            return sessions[-SESSIONS:]

        await self._store.update("signed-in", user.id, add, [])
        for oldest in over:
            await self._store.delete("sessions", oldest)
        return token

    async def resume(self, token: str) -> tuple[User, float] | None:
        """Return whose session a token is, and when it ends (s since 1970)."""
        session = await self._store.get("sessions", session_of(token))
        if not isinstance(session, dict) or session["until"] <= time.time():
            return None
        user = await self.user(session["user"])
        return None if user is None else (user, session["until"])

    async def stands(self, session: str) -> bool:
        """Return whether a session (of `session_of`) has not been ended."""
        return await self._store.get("sessions", session) is not None

    async def end(self, session: str) -> None:
        """End a session (of `session_of`)."""
        found = await self._store.get("sessions", session)
        await self._store.delete("sessions", session)
        if isinstance(found, dict):

            def take_out(known: list[str]) -> list[str]:
                return [one for one in known if one != session]

            await self._store.update("signed-in", found["user"], take_out, [])

    async def trim(self) -> None:
        """Forget the sessions that are over."""
        now = time.time()
        await self._sweep(lambda key, session: session["until"] <= now)

    async def _sweep(self, over: Callable[[str, dict[str, Any]], bool]) -> None:
        async for key, session in all_in(self._store, "sessions"):
            if not isinstance(session, dict) or over(key, session):  # or it was damaged
                await self._store.delete("sessions", key)

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def session_of(token: str) -> str:
    """Return what a session is known by: the hash of its token."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(password: str) -> str:
    """Return a password that is long enough to be one."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"a password has {SHORTEST} to {LONGEST} characters", Error.INVALID_FIELD)
    return password


def make_hash(password: str, cost: tuple[int, int, int]) -> str:
    """Return what is kept of a password: scrypt$n$r$p$salt$hash."""
    salt = secrets.token_bytes(16)
    return "$".join(["scrypt", *map(str, cost), salt.hex(), _scrypt(password, salt, *cost).hex()])


def is_password(password: str, hashed: str) -> bool:
    """Return whether a password is the one that was kept; one that is too long is not looked at."""
    _, n, r, p, salt, wanted = hashed.split("$")
    found = _scrypt(password[: LONGEST + 1], bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, bytes.fromhex(wanted))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    typed = unicodedata.normalize("NFKC", password).encode()  # the same on every keyboard
    return hashlib.scrypt(typed, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
