"""Which kinds of identity a server has, as its settings say."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tornado_chat.auth.accounts import Accounts
from tornado_chat.auth.admin_link import AdminLink, Link, SharedLink
from tornado_chat.auth.providers import AuthProvider, Guests, Header, Identity, Sessions
from tornado_chat.auth.requests import cookie_name
from tornado_chat.auth.throttle import Throttle
from tornado_chat.chat.repositories import TryRepository
from tornado_chat.chat.store import Store
from tornado_chat.config.settings import Settings, SettingsError

log = logging.getLogger("tornado_chat")


@dataclass
class Auth:
    """What knows who people are. `registration`: whether visitors may create accounts. `link`: see admin_link.py."""

    accounts: Accounts
    sessions: Sessions
    identity: Identity
    throttle: Throttle
    kinds: tuple[str, ...]
    registration: bool
    link: Link | None


def build(
    settings: Settings, secret: bytes, accounts: Accounts, store: Store, tries: TryRepository | None = None
) -> Auth:
    """Return what the settings ask for; SettingsError for a kind of identity that cannot be had.

    tries: see Throttle.
    """
    if settings.admin_link and "password" not in settings.auth:
        raise SettingsError(f"--admin-link needs accounts: --auth {','.join((*settings.auth, 'password'))}")
    if settings.auth == ("guest",) and settings.create_channels != "everyone" and not settings.default_channels:
        log.warning("nobody can make a channel: --create-channels %s, and all are guests", settings.create_channels)
    return Auth(
        accounts,
        sessions_of(settings, secret, accounts),
        choose(settings, secret, accounts),
        Throttle(settings.limits == "on", tries=tries),
        settings.auth,
        "password" in settings.auth and settings.registration == "open",
        _link(settings, store),
    )


def _link(settings: Settings, store: Store) -> Link | None:
    """Return what takes the link of --admin-link. A node also takes that of another, whatever its own settings."""
    if settings.cluster and "password" in settings.auth:
        return SharedLink(store)
    return AdminLink() if settings.admin_link else None


def choose(settings: Settings, secret: bytes, accounts: Accounts) -> Identity:
    """Return the kinds of --auth, in its order; SettingsError for one that cannot be had."""
    guests = Guests(secret, beside=settings.auth != ("guest",))
    kinds: dict[str, AuthProvider] = {
        "guest": guests,
        "password": sessions_of(settings, secret, accounts),
        "header": Header(settings.auth_header, settings.trusted_proxies, accounts),
    }
    if "token" in settings.auth:
        kinds["token"] = _tokens(settings)
    return Identity([kinds[name] for name in settings.auth], guests, accounts)


def sessions_of(settings: Settings, secret: bytes, accounts: Accounts) -> Sessions:
    """Return what knows the sessions of a server. Those in memory alone may have the data folder of another one."""
    return Sessions(accounts, cookie_name(signing_secret(settings, secret)))


def signing_secret(settings: Settings, secret: bytes) -> bytes:
    """Return what cookies are made with: no two servers have the same."""
    own = f"{settings.host}:{settings.port}" if settings.history == "memory" else ""
    return secret + own.encode()


def _tokens(settings: Settings) -> AuthProvider:
    try:
        from tornado_chat.auth.jwt import Tokens
    except ImportError:
        raise SettingsError("--auth token needs the extra [jwt]: pip install 'tornado_chat[jwt]'") from None
    assert settings.jwt_key is not None  # Settings has seen to it
    try:
        return Tokens(settings.jwt_key.read_text(encoding="utf-8-sig").strip(), settings.jwt_algorithm)
    except (OSError, ValueError) as error:
        raise SettingsError(f"--jwt-key {settings.jwt_key}: {getattr(error, 'strerror', None) or error}") from None
