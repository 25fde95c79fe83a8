"""Who is connecting: each kind of identity answers `authenticate` with a Credentials, or None where it cannot tell.

guest: a name, or the token of an earlier `hello`. password: the cookie of a session (accounts.py). header: what a
trusted proxy says. token: a JWT of the application around it (jwt.py). And what plugins' listeners say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii as quoted
from typing import Protocol

from tornado_chat.auth.accounts import Accounts, session_of
from tornado_chat.auth.requests import Request, argument, bearer_of, cookies_of
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import GUEST, User
from tornado_chat.chat.user_ids import ACCOUNT, PLUGIN, guest_id, is_guest_id, make_id
from tornado_chat.chat.validation import clean_name, display_name
from tornado_chat.config.networks import Network, is_within, peer_of


@dataclass(slots=True, frozen=True)
class Credentials:
    """How someone comes in. `token` resumes it; it ends with its `session`, or at `until` (s since 1970).

    `fresh`: whether this user was made just now, of a bare name.
    """

    user: User
    token: str | None = None
    session: str = ""
    until: float | None = None
    channels: frozenset[str] | None = None  # that may be entered; None: all
    fresh: bool = field(default=False, compare=False)


class Unknown(Refused):
    """A bearer token that was signed elsewhere: other kinds may still know who asks."""


class AuthProvider(Protocol):
    async def authenticate(self, request: Request) -> Credentials | None:
        """Return who asks, None where this kind cannot tell; Refused to let no other kind try (unless Unknown)."""


class Identity:
    """The kinds in the order in which they are tried."""

    def __init__(self, kinds: Sequence[AuthProvider], guests: Guests, accounts: Accounts) -> None:
        self._kinds = kinds
        self.guests = guests
        self._accounts = accounts
        self.needs_name = list(kinds) == [guests]  # a bare name is all that can be asked for

    def listen(self, ask: Callable[[Request], Awaitable[User | None]]) -> None:
        """Ask plugins before all kinds; see Listeners."""
        self._kinds = [Listeners(ask), *self._kinds]

    async def authenticate(self, request: Request) -> Credentials | None:
        """Return the first kind's answer; Refused where one of them will not have it."""
        unknown = None
        for kind in self._kinds:
            try:
                found = await kind.authenticate(request)
            except Unknown as error:
                unknown = error
                continue
            if found is not None:
                return found
        if unknown is not None:
            raise unknown
        return None

    async def rename(self, user: User, name: str) -> tuple[User, str | None]:
        """Return a user under another name, and a guest's new token; Refused where it is not the user's to change."""
        if user.id.startswith(ACCOUNT):
            return await self._accounts.rename(user, name), None
        if not is_guest(user):
            raise Refused("your name is given where you signed in; change it there", Error.NOT_ALLOWED)
        renamed = User(user.id, clean_name(name), user.role)
        return renamed, self.token(renamed)

    def token(self, user: User) -> str | None:
        """Return a guest's token, which holds the name; None for anyone else."""
        return self.guests.token(user) if is_guest(user) else None

    def again(self, came: Credentials, here: User) -> Credentials:
        """Return how someone comes in who is `here`: an older token does not bring a guest's old name back."""
        return Credentials(here, self.guests.token(here)) if is_guest(here) else came


class Guests:
    """Makes guests and their tokens; a token is `payload.signature`, both base64url.

    beside: whether there are other users too; a guest's id then says that it is one.
    """

    def __init__(self, secret: bytes, beside: bool = False) -> None:
        self._signer = hmac.new(secret, digestmod=hashlib.sha256)  # its copies know the key, which takes most of it
        self._mark = GUEST if beside else ""

    async def authenticate(self, request: Request) -> Credentials | None:
        """A token wins over a name, but a bearer token from elsewhere is not meant for the chat."""
        token = argument(request, "token")
        resumes = bearer_of(request) if token is None else token
        user = None if resumes is None else self.resume(resumes)
        fresh = user is None
        if user is None and token is None:
            name = argument(request, "name")
            user = None if name is None else self.guest(name)
        return None if user is None else Credentials(user, self.token(user), fresh=fresh)

    def guest(self, name: str) -> User:
        """Return a new guest; Refused (`invalid-name`) for a name that is not allowed."""
        return User(self._mark + guest_id(), clean_name(name))

    def token(self, user: User) -> str:
        content = f"[{quoted(user.id)}, {quoted(user.name)}]"
        payload = base64.urlsafe_b64encode(content.encode()).rstrip(b"=")
        return (payload + b"." + self._sign(payload)).decode()

    def resume(self, token: str) -> User | None:
        """Return the user of a token, None where it was not signed here."""
        payload, _, signature = token.encode(errors="replace").partition(b".")
        if not hmac.compare_digest(self._sign(payload), signature):
            return None
        user_id, name = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        name = display_name(name)  # it may be one that an earlier version allowed
        return User(user_id if user_id.startswith(self._mark) else self._mark + user_id, name) if name else None

    def _sign(self, payload: bytes) -> bytes:
        signer = self._signer.copy()
        signer.update(payload)
        return base64.urlsafe_b64encode(signer.digest()).rstrip(b"=")


class Sessions:
    """Users of accounts, by the cookie of their session. `cookie`: the name of this server's."""

    def __init__(self, accounts: Accounts, cookie: str) -> None:
        self._accounts = accounts
        self.cookie = cookie

    async def authenticate(self, request: Request) -> Credentials | None:
        for token in cookies_of(request, self.cookie):
            found = await self._accounts.resume(token)
            if found is not None:
                return Credentials(found[0], None, session_of(token), found[1])
        return None


class Header:
    """Users that a trusted proxy names in a header. What comes from another address is not looked at."""

    def __init__(self, name: str, proxies: Iterable[Network], accounts: Accounts) -> None:
        self._name = name
        self._proxies = tuple(proxies)
        self._accounts = accounts

    async def authenticate(self, request: Request) -> Credentials | None:
        named = request.headers.get_list(self._name)
        if not named or not is_within(peer_of(request), self._proxies):
            return None
        if len(named) > 1:
            raise Refused(f"the proxy must replace {self._name}, not add to it", Error.NOT_ALLOWED)
        try:
            given = named[0].encode("latin-1").decode()
        except UnicodeError:
            raise Refused(f"{self._name} is not UTF-8", Error.NOT_ALLOWED) from None
        name = display_name(given)
        if not name:
            raise Refused(f"{self._name} names nobody", Error.NOT_ALLOWED)
        user_id = await self._accounts.proxy_id(given)
        return Credentials(User(user_id, name, await self._accounts.role(user_id)))


class Listeners:
    """Users that plugins know. `ask` is answered by their listeners: a User, or None; Refused where one says no."""

    def __init__(self, ask: Callable[[Request], Awaitable[User | None]]) -> None:
        self._ask = ask

    async def authenticate(self, request: Request) -> Credentials | None:
        user = await self._ask(request)
        if user is None:
            return None
        name = display_name(user.name) or display_name(user.id)
        if not name:
            raise Refused("the plugin names nobody", Error.NOT_ALLOWED)
        return Credentials(User(make_id(PLUGIN, user.id), name, user.role))


def is_guest(user: User) -> bool:
    """Return whether a user is a guest, whose name is in its token alone."""
    return is_guest_id(user.id)
