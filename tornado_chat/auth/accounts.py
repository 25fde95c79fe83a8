"""Accounts: names with passwords, no two of which look the same, and the sessions of people who have signed in.

Only its owner keeps the token of a session; the chat keeps a hash of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Account, AccountRepository, Standing
from tornado_chat.chat.user_ids import ACCOUNT, HEADER, current_id, make_id, written_id
from tornado_chat.chat.validation import MAX_NAME, clean_name, name_key

LASTS = 30 * 86_400  # seconds of a session
SESSIONS = 100  # of one account at a time
SHORTEST, LONGEST = 8, 1_024  # characters of a password
ROLES = ("member", "admin")
SCRIPTS = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}  # whose letters look alike

T = TypeVar("T")


class Accounts:
    """The accounts of a chat. `cost`: scrypt's n, r and p; n and r make 16 MiB, p makes the time."""

    def __init__(self, repository: AccountRepository, cost: tuple[int, int, int] = (2**14, 8, 5)) -> None:
        self._repository = repository
        #: Returns the ids of users whose role or password was changed since the last call, here or by a command.
        self.changed = repository.take_changed
        #: Ends a session (see `session_of`).
        self.end = repository.end
        self.cost = cost
        # One thread: a flood of passwords takes 16 MiB and one core.
        self._thread = ThreadPoolExecutor(1, "passwords")

    # Names and passwords

    async def register(self, name: str, password: str) -> User:
        """Make an account; Refused if the name is taken or invalid, or the password has a bad length."""
        name, key = clean_account(name)
        check_password(password)
        if await self._repository.named(key, key) is not None:  # hashing is expensive
            raise _taken()
        hashed = await self._aside(lambda: make_hash(password, self.cost))
        user = User(ACCOUNT + secrets.token_hex(8), name)
        if not await self._repository.add(user, key, hashed):
            raise _taken()
        return user

    async def check(self, name: str, password: str) -> User | None:
        """Return the user with this name and password. An unknown name takes as long as a wrong password."""
        found = await self._named(name)
        hashed = found.password if found else "$".join(["scrypt", *map(str, self.cost), "00" * 16, "00" * 32])
        right = await self._aside(lambda: is_password(password, hashed))
        if not found or not right:
            return None
        now = await self._repository.account(found.user.id)  # the password may have been changed meanwhile
        return now.user if now and now.password == hashed else None

    async def find(self, name: str) -> User:
        """Return the user with this name; Refused if there is none."""
        found = await self._named(name)
        if not found:
            raise Refused(f"there is no account {name!r}")
        return found.user

    async def _named(self, name: str) -> Account | None:
        if len(name) > 4 * MAX_NAME:
            return None
        return await self._repository.named(old_key(name), name_key(name))

    async def user(self, user_id: str) -> User | None:
        found = await self._repository.account(user_id)
        return found and found.user

    async def set_password(self, user: User, password: str, but: str = "") -> None:
        """Change a password and end the account's sessions, except `but` (see `session_of`)."""
        hashed = await self._aside(lambda: make_hash(check_password(password), self.cost))
        await self._repository.set_password(user.id, hashed, but)

    async def rename(self, user: User, name: str) -> User:
        """Change a name; Refused if it is taken or invalid."""
        name, key = clean_account(name)
        if not await self._repository.rename(user.id, name, key):
            raise _taken()
        return User(user.id, name, user.role)

    async def all(self) -> AsyncIterator[User]:
        after = ""
        while page := await self._repository.accounts(after):
            after = page[-1].id
            for user in page:
                yield user

    # Roles and ids, also of users without an account

    async def role(self, user_id: str) -> str:
        """Return the role that a user was given; `member` by default."""
        return await self._repository.role(current_id(user_id)) or "member"

    async def set_role(self, user_id: str, role: str) -> None:
        await self._repository.set_role(current_id(user_id), role)

    async def remove(self, user_id: str) -> None:
        """Remove what is known of a user: account, sessions and role. Whoever comes with a session is sent away."""
        await self._repository.remove(user_id)

    async def proxy_id(self, name: str) -> str:
        """Return the id of the user whom a proxy names; case is ignored.

        Earlier versions did not ignore it. A user who has read here under such an id keeps it, whatever the case of
        the name is from now on.
        """
        own = before = make_id(HEADER, name)
        with contextlib.suppress(Refused):
            before = written_id(HEADER, clean_name(name))
        return await self._repository.proxy_id(own, before)

    # Sessions

    async def begin(self, user: User) -> str:
        """Begin a session and return its token. If the account has more than SESSIONS, the oldest ends."""
        token = secrets.token_urlsafe(32)
        await self._repository.begin(session_of(token), user.id, int(time.time()) + LASTS, SESSIONS)
        return token

    async def resume(self, token: str) -> tuple[User, float] | None:
        """Return the user of a session's token, and when the session ends (s since 1970)."""
        found = await self._repository.session(session_of(token))
        return found if found and found[1] > time.time() else None

    async def stands(self, session: str) -> bool:
        """Return whether a session (see `session_of`) was not ended."""
        return await self._repository.session(session) is not None

    async def standing(self, users: Iterable[str], sessions: Iterable[str]) -> Standing:
        """Return what users are now, by their current ids, and which of some sessions (see `session_of`) stand."""
        return await self._repository.standing([current_id(one) for one in users], list(sessions))

    async def trim(self) -> None:
        """Delete the sessions that are over."""
        await self._repository.trim(time.time())

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def clean_account(name: str) -> tuple[str, str]:
    """Return an account's name, normalized, and its key, which is the same for all names that look the same.

    Refused (`invalid-name`) also if a name mixes alphabets whose letters look alike.
    """
    name = " ".join(clean_name(name).split())
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in name if char.isalpha()} & SCRIPTS
    if len(scripts) > 1:
        mixed = " and ".join(sorted(script.capitalize() for script in scripts))
        raise Refused(f"a name must not mix {mixed} letters", Error.INVALID_NAME)
    return name, name_key(name)


def old_key(name: str) -> str:
    """Return the key under which earlier versions kept a name: with joiners and selectors."""
    name = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _taken() -> Refused:
    return Refused("that name is taken; choose another", Error.INVALID_NAME)


def session_of(token: str) -> str:
    """Return the name of a session, which is the hash of its token."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(password: str) -> str:
    """Return the password; Refused if its length is not allowed."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"a password has {SHORTEST} to {LONGEST} characters", Error.INVALID_FIELD)
    return password


def make_hash(password: str, cost: tuple[int, int, int]) -> str:
    """Return what is stored of a password: scrypt$n$r$p$salt$hash."""
    salt = secrets.token_bytes(16)
    return "$".join(["scrypt", *map(str, cost), salt.hex(), _scrypt(password, salt, *cost).hex()])


def is_password(password: str, hashed: str) -> bool:
    """Return whether a hash is that of a password. Only the first LONGEST + 1 characters are hashed."""
    _, n, r, p, salt, wanted = hashed.split("$")
    found = _scrypt(password[: LONGEST + 1], bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, bytes.fromhex(wanted))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    typed = unicodedata.normalize("NFKC", password).encode()  # the same on every keyboard
    return hashlib.scrypt(typed, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
