"""Stores a batch of messages on a connection: in one round trip, unless there are replies in threads or files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tornado_chat.chat.changes import Replied
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.storage.file_rows import files_of
from tornado_chat.storage.postgres import attachments, replies, wire
from tornado_chat.storage.postgres.batch import Batch
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.rows import SHIFT
from tornado_chat.storage.replies import Replies

_APPEND = f"SELECT append_1({', '.join(f'${n}' for n in range(1, 20))})"
_INSERT = f"SELECT insert_1({', '.join(f'${n}' for n in range(1, 21))})"
_STORED = "SELECT ids FROM batches WHERE writer = $1"


class Storing:
    """Stores the batches of one process. writer: who is named in notifications; topic: where these go."""

    def __init__(self, writer: str, node: str, topic: str) -> None:
        self._writer = writer
        self._node = node
        self._topic = topic

    async def store(
        self, connection: Connection, batch: Batch, number: int, channels: Mapping[str, int]
    ) -> Sequence[int | None]:
        """Return the ids of the new messages of a batch, None for those that are known or refused.

        number: of the batch; under it, it is stored once. channels: the numbers of the channels.
        """
        about = (self._writer, number, self._node, self._topic)
        batch.number(channels)
        if batch.is_plain:
            columns = (*batch.drawing(), *batch.rows(), *batch.noted())
            ids: Sequence[int | None] = await connection.fetchval(_APPEND, *about, batch.places(), *columns)
            return ids
        async with connection.transaction():
            return await self._store(connection, batch, about)

    async def _store(self, connection: Connection, batch: Batch, about: tuple[Any, ...]) -> Sequence[int | None]:
        ids: Sequence[int | None]
        if await connection.fetchval("SELECT begin_batch_1($1, $2)", *about[:2]):
            ids = await connection.fetchval(_STORED, self._writer)
            return ids
        await connection.execute("SELECT lock_channels_1($1::text::integer[])", batch.places())
        begun = await replies.begin(connection, batch.messages)
        batch.refused = await _refused(connection, begun, batch.messages)
        nos, *keys = batch.drawing()
        ids = await connection.fetchval("SELECT draw_1($1, $2, $3)", nos, *keys)
        new = batch.new(ids)
        for message in new:
            if message.thread is not None:
                begun.add(message)
        places = await replies.places(connection, begun, new)
        thread, back = ([places.get(id(one), (None, None))[at] for one in batch.messages] for at in (0, 1))
        told = {at for at, one in enumerate(batch.messages) if one.thread is not None}
        await connection.execute(_INSERT, *about, ids, *keys, *batch.rows(told), thread, back, *batch.noted())
        await replies.write(connection, begun)
        await attachments.attach(connection, [(int(one.id), file) for one in new for file in files_of(one)])
        batch.committed = begun.committed(new)
        entries = [
            wire.entry(int(one.message.id) >> SHIFT, one.seq, [one])
            for one in batch.committed
            if isinstance(one, Replied)
        ]
        for payload in wire.payloads(self._writer, entries):
            await connection.execute("SELECT pg_notify($1, $2)", self._topic, payload)
        return ids


async def _refused(connection: Connection, begun: Replies, messages: Sequence[Message]) -> dict[int, Refused]:
    """Return why messages cannot be stored, by their places."""
    found = {}
    with_files = [place for place, one in enumerate(messages) if one.extra and "files" in one.extra]
    of_files = await attachments.refused(connection, [messages[place] for place in with_files])
    for place, refused in zip(with_files, of_files, strict=True):
        if refused is not None:
            found[place] = refused
    for place, one in enumerate(messages):
        if place not in found and one.thread is not None and (refused := begun.refused(one)) is not None:
            found[place] = refused
    return found
