"""Which messages have which files, and what becomes of files that none has. See migrations/files.py on locks.

All of them run in a transaction, after the rows of channels and messages are locked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import is_id, no_file
from tornado_chat.chat.models import Message
from tornado_chat.storage.file_rows import files_of
from tornado_chat.storage.postgres.engine import Connection

__all__ = ["attach", "detach", "erase", "files_of", "refused", "remove"]

_LOCKED = "SELECT id FROM files WHERE id = ANY($1::text[]) ORDER BY no FOR UPDATE"
_ATTACHED = (
    "INSERT INTO attachments SELECT message, no FROM unnest($1::bigint[], $2::text[]) given (message, file)"
    " JOIN files ON id = file"
)


async def refused(connection: Connection, messages: Sequence[Message]) -> list[Refused | None]:
    """Return of each message why it cannot have the files that it says: one of them is not there any more.

    Ask once for all messages of a transaction: nobody deletes their files until it ends.
    """
    wanted = [files_of(message) for message in messages]
    ids = {id for some in wanted for id in some if is_id(id)}
    there = {row[0] for row in await connection.fetch(_LOCKED, list(ids))} if ids else ids
    return [None if there.issuperset(some) else no_file() for some in wanted]


async def attach(connection: Connection, pairs: Sequence[tuple[int, str]]) -> None:
    """Note that messages have files: pairs of ids."""
    if pairs:
        messages, files = map(list, zip(*pairs, strict=True))
        await connection.execute(_ATTACHED, messages, files)
        await connection.execute("UPDATE files SET posted = true WHERE NOT posted AND id = ANY($1::text[])", files)


async def detach(connection: Connection, first: int, last: int, now: int) -> None:
    """Note that the messages between two ids have no files any more; what no other message has goes. now: in ms."""
    await connection.execute("SELECT detach_files_1($1, $2, $3)", first, last, now)


async def remove(connection: Connection, files: Collection[int], now: int) -> None:
    """Delete those of some files (numbers) that no message has. Bytes that no other file has are unused then."""
    if files:
        await connection.execute("SELECT remove_files_1($1::bigint[], $2)", list(files), now)


async def erase(connection: Connection, people: Sequence[str], now: int) -> None:
    """Delete the pictures of people (ids), and what they have uploaded and not posted.

    What is posted stays with the messages, as nobody's.
    """
    these = list(people)
    await connection.fetch("SELECT no FROM files WHERE owner = ANY($1::text[]) ORDER BY no FOR UPDATE", these)
    await connection.execute("SELECT count_files_1()")
    pictures = await connection.fetch("DELETE FROM pictures WHERE owner = ANY($1::text[]) RETURNING file", these)
    await connection.execute("DELETE FROM uploads WHERE owner = ANY($1::text[])", these)
    unposted = await connection.fetch("SELECT no FROM files WHERE owner = ANY($1::text[]) AND NOT posted", these)
    await remove(connection, [row[0] for row in (*pictures, *unposted)], now)
    await connection.execute("UPDATE files SET owner = '' WHERE owner = ANY($1::text[])", these)
