"""RFC 6455 without I/O: bytes in -> messages and control frames; frames out.

A server's side of it: what comes in is masked, what goes out is not.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Final

from tornado_chat.chat.errors import BROKEN, NO_CODE, Close
from tornado_chat.web.socket.tornado_internals import unmask

MAX_FRAME_OUT: Final = 256 * 1024  # bytes of lines in one frame
MIN_FRAGMENT = 64  # bytes: more fragments than the largest message has in this size are too many (each costs a loop)
_Utf8Decoder = codecs.getincrementaldecoder("utf-8")


class Opcode(IntEnum):
    """What a frame is (RFC 6455, 5.2)."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class FrameError(Exception):
    """The client broke the protocol: the connection fails with `code` (RFC 6455, 7.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Fragments:
    """What has come of a message in fragments. `utf8` finds what is no text before the last has come."""

    __slots__ = ("opcode", "pieces", "size", "utf8")

    def __init__(self, opcode: int) -> None:
        self.opcode = opcode
        self.pieces: list[bytes] = []
        self.size = 0
        self.utf8: codecs.IncrementalDecoder | None = _Utf8Decoder() if opcode == Opcode.TEXT else None


class FrameReader:
    """Reads one client's frames. `max_size`: bytes of a message, all its fragments together.

    `inflate`, where compression was agreed on: (payload, max_size) -> the message (RFC 7692).
    """

    __slots__ = ("_buffer", "_fragments", "_needed", "inflate", "max_size")

    def __init__(self, max_size: int, inflate: Callable[[bytes, int], bytes] | None = None) -> None:
        self.max_size = max_size
        self.inflate = inflate
        self._buffer: bytearray | None = None  # a frame that has not wholly come
        self._needed = 0  # bytes that it takes to go on with it
        self._fragments: Fragments | None = None  # of a message that is coming

    def feed(self, data: bytes) -> Iterator[tuple[int, str | bytes]]:
        """Yield what is complete: (opcode, text of a TEXT, bytes of all else). FrameError ends the connection."""
        if self._buffer is not None:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return
            data, self._buffer = bytes(self._buffer), None
        at, end = 0, len(data)
        while end - at >= 2:
            first, second = data[at], data[at + 1]
            length = second & 0x7F
            start = at + 6
            if length > 125:
                start += 2 if length == 126 else 8
                if end < start - 4:
                    self._needed = start - 4 - at
                    break
                length = int.from_bytes(data[at + 2 : start - 4], "big")
            if first != 0x81 or not 0x80 <= second <= 0xFD or self._fragments is not None:
                self._check(first, second, length, start - at - 6)
            stop = start + length
            if stop > end:
                self._needed = stop - at
                break
            payload = unmask(data[start - 4 : start], data[start:stop])
            at = stop
            if first == 0x81 and self._fragments is None:  # what nearly all of them are
                try:
                    text = payload.decode()
                except UnicodeDecodeError:
                    raise _no_text() from None
                yield 1, text
            elif first & 0x08:
                yield first & 0x0F, payload
            elif (message := self._gather(first, payload)) is not None:
                yield message
        else:
            self._needed = 2
        if at < end:
            self._buffer = bytearray(data[at:])

    def _check(self, first: int, second: int, length: int, extended: int) -> None:
        """Check a header as soon as it has come (RFC 6455, 5.2, 5.4, 5.5)."""
        if first & 0x70 and (self.inflate is None or first & 0x78 != 0x40 or first & 0x0F == 0):
            raise FrameError(Close.PROTOCOL_ERROR, "a reserved bit is set")
        opcode = first & 0x0F
        if not second & 0x80:
            raise FrameError(Close.PROTOCOL_ERROR, "a client must mask its frames")
        if opcode & 0x08:
            if opcode > Opcode.PONG:
                raise FrameError(Close.PROTOCOL_ERROR, f"there is no opcode {opcode}")
            if length > 125 or extended or not first & 0x80:
                raise FrameError(Close.PROTOCOL_ERROR, "a control frame is whole and has at most 125 bytes")
            return
        if opcode > Opcode.BINARY:
            raise FrameError(Close.PROTOCOL_ERROR, f"there is no opcode {opcode}")
        if (opcode == 0) != (self._fragments is not None):
            raise FrameError(Close.PROTOCOL_ERROR, "a fragment without its message, or a message between fragments")
        if extended and length < (126 if extended == 2 else 65536):
            raise FrameError(Close.PROTOCOL_ERROR, "a length takes as few bytes as it can")
        gathered = 0 if self._fragments is None else self._fragments.size
        if gathered + length > self.max_size:
            raise FrameError(Close.TOO_BIG, f"a message has at most {self.max_size} bytes")

    def _gather(self, first: int, payload: bytes) -> tuple[int, str | bytes] | None:
        if self._fragments is None:
            if first & 0x80:
                return self._message(first & 0x4F, payload)
            self._fragments = Fragments(first & 0x4F)
        fragments = self._fragments
        fragments.pieces.append(payload)
        fragments.size += len(payload)
        most = max(self.max_size // MIN_FRAGMENT, 1024)
        if len(fragments.pieces) > most:
            raise FrameError(Close.TOO_BIG, f"a message has at most {most} fragments")
        if fragments.utf8 is not None:
            _decode(payload, fragments.utf8.decode)
        if not first & 0x80:
            return None
        self._fragments = None
        return self._message(fragments.opcode, b"".join(fragments.pieces))

    def _message(self, opcode: int, payload: bytes) -> tuple[int, str | bytes]:
        if opcode & 0x40 and self.inflate is not None:
            payload = self.inflate(payload, self.max_size)
            opcode &= 0x0F
        return opcode, payload if opcode == Opcode.BINARY else _decode(payload)


def _decode(payload: bytes, decode: Callable[[bytes], str] = bytes.decode) -> str:
    try:
        return decode(payload)
    except UnicodeDecodeError:
        raise _no_text() from None


def _no_text() -> FrameError:
    return FrameError(Close.INVALID_TEXT, "text is not UTF-8")


def parse_close(payload: bytes) -> tuple[int, str]:
    """Return code and reason of a close frame (RFC 6455, 5.5.1, 7.4); 1005 and no reason for an empty one."""
    if not payload:
        return NO_CODE, ""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in (1004, NO_CODE, BROKEN):
        raise FrameError(Close.PROTOCOL_ERROR, "a close code that may not be sent")
    return code, _decode(payload[2:])


# Frames out


def frame(payload: bytes, opcode: int = Opcode.TEXT) -> bytes:
    """Return one whole frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; the reason is cut to the 123 bytes that fit."""
    return frame(code.to_bytes(2, "big") + reason.encode()[:123].decode(errors="ignore").encode(), Opcode.CLOSE)


def text_frames(lines: list[bytes]) -> list[bytes]:
    """Return lines as text frames, joined by newlines, at most 256 KiB of them in one (a longer line is alone)."""
    payload = b"\n".join(lines)
    if len(payload) <= MAX_FRAME_OUT:  # as most are
        return [frame(payload)] if lines else []
    frames: list[bytes] = []
    start = size = 0
    for at, line in enumerate(lines):
        if size + len(line) > MAX_FRAME_OUT and at > start:
            frames.append(frame(b"\n".join(lines[start:at])))
            start, size = at, 0
        size += len(line) + 1
    frames.append(frame(b"\n".join(lines[start:])))
    return frames
