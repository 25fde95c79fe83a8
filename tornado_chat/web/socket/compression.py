"""permessage-deflate (RFC 7692) without I/O, and without context: each message is compressed by itself.

So one compressed frame serves every client that accepted, and a connection keeps no compressor.
"""

from __future__ import annotations

import re
import zlib

from tornado_chat.chat.errors import Close
from tornado_chat.web.socket.frames import FrameError, frame

ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
LEVEL = 6
SMALLEST = 128  # bytes: what is smaller gains nothing
TAIL = b"\x00\x00\xff\xff"  # ends each message, and is not sent (RFC 7692, 7.2.1)
RSV1 = 0x40
_PARTS = {mark: re.compile(rf'((?:[^{mark}"]|"(?:\\.|[^"\\])*"?)*)(?:{mark}|$)') for mark in ",;"}


def accept(offers: str) -> str | None:
    """Return the answer to a Sec-WebSocket-Extensions header; None declines all that it offers (RFC 7692, 7.1).

    An offer that limits the server's window is declined: what is compressed for all has the window of 32 KiB.
    So is one with a parameter that is unknown, not valid, or there twice.
    """
    for offer in _split(offers, ","):
        name, *parameters = _split(offer, ";")
        if name == "permessage-deflate":
            given = [_parameter(parameter) for parameter in parameters]
            keys = {key for key, _ in given}
            if len(keys) == len(given) and all(_is_valid(*one) for one in given):
                return ANSWER + ("; server_max_window_bits=15" if "server_max_window_bits" in keys else "")
    return None


def _split(text: str, mark: str) -> list[str]:
    """Split at a mark that does not stand within quotes."""
    return [part.strip() for part in _PARTS[mark].findall(text)[:-1]] or [""]


def _parameter(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    return key.strip(), value.strip().strip('"') if equals else None


def _is_valid(key: str, value: str | None) -> bool:
    bits = value is not None and value.isascii() and value.isdigit() and value[0] != "0" and 8 <= int(value) <= 15
    match key:
        case "server_no_context_takeover" | "client_no_context_takeover":
            return value is None
        case "server_max_window_bits":
            return value == "15"
        case "client_max_window_bits":
            return bits or value is None
    return False


def inflate(payload: bytes, max_size: int) -> bytes:
    """Return a message as it was. FrameError: 1002 for what deflate did not make, 1009 for one that is too large."""
    reader = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        message = reader.decompress(payload + TAIL, max_size + 1)
    except zlib.error:
        raise FrameError(Close.PROTOCOL_ERROR, "a compressed message that is none") from None
    if len(message) > max_size:
        raise FrameError(Close.TOO_BIG, f"a message has at most {max_size} bytes")
    return message


def deflate(payload: bytes, opcode: int) -> bytes:
    """Return a message as one compressed frame, or as it is where that is as short."""
    if len(payload) >= SMALLEST:
        writer = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
        packed = writer.compress(payload) + writer.flush(zlib.Z_SYNC_FLUSH)
        if len(packed) - len(TAIL) < len(payload):
            return frame(packed[: -len(TAIL)], opcode | RSV1)
    return frame(payload, opcode)


_last: tuple[bytes, bytes] = (b"", b"")


def deflated(whole: bytes) -> bytes:
    """Return a whole data frame compressed: once for all members that the very same bytes are written to."""
    global _last
    if whole is not _last[0]:
        opcode, size = whole[0] & 0x0F, whole[1]
        start = 2 if size < 126 else 4 if size == 126 else 10
        _last = (whole, whole if opcode & 0x08 else deflate(whole[start:], opcode))
    return _last[1]
