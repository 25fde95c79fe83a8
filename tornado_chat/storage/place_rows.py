"""What the rows of channels, memberships and people have in common, whichever database has them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from tornado_chat.chat.channel_records import ChannelRecord, Stretch
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.store import encode
from tornado_chat.chat.validation import name_key
from tornado_chat.config import speed

loads: Callable[[str], Any] = speed.loads or json.loads

#: The columns that `to_record` and `to_membership` read. Those in JSON are parsed before.
OF_RECORD = (
    *("name", "kind", "title", "topic", "description", "posting", "slow", "edit_window", "newcomers", "listed"),
    *("archived", "creator", "made", "open", "people", "plugins"),
)
OF_MEMBERSHIP = (
    *("user", "channel", "role", "since", "began", "read", "level", "level_until", "silenced_until", "ended"),
    *("kept_out_until", "hidden", "sees"),
)
JSON = ("open", "people", "plugins", "sees")


def to_record(row: Sequence[Any]) -> ChannelRecord:
    name, kind, title, topic, description, posting, slow, window, newcomers, listed, archived, *more = row
    creator, made, open, people, plugins = more
    words = name, kind, title, topic, description, posting
    settings = slow, window, newcomers, _stretches(open), bool(listed), bool(archived)
    return ChannelRecord(*words, *settings, creator, made, tuple(people), plugins)


def to_membership(row: Sequence[Any], record: ChannelRecord) -> Membership:
    user, _, role, since, began, read, level, level_until, silenced, ended, kept_out, hidden, sees = row
    seen = None if sees is None else _stretches(sees)
    until = level_until, silenced, ended, kept_out
    return Membership(record, user, role, since, began, seen, read, level, *until, bool(hidden))


def _stretches(rows: Iterable[Sequence[Any]]) -> tuple[Stretch, ...]:
    return tuple((first, last) for first, last in rows)


def key_of(record: ChannelRecord) -> str:
    """Return what a channel is found by: its title, and the name of a public one."""
    found = [record.title] if record.kind != "public" else {record.name, record.title or record.name}
    return "\n".join(sorted(map(name_key, found)))


def members_key(people: Iterable[str]) -> str:
    """Return what is the same for the same people (ids) alone."""
    return hashlib.blake2b(json.dumps(sorted(set(people))).encode(), digest_size=16).hexdigest()


def record_row(one: ChannelRecord) -> list[Any]:
    """Return the values of OF_RECORD, and of `key`."""
    plain = [one.name, one.kind, one.title, one.topic, one.description, one.posting, one.slow, one.edit_window]
    more = [one.newcomers, one.listed, one.archived, one.creator, one.made]
    return [*plain, *more, json.dumps(one.open), json.dumps(one.people), encode(one.plugins), key_of(one)]


def changed_columns(changed: Collection[str]) -> list[str]:
    """Return the columns that change with some fields of a record."""
    return [*changed, "key"] if "title" in changed else list(changed)


def membership_row(one: Membership) -> list[Any]:
    """Return the values of OF_MEMBERSHIP."""
    times = [one.level_until, one.silenced_until, one.ended, one.kept_out_until]
    sees = None if one.sees is None else json.dumps(one.sees)
    plain = [one.user, one.record.name, one.role, one.since, one.began, one.read, one.level]
    return [*plain, *times, one.hidden, sees]


def texts_in(rows: Iterable[Sequence[Any]]) -> str:
    """Return all texts of rows in one, to see whether they can be stored: written halfway they would undo others."""
    return "".join([value for row in rows for value in row if isinstance(value, str)])
