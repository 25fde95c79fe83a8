"""What a channel has in its log behind a number, as it is passed on: for a node that was not told of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from tornado_chat.chat.changes import Change, Changed, Replied
from tornado_chat.chat.history import Committed
from tornado_chat.chat.models import Message
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.feed import Entry
from tornado_chat.storage.postgres.rows import FIELDS, start, to_messages

STRETCH = 2_000  # numbers that are read at once
#: All that a change can set or take away.
FIELDS_OF_CHANGES = (
    *("edited", "text_rev", "mentions", "reactions", "pinned", "deleted", "growing", "stopped", "replies", "files"),
)

_ROWS = (
    f"SELECT {FIELDS} FROM messages m WHERE m.id > $1 AND m.id <= $2"
    f" UNION ALL SELECT {FIELDS} FROM messages m WHERE m.rev_key > $1 AND m.rev_key <= $2 AND m.id <= $1"
)


class Stretch(NamedTuple):
    """What a channel has behind a number, complete up to another, and whether there is more behind that."""

    entries: list[Entry]
    upto: int
    more: bool


async def read(connection: Connection, channel: str, since: int) -> Stretch:
    """Return what was posted and changed since a number, as of one moment: in a transaction that sees one."""
    row = await connection.fetchrow("SELECT no, last FROM channels WHERE name = $1", channel)
    if row is None or row["last"] <= since:
        return Stretch([], since, False)
    upto = min(row["last"], since + STRETCH)
    base = start(row["no"])
    messages = to_messages(await connection.fetch(_ROWS, base + since, base + upto), channel)
    return Stretch(entries_of(messages, since), upto, upto < row["last"])


def entries_of(messages: list[Message], since: int) -> list[Entry]:
    """Return new messages, and the changes of others, in the order of the numbers.

    A message that is new and was changed is told as it is now, under the number that it was posted under. Several
    changes of one message are one, with all that it has now: whatever state of it somebody knows, they can apply it.
    """
    found: dict[int, list[Committed]] = {}
    for message in messages:
        if message.seq <= since:
            found.setdefault(message.rev, []).append(_changed(message))
    for message in messages:
        if message.seq > since:
            roots = found.get(message.seq)
            if roots and isinstance(roots[0], Changed):
                found[message.seq] = [Replied(roots[0], message)]
            else:
                found[message.seq] = [message]
    return [(found[number][0].channel, number, found[number]) for number in sorted(found)]


def _changed(message: Message) -> Changed:
    extra = message.extra or {}
    what = "deleted" if "deleted" in extra else "replied" if "replies" in extra else "edited"
    fields: dict[str, Any] = {name: extra.get(name) for name in FIELDS_OF_CHANGES}
    change = Change(message.channel, message.seq, what, None, message.time, text=message.text, heard=False)
    return Changed(
        message.channel,
        message.seq,
        message.rev,
        message.seq,
        [what],
        None,
        message.time,
        {"message": message.text, **fields},
        message,
        change,
    )
