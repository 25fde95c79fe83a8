"""Changes of messages in PostgreSQL, and what is read of them. The functions take a connection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tornado_chat.chat.changes import (
    SHOWN,
    Change,
    Changed,
    apply,
    fields_of,
    first_digest,
    ref_was_used,
    refuse_pin,
)
from tornado_chat.chat.history import ChangesPage, noted, page_end
from tornado_chat.chat.models import Message
from tornado_chat.storage.postgres import attachments, mentions, replies
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.rows import FIELDS, LARGEST, NAME, number, start, to_messages
from tornado_chat.storage.postgres.texts import can_be_stored, ref_key

STRETCH = 10_000  # numbers that one page of changes covers

_LOCK = "SELECT no, last FROM channels WHERE name = $1 FOR UPDATE"
_MADE = "SELECT ref_key, digest, number FROM change_refs WHERE ref_key = ANY($1)"
_POSTED = "SELECT ref_key FROM messages WHERE ref_key = ANY($1)"
_SOME = f"SELECT {FIELDS} FROM messages m WHERE m.id = ANY($1) ORDER BY m.id"
_PINS = "FROM pins WHERE message > $1 AND message <= $2"
_PINNED = (
    f"SELECT {FIELDS} FROM messages m WHERE m.id IN (SELECT message {_PINS} ORDER BY message LIMIT $3) ORDER BY m.id"
)
# Numbers alone are sorted, not whole rows.
_CHANGES = (
    f"SELECT {FIELDS} FROM messages m WHERE m.id IN (SELECT id FROM ("
    " SELECT id, id AS number FROM messages WHERE id > $1 AND id <= $2 AND rev_key IS NULL"
    " UNION ALL SELECT id, rev_key FROM messages WHERE rev_key > $1 AND rev_key <= $2"
    " ) n ORDER BY number, id LIMIT $3) ORDER BY coalesce(m.rev_key, m.id), m.id"
)


_GROWING = (
    f"SELECT {NAME}, m.id FROM growing g CROSS JOIN LATERAL (SELECT id FROM messages WHERE id = g.message LIMIT 1) m"
    " WHERE g.node = $1 OR (SELECT n.name FROM nodes n WHERE n.name = g.node) IS NULL"
)


class Made(NamedTuple):
    """The number that a call is answered with, and what the members are told, if anything was altered.

    With the deletion of a reply its root changes, too.
    """

    number: int
    changed: Sequence[Changed]


def is_text(change: Change) -> bool:
    """Return whether all texts of a change can be stored."""
    words = f"{change.channel}{change.text}{change.key}{change.ref}{''.join(change.mentions or ())}"
    return can_be_stored(words if change.user is None else f"{words}{change.user.id}{change.user.name}")


class Making:
    """Changes of messages of one channel, one after another in one transaction, which holds its row until the end."""

    def __init__(self, connection: Connection, channel: str) -> None:
        self.no = 0
        self._connection = connection
        self._channel = channel
        self._last = self._before = 0
        self._made: dict[bytes, tuple[str, int]] = {}  # by the key of a call: its digest, and the answer
        self._posted: set[bytes] = set()
        self._messages: dict[int, Message] = {}

    async def begin(self, asked: Sequence[Change]) -> None:
        """Lock the channel, and read what these changes need."""
        row = await self._connection.fetchrow(_LOCK, self._channel)
        if row is not None:
            self.no, self._last = row
            self._before = self._last
            ids = [start(self.no) + one.seq for one in asked if 0 < one.seq <= LARGEST]
            found = to_messages(await self._connection.fetch(_SOME, ids), self._channel)
            self._messages = {one.seq: one for one in found}
        keys = [key for one in asked if (key := _key(one)) is not None]
        if keys:
            made = await self._connection.fetch(_MADE, keys)
            self._made = {key: (digest, number) for key, digest, number in made}
            self._posted = {key for (key,) in await self._connection.fetch(_POSTED, keys)}

    async def end(self) -> None:
        """Store what was drawn."""
        if self._last != self._before:
            update = "UPDATE channels SET last = $2 WHERE no = $1"
            await self._connection.execute(update, self.no, self._last)

    async def make(self, change: Change) -> Made:
        """Make a change; Refused, with nothing written, if it cannot be made."""
        key = _key(change)
        if key is not None and (number := self._known(change, key)) is not None:
            return Made(number, ())
        message = self._messages.get(change.seq)
        row = int(message.id) if message else 0
        reacted, others = await self._reactors(row, change) if change.what == "reacted" else (False, [])
        fields = fields_of(change, message, reacted, others)
        assert message is not None
        if change.what == "pinned" and fields and change.on:
            base = start(self.no)
            refuse_pin(await self._connection.fetchval(f"SELECT count(*) {_PINS}", base, base + LARGEST))
        changed: Sequence[Changed] = ()
        if fields:
            changed = await self._write(change, message, fields)
        number = changed[0].number if changed else message.number
        if key is not None:
            self._made[key] = change.digest(), number
            kept = (key, change.digest(), row, number, change.time)
            await self._connection.execute("INSERT INTO change_refs VALUES ($1, $2, $3, $4, $5)", *kept)
        return Made(number, changed)

    def _known(self, change: Change, key: bytes) -> int | None:
        """Return the number of the same call, if it was made before; Refused if its `ref` stands for another one."""
        if key in self._made:
            digest, number = self._made[key]
            if digest == change.digest():
                return number
            raise ref_was_used()
        if key in self._posted:
            raise ref_was_used()
        return None

    async def _reactors(self, row: int, change: Change) -> tuple[bool, Sequence[str]]:
        """Return whether the user has reacted with this key, and the first others who have."""
        user = change.user.id if change.user else None
        some = "SELECT sender FROM reactions WHERE message = $1 AND key = $2 ORDER BY number LIMIT $3"
        found = [sender for (sender,) in await self._connection.fetch(some, row, change.key, SHOWN + 1)]
        asked = "SELECT true FROM reactions WHERE message = $1 AND key = $2 AND sender = $3"
        reacted = await self._connection.fetchval(asked, row, change.key, user) is not None
        return reacted, [one for one in found if one != user]

    async def _write(self, change: Change, before: Message, fields: dict[str, object]) -> Sequence[Changed]:
        message, row = replace(before), int(before.id)
        self._last += 1
        changed = apply(change, message, self._last, fields)
        self._messages[message.seq] = message
        await self._connection.execute(
            "UPDATE messages SET text = $2, rev_key = $3, extra = $4,"
            " digest = CASE WHEN $5 THEN coalesce(digest, $6) ELSE digest END WHERE id = $1",
            *(row, message.text, start(self.no) + message.rev),
            *(json.dumps(message.extra) if message.extra else None,),
            *("message" in fields and message.ref is not None, first_digest(before)),
        )
        await self._write_state(change, message, fields)
        if "mentions" in fields:
            await mentions.renew(self._connection, message, noted(before), change.time)
        if change.what == "deleted" and message.thread is not None:
            root = await replies.deleted(self._connection, change, message, self._last)
            if root is not None:
                self._messages[root.seq] = root.message
                return (changed, root)
        return (changed,)

    async def _write_state(self, change: Change, message: Message, fields: dict[str, object]) -> None:
        row, run = int(message.id), self._connection.execute
        user = change.user.id if change.user else None
        match change.what:
            case "reacted" if change.on:
                await run("INSERT INTO reactions VALUES ($1, $2, $3, $4)", row, change.key, message.rev, user)
            case "reacted":
                one = "DELETE FROM reactions WHERE message = $1 AND key = $2 AND sender = $3"
                await run(one, row, change.key, user)
            case "pinned" if change.on:
                await run("INSERT INTO pins VALUES ($1)", row)
            case "pinned":
                await run("DELETE FROM pins WHERE message = $1", row)
            case "deleted":
                for table in ("reactions", "pins"):
                    await run(f"DELETE FROM {table} WHERE message = $1", row)
                if "files" in fields:
                    await attachments.detach(self._connection, row, row, change.time)
        if "growing" in fields:
            await run("DELETE FROM growing WHERE message = $1", row)


def _key(change: Change) -> bytes | None:
    return None if change.user is None or change.ref is None else ref_key(change.user.id, change.ref)


# Reading


async def changes(connection: Connection, channel: str, since: int, limit: int) -> ChangesPage:
    """Return what is new or changed since a number, and up to which that is complete, as of one moment."""
    row = await connection.fetchrow("SELECT no, last FROM channels WHERE name = $1", channel)
    since = max(since, 0)
    newest = row["last"] if row else 0
    if row is None or since >= newest:
        return ChangesPage([], newest, False)
    base, upto = start(row["no"]), min(since + STRETCH, newest)
    messages = to_messages(await connection.fetch(_CHANGES, base + since, base + upto, limit + 1), channel)
    count = page_end(messages, limit)
    if count < len(messages) or count == limit:
        upto = messages[count - 1].number if count else since
    return ChangesPage(messages[:count], upto, upto < newest)


async def get(connection: Connection, channel: str, seqs: Sequence[int]) -> list[Message]:
    """Return single messages, those of these that there are, in order."""
    no = await number(connection, channel)
    if no is None:
        return []
    ids = [start(no) + seq for seq in seqs if 0 < seq <= LARGEST]
    return to_messages(await connection.fetch(_SOME, ids), channel)


async def pinned(connection: Connection, channel: str, after: int, limit: int) -> list[Message]:
    """Return the first pinned messages of a channel after a `seq`, in order."""
    no = await number(connection, channel)
    if no is None:
        return []
    low = start(no) + min(max(after, 0), LARGEST)
    return to_messages(await connection.fetch(_PINNED, low, start(no) + LARGEST, limit), channel)


async def growing(connection: Connection, node: str) -> list[tuple[str, int]]:
    """Return the messages that grow on a node, or did so on one that is gone: channel and `seq`."""
    return [(name, id & LARGEST) for name, id in await connection.fetch(_GROWING, node)]
