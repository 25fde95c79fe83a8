"""Which part of a file is asked for (RFC 9110, 14.2)."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def part_of(header: str, size: int) -> tuple[int, int] | None:
    """Return where the part begins, and before which byte it ends; None for the whole. ValueError: it has none.

    header: of Range. What is malformed, or asks for several parts, is answered with the whole, as may be.
    """
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        start, end = max(size - int(found[2]), 0), size
    else:
        start, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= min(end, size):
        raise ValueError("beyond its end")
    return start, end
