"""Numbers of bytes as people write them: 25MB, 1GB, 512KiB."""

from __future__ import annotations

import re

_WRITTEN = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,3}))? ?([KMGT]i?B?|B)?", re.IGNORECASE)
_UNITS = [
    *(("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)),
    *(("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)),
]
LARGEST = 10**15


class Size(int):
    """A number of bytes; as text it has the unit that makes it shortest."""

    def __str__(self) -> str:
        whole = [f"{self // unit}{name}" for name, unit in _UNITS if self and self % unit == 0]
        return min([*whole, int.__repr__(self)], key=len)

    @classmethod
    def read(cls, written: str) -> Size:
        """Return the size that is written; ValueError if it is none."""
        found = _WRITTEN.fullmatch(written.strip())
        if found is None:
            raise ValueError
        whole, rest, unit = found.groups()
        named = {name[:-1].lower(): each for name, each in _UNITS}
        each = named.get((unit or "").lower().removesuffix("b"), 1)
        size = int(whole) * each + int(rest or 0) * each // 10 ** len(rest or "")
        if size > LARGEST or (rest and each == 1):
            raise ValueError
        return cls(size)


def about(size: int) -> str:
    """Return a number of bytes in words, not exactly."""
    for name, unit in _UNITS[:4]:
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
