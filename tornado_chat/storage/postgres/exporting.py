"""Export of the messages in PostgreSQL."""

from __future__ import annotations

from typing import TextIO

from tornado_chat.chat.models import Message
from tornado_chat.storage.exporting import PAGE, exported, meant
from tornado_chat.storage.postgres import queries
from tornado_chat.storage.postgres.engine import Engine

_NAMES = "SELECT name FROM channels ORDER BY name"
_TITLES = """
SELECT name, CASE kind WHEN 'direct' THEN (SELECT string_agg(p.name, ', ' ORDER BY o.place)
    FROM unnest(r.people) WITH ORDINALITY o (id, place) JOIN people p ON p.id = o.id) ELSE title END
FROM channel_records r WHERE kind != 'public'
"""


async def export(engine: Engine, out: TextIO, channel: str | None = None, format: str = "jsonl") -> int:
    """Write the messages of one channel or of all, as `sqlite.maintenance.export` does; return how many."""
    names = [name for (name,) in await engine.read(lambda connection: connection.fetch(_NAMES))]
    titles = {name: title for name, title in await engine.read(lambda c: c.fetch(_TITLES)) if title}
    count = 0
    for name in names if channel is None else [meant(names, titles, channel)]:
        page = await _page(engine, name, 0)
        while page:
            out.writelines(f"{exported(message, format, titles.get(name, name))}\n" for message in page)
            count += len(page)
            page = await _page(engine, name, page[-1].seq)
    return count


async def _page(engine: Engine, channel: str, after: int) -> list[Message]:
    return await engine.read(lambda connection: queries.page(connection, channel, after, None, PAGE, False))
