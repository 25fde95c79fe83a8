"""Accounts in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import PAGE, Account, Standing
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.place_rows import set_people
from tornado_chat.storage.postgres.repository import Repository, count, reads, writes

PIECE = 1_000  # sessions that one transaction deletes

_USER = (
    "SELECT a.id, a.name, coalesce(r.role, 'member'), {more} FROM accounts a LEFT JOIN roles r ON r.\"user\" = a.id "
)
_ACCOUNT = _USER.format(more="a.password")
_BY_ID = _ACCOUNT + "WHERE a.id = $1"
_BY_NAME = (
    _ACCOUNT + "JOIN account_names n ON n.account = a.id WHERE n.key = $1 OR n.look = $2"
    " ORDER BY n.key != $1, n.key != $2, n.key LIMIT 1"
)
_PAGE = _ACCOUNT + "WHERE a.id > $1 ORDER BY a.id LIMIT $2"
_BY_SESSION = _USER.format(more="s.until") + "JOIN sessions s ON s.account = a.id WHERE s.hash = $1"
_OWNER = "SELECT account FROM account_names WHERE key = $1 OR look = $1 ORDER BY key != $1, key LIMIT 1"
_TAKE_NAME = (
    "INSERT INTO account_names VALUES ($1, $1, $2) ON CONFLICT (key) DO UPDATE SET look = excluded.look"
    " WHERE account_names.account = excluded.account RETURNING account"
)
# Of two servers that change the same account at once, the second waits for the first.
_LOCK = "SELECT id FROM accounts WHERE id = $1 FOR UPDATE"
_OLDEST = "SELECT no FROM sessions WHERE account = $1 ORDER BY no DESC OFFSET $2"
_STANDING = """
SELECT 'names', id, name FROM accounts WHERE id = ANY($1::text[])
UNION ALL SELECT 'roles', "user", role FROM roles WHERE "user" = ANY($1::text[])
UNION ALL SELECT 'sessions', hash, '' FROM sessions WHERE hash = ANY($2::text[])
"""
_IS_KNOWN = 'SELECT true FROM memberships WHERE "user" = $1 LIMIT 1'
#: What is stored of a user: by the name of a table, the column of their id.
_OF_USER = {
    "accounts": "id",
    "account_names": "account",
    "sessions": "account",
    "roles": '"user"',
    "proxy_users": "id",
}
_PROXY_ID = "SELECT id FROM proxy_users WHERE own = $1"


class PostgresAccounts(Repository):
    """An AccountRepository."""

    @writes
    async def add(self, connection: Connection, user: User, key: str, password: str) -> bool:
        if not await _take_name(connection, key, user.id):
            return False
        await connection.execute("INSERT INTO accounts VALUES ($1, $2, $3)", user.id, user.name, password)
        await set_people(connection, [(user.id, user.name, 0)])
        return True

    @reads
    async def account(self, connection: Connection, user_id: str) -> Account | None:
        return _account(await connection.fetchrow(_BY_ID, user_id))

    @reads
    async def named(self, connection: Connection, key: str, look: str) -> Account | None:
        return _account(await connection.fetchrow(_BY_NAME, key, look))

    @reads
    async def accounts(self, connection: Connection, after: str = "", limit: int = PAGE) -> Sequence[User]:
        return [User(*row[:3]) for row in await connection.fetch(_PAGE, after, limit)]

    @writes
    async def rename(self, connection: Connection, user_id: str, name: str, key: str) -> bool:
        if await connection.fetchval(_LOCK, user_id) is None:  # it was removed meanwhile
            return True
        if not await _take_name(connection, key, user_id):
            return False
        await connection.execute("UPDATE accounts SET name = $2 WHERE id = $1", user_id, name)
        await connection.execute("DELETE FROM account_names WHERE account = $1 AND key != $2", user_id, key)
        await set_people(connection, [(user_id, name, 0)])
        return True

    @writes
    async def set_password(self, connection: Connection, user_id: str, password: str, but: str = "") -> None:
        await connection.execute("UPDATE accounts SET password = $2 WHERE id = $1", user_id, password)
        await connection.execute("DELETE FROM sessions WHERE account = $1 AND hash != $2", user_id, but)
        await _note(connection, user_id)

    @reads
    async def role(self, connection: Connection, user_id: str) -> str | None:
        found: str | None = await connection.fetchval('SELECT role FROM roles WHERE "user" = $1', user_id)
        return found

    @reads
    async def standing(self, connection: Connection, users: Sequence[str], sessions: Sequence[str]) -> Standing:
        found: dict[str, dict[str, str]] = {"names": {}, "roles": {}, "sessions": {}}
        for what, key, value in await connection.fetch(_STANDING, list(users), list(sessions)):
            found[what][key] = value
        return Standing(found["names"], found["roles"], set(found["sessions"]))

    @writes
    async def set_role(self, connection: Connection, user_id: str, role: str) -> None:
        await connection.execute(
            'INSERT INTO roles VALUES ($1, $2) ON CONFLICT ("user") DO UPDATE SET role = excluded.role', user_id, role
        )
        await _note(connection, user_id)

    @writes
    async def remove(self, connection: Connection, user_id: str) -> None:
        for table, column in _OF_USER.items():
            await connection.execute(f"DELETE FROM {table} WHERE {column} = $1", user_id)
        await _note(connection, user_id)

    async def take_changed(self) -> Sequence[str]:
        if not await self._has_changed():  # this is asked all the time, and a transaction is expensive
            return []
        return await self._take_changed()

    @reads
    async def _has_changed(self, connection: Connection) -> bool:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT 1 FROM changed_users)"))

    @writes
    async def _take_changed(self, connection: Connection) -> list[str]:
        found = await connection.fetch('DELETE FROM changed_users RETURNING "user"')
        return list(dict.fromkeys(row[0] for row in found))

    async def proxy_id(self, own: str, before: str) -> str:
        return await self._known_proxy_id(own) or await self._add_proxy_id(own, before)

    @reads
    async def _known_proxy_id(self, connection: Connection, own: str) -> str | None:
        found: str | None = await connection.fetchval(_PROXY_ID, own)
        return found

    @writes
    async def _add_proxy_id(self, connection: Connection, own: str, before: str) -> str:
        is_known = before != own and await connection.fetchval(_IS_KNOWN, before)
        values = own, before if is_known else own
        await connection.execute("INSERT INTO proxy_users VALUES ($1, $2) ON CONFLICT (own) DO NOTHING", *values)
        return await connection.fetchval(_PROXY_ID, own) or own

    @writes
    async def begin(self, connection: Connection, session: str, user_id: str, until: int, most: int) -> None:
        await connection.execute(_LOCK, user_id)
        values = session, user_id, until
        await connection.execute("INSERT INTO sessions (hash, account, until) VALUES ($1, $2, $3)", *values)
        await connection.execute(f"DELETE FROM sessions WHERE no = ANY(ARRAY({_OLDEST}))", user_id, most)

    @reads
    async def session(self, connection: Connection, session: str) -> tuple[User, int] | None:
        row = await connection.fetchrow(_BY_SESSION, session)
        return row and (User(*row[:3]), row[3])

    @writes
    async def end(self, connection: Connection, session: str) -> None:
        await connection.execute("DELETE FROM sessions WHERE hash = $1", session)

    async def trim(self, now: float) -> None:
        while await self._trim_piece(now) == PIECE:
            pass

    @writes
    async def _trim_piece(self, connection: Connection, now: float) -> int:
        over = "SELECT no FROM sessions WHERE until <= $1::double precision LIMIT $2"
        return count(await connection.execute(f"DELETE FROM sessions WHERE no = ANY(ARRAY({over}))", now, PIECE))


async def _take_name(connection: Connection, key: str, user_id: str) -> bool:
    """Let a name belong to an account; return False if it is another's, also if both take it at the same time."""
    if await connection.fetchval(_OWNER, key) not in (None, user_id):
        return False
    return await connection.fetchval(_TAKE_NAME, key, user_id) is not None


async def _note(connection: Connection, user_id: str) -> None:
    await connection.execute("INSERT INTO changed_users VALUES ($1)", user_id)


def _account(row: Sequence[str] | None) -> Account | None:
    return None if row is None else Account(User(*row[:3]), row[3])
