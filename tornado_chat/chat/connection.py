"""One client: who it is, where it is joined, and what it may still be sent."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tornado_chat.chat.batching import Batch, Batcher
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.errors import Close, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.protocol import encode, event_line, notice
from tornado_chat.chat.rate_limits import ConnectionLimits

MAX_WAITING = 1024 * 1024  # bytes that a reader may be behind
MAX_STALL = 8.0  # seconds in which it must take some of them; asked every second, so it is gone within 10
MAX_MISTAKES, MISTAKES_WITHIN = 10, 10.0  # seconds
#: What all connections share that have nothing to send, and that are in no channel. Both stay empty.
NO_LINES: list[bytes] = []
NOWHERE: dict[str, Channel] = {}


class Transport(Protocol):
    """The socket as a connection sees it."""

    write: Callable[[bytes], None]
    last_heard: float  # seconds of monotonic()

    def ping(self) -> None:
        """Ask for a sign of life."""

    def waiting(self) -> int:
        """Return how many bytes the kernel has not taken yet."""

    def close(self, code: int, reason: str) -> None:
        """Say goodbye (RFC 6455, 7.1.2), then go."""

    def abort(self, code: int) -> None:
        """Go at once: for a client that does not read."""


class Lag:
    """How far a reader is behind: of the bytes that were `written` the kernel has had `taken` since `since`."""

    __slots__ = ("since", "taken", "written")

    def __init__(self, written: int) -> None:
        self.written = written
        self.taken = -1  # not asked yet
        self.since = 0.0


class Connection(Batch):
    """One socket of a user. `channels`: those it has joined, by name; `gate`: the limits it is under.

    `address`: where it comes from; `session`: what it signed in with, "" where nothing can be signed out;
    `allowed`: the channels that it may enter, None for all.
    """

    __slots__ = (
        *("_lag", "_mistakes", "address", "allowed", "channels", "due", "ended", "gate", "number"),
        *("session", "user", "transport", "write"),
    )

    def __init__(
        self, user: User, transport: Transport, flusher: Batcher, gate: ConnectionLimits | None = None
    ) -> None:
        super().__init__(flusher)
        self.gate = gate
        self.address = self.session = ""
        self.allowed: frozenset[str] | None = None
        self.user = user
        self.transport = transport
        self.lines = NO_LINES
        self.channels: dict[str, Channel] = NOWHERE
        self.ended = False
        self.number = 0  # by which other nodes know it
        self.due: dict[Connection, float] | None = None  # the keepalive's: with whom it looks at this connection
        #: Writes one frame. It is the transport's own method while the reader keeps up.
        self.write: Callable[[bytes], None] = transport.write
        self._lag: Lag | None = None  # while its reader is behind
        self._mistakes: deque[float] | None = None

    # Lines of its own

    def send(self, event: Mapping[str, Any]) -> None:
        """Send a plugin's event to this connection alone; ValueError for a reserved `action`, or none."""
        self._flusher.require_loop()
        self.gather(event_line(event))

    def answer(self, event: Mapping[str, Any]) -> None:
        """Send one of the server's own events to this connection alone."""
        self._flusher.require_loop()
        self.gather(encode(event))

    def show(self, channel: str, text: str, **fields: Any) -> None:
        """Show a line of the server's own in a channel, to this connection alone."""
        self._flusher.require_loop()
        self.gather(notice(channel, text, int(time.time() * 1000), {"private": True, **fields}))

    def refuse(self, refused: Refused, ref: str | None, target: object = None) -> None:
        """Answer a call with an error; whoever does nothing but err is closed with 1008."""
        event: dict[str, Any] = {"action": "error", "ref": ref, "code": refused.code, "message": refused.message}
        if type(target) is str:
            event["target"] = target
        if refused.rule:
            event["rule"], event["needs"] = refused.rule, refused.needs
        if refused.length is not None:
            event["length"] = refused.length
        if refused.until:
            event["until"] = refused.until
        if refused.retry_after:
            event["retry_after_ms"] = math.ceil(refused.retry_after * 1000)
        self.answer(event)

    def flush(self) -> None:
        """Send what has gathered for this connection alone."""
        for frame in self.take_frames():
            self.write(frame)

    def take_frames(self) -> list[bytes]:
        """Return what has gathered, which the caller sends."""
        lines, self.lines = self.lines, NO_LINES
        return self._flusher.frames(lines)

    def count_mistake(self, now: float) -> bool:
        """Return whether this mistake is one too many: more than 10 in 10 s."""
        if self._mistakes is None:
            self._mistakes = deque(maxlen=MAX_MISTAKES + 1)
        self._mistakes.append(now)
        return len(self._mistakes) > MAX_MISTAKES and now - self._mistakes[0] <= MISTAKES_WITHIN

    def may_enter(self, channel: str) -> bool:
        """Return whether this connection may know of a channel."""
        return self.allowed is None or channel in self.allowed

    def tell_list(self, event: Mapping[str, Any]) -> None:
        """Send as much of an event `channels` as this connection may know of."""
        if self.allowed is not None:
            event = {key: self._known(value) if isinstance(value, list) else value for key, value in event.items()}
            if not ("all" in event or event.get("changed") or event.get("removed")):
                return
        self.answer(event)

    def _known(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for one in entries if self.may_enter(one["channel"])]

    # Its end

    def close(self, code: int, reason: str = "") -> None:
        """Send what has gathered, say goodbye and end the connection."""
        self._flusher.require_loop()
        self.flush()
        self.transport.close(code, reason)

    def end(self) -> None:
        """A goodbye was said or heard: nothing is written or handled any more (RFC 6455, 5.5.1)."""
        self.ended = True
        self.write = self.transport.write

    # A reader that falls behind

    def fell_behind(self) -> None:
        """From now on count what waits: the kernel takes no more for the moment."""
        self._lag = Lag(self.transport.waiting())
        self.write = self._write_bounded

    def caught_up(self) -> None:
        """Everything is with the kernel again."""
        self._lag = None
        self.write = self.transport.write

    def pass_on(self, frame: bytes) -> None:
        """Write a frame of passing events, which a reader that is far behind goes without."""
        if self.write is self.transport.write or self.transport.waiting() < MAX_WAITING // 2:
            self.write(frame)

    def is_stalled(self, now: float) -> bool:
        """Return whether a reader that is behind has taken nothing for long."""
        lag = self._lag
        if lag is None:
            return False
        taken = lag.written - self.transport.waiting()
        if taken != lag.taken:
            lag.taken, lag.since = taken, now
        return now - lag.since >= MAX_STALL

    def _write_bounded(self, frame: bytes) -> None:
        if self.transport.waiting() + len(frame) > MAX_WAITING:
            self.transport.abort(Close.TRY_LATER)
        else:
            if self._lag is not None:
                self._lag.written += len(frame)
            self.transport.write(frame)
