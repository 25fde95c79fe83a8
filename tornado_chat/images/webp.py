"""Copies a WebP without metadata: a container of chunks (RIFF), in which frames are containers too (RFC 9649)."""

from __future__ import annotations

import struct
from typing import BinaryIO

from tornado_chat.images.orientation import orientation_of
from tornado_chat.images.reading import MAX_PROFILE, PIECE, Broken, Stripped, copy, exactly

_PIXELS = frozenset((b"VP8 ", b"VP8L", b"ALPH"))
_ABOUT = {b"VP8X": 10, b"ANIM": 6}  # chunks about the whole, and how many bytes of them mean something
_FRAME = 16  # bytes that say where a frame is, and for how long
_METADATA, _PROFILE = 0x08 | 0x04, 0x20  # flags of VP8X: there is EXIF, XMP; a colour profile


def strip_webp(source: BinaryIO, out: BinaryIO) -> Stripped:
    """See stripping.strip."""
    seen = Stripped(0)
    out.write(exactly(source, 4))
    rest = struct.unpack("<I", exactly(source, 4))[0] - 4
    begin = out.tell()
    out.write(bytes(4) + exactly(source, 4))
    flags, cleared = None, _METADATA
    while rest >= 8:
        name, size, rest = _chunk(source, rest)
        whole = size + (size & 1)
        if name == b"EXIF" and size <= PIECE:
            seen.orientation = orientation_of(exactly(source, whole)[:size].removeprefix(b"Exif\0\0"))
        elif name in _ABOUT:
            about = _ABOUT[name]
            if size < about:
                raise Broken("a chunk is too short")
            out.write(struct.pack("<4sI", name, about))
            if name == b"VP8X":
                flags = (out.tell(), exactly(source, 1)[0])
                out.write(bytes(1))
            copy(source, out, about - (name == b"VP8X"))
            copy(source, None, whole - about)
        elif name == b"ANMF":
            seen.frames += 1
            _frame(source, out, size)
        else:
            kept = name in _PIXELS or (name == b"ICCP" and size <= MAX_PROFILE)
            if name == b"ICCP" and not kept:
                cleared |= _PROFILE
            if kept:
                out.write(struct.pack("<4sI", name, size))
            copy(source, out if kept else None, whole)
    end = out.tell()
    if flags is not None:
        out.seek(flags[0])
        out.write(bytes([flags[1] & ~cleared]))
    out.seek(begin)
    out.write(struct.pack("<I", end - begin - 4))
    out.seek(end)
    seen.frames = max(seen.frames, 1)
    return seen


def _chunk(source: BinaryIO, rest: int) -> tuple[bytes, int, int]:
    """Read what begins a chunk; return its name, its size, and how many bytes follow it."""
    name, size = struct.unpack("<4sI", exactly(source, 8))
    rest -= 8 + size + (size & 1)
    if rest < 0:
        raise Broken("a chunk is larger than the picture")
    return name, size, rest


def _frame(source: BinaryIO, out: BinaryIO, size: int) -> None:
    """Copy a frame without the chunks in it that are none of its pixels."""
    if size < _FRAME:
        raise Broken("a frame is too short")
    begin, rest = out.tell(), size - _FRAME
    out.write(bytes(8))
    copy(source, out, _FRAME)
    while rest >= 8:
        name, inner, rest = _chunk(source, rest)
        if name in _PIXELS:
            out.write(struct.pack("<4sI", name, inner))
        copy(source, out if name in _PIXELS else None, inner + (inner & 1))
    copy(source, None, rest + (size & 1))
    end = out.tell()
    out.seek(begin)
    out.write(struct.pack("<4sI", b"ANMF", end - begin - 8))
    out.seek(end)
