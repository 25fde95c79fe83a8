"""Pages of rows, which are read a piece at a time where one searches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

PIECE = 2_500  # rows that one query looks at where it searches for a part of a name


class Page(NamedTuple):
    """Rows that were found, the key of the last one that was looked at, and how many these were."""

    rows: list[Any]
    last: str
    looked: int


async def collect(
    page: Callable[[str, int], Awaitable[Page]], find: str, after: str, limit: int
) -> tuple[list[Any], bool]:
    """Return `limit` rows from behind `after` on, and whether there are more; others read between two pages."""
    piece = PIECE if find else limit + 1
    found: list[Any] = []
    while len(found) <= limit:
        one = await page(after, piece)
        found += one.rows
        if one.looked < piece:
            break
        after = one.last
    return found[:limit], len(found) > limit
