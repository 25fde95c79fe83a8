"""Makes pictures for tests: what cameras send, and what attackers do."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from functools import cache
from typing import Any

import pytest

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed (extra [images])")

SECRET = b"52 deg 31 min N"  # that is nowhere in what is served
KINDS = ("PNG", "JPEG", "GIF", "WEBP")
WHERE = {0x0110: "Camera 1", 0x8769: {0x9286: SECRET}, 0x8825: {1: "N", 2: (52.0, 31.0, 0.0), 29: SECRET.decode()}}


def noise(width: int, height: int, mode: str = "RGB") -> Any:
    """Return a picture with something to see: a corner is red, the rest is coloured clouds."""
    return _noise(width, height).convert(mode)


@cache
def _noise(width: int, height: int) -> Any:
    small = Image.frombytes("RGB", (16, 16), random.Random(1).randbytes(768))
    image = small.resize((width, height), Image.Resampling.BICUBIC)
    image.paste((255, 0, 0), (0, 0, width // 4, height // 4))
    return image


def picture(kind: str = "JPEG", size: tuple[int, int] = (800, 600), mode: str = "RGB", **how: Any) -> bytes:
    return _saved(kind, size, mode, **how) if how else _plain(kind, size, mode)


@cache
def _plain(kind: str, size: tuple[int, int], mode: str) -> bytes:
    return _saved(kind, size, mode)


def _saved(kind: str, size: tuple[int, int], mode: str, **how: Any) -> bytes:
    out = io.BytesIO()
    noise(*size, mode).save(out, kind, **how)
    return out.getvalue()


def photograph(kind: str = "JPEG", orientation: int = 1, size: tuple[int, int] = (800, 600), **how: Any) -> bytes:
    """Return a picture as a camera takes it: with where it was taken, a comment, and how the camera was held."""
    exif = Image.Exif()
    exif.update({**WHERE, 0x0112: orientation})
    how |= {"exif": exif}
    if kind in ("JPEG", "WEBP"):
        how |= {"xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}
    if kind == "JPEG":
        how |= {"comment": SECRET}
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Comment", SECRET.decode())
        info.add_text("zipped", SECRET.decode(), zip=True)
        info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        how |= {"pnginfo": info}
    return picture(kind, size, **how)


def animated(kind: str, frames: int = 3, size: tuple[int, int] = (60, 40), **how: Any) -> bytes:
    first, *others = [Image.new("RGB", size, (number * 97 % 256, number % 256, 90)) for number in range(frames)]
    out = io.BytesIO()
    first.save(out, kind, save_all=True, append_images=others, duration=40, loop=0, **how)
    return out.getvalue()


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of these chunks."""
    made = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        made += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return made


def huge_png(width: int, height: int) -> bytes:
    """Return a PNG of so many pixels, all black, in few bytes."""
    pack, row = zlib.compressobj(9), bytes(1 + (width + 7) // 8)
    data = b"".join([pack.compress(row) for _ in range(height)]) + pack.flush()
    return png((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", data), (b"IEND", b""))


def with_chunk(image: bytes, name: bytes, data: bytes) -> bytes:
    """Return a PNG with one more chunk after its first."""
    return image[:33] + png((name, data))[8:] + image[33:]


def many_frames(count: int) -> bytes:
    """Return a GIF of so many frames of one pixel."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"!\xf9\x04\x00\x01\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
    return head + frame * count + b";"


def zipped(name: str = "evil.txt") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, SECRET)
    return out.getvalue()


def opened(data: bytes) -> Any:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
