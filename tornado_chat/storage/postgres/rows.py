"""Rows of the table of messages, and the messages that they make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tornado_chat.chat.models import Message, User
from tornado_chat.config import speed
from tornado_chat.storage.postgres.engine import Connection

SHIFT = 40
LARGEST = 2**SHIFT - 1  # the last possible `seq`

_loads = speed.loads or json.loads

#: What a query for messages selects, of `messages m`; then, where there are several channels, their names.
FIELDS = "m.id, m.sender, m.name, m.text, m.time, m.ref, m.rev_key, m.extra"
#: Whether a message was not deleted. Its JSON is not parsed here: PostgreSQL refuses some, as a lone surrogate.
IS_LEFT = """(m.text != '' OR m.extra IS NULL OR m.extra NOT LIKE '%"deleted":%')"""
#: The name of a message's channel.
NAME = f"(SELECT name FROM channels WHERE no = (m.id >> {SHIFT})::integer)"

_SOME = f"SELECT {FIELDS}, {NAME} FROM messages m WHERE m.id = ANY($1)"


def to_messages(rows: Iterable[Sequence[Any]], channel: str | None = None) -> list[Message]:
    """Return the messages of rows of FIELDS, all of a channel, or with its name in each."""
    users: dict[tuple[str, str], User] = {}  # one for all of their messages: it is encoded once
    messages = []
    for row in rows:
        id, sender, name, text, time, ref, rev, extra, *at = row
        user = None
        if sender is not None:
            user = users.get((sender, name))
            if user is None:
                user = users[sender, name] = User(sender, name)
        place = at[0] if channel is None else channel
        further = None if extra is None else _loads(extra)
        messages.append(Message(place, text, user, time, ref, id & LARGEST, str(id), (rev or 0) & LARGEST, further))
    return messages


async def some(connection: Connection, ids: Sequence[int]) -> list[Message]:
    """Return messages by id, in any order."""
    return to_messages(await connection.fetch(_SOME, ids))


async def number(connection: Connection, channel: str) -> int | None:
    """Return the number of a channel, None if there is none."""
    found: int | None = await connection.fetchval("SELECT no FROM channels WHERE name = $1", channel)
    return found


def start(no: int) -> int:
    """Return what the ids of a channel's messages begin above."""
    return int(no << SHIFT)


def end(no: int) -> int:
    """Return the last id that a message of the channel with a number can have."""
    return int((no << SHIFT) + LARGEST)
