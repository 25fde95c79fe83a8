"""What the tables of files must agree on, and which bytes are to be there for them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from tornado_chat.chat.files import Blob
from tornado_chat.storage.file_rules import FILES, MOST, ORPHANED, PICTURES, USED, miscounted
from tornado_chat.storage.postgres.engine import Connection


async def contradictions(connection: Connection) -> AsyncIterator[str]:
    """Yield what is wrong in the tables of files, as the open transaction sees them, one line each."""
    for words, query in FILES.items():
        for (id,) in await connection.fetch(f"{query} LIMIT {MOST}"):
            yield f"file {id} {words}"
    if count := await connection.fetchval(PICTURES):
        yield f"the pictures of {count} people are not there"
    if count := await connection.fetchval(ORPHANED):
        yield f"the bytes of {count} files that are gone are not to be deleted"
    for (owner,) in await connection.fetch(miscounted("greatest")):
        yield f"the files of {json.dumps(owner)} are counted wrongly"


async def used_blobs(connection: Connection) -> list[Blob]:
    """Return the blobs that files have."""
    return [Blob(*row) for row in await connection.fetch(USED)]


async def known_blobs(connection: Connection) -> set[str]:
    """Return the names of all blobs that there may be."""
    return {name for (name,) in await connection.fetch("SELECT name FROM blobs")}
