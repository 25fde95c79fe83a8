"""What a file is, by its first bytes. What its sender or its name says of that does not count."""

from __future__ import annotations

import codecs
import re

HEAD = 4_096  # bytes that are looked at
PLAIN = "application/octet-stream"
TEXT = "text/plain"
#: What can be shown as a picture, once it has been decoded.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
#: What a browser may show in its place; all else is downloaded.
INLINE = PICTURES | {
    *("video/mp4", "video/webm", "video/ogg"),
    *("audio/mp4", "audio/webm", "audio/ogg", "audio/mpeg"),
}
_BEGINS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
)
#: The brands of what begins with a box `ftyp` (ISO/IEC 14496-12).
_BRANDS = {
    **dict.fromkeys(("isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "MSNV"), "video/mp4"),
    **dict.fromkeys(("M4A ", "M4B "), "audio/mp4"),
    **dict.fromkeys(("heic", "heix", "mif1"), "image/heic"),
    **dict.fromkeys(("avif", "avis"), "image/avif"),
    "qt  ": "video/quicktime",
}
_EBML = b"\x1a\x45\xdf\xa3"
_WEBM = re.compile(rb"\x42\x82.{1,8}?webm", re.DOTALL)  # its DocType
_FILM = re.compile(rb"V_VP8|V_VP9|V_AV1")
_SOUND = re.compile(rb"A_OPUS|A_VORBIS")
_MPEG = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]")  # a frame of layer III whose bit rate is one
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


def sniff(head: bytes) -> str:
    """Return the type of what begins with these bytes; HEAD of them, or all that there are."""
    for begin, name in _BEGINS:
        if head.startswith(begin):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12].decode("latin-1"), PLAIN)
    if head.startswith(b"OggS"):
        return "video/ogg" if b"\x80theora" in head else "audio/ogg"
    if head.startswith(_EBML):
        return _matroska(head)
    if _MPEG.match(head):
        return "audio/mpeg"
    return TEXT if _is_text(head) else PLAIN


def _matroska(head: bytes) -> str:
    if not _WEBM.search(head[:64]):
        return "video/x-matroska"
    return "audio/webm" if _SOUND.search(head) and not _FILM.search(head) else "video/webm"


def _is_text(head: bytes) -> bool:
    """Return whether it is UTF-8 without control characters. The last character may be cut."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return bool(head) and not _NOT_TEXT.search(text)
