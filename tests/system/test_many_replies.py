"""Figures: a channel with 100,000 replies in threads opens as fast as one without, and a thread of 5,000 at once."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import House
from tests.system.test_many_places import house
from tornado_chat.storage.sqlite.files import NAME
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.queries import SHIFT
from tornado_chat.storage.sqlite.writer import Database

REPLIES, LARGE = 100_000, 5_000
PLAIN = 1_000  # messages of the timeline, before and after all replies


def fill(folder: Path) -> None:
    """Store a channel `plain`, and a channel `busy` with the same timeline and REPLIES in the middle of it."""
    with closing(sqlite3.connect(folder / NAME)) as connection, connection:
        connection.execute("INSERT INTO senders (no, id) VALUES (1, 'id-Bob')")
        connection.execute("INSERT INTO channels (no, name) VALUES (1, 'plain'), (2, 'busy')")
        rows: list[tuple[Any, ...]] = []
        for no, replies in ((1, 0), (2, REPLIES)):
            base = no << SHIFT
            threads = [base + 1] * LARGE if replies else []
            threads += [base + 2 + n % (PLAIN - 2) for n in range(replies - len(threads))]
            counts, last = Counter(threads), {root: seq for seq, root in enumerate(threads, PLAIN + 1)}
            for seq in range(1, PLAIN + 1):
                root = base + seq
                told = {"replies": {"count": counts[root], "last": last.get(root), "users": ["id-Bob"]}}
                rev = base + last[root] if root in last else None
                rows.append((root, seq, json.dumps(told) if root in last else None, None, None, rev))
            for seq, root in enumerate(threads, PLAIN + 1):
                rows.append((base + seq, seq, json.dumps({"thread": root - base}), root, base + PLAIN, None))
            for seq in range(PLAIN + replies + 1, 2 * PLAIN + replies + 1):
                rows.append((base + seq, seq, None, None, None, None))
        connection.executemany(
            "INSERT INTO messages (id, sender, name, text, time, extra, thread, back, rev_key)"
            " VALUES (?, 1, 'Bob', 'some words of a message', ?, ?, ?, ?, ?)",
            rows,
        )


async def least(heard: list[bytes], call: Callable[[], Awaitable[dict[str, Any]]]) -> tuple[float, dict[str, Any]]:
    """Return how many ms a call takes, of 25 times the least, and its answer. heard: by the caller, is forgotten."""
    took = []
    for _ in range(25):
        heard.clear()
        began = time.perf_counter()
        answer = await call()
        took.append(time.perf_counter() - began)
    return 1_000 * min(took), answer


async def compare(place: House) -> None:
    ann = place.client("Ann", "plain", "busy")
    heard = ann.transport.frames
    newest = {"plain": 2 * PLAIN, "busy": 2 * PLAIN + REPLIES}

    async def read(channel: str, **fields: Any) -> tuple[float, dict[str, Any]]:
        return await least(
            heard, lambda: place.call(ann, "history", target=channel, timeline=True, limit=50, **fields)
        )

    def middle(channel: str) -> int:
        return newest[channel] - PLAIN + 20  # half of the page is beyond the replies

    for what, fields in (
        ("the newest", lambda channel: {}),
        ("back over all replies", lambda channel: {"before": middle(channel)}),
        ("on over all replies", lambda channel: {"after": PLAIN - 25}),
    ):
        (plain, few), (busy, many) = [await read(one, **fields(one)) for one in ("plain", "busy")]
        print(f"{what}: {plain:.2f} ms without replies, {busy:.2f} ms with {REPLIES:,}")  # noqa: T201
        assert len(many["messages"]) == len(few["messages"]) == 50
        assert busy < 1.2 * plain + 1  # the root's `replies` are more to send
    took, answer = await least(heard, lambda: place.call(ann, "history", target="busy", thread=1, limit=200))
    print(f"a thread of {LARGE:,} replies: {took:.1f} ms")  # noqa: T201
    assert len(answer["messages"]) == 200
    assert answer["root"]["replies"]["count"] == LARGE
    assert took < 100
    began = time.perf_counter()
    unread = await place.history.unread("id-Ann", {"busy": PLAIN, "plain": PLAIN})
    took = 1_000 * (time.perf_counter() - began)
    print(f"unread behind {REPLIES:,} replies: {took:.1f} ms")  # noqa: T201
    assert unread["busy"][:2] == unread["plain"][:2] == (100, 0)
    assert took < 100


@pytest.mark.long
def test_a_hundred_thousand_replies_do_not_slow_their_channel_down(tmp_path: Path) -> None:
    Database(tmp_path).close()
    fill(tmp_path)
    assert check(tmp_path) == []

    async def main() -> None:
        database = Database(tmp_path)
        try:
            await compare(house(database))
        finally:
            database.close()

    asyncio.run(main())
