"""The interfaces of what a chat keeps in tables: accounts, bans, the audit; see memberships.py and files.py for more.

Each method is one transaction. When it returns, what it wrote is on the disk. All methods raise Refused
(`history-unavailable`) while the disk fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from tornado_chat.chat.files import FileRepository
from tornado_chat.chat.memberships import Memberships
from tornado_chat.chat.models import User

PAGE = 1_000


class Account(NamedTuple):
    """An account. `password`: its hash, as auth/accounts.py makes it."""

    user: User
    password: str


class Standing(NamedTuple):
    """What users and sessions are now. `names`: of accounts, `roles`: of those who were given one, both by id."""

    names: dict[str, str]
    roles: dict[str, str]
    sessions: set[str]


class AccountRepository(Protocol):
    """Accounts, their names and sessions, and the roles of users of any kind.

    A name has a key (validation.name_key), which is the same for all names that look the same. Accounts that earlier
    versions registered may have a different `key`; their `look` is what the key would be now.
    """

    async def add(self, user: User, key: str, password: str) -> bool:
        """Add an account, or return False if another account's name looks the same."""

    async def account(self, user_id: str) -> Account | None:
        """Return an account by id."""

    async def named(self, key: str, look: str) -> Account | None:
        """Return the account whose name has this key, else the first one with this look."""

    async def accounts(self, after: str = "", limit: int = PAGE) -> Sequence[User]:
        """Return a page of users with accounts, by id, after the id `after`."""

    async def rename(self, user_id: str, name: str, key: str) -> bool:
        """Change a name and free the old one, or return False if another account's name looks the same."""

    async def set_password(self, user_id: str, password: str, but: str = "") -> None:
        """Set the hash of a password, end the account's sessions except `but`, and mark the user as changed."""

    async def role(self, user_id: str) -> str | None:
        """Return the role that a user was given."""

    async def standing(self, users: Sequence[str], sessions: Sequence[str]) -> Standing:
        """Return what is stored of users, by id, and which of some sessions there are."""

    async def set_role(self, user_id: str, role: str) -> None:
        """Give a user a role and mark the user as changed."""

    async def remove(self, user_id: str) -> None:
        """Delete a user's account, sessions and role, and mark the user as changed."""

    async def take_changed(self) -> Sequence[str]:
        """Return the ids of the users marked as changed, and remove the marks."""

    async def proxy_id(self, own: str, before: str) -> str:
        """Return the id of a proxy's user, the same at each call: `before` if it has memberships, else `own`."""

    async def begin(self, session: str, user_id: str, until: int, most: int) -> None:
        """Add a session, and end the account's oldest ones above `most`."""

    async def session(self, session: str) -> tuple[User, int] | None:
        """Return the user of a session and its end (s since 1970)."""

    async def end(self, session: str) -> None:
        """Delete a session, if it exists."""

    async def trim(self, now: float) -> None:
        """Delete the sessions that ended before `now`."""


class Ban(NamedTuple):
    """A ban. `whom`: an id or a range of addresses; `name`: of the banned user; `until`: s since 1970."""

    whom: str
    by: str
    name: str
    until: float
    reason: str


class BanRepository(Protocol):
    """The bans, one for each `whom`."""

    async def all(self) -> Sequence[Ban]:
        """Return all bans."""

    async def put(self, ban: Ban) -> None:
        """Store a ban; it replaces an earlier one on the same `whom`."""

    async def delete(self, whom: str) -> bool:
        """Delete a ban; return whether there was one."""

    async def trim(self, now: float) -> None:
        """Delete the bans that ended before `now`."""


class AuditRepository(Protocol):
    """The record of every use of a power. TypeError or ValueError for an `about` that JSON cannot express."""

    async def add(self, key: str, time: int, by: User, power: str, about: dict[str, Any]) -> None:
        """Store an entry. key: entries are read in its order. time: ms since 1970."""

    async def entries(self, after: str, limit: int) -> Sequence[dict[str, Any]]:
        """Return entries (`key`, `time`, `by`, `power`, `about`) in the order of their keys, behind `after`."""


class Tried(NamedTuple):
    """What a password is tried for, by `key`: a token bucket of `rate` tries a second, and `burst` at once."""

    key: str
    rate: float
    burst: float


class TryRepository(Protocol):
    """How often passwords were tried. A server that is alone keeps that in memory."""

    async def take(self, tried: Sequence[Tried]) -> float:
        """Count a try; return 0, or the seconds after which there may be one: then none is counted."""

    async def give_back(self, tried: Sequence[Tried]) -> None:
        """Count a try no more: the password was right."""

    async def trim(self) -> None:
        """Forget what was tried so long ago that it says nothing."""


class Repositories(NamedTuple):
    """`tries`: None where each server counts its own."""

    accounts: AccountRepository
    bans: BanRepository
    audit: AuditRepository
    memberships: Memberships
    files: FileRepository
    tries: TryRepository | None = None
