"""A transport over Tornado's IOStream, for TLS, where the socket cannot be handed to asyncio."""

from __future__ import annotations

import asyncio

from tornado.iostream import IOStream, StreamClosedError

from tornado_chat.web.socket.tornado_internals import unwritten

CHUNK = 64 * 1024  # bytes, read or written at once: a reader that takes less in 8 s counts as stalled


class StreamTransport:
    """The methods of asyncio's transport that a WebSocketTransport uses."""

    def __init__(self, stream: IOStream, protocol: asyncio.Protocol) -> None:
        self._stream = stream
        self._protocol = protocol
        self._behind = False  # whether something waits
        self._closing = False
        self._reading: asyncio.Future[bytes] | None = None
        self._paused = True
        stream.set_nodelay(True)  # as asyncio does
        stream.set_close_callback(self._lost)

    def write(self, data: bytes) -> None:
        """Write what the kernel takes at once, and the rest when the client has read."""
        if self._closing:
            return
        view = memoryview(data)
        try:
            for start in range(0, len(data), CHUNK):  # TLS tells of what it was given once as a whole
                written = self._stream.write(view[start : start + CHUNK])
        except StreamClosedError:
            return
        if not written.done():
            written.add_done_callback(self._written)
            if not self._behind:
                self._behind = True
                self._protocol.pause_writing()

    def _written(self, done: asyncio.Future[None]) -> None:
        if self._behind and done.exception() is None and self.get_write_buffer_size() == 0:
            self._behind = False
            if self._closing:
                self._stream.close()
            else:
                self._protocol.resume_writing()

    def get_write_buffer_size(self) -> int:
        return 0 if self._stream.closed() else unwritten(self._stream)

    def set_write_buffer_limits(self, high: int) -> None:
        """Do nothing: the protocol is always told if something waits."""

    def pause_reading(self) -> None:
        """Stop passing data on. What is being read meanwhile is kept."""
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        if self._reading is not None:
            if self._reading.done():
                asyncio.get_running_loop().call_soon(self._read, self._reading)
        elif not self._stream.closed():
            try:
                reading = self._stream.read_bytes(CHUNK, partial=True)
            except OSError:  # what came is no TLS; the stream has closed itself
                return
            self._reading = asyncio.ensure_future(reading)
            self._reading.add_done_callback(self._read)

    def _read(self, done: asyncio.Future[bytes]) -> None:
        if self._paused or done is not self._reading:
            return  # it waits for resume_reading, or has been handed over
        self._reading = None
        if done.exception() is None:
            self._protocol.data_received(done.result())
            if not self._paused:
                self.resume_reading()

    def is_closing(self) -> bool:
        return self._closing or self._stream.closed()

    def close(self) -> None:
        self._closing = True
        if not self._behind:
            self._stream.close()

    def abort(self) -> None:
        self._closing = True
        self._stream.close()

    def can_write_eof(self) -> bool:
        """TLS has no half-closed connections here."""
        return False

    def _lost(self) -> None:
        self._closing = True
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)
