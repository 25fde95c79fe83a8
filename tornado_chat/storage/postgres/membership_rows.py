"""Writes memberships, of each what its server has changed: another may change the rest at the same time."""

from __future__ import annotations

from collections.abc import Sequence

from tornado_chat.chat.memberships import ROLES, STORED, Membership, dirty
from tornado_chat.storage.place_rows import OF_MEMBERSHIP, membership_row
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.place_rows import check_texts, lock_records, need_records

_TYPES = {"user": "text", "channel": "text", "role": "text", "level": "text", "sees": "text", "hidden": "boolean"}
_ALL = [f'"{one}"' for one in OF_MEMBERSHIP]
_FIELDS = OF_MEMBERSHIP[2:]
_BITS = {name: 1 << number for number, name in enumerate(_FIELDS)}
_BACK = 1 << len(_FIELDS)  # the position was set back
_READ = STORED.index("read")
_ENDED = STORED.index("ended")

_GIVEN = ", ".join(f"${n + 1}::{_TYPES.get(one, 'bigint')}[]" for n, one in enumerate(OF_MEMBERSHIP))
# A position only grows, wherever somebody reads, unless it was set back.
_NEW = {"read": f"CASE WHEN g.mask & {_BACK} > 0 THEN g.read ELSE greatest(m.read, g.read) END"}
_CHANGED = ", ".join(
    f"{one} = CASE WHEN g.mask & {bit} > 0 THEN {_NEW.get(one, f'g.{one}')} ELSE m.{one} END"
    for one, bit in _BITS.items()
)
_CHANGE = (
    f"UPDATE memberships m SET {_CHANGED} FROM unnest({_GIVEN}, ${len(OF_MEMBERSHIP) + 1}::bigint[])"
    f' AS g ({", ".join(_ALL)}, mask) WHERE m."user" = g."user" AND m.channel = g.channel'
    ' RETURNING m."user", m.channel'
)
# Who joined here and has become an owner elsewhere at the same time stays one.
_RANK = f"array_position(ARRAY[{', '.join(map(repr, ROLES))}], {{of}}.role)"
_ROLE = (
    f"CASE WHEN memberships.ended = 0 AND excluded.ended = 0 AND {_RANK.format(of='memberships')} >"
    f" {_RANK.format(of='excluded')} THEN memberships.role ELSE excluded.role END"
)
_ADD = (
    f"INSERT INTO memberships ({', '.join(_ALL)}) SELECT * FROM unnest({_GIVEN})"
    ' ON CONFLICT ("user", channel) DO UPDATE SET '
    + ", ".join(f"{one} = {_ROLE if one == 'role' else f'excluded.{one}'}" for one in _FIELDS)
)


async def set_memberships(connection: Connection, memberships: Sequence[Membership]) -> None:
    """Store what is dirty of memberships, with the records of public channels that have none.

    Those of secret channels without a record are left out: the channel was deleted meanwhile; and so are those whose
    row is gone, unless they begin.
    """
    given = {(one.user, one.record.name): one for one in memberships if one.was is None or dirty(one)}
    check_texts([membership_row(one) for one in given.values()])
    beginning = {key for key, one in given.items() if _begins(one)}
    moving = [one for key, one in given.items() if key in beginning or (one.was and one.was[_ENDED] != one.ended)]
    if moving:
        await need_records(connection, [given[key].record for key in beginning])
        there = await lock_records(connection, {one.record.name for one in moving})
        given = {key: one for key, one in given.items() if key not in beginning or one.record.name in there}
    left = await _change(connection, [one for one in given.values() if one.was is not None])
    left |= {key for key, one in given.items() if one.was is None}
    await add_memberships(connection, [given[key] for key in given if key in left and key in beginning])


async def add_memberships(connection: Connection, memberships: Sequence[Membership]) -> None:
    """Store memberships as they are, each in a channel that has a record."""
    rows = sorted(map(membership_row, memberships), key=lambda row: row[:2])
    check_texts(rows)
    if rows:
        await connection.execute(_ADD, *map(list, zip(*rows, strict=True)))


def _begins(one: Membership) -> bool:
    return one.was is None or (not one.ended and bool(one.was[_ENDED]))


async def _change(connection: Connection, memberships: Sequence[Membership]) -> set[tuple[str, str]]:
    """Store what is dirty of memberships; return by user and channel those that have no row."""
    if not memberships:
        return set()
    rows = sorted([*membership_row(one), _mask(one)] for one in memberships)
    found = await connection.fetch(_CHANGE, *map(list, zip(*rows, strict=True)))
    return {(one.user, one.record.name) for one in memberships} - {(user, channel) for user, channel in found}


def _mask(one: Membership) -> int:
    mask = sum(_BITS[name] for name in dirty(one))
    return mask | _BACK if one.was is not None and one.read < one.was[_READ] else mask
