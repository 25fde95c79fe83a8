"""What a user may do beside talking. `may` is the one place where it is asked."""

from __future__ import annotations

from typing import Protocol

ROLES = ("guest", "member", "admin")


class HasRole(Protocol):
    """A user, as far as permissions are concerned."""

    role: str


#: The roles that have a power, by the power's name.
_BUILT_IN = {power: frozenset({"admin"}) for power in ("audit", "ban", "kick", "overview", "reload")}
_powers = dict(_BUILT_IN)


def may(user: HasRole, power: str) -> bool:
    return user.role in _powers.get(power, ())


def known_powers() -> list[str]:
    return sorted(_powers)


def add_power(power: str, *roles: str) -> None:
    """Add a power that a plugin's actions ask for: `@action(power=…)`, `ctx.need`, `ctx.use`, `ctx.user.may`.

    roles: those that have it, `admin` alone where none is named. ValueError for a power of the server's own, and for
    a role that does not exist.
    """
    if not (isinstance(power, str) and power):
        raise ValueError(f"a power has a name, not {power!r}")
    if power in _BUILT_IN:
        raise ValueError(f"the server has a power {power!r} of its own")
    for role in roles:
        if role not in ROLES:
            raise ValueError(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    _powers[power] = frozenset(roles or ("admin",))
