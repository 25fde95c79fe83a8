"""What a message says of itself, held against the tables. In Python: PostgreSQL cannot read all of the JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tornado_chat.chat.history import noted
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.replies import is_in_timeline
from tornado_chat.storage.file_rows import files_of
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.mentions import keys
from tornado_chat.storage.postgres.rows import IS_LEFT, SHIFT
from tornado_chat.storage.postgres.texts import ref_key

AT_ONCE = 2_000  # messages that are read at a time
COLUMNS = "id, sender, ref, ref_key, text, extra, thread, back, active"

_REACTED = "SELECT message, key, count(*) FROM reactions WHERE message BETWEEN $1 AND $2 GROUP BY 1, 2"
_MENTIONED = 'SELECT message, "user" FROM mentions WHERE message BETWEEN $1 AND $2'
_ATTACHED = "SELECT message, f.id FROM attachments JOIN files f ON f.no = file WHERE message BETWEEN $1 AND $2"
_PINNED = "SELECT message FROM pins WHERE message BETWEEN $1 AND $2"
_GROWING = "SELECT message FROM growing WHERE message BETWEEN $1 AND $2"
_REPLIED = f"SELECT m.thread, count(*) FROM messages m WHERE m.thread BETWEEN $1 AND $2 AND {IS_LEFT} GROUP BY 1"


class Hanging(NamedTuple):
    """What hangs on messages, by their ids: reactions with counts, who is mentioned, files, how many replies."""

    reactions: dict[int, dict[str, int]]
    mentions: dict[int, set[str]]
    files: dict[int, set[str]]
    pinned: set[int]
    growing: set[int]
    replies: dict[int, int]

    @classmethod
    async def read(cls, connection: Connection, ids: Sequence[int]) -> Hanging:
        """Return what hangs on messages. ids: in order."""
        between = ids[0], ids[-1]
        reactions: dict[int, dict[str, int]] = {}
        for id, key, number in await connection.fetch(_REACTED, *between):
            reactions.setdefault(id, {})[key] = number
        mentions: dict[int, set[str]] = {}
        for id, user in await connection.fetch(_MENTIONED, *between):
            mentions.setdefault(id, set()).add(user)
        files: dict[int, set[str]] = {}
        for id, file in await connection.fetch(_ATTACHED, *between):
            files.setdefault(id, set()).add(file)
        pinned = {id for (id,) in await connection.fetch(_PINNED, *between)}
        growing = {id for (id,) in await connection.fetch(_GROWING, *between)}
        return cls(reactions, mentions, files, pinned, growing, dict(await connection.fetch(_REPLIED, *between)))


def wrong(row: Sequence[Any], hanging: Hanging) -> Iterator[str]:
    """Yield what a message, a row of COLUMNS, says that the tables do not."""
    id, sender, ref, key, text, written, thread, back, active = row
    try:
        extra = {} if written is None else json.loads(written)
    except ValueError:
        yield "has further fields that cannot be read"
        return
    message = Message("", text, None if sender is None else User(sender, ""), 0, extra=extra)
    named = None if ref is None or sender is None else ref_key(sender, ref)
    if key is not None and key != named:
        yield "is known by another ref than its own"
    if "deleted" in extra and text:
        yield "was deleted and has a text"
    if thread != (None if message.thread is None else (id >> SHIFT << SHIFT) + message.thread):
        yield "is in another thread than it says"
    if (back is None) != is_in_timeline(message):
        yield "is not where the timeline has it"
    replies = extra.get("replies", {})
    if hanging.replies.get(id, 0) != replies.get("count", 0):
        yield "counts other replies than it has"
    if active != replies.get("last"):
        yield "has its newest reply at another time than it says"
    if hanging.reactions.get(id, {}) != {one["key"]: one["count"] for one in extra.get("reactions", ())}:
        yield "has other reactions than it says"
    if hanging.mentions.get(id, set()) != set(keys(noted(message))):
        yield "mentions others than it says"
    if hanging.files.get(id, set()) != set(files_of(message)):
        yield "has other files than it says"
    for name, ids in (("pinned", hanging.pinned), ("growing", hanging.growing)):
        if (name in extra) != (id in ids):
            yield f"is among the {name} ones, and does not say so" if id in ids else f"is not {name}, as it says"
