"""What the history reads: pages, single messages by `ref`, the ends of a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tornado_chat.chat.changes import is_repeated, ref_was_used
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.rows import FIELDS, LARGEST, NAME, number, some, start, to_messages
from tornado_chat.storage.postgres.texts import can_be_stored, ref_key
from tornado_chat.storage.postgres.timeline import timeline

_PAGE = f"SELECT {FIELDS} FROM messages m WHERE m.id > $1 AND m.id < $2 ORDER BY m.id {{order}} LIMIT $3"
_FORWARD, _BACKWARD = _PAGE.format(order="ASC"), _PAGE.format(order="DESC")
_UP, _DOWN = timeline("$1", "$2", "$3", up=True), timeline("$1", "$2", "$3", up=False)
_KNOWN = f"SELECT {FIELDS}, {NAME}, m.digest, m.ref_key FROM messages m WHERE m.ref_key = ANY($1)"
_CHANGES = "SELECT ref_key FROM change_refs WHERE ref_key = ANY($1)"


class Known(NamedTuple):
    """What is stored under some keys: messages, each with what it first said if its text was changed; and changes."""

    messages: dict[bytes, tuple[Message, str | None]]
    changes: set[bytes]

    def kept(self, message: Message, key: bytes | None) -> Message | Refused | None:
        """Return what is stored instead of a message whose key is known, or why it is refused; None: nothing is."""
        if key is not None and key in self.messages:
            first, digest = self.messages[key]
            return first if is_repeated(message, first, digest) else ref_was_used()
        return ref_was_used() if key in self.changes else None


async def page(
    connection: Connection, channel: str, after: int | None, before: int | None, limit: int, in_timeline: bool
) -> list[Message]:
    """Return the first messages after a `seq`, the last ones before one, or the newest; oldest first."""
    no = await number(connection, channel)
    if no is None:
        return []
    low = start(no) + (0 if after is None else min(max(after, 0), LARGEST))
    high = start(no) + (LARGEST + 1 if before is None else min(max(before, 0), LARGEST + 1))
    if in_timeline:
        ids = await connection.fetch(_DOWN if after is None else _UP, low, high, limit)
        return sorted(await some(connection, [id for (id,) in ids]), key=lambda one: one.seq)
    rows = await connection.fetch(_BACKWARD if after is None else _FORWARD, low, high, limit)
    return to_messages(rows if after is not None else rows[::-1], channel)


async def known(connection: Connection, keys: Sequence[bytes]) -> Known:
    """Return what is stored under some keys."""
    rows = await connection.fetch(_KNOWN, keys)
    found = {row[-1]: (one, row[-2]) for row, one in zip(rows, to_messages(rows), strict=True)}
    return Known(found, {key for (key,) in await connection.fetch(_CHANGES, keys)})


async def find(connection: Connection, sender: str, ref: str) -> Message | None:
    """Return the message that a sender stored with a `ref`."""
    if not can_be_stored(sender + ref):
        return None
    key = ref_key(sender, ref)
    found = (await known(connection, [key])).messages.get(key)
    return found and found[0]


async def repeated(connection: Connection, message: Message) -> Message | None:
    """Return what is stored already of a message that says the same under the same (sender, `ref`)."""
    if message.sender is None or message.ref is None or not can_be_stored(message.sender.id + message.ref):
        return None
    key = ref_key(message.sender.id, message.ref)
    kept = (await known(connection, [key])).kept(message, key)
    return kept if isinstance(kept, Message) else None


async def last(connection: Connection, channel: str) -> int:
    """Return the newest number of a channel, 0 if it has none."""
    return await connection.fetchval("SELECT last FROM channels WHERE name = $1", channel) or 0


async def floor(connection: Connection, channel: str) -> int:
    """Return the number up to which a channel was trimmed."""
    return await connection.fetchval("SELECT floor FROM channels WHERE name = $1", channel) or 0
