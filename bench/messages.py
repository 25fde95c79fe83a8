"""Messages through a whole chat in one process, from frames to frames, for callgrind: see instructions.py.

100 channels of two, each of whom sends 4 messages at a time, as in W3. There is no network: what is counted is the
server's own work. Limits are on, with rates that refuse nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import tempfile
from collections.abc import Awaitable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path

from bench.servers import BUILD
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.models import User
from tornado_chat.config import speed
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app
from tornado_chat.web.socket.transport import WebSocketTransport

CHANNELS, MEMBERS, AT_ONCE = 100, 2, 4
ROUND = CHANNELS * MEMBERS * AT_ONCE  # messages
KEPT = (
    8  # of a channel: from the second round on each new one replaces an old one, as on a server that has run for long
)
TEXT = "as long as most are"
DIGITS = 16  # of a ref
TURNS = 6  # of the loop, in which all is delivered
COUNTING = ctypes.CDLL(str(BUILD / "counting.so"))
MASK = bytes(4)  # the frames are unmasked all the same


class Line:
    """The network under a socket: it keeps what is written."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.write = self.frames.append

    def lines(self) -> int:
        """Return how many lines were written since this was last asked."""
        count = sum(frame.count(b"\n") + 1 for frame in self.frames)
        self.frames.clear()
        return count

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...
    def set_write_buffer_limits(self, high: int) -> None: ...


class Socket:
    """What a Session does with a message."""

    connection: Connection

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def on_made(self) -> None: ...

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        assert isinstance(message, str)
        return None if self._chat.hub.leaving else self._chat.router.dispatch(self.connection, message)


class Client:
    """Somebody in one of the channels, and the frames that they send."""

    def __init__(self, chat: Chat, number: int, has_refs: bool) -> None:
        self.channel = f"channel {number // MEMBERS}"
        self.line = Line()
        self._frame = frame(self.channel, has_refs)
        self._refs: Iterator[int] | None = count() if has_refs else None
        socket = Socket(chat)
        self.transport = WebSocketTransport(socket, 65_536)  # type: ignore[arg-type]
        self.transport.connection_made(self.line)
        self.transport._early = None  # its handler is open
        assert chat.hub.limits is not None
        user = User(f"id-{number}", f"Client {number}")
        gate = chat.hub.limits.enter(user.id, f"192.0.2.{number % 250}")
        socket.connection = Connection(user, self.transport, chat.hub.flusher, gate)
        chat.hub.add(socket.connection)
        chat.hub.join(socket.connection, self.channel)

    def send(self) -> None:
        """Send the messages of one round, in one read of the server."""
        if self._refs is not None:
            frames = (self._frame % ref for ref in islice(self._refs, AT_ONCE))
            self.transport.data_received(b"".join(frames))
        else:
            self.transport.data_received(self._frame * AT_ONCE)


def frame(channel: str, has_ref: bool) -> bytes:
    """Return a client's frame; with a place for the digits of its ref."""
    call = f'{{"action":"send-message","target":"{channel}","message":"{TEXT}"'
    payload = (call + (',"ref":"' + "0" * DIGITS + '"}' if has_ref else "}")).encode()
    place = f"%0{DIGITS}x".encode()
    return bytes((0x81, 0x80 | len(payload))) + MASK + payload.replace(b"0" * DIGITS, place)


async def send(messages: int, has_refs: bool, folder: Path) -> None:
    """Send so many messages, and see that each has reached both members."""
    rates = {"message_rate": (0, 0, 0), "connect_rate": (0, 0, 0), "max_connections": (0, 0, 0)}
    chat = make_app(Settings(data_dir=folder, history="memory", **rates))  # type: ignore[arg-type]
    await chat.start()
    chat.hub.announce = lambda channel: None  # who comes is told later, by the clock
    chat.storage.history._keep = KEPT  # type: ignore[attr-defined]
    clients = [Client(chat, number, has_refs) for number in range(CHANNELS * MEMBERS)]
    await _rounds(clients, 2 * KEPT // AT_ONCE)
    _received(clients)
    COUNTING.start()
    await _rounds(clients, messages // ROUND)
    COUNTING.stop()
    received, expected = _received(clients), messages * (MEMBERS + has_refs)
    assert received == expected, f"{received} lines were received, not {expected}"


async def _rounds(clients: Sequence[Client], count: int) -> None:
    for _ in range(count):
        for client in clients:
            client.send()
        for _ in range(TURNS):
            await asyncio.sleep(0)


def _received(clients: Sequence[Client]) -> int:
    return sum(client.line.lines() for client in clients)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("messages", type=int)
    parser.add_argument("--refs", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        speed.new_event_loop().run_until_complete(send(options.messages, options.refs, Path(folder)))
