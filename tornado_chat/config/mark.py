"""The picture that stands for a server on its page."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

MAX_BYTES = 256 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}svg"


def read_mark(path: Path) -> tuple[str, bytes]:
    """Return the suffix (.svg or .png) and the content of a picture; ValueError says why it cannot be used."""
    try:
        if path.is_fifo():
            raise ValueError("not a file")  # reading it would wait for whoever writes
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(error.strerror) from None
    if len(body) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES // 1024} KiB")
    if body.startswith(PNG):
        if len(body) < 24 or not all(png_size(body)):
            raise ValueError("not a whole PNG")
        return ".png", body
    try:
        is_svg = ElementTree.fromstring(body).tag == SVG
    except (ElementTree.ParseError, ValueError, LookupError):
        is_svg = False
    if not is_svg:
        raise ValueError(f'neither a PNG nor an SVG (<svg xmlns="{SVG[1:-4]}">)')
    return ".svg", body


def png_size(body: bytes) -> tuple[int, int]:
    """Return the width and the height of a PNG in pixels."""
    width, height = struct.unpack(">II", body[16:24])
    return width, height
