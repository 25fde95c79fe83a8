"""What a chat keeps in tables: accounts, bans and the audit.

Each method is one transaction: when it returns, what it wrote is on the disk. All of them raise Refused
(`history-unavailable`) while the disk fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from tornado_chat.chat.models import User

PAGE = 1_000


class Account(NamedTuple):
    """An account. `password`: its hash, as auth/accounts.py makes it."""

    user: User
    password: str


class AccountRepository(Protocol):
    """Accounts, their names and sessions, and the roles of users of any kind.

    A name is known by its key, which is the same for all names that look the same. Accounts of earlier versions may
    have a `key` of their own beside the `look` that they share.
    """

    async def add(self, user: User, key: str, password: str) -> bool:
        """Add an account; return False, and add nothing, where another one's name looks the same."""

    async def account(self, user_id: str) -> Account | None:
        """Return the account of an id."""

    async def named(self, key: str, look: str) -> Account | None:
        """Return the account with this key, or else the first one whose name looks so."""

    async def accounts(self, after: str = "", limit: int = PAGE) -> Sequence[User]:
        """Return a page of all accounts, by id, from behind `after` on."""

    async def rename(self, user_id: str, name: str, key: str) -> bool:
        """Give an account a name, and free its old one; return False where another one's name looks the same."""

    async def set_password(self, user_id: str, password: str, but: str = "") -> None:
        """Set the hash of a password, end the account's sessions, `but` one, and note the user as changed."""

    async def role(self, user_id: str) -> str | None:
        """Return the role that a user was given."""

    async def set_role(self, user_id: str, role: str) -> None:
        """Give a user a role, and note the user as changed."""

    async def take_changed(self) -> Sequence[str]:
        """Return the ids of those who were noted as changed, and forget the notes."""

    async def proxy_id(self, own: str, before: str) -> str:
        """Return the id of a proxy's user: `before`, where read positions are kept under it; else `own`."""

    async def begin(self, session: str, user_id: str, until: int, most: int) -> None:
        """Add a session; of more than `most` of one account the oldest end."""

    async def session(self, session: str) -> tuple[User, int] | None:
        """Return whose session this is, and until when (s since 1970)."""

    async def end(self, session: str) -> None:
        """End a session."""

    async def trim(self, now: float) -> None:
        """Forget the sessions that are over."""


class Ban(NamedTuple):
    """A ban. `whom`: an id or a range of addresses; `name`: what a user was called; `until`: s since 1970."""

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
        """Keep a ban, in the place of an earlier one on the same."""

    async def delete(self, whom: str) -> bool:
        """Forget a ban; return whether there was one."""


class AuditRepository(Protocol):
    """The record of every use of a power. Its `about` is what JSON can say; else TypeError or ValueError."""

    async def add(self, key: str, time: int, by: User, power: str, about: dict[str, Any]) -> None:
        """Keep an entry. `time`: ms since 1970; the keys are in the order in which entries are read."""

    async def entries(self, after: str, limit: int) -> Sequence[dict[str, Any]]:
        """Return entries (`key`, `time`, `by`, `power`, `about`) in the order of their keys, from behind `after`."""


class Repositories(NamedTuple):
    """The repositories of one chat."""

    accounts: AccountRepository
    bans: BanRepository
    audit: AuditRepository
