"""Makes changes of messages, one after another, in one transaction that holds the rows of their channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tornado_chat.chat.changes import SHOWN, Change, Changed, apply, fields_of, first_digest, ref_was_used, refuse_pin
from tornado_chat.chat.history import noted
from tornado_chat.chat.models import Message
from tornado_chat.storage.postgres import attachments, mentions, replies
from tornado_chat.storage.postgres.change_rows import ChangeRows
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.rows import FIELDS, LARGEST, NAME, SHIFT, start, to_messages
from tornado_chat.storage.postgres.texts import can_be_stored, ref_key

_LOCK = "SELECT name, no, last FROM channels WHERE name = ANY($1) ORDER BY name FOR UPDATE"
_MADE = "SELECT ref_key, digest, number FROM change_refs WHERE ref_key = ANY($1)"
_POSTED = "SELECT ref_key FROM messages WHERE ref_key = ANY($1)"
_SOME = f"SELECT {FIELDS}, {NAME} FROM messages m WHERE m.id = ANY($1)"
_REACTORS = """
SELECT
    ARRAY(SELECT sender FROM reactions r WHERE r.message = g.message AND r.key = g.key ORDER BY r.number LIMIT $4),
    (SELECT number FROM reactions r WHERE r.message = g.message AND r.key = g.key AND r.sender = g.sender) IS NOT NULL
FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS g (message, key, sender, place) ORDER BY place
"""
_PINS = f"""
SELECT g.no, (SELECT count(*) FROM pins WHERE message > g.no << {SHIFT} AND message <= (g.no << {SHIFT}) + {LARGEST})
FROM unnest($1::bigint[]) AS g (no)
"""
_DRAWN = (
    "UPDATE channels c SET last = g.last FROM unnest($1::integer[], $2::bigint[]) AS g (no, last) WHERE c.no = g.no"
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
    """The changes of one transaction: `begin`, `make` each, `end`. `numbers`: of their channels."""

    def __init__(self, connection: Connection) -> None:
        self.numbers: dict[str, int] = {}
        self._connection = connection
        self._rows = ChangeRows(connection)
        self._last: dict[str, int] = {}  # by channel: the number that was drawn last
        self._drawn: set[str] = set()
        self._made: dict[bytes, tuple[str, int]] = {}  # by the key of a call: its digest, and the answer
        self._posted: set[bytes] = set()
        self._messages: dict[tuple[str, int], Message] = {}
        self._pins: dict[int, int] = {}  # how many, by the number of a channel
        #: Who reacts with which key: by message and key, the first who do, and all whether they do who are asked for.
        self._first: dict[tuple[int, str], list[str]] = {}
        self._reacted: dict[tuple[int, str, str], bool] = {}
        self._limit = 0  # of the first

    async def begin(self, asked: Sequence[Change]) -> None:
        """Lock the channels, and read what these changes need."""
        fetch, numbers = self._connection.fetch, self.numbers
        for name, no, last in await fetch(_LOCK, list({one.channel for one in asked})):
            numbers[name], self._last[name] = no, last
        possible = [one for one in asked if one.channel in numbers and 0 < one.seq <= LARGEST]
        found = to_messages(await fetch(_SOME, [start(numbers[one.channel]) + one.seq for one in possible]))
        self._messages = {(one.channel, one.seq): one for one in found}
        if keys := [key for one in asked if (key := _key(one)) is not None]:
            self._made = {key: (digest, number) for key, digest, number in await fetch(_MADE, keys)}
            self._posted = {key for (key,) in await fetch(_POSTED, keys)}
        if pins := {numbers[one.channel] for one in possible if one.what == "pinned"}:
            self._pins = dict(await fetch(_PINS, list(pins)))
        if reactions := [
            one for one in possible if one.what == "reacted" and (one.channel, one.seq) in self._messages
        ]:
            await self._read_reactors(reactions)

    async def _read_reactors(self, asked: Sequence[Change]) -> None:
        about = [
            (int(self._messages[one.channel, one.seq].id), one.key, one.user.id if one.user else "") for one in asked
        ]
        self._limit = SHOWN + 1 + len(asked)  # so many may go
        columns = [list(column) for column in zip(*about, strict=True)]
        rows = await self._connection.fetch(_REACTORS, *columns, self._limit)
        for (row, key, user), (first, reacted) in zip(about, rows, strict=True):
            self._first[row, key] = list(first)
            self._reacted[row, key, user] = reacted

    async def end(self) -> None:
        """Write what was made."""
        await self._rows.write()
        if drawn := [(self.numbers[name], self._last[name]) for name in self._drawn]:
            await self._connection.execute(_DRAWN, *(list(column) for column in zip(*drawn, strict=True)))

    async def make(self, change: Change) -> Made:
        """Make a change; Refused, with nothing altered, if it cannot be made."""
        key = _key(change)
        if key is not None and (number := self._known(change, key)) is not None:
            return Made(number, ())
        message = self._messages.get((change.channel, change.seq))
        about = int(message.id) if message else 0, change.key, _who(change)
        others = [one for one in self._first.get(about[:2], ()) if one != about[2]]
        fields = fields_of(change, message, self._reacted.get(about, False), others)
        assert message is not None
        if change.what == "pinned" and fields and change.on:
            refuse_pin(self._pins[self.numbers[change.channel]])
        changed = await self._alter(change, message, fields) if fields else ()
        number = changed[0].number if changed else message.number
        if key is not None:
            self._made[key] = change.digest(), number
            self._rows.know(key, change, int(message.id), number)
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

    async def _alter(self, change: Change, before: Message, fields: dict[str, object]) -> Sequence[Changed]:
        message, row, name = replace(before), int(before.id), change.channel
        number = self._last[name] = self._last[name] + 1
        self._drawn.add(name)
        changed = apply(change, message, number, fields)
        self._messages[name, message.seq] = message
        self._rows.alter(message, first_digest(before) if "message" in fields and message.ref is not None else None)
        if change.what == "reacted" and change.user is not None:
            self._react(row, change, change.user.id, number)
        elif change.what == "pinned":
            self._pins[self.numbers[name]] += 1 if change.on else -1
            self._rows.pin(row, change.on)
        elif change.what == "deleted":
            if "pinned" in fields and self.numbers[name] in self._pins:
                self._pins[self.numbers[name]] -= 1
            self._rows.delete(row)
            if "files" in fields:
                await attachments.detach(self._connection, row, row, change.time)
        if "growing" in fields:
            self._rows.grown(row)
        if "mentions" in fields:
            await mentions.renew(self._connection, message, noted(before), change.time)
        if change.what == "deleted" and message.thread is not None:
            await self._rows.write()  # which this reads
            root = await replies.deleted(self._connection, change, message, number)
            if root is not None:
                self._messages[name, root.seq] = root.message
                return (changed, root)
        return (changed,)

    def _react(self, row: int, change: Change, user: str, number: int) -> None:
        self._rows.react(row, change.key, user, number if change.on else None)
        self._reacted[row, change.key, user] = change.on
        first = self._first[row, change.key]
        if not change.on:
            self._first[row, change.key] = [one for one in first if one != user]
        elif len(first) < self._limit:
            first.append(user)


def _who(change: Change) -> str:
    return change.user.id if change.user else ""


def _key(change: Change) -> bytes | None:
    return None if change.user is None or change.ref is None else ref_key(change.user.id, change.ref)
