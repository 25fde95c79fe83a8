"""The messages of channels in PostgreSQL, for commands: counts them, and deletes them where no server has them."""

from __future__ import annotations

from functools import partial

from tornado_chat.storage.postgres import queries
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.repository import Repository, reads
from tornado_chat.storage.postgres.rows import LARGEST, SHIFT, end, number, start
from tornado_chat.storage.postgres.trimming import PostgresTrimming

PIECE = 50_000  # messages that one query counts

_COUNT = """
SELECT count(*), max(id), max(time)
FROM (SELECT id, time FROM messages WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3) piece
"""
_WITHOUT_RECORD = f"""
SELECT name FROM channels c WHERE NOT EXISTS (SELECT 1 FROM channel_records r WHERE r.name = c.name)
    AND EXISTS (SELECT 1 FROM messages
        WHERE id > c.no::bigint << {SHIFT} AND id <= (c.no::bigint << {SHIFT}) + {LARGEST})
ORDER BY name
"""


class PostgresMessages(Repository):
    """See `server.cli.opened.Messages`."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.forget = PostgresTrimming(engine).forget

    async def count(self, channel: str) -> tuple[int, int]:
        no = await self._engine.read(partial(number, channel=channel))
        if no is None:
            return 0, 0
        count, newest, after, found = 0, 0, start(no), PIECE
        while found == PIECE:
            found, last, time = await self._piece(after, end(no))
            count, newest, after = count + found, max(newest, time or 0), last
        return count, newest

    @reads
    async def _piece(self, connection: Connection, after: int, upto: int) -> tuple[int, int, int | None]:
        found, last, time = await connection.fetchrow(_COUNT, after, upto, PIECE)
        return found, last, time

    @reads
    async def without_record(self, connection: Connection) -> list[str]:
        return [row[0] for row in await connection.fetch(_WITHOUT_RECORD)]

    @reads
    async def last(self, connection: Connection, channel: str) -> int:
        return await queries.last(connection, channel)
