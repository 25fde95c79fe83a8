"""Accounts: names with passwords, and the sessions of those who have signed in.

A session's token is kept by its owner alone; the chat keeps a hash of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tornado_chat.auth.account_names import clean_account, old_key
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Account, AccountRepository
from tornado_chat.chat.user_ids import ACCOUNT, HEADER, make_id, today, written_id
from tornado_chat.chat.validation import MAX_NAME, clean_name, name_key

LASTS = 30 * 86_400  # seconds of a session
SESSIONS = 100  # of one account at a time
SHORTEST, LONGEST = 8, 1_024  # characters of a password
ROLES = ("member", "admin")

T = TypeVar("T")


class Accounts:
    """The accounts of a chat. `cost`: scrypt's n, r and p (16 MiB, and as long as p says)."""

    def __init__(self, repository: AccountRepository, cost: tuple[int, int, int] = (2**14, 8, 5)) -> None:
        self._repository = repository
        self.cost = cost
        self._thread = ThreadPoolExecutor(1, "passwords")  # one: a flood of passwords takes 16 MiB and one core

    # Names and passwords

    async def register(self, name: str, password: str) -> User:
        """Make an account; Refused for a name that is taken or cannot be one, or a bad password."""
        name, key = clean_account(name)
        check_password(password)
        if await self._repository.named(key, key) is not None:  # before the work of hashing is done
            raise _taken()
        hashed = await self._aside(lambda: make_hash(password, self.cost))
        user = User(ACCOUNT + secrets.token_hex(8), name)
        if not await self._repository.add(user, key, hashed):
            raise _taken()
        return user

    async def check(self, name: str, password: str) -> User | None:
        """Return whose name and password these are. It takes as long where there is no such name."""
        found = await self._named(name)
        hashed = found.password if found else "$".join(["scrypt", *map(str, self.cost), "00" * 16, "00" * 32])
        right = await self._aside(lambda: is_password(password, hashed))
        if not found or not right:
            return None
        now = await self._repository.account(found.user.id)  # the password may have changed while it was compared
        return now.user if now and now.password == hashed else None

    async def find(self, name: str) -> User:
        """Return the account of a name; Refused where there is none."""
        found = await self._named(name)
        if not found:
            raise Refused(f"there is no account {name!r}")
        return found.user

    async def _named(self, name: str) -> Account | None:
        if len(name) > 4 * MAX_NAME:
            return None
        return await self._repository.named(old_key(name), name_key(name))

    async def user(self, user_id: str) -> User | None:
        """Return the account of an id."""
        found = await self._repository.account(user_id)
        return found and found.user

    async def set_password(self, user: User, password: str, but: str = "") -> None:
        """Give an account another password, and end its sessions, `but` one (of `session_of`)."""
        hashed = await self._aside(lambda: make_hash(check_password(password), self.cost))
        await self._repository.set_password(user.id, hashed, but)

    async def rename(self, user: User, name: str) -> User:
        """Give an account another name; Refused where it is taken."""
        name, key = clean_account(name)
        if not await self._repository.rename(user.id, name, key):
            raise _taken()
        return User(user.id, name, user.role)

    async def all(self) -> AsyncIterator[User]:
        """Yield all accounts, by id."""
        after = ""
        while page := await self._repository.accounts(after):
            after = page[-1].id
            for user in page:
                yield user

    # Roles, and ids, of others than accounts too

    async def role(self, user_id: str) -> str:
        """Return the role that a user was given, `member` where none was."""
        return await self._repository.role(today(user_id)) or "member"

    async def set_role(self, user_id: str, role: str) -> None:
        """Give a user a role (of ROLES)."""
        await self._repository.set_role(today(user_id), role)

    async def proxy_id(self, name: str) -> str:
        """Return the id of the user whom a proxy names.

        Case is ignored. Earlier versions did not ignore it: a user who read here under such an id keeps it, in
        whatever case the name comes from now on.
        """
        own = before = make_id(HEADER, name)
        with contextlib.suppress(Refused):
            before = written_id(HEADER, clean_name(name))
        return await self._repository.proxy_id(own, before)

    async def changed(self) -> Sequence[str]:
        """Return the ids of users whose role or password was changed since the last time, by a command perhaps."""
        return await self._repository.take_changed()

    # Sessions

    async def begin(self, user: User) -> str:
        """Begin a session of LASTS seconds; return the token that its owner keeps. The oldest of very many ends."""
        token = secrets.token_urlsafe(32)
        await self._repository.begin(session_of(token), user.id, int(time.time()) + LASTS, SESSIONS)
        return token

    async def resume(self, token: str) -> tuple[User, float] | None:
        """Return whose session a token is, and when it ends (s since 1970)."""
        found = await self._repository.session(session_of(token))
        return found if found and found[1] > time.time() else None

    async def stands(self, session: str) -> bool:
        """Return whether a session (of `session_of`) has not been ended."""
        return await self._repository.session(session) is not None

    async def end(self, session: str) -> None:
        """End a session (of `session_of`)."""
        await self._repository.end(session)

    async def trim(self) -> None:
        """Forget the sessions that are over."""
        await self._repository.trim(time.time())

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _taken() -> Refused:
    return Refused("that name is taken; choose another", Error.INVALID_NAME)


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
