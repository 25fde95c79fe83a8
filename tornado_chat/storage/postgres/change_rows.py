"""What changes of messages write, gathered: the rows of many changes take as many statements as those of one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tornado_chat.chat.changes import Change
from tornado_chat.chat.models import Message
from tornado_chat.storage.postgres.engine import Connection

_MESSAGES = """
UPDATE messages m SET text = g.text, rev_key = g.rev_key, extra = g.extra, digest = coalesce(m.digest, g.digest)
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[]) AS g (id, text, rev_key, extra, digest)
WHERE m.id = g.id
"""
_UNREACT = """
DELETE FROM reactions r USING unnest($1::bigint[], $2::text[], $3::text[]) AS g (message, key, sender)
WHERE r.message = g.message AND r.key = g.key AND r.sender = g.sender
"""
_REACT = """
INSERT INTO reactions (message, key, sender, number)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
"""
_KNOW = """
INSERT INTO change_refs
SELECT * FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
"""


class ChangeRows:
    """Rows that wait until `write`. Of several changes of one row the last counts. Messages are named by id."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._clear()

    def _clear(self) -> None:
        self._messages: dict[int, Message] = {}
        self._digests: dict[int, str] = {}
        self._reactions: dict[tuple[int, str, str], int | None] = {}
        self._pins: dict[int, bool] = {}
        self._deleted: list[int] = []
        self._grown: list[int] = []
        self._refs: list[tuple[bytes, str, int, int, int, str, str]] = []

    def alter(self, message: Message, digest: str | None) -> None:
        """Store a message as it is now. digest: of what was first sent, if the text is not that any more."""
        self._messages[int(message.id)] = message
        if digest is not None:
            self._digests.setdefault(int(message.id), digest)

    def react(self, message: int, key: str, user: str, number: int | None) -> None:
        """Store the reaction of a user, under a number; None: take it back."""
        self._reactions[message, key, user] = number

    def pin(self, message: int, on: bool) -> None:
        self._pins[message] = on

    def delete(self, message: int) -> None:
        """Remove the reactions and the pin of a message."""
        self._reactions = {about: number for about, number in self._reactions.items() if about[0] != message}
        self._pins[message] = False
        self._deleted.append(message)

    def grown(self, message: int) -> None:
        """Note that a message grows no more."""
        self._grown.append(message)

    def know(self, key: bytes, change: Change, message: int, number: int) -> None:
        """Remember a call, by its key, and what it is answered with."""
        assert change.user is not None
        assert change.ref is not None
        self._refs.append((key, change.digest(), message, number, change.time, change.user.id, change.ref))

    async def write(self) -> None:
        """Write all that waits."""
        run = self._connection.execute
        if self._messages:
            rows = [(id, *_columns(one), self._digests.get(id)) for id, one in self._messages.items()]
            await run(_MESSAGES, *_arrays(rows))
        if self._reactions:
            await run(_UNREACT, *_arrays(list(self._reactions)))
        if new := [(*about, number) for about, number in self._reactions.items() if number is not None]:
            await run(_REACT, *_arrays(new))
        if self._deleted:
            await run("DELETE FROM reactions WHERE message = ANY($1)", self._deleted)
        if unpinned := [message for message, on in self._pins.items() if not on]:
            await run("DELETE FROM pins WHERE message = ANY($1)", unpinned)
        if pinned := [message for message, on in self._pins.items() if on]:
            await run("INSERT INTO pins SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING", pinned)
        if self._grown:
            await run("DELETE FROM growing WHERE message = ANY($1)", self._grown)
        if self._refs:
            await run(_KNOW, *_arrays(self._refs))
        self._clear()


def _columns(message: Message) -> tuple[str, int, str | None]:
    start = int(message.id) - message.seq
    return message.text, start + message.rev, json.dumps(message.extra) if message.extra else None


def _arrays(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
