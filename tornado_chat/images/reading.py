"""What the formats of pictures have in common when they are copied without metadata."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import BinaryIO

MAX_PROFILE = 1024 * 1024  # bytes of a colour profile that stays
PIECE = 64 * 1024


class Broken(ValueError):
    """The picture is none, or was cut off."""


@dataclass(slots=True)
class Stripped:
    """What was seen on the way: how many frames, and how the camera was held (EXIF's Orientation, 1 to 8)."""

    frames: int = 1
    orientation: int = 1


def exactly(source: BinaryIO, count: int) -> bytes:
    """Read so many bytes. Raises Broken if there are fewer."""
    data = source.read(count)
    if len(data) != count:
        raise Broken("it is cut off")
    return data


def copy(source: BinaryIO, out: BinaryIO | None, count: int, crc: int = 0) -> int:
    """Copy bytes, or skip them; return their CRC."""
    while count:
        data = exactly(source, min(count, PIECE))
        crc = zlib.crc32(data, crc)
        count -= len(data)
        if out is not None:
            out.write(data)
    return crc
