"""How the camera was held, as a picture's EXIF says."""

from __future__ import annotations

import struct

ORIENTATION = 0x0112  # the tag; its value is a SHORT


def orientation_of(exif: bytes) -> int:
    """Return the Orientation (1 to 8) of EXIF data, a TIFF file; 1 where it says nothing that can be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, values, value = struct.unpack_from(f"{order}HHIH", exif, at)
            if tag == ORIENTATION:
                return value if (kind, values) == (3, 1) and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
