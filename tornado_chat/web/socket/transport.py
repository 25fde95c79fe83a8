"""One open WebSocket on an asyncio transport, or for TLS on the IOStream behind the same methods."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from time import monotonic
from typing import Any, Final, cast

from tornado.iostream import SSLIOStream
from tornado.websocket import WebSocketHandler

from tornado_chat.chat.errors import BROKEN, Close
from tornado_chat.web.socket import compression, tornado_internals
from tornado_chat.web.socket.callbacks import Handshake, Opening, SocketCallbacks
from tornado_chat.web.socket.frames import FrameError, FrameReader, Opcode, close_frame, frame, parse_close
from tornado_chat.web.socket.tls import StreamTransport

PATIENCE = 5.0  # seconds that a client has to answer a goodbye
LINGER = 0.5  # seconds in which one that broke the protocol over TLS can read why
_CLOSE: Final = 0x8  # the opcode, and those of the other control frames
SEND_BUFFER = 512 * 1024  # bytes that the kernel may hide from MAX_WAITING; left alone, it grows to megabytes
TURN: Final = 64  # messages of one connection before the others have their turn
MAX_BEHIND = 1024 * 1024  # bytes that are read behind a goodbye; a flood that goes on then waits for its end


class Goodbye:
    """How a connection ends. `code`, `reason`: what its handler is told; `behind`: bytes that came since."""

    __slots__ = ("behind", "code", "deadline", "reason")

    def __init__(self) -> None:
        self.behind = 0
        self.code: int | None = None
        self.reason: str | None = None
        self.deadline: asyncio.TimerHandle | None = None


class WebSocketTransport(asyncio.Protocol):
    """One open WebSocket: frames in and out. Tornado knows it as the handler's `ws_connection`.

    `write`: the transport's own, for whole frames. `last_heard`: when bytes last came, in seconds of monotonic().
    """

    __slots__ = (*("_early", "_goodbye", "_handler", "_messages", "_reader", "_transport", "last_heard", "write"),)

    def __init__(self, handler: Opening, max_size: int, deflates: bool = False) -> None:
        self._handler: SocketCallbacks = handler
        self._reader: FrameReader | None = FrameReader(max_size, compression.inflate if deflates else None)
        self._early: bytes | None = b""  # came before the handler was open
        self._messages: Iterator[tuple[int, str | bytes]] | None = None  # read, and not handled yet
        self._transport: Any = None
        self._goodbye: Goodbye | None = None
        self.write: Callable[[bytes], None] = _write_nowhere
        self.last_heard = monotonic()

    @property
    def _deflates(self) -> bool:
        """Whether compression was agreed on; asked before anything can have ended the reader."""
        return self._reader is not None and self._reader.inflate is not None

    async def accept_connection(self, handler: WebSocketHandler) -> None:
        """Answer the upgrade, take the socket over and open the handler."""
        answer, deflates = cast(Handshake, handler).answer()
        if deflates and self._reader is not None:
            self._reader.inflate = compression.inflate
        stream = handler.detach()
        if stream.closed():
            return  # the client has not waited for the answer
        if isinstance(stream, SSLIOStream):
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            self.connection_made(StreamTransport(stream, self))
        else:
            sock, self._early = tornado_internals.release_socket(stream)
            await self.take(sock)
            self._transport.pause_reading()  # uvloop does not heed it in connection_made
        self.greet(answer)
        try:
            opened = handler.open(*handler.open_args, **handler.open_kwargs)
            if opened is not None:
                await opened
        except Exception:
            self.failed()
        asyncio.get_running_loop().call_soon(tornado_internals.free_handshake, handler)
        self.listen()

    async def take(self, sock: socket.socket) -> None:
        """Take a socket over, on which nobody else reads."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: self, sock)

    def greet(self, answer: bytes, frames: Iterable[bytes] = ()) -> None:
        """Write the answer to the upgrade, and in the same write the first frames."""
        if self._deflates:
            frames = map(compression.deflated, frames)
        self._transport.write(b"".join((answer, *frames)))

    def listen(self) -> None:
        """Handle what has come, and from now on what comes."""
        early, self._early = self._early, None
        if early:
            self.data_received(early)
        if self._messages is None:
            self._transport.resume_reading()

    def hand_over(self, session: SocketCallbacks) -> None:
        """Tell all from now on to what takes the handler's place, so that nothing of the handshake is held."""
        self._handler = session

    def connection_made(self, transport: Any) -> None:
        """Begin to write; reading begins when the handler is open."""
        self._transport = transport
        self.write = self._write_deflated if self._deflates else transport.write
        transport.set_write_buffer_limits(high=0)  # to be told of whatever waits
        cast(Opening, self._handler).on_made()
        if self._early is not None:
            transport.pause_reading()

    def _write_deflated(self, whole: bytes) -> None:
        self._transport.write(compression.deflated(whole))

    def data_received(self, data: bytes) -> None:
        """Handle what came; the rest in the next turn, if it is much."""
        self.last_heard = monotonic()
        if self._early is not None:
            self._early += data
        elif self._reader is not None:
            self._handle(self._reader.feed(data))
        if self._goodbye is not None:
            self._goodbye.behind += len(data)
            if self._goodbye.behind > MAX_BEHIND and not self._transport.is_closing():
                self._transport.pause_reading()

    def _handle(self, messages: Iterator[tuple[int, str | bytes]]) -> None:
        turn = TURN
        on_message = self._handler.on_message
        try:
            for opcode, payload in messages:
                if opcode >= _CLOSE:
                    pending = self._control(opcode, cast(bytes, payload))
                else:
                    pending = on_message(payload) if self._goodbye is None else None
                if pending is not None:
                    self._pause(messages)
                    asyncio.ensure_future(pending).add_done_callback(self._handled)
                    return
                turn -= 1
                if turn == 0:
                    self._pause(messages)
                    asyncio.get_running_loop().call_soon(self._continue)
                    return
        except FrameError as error:
            self._fail(error.code, error.reason)
        except Exception:
            self.failed()

    def _pause(self, messages: Iterator[tuple[int, str | bytes]]) -> None:
        if self._messages is None:
            self._transport.pause_reading()
        self._messages = messages

    def _handled(self, done: asyncio.Future[None]) -> None:
        if done.cancelled() or done.exception() is not None:
            self.failed(done.exception() if not done.cancelled() else asyncio.CancelledError())
        self._continue()

    def _continue(self) -> None:
        messages, self._messages = self._messages, None
        if messages is not None and not self._transport.is_closing():
            self._transport.resume_reading()
            self._handle(messages)

    def _control(self, opcode: int, payload: bytes) -> Awaitable[None] | None:
        if opcode == Opcode.CLOSE:
            code, reason = parse_close(payload)
            goodbye = self._goodbye or self._say_goodbye(frame(payload, Opcode.CLOSE))
            goodbye.code, goodbye.reason = code, reason
            self._reader = None
            self._transport.close()  # the server is the first to close the TCP connection (RFC 6455, 7.1.1)
            self._expect_end(goodbye)
            return None
        if opcode == Opcode.PONG:
            self._handler.on_pong(payload)
        else:
            if self._transport.get_write_buffer_size() == 0:  # else the last one will be answered
                self.write(frame(payload, Opcode.PONG))
            self._handler.on_ping(payload)
        return self._handler.on_sign()

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Say goodbye; the client has 5 s to answer."""
        if self._goodbye is None:
            self._expect_end(self._say_goodbye(close_frame(code or Close.NORMAL, reason or "")))

    def _say_goodbye(self, last: bytes) -> Goodbye:
        goodbye = self._goodbye = Goodbye()
        self.write(last)
        self.write = _write_nowhere
        self._handler.on_closing()
        return goodbye

    def abort(self, code: int) -> None:
        """Go at once; `on_close` reads this code."""
        goodbye = self._goodbye = self._goodbye or Goodbye()
        goodbye.code, self._reader = code, None
        self.write = _write_nowhere
        self._handler.on_closing()
        self._transport.abort()

    def _fail(self, code: int, reason: str) -> None:
        """Say why, then end (RFC 6455, 7.1.7): nothing that still comes is read as frames."""
        self._reader = None
        goodbye = self._goodbye or self._say_goodbye(close_frame(code, reason))
        goodbye.code, goodbye.reason = code, reason
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._expect_end(goodbye)
        else:
            self._expect_end(goodbye, LINGER)

    def failed(self, error: BaseException | None = None) -> None:
        """Log what a callback raised, and end the connection."""
        info = sys.exc_info() if error is None else (type(error), error, error.__traceback__)
        self._handler.log_exception(*info)
        self.close(Close.FAILED, "the server failed")

    def _expect_end(self, goodbye: Goodbye, patience: float = PATIENCE) -> None:
        if goodbye.deadline is None:
            goodbye.deadline = asyncio.get_running_loop().call_later(patience, self._transport.abort)

    def eof_received(self) -> None:
        """Close, as the client has: a half-open WebSocket is of no use."""

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the handler, once; 1006 where nobody said goodbye (RFC 6455, 7.1.5)."""
        goodbye = self._goodbye = self._goodbye or Goodbye()
        self._reader = self._messages = None
        self.write = _write_nowhere
        self._handler.on_closing()
        if goodbye.deadline is not None:
            goodbye.deadline.cancel()
        try:
            self._handler.on_ws_connection_close(goodbye.code or BROKEN, goodbye.reason)
        except Exception:
            self._handler.log_exception(*sys.exc_info())

    def on_connection_close(self) -> None:
        """Do nothing: Tornado's handler tells its protocol, which told it."""

    def waiting(self) -> int:
        """Return how many bytes the kernel has not taken yet."""
        return cast(int, self._transport.get_write_buffer_size())

    def pause_writing(self) -> None:
        """Tell the handler that something waits."""
        self._handler.on_pause()

    def resume_writing(self) -> None:
        """Tell the handler that nothing waits."""
        self._handler.on_resume()

    def ping(self, data: bytes = b"") -> None:
        """Ask for a sign of life."""
        self.write(frame(data, Opcode.PING))

    def write_message(self, message: str | bytes, binary: bool = False) -> asyncio.Future[None]:
        """Write one message; the future is done: a frame is never waited for."""
        payload = message.encode() if isinstance(message, str) else message
        self.write(frame(payload, Opcode.BINARY if binary else Opcode.TEXT))
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def is_closing(self) -> bool:
        """Return whether a goodbye was said or heard."""
        return self._goodbye is not None


def _write_nowhere(data: bytes) -> None:
    """What is written to a connection that is not there any more is lost."""
