"""Copies a picture without what it says beside its pixels: where it was taken, when, by what; and what follows it.

Nothing is decoded, so a picture loses no quality and an animated one no frame. What stays is listed: colours, frames
and their timing. What is not listed goes, in every format, as does all that comes after the picture's end.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Collection
from typing import BinaryIO

from tornado_chat.images.orientation import orientation_of
from tornado_chat.images.reading import MAX_PROFILE, PIECE, Broken, Stripped, copy, exactly
from tornado_chat.images.webp import strip_webp

#: The chunks of a PNG that stay, and how many bytes they have at most: what is longer has something else in it.
_PNG_KEPT = {
    **{b"IHDR": 13, b"PLTE": 768, b"tRNS": 256, b"IDAT": sys.maxsize, b"IEND": 0},
    **{b"cHRM": 32, b"gAMA": 4, b"sRGB": 1, b"iCCP": MAX_PROFILE, b"cICP": 4, b"mDCV": 24, b"cLLI": 8},
    **{b"sBIT": 4, b"bKGD": 6, b"pHYs": 9, b"acTL": 8, b"fcTL": 26, b"fdAT": sys.maxsize},
}
#: The extensions of a GIF that stay: how a frame is shown, and how often all are; and how long their blocks are.
_GIF_KEPT = {b"\xf9": 4, b"\xff": 11}
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_GIF_LOOP_BLOCKS = (3, 5)  # how often; and of how much to wait for
_JPEG_TABLES = frozenset((*range(0xC0, 0xD0), 0xDB, 0xDD)) - {0xC8}  # frames, their tables, and how often to restart


def strip(kind: str, source: BinaryIO, out: BinaryIO) -> Stripped:
    """Copy a picture of a kind (PNG, JPEG, GIF, WEBP) without metadata. Raises Broken."""
    return _KINDS[kind](source, out)


def _png(source: BinaryIO, out: BinaryIO) -> Stripped:
    seen = Stripped()
    out.write(exactly(source, 8))
    frames, expected = 0, b"IHDR"
    while True:
        head = exactly(source, 8)
        size, name = struct.unpack(">I4s", head)
        if expected and name != expected:
            raise Broken("it does not begin as a PNG does")
        expected = b""
        kept = size <= _PNG_KEPT.get(name, -1)
        frames += name == b"fcTL"
        if name == b"eXIf" and size <= PIECE:
            data = exactly(source, size)
            seen.orientation = orientation_of(data)
            exactly(source, 4)
            continue
        if kept:
            out.write(head)
        crc = copy(source, out if kept else None, size, zlib.crc32(name))
        if exactly(source, 4) != struct.pack(">I", crc):
            raise Broken("a chunk is damaged")
        if kept:
            out.write(struct.pack(">I", crc))
        if name == b"IEND":
            seen.frames = max(frames, 1)
            return seen


def _jpeg(source: BinaryIO, out: BinaryIO) -> Stripped:
    seen = Stripped()
    out.write(exactly(source, 2))
    profile: list[bytes] = []
    marker = _marker(source)
    while marker != 0xD9:
        if marker == 0xDA:
            marker = _scan(source, out)
            continue
        if marker in (0x01, *range(0xD0, 0xD9)):
            raise Broken("a marker is where none may be")
        data = exactly(source, struct.unpack(">H", exactly(source, 2))[0] - 2)
        segment = struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
        if marker == 0xE1 and data[:6] == b"Exif\0\0":
            seen.orientation = orientation_of(data[6:])
        elif marker == 0xE2 and data[:12] == b"ICC_PROFILE\0":
            profile.append(segment)
        elif marker in _JPEG_TABLES:
            if sum(map(len, profile)) <= MAX_PROFILE:
                out.writelines(profile)
            profile = []
            out.write(segment)
        elif marker == 0xE0 and data[:5] == b"JFIF\0" and len(data) >= 14:
            out.write(struct.pack(">BBH", 0xFF, marker, 16) + data[:12] + b"\0\0")  # without the thumbnail in it
        elif marker == 0xEE and data[:5] == b"Adobe" and len(data) >= 12:
            out.write(struct.pack(">BBH", 0xFF, marker, 14) + data[:12])
        marker = _marker(source)
    out.write(b"\xff\xd9")
    return seen


def _marker(source: BinaryIO) -> int:
    if exactly(source, 1) != b"\xff":
        raise Broken("a segment does not begin with a marker")
    marker = 0xFF
    while marker == 0xFF:
        marker = exactly(source, 1)[0]
    return marker


def _scan(source: BinaryIO, out: BinaryIO) -> int:
    """Copy a scan, compressed data and all; return the marker that follows."""
    size = exactly(source, 2)
    out.write(b"\xff\xda" + size + exactly(source, struct.unpack(">H", size)[0] - 2))
    held = b""
    while True:
        data = held + source.read(PIECE)
        if len(data) == len(held):
            raise Broken("it is cut off")
        at = data.find(b"\xff")
        while at != -1 and at + 1 < len(data):
            after = data[at + 1]
            if after == 0xFF:
                at += 1
            elif after == 0 or 0xD0 <= after <= 0xD7:  # a stuffed 0xFF, or a restart
                at = data.find(b"\xff", at + 2)
            else:
                out.write(data[:at].rstrip(b"\xff"))
                source.seek(at + 2 - len(data), 1)
                return after
        end = len(data) if at == -1 else at
        out.write(data[:end])
        held = data[end:]


def _gif(source: BinaryIO, out: BinaryIO) -> Stripped:
    seen = Stripped(0)
    head = exactly(source, 13)
    out.write(head)
    copy(source, out, _colours(head[10]))
    while (kind := exactly(source, 1)) != b";":
        if kind == b",":
            about = exactly(source, 9)
            out.write(kind + about)
            copy(source, out, _colours(about[8]) + 1)  # and the size of the first codes
            _blocks(source, out)
            seen.frames += 1
        elif kind == b"!":
            label = exactly(source, 1)
            first = exactly(source, exactly(source, 1)[0])
            kept = len(first) == _GIF_KEPT.get(label) and (label == b"\xf9" or first in _GIF_LOOPS)
            if kept:
                out.write(kind + label + bytes([len(first)]) + first)
            if first:
                _blocks(source, out if kept else None, _GIF_LOOP_BLOCKS if label == b"\xff" else ())
        else:
            raise Broken("a block is of no kind")
    out.write(b";")
    if not seen.frames:
        raise Broken("there is no picture in it")
    return seen


def _colours(flags: int) -> int:
    """Return how many bytes a table of colours has."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(source: BinaryIO, out: BinaryIO | None, sizes: Collection[int] = range(256)) -> None:
    """Copy the blocks up to an empty one, those of some sizes, or skip them."""
    while size := exactly(source, 1)[0]:
        data = exactly(source, size)
        if out is not None and size in sizes:
            out.write(bytes([size]) + data)
    if out is not None:
        out.write(b"\0")


_KINDS = {"PNG": _png, "JPEG": _jpeg, "GIF": _gif, "WEBP": strip_webp}
