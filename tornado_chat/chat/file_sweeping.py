"""Lets go of files that nobody posts, and deletes the bytes of those that are gone."""

from __future__ import annotations

import asyncio
import time

from tornado_chat.chat.blobs import Blobs
from tornado_chat.chat.files import GRACE, UNPOSTED, FileRepository

REST = 0.02  # seconds between two pieces


async def sweep(rows: FileRepository, blobs: Blobs) -> None:
    """Do so with all whose time has come."""
    now = time.time()
    unposted, unused = now - UNPOSTED, now - GRACE
    await rows.release(await blobs.sweep(unposted))
    for id in await rows.waiting(int(unposted * 1000)):
        if await blobs.size(id) is None:  # what a crash has left
            await rows.release([id])
    more = True
    while more:
        gone, more = await rows.expire(int(unposted * 1000), int(unused * 1000))
        for blob in gone:
            await blobs.delete(blob, unused)
        await asyncio.sleep(REST)


async def sweep_orphans(rows: FileRepository, blobs: Blobs) -> int:
    """Delete bytes that no row knows, unless they are young; return of how many blobs."""
    before, count = time.time() - GRACE, 0
    async for names in blobs.names():
        for blob in await rows.unknown(names):
            count += await blobs.delete(blob, before)
    return count
