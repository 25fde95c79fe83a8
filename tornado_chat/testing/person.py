"""Who is connected to a chat without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.models import User
from tornado_chat.testing.face import Face
from tornado_chat.testing.wires import FakeWire, lines

if TYPE_CHECKING:
    from tornado_chat.testing.chat import Chat


class Person(Face):
    """Someone's connection to a Chat; see Face. What is sent has been answered when a method returns."""

    def __init__(self, chat: Chat, user: User) -> None:
        self.events = []
        self.user = user
        self._chat = chat
        self._refs = 0
        self._wire = _Line(self.events)
        self._connection = Connection(user, self._wire, chat.hub.flusher)
        self._wire.on_end = partial(_remove, chat.hub, self._connection)
        chat._do(self._come(chat))

    async def _come(self, chat: Chat) -> None:
        chat.hub.add(self._connection)
        actions = chat.registry.describe(self.user.may)
        self._connection.send({"action": "hello", "user": self.user, "actions": actions})
        if chat.hub.on_move is not None:
            chat.hub.on_move("connect", self._connection)

    @property
    def closed(self) -> int | None:
        """The code that the connection was closed with, None while it stands."""
        return self._wire.code

    def join(self, channel: str) -> dict[str, Any]:
        """Join a channel, where lines are said from now on; return its `ok`."""
        answer = self.call("join-channel", target=channel)
        self.channel = channel
        return answer

    def say(self, line: str, channel: str | None = None) -> dict[str, Any]:
        """Write a line as one does in the page, /roll 20 or words; see `call`. ValueError for a wrong command."""
        return self.call(**self._read(line, channel))

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Call an action and return its `ok`; an `error` is raised as Refused. While it waits the clock goes on."""
        if self._connection.ended:
            raise EOFError(f"the connection was closed with {self.closed}")
        self._refs += 1
        ref = fields.setdefault("ref", f"call-{self._refs}")
        seen = len(self.events)

        def answer() -> dict[str, Any] | None:
            answers = (event for event in self.events[seen:] if event["action"] in ("ok", "error"))
            return next((event for event in answers if event["ref"] == ref), None)

        frame = json.dumps({"action": action, **fields})
        self._chat._do(self._dispatch(frame), lambda: answer() is not None or self.closed is not None)
        found = answer()
        if found is None:
            raise EOFError(f"closed with {self.closed} before {action} was answered")
        if found["action"] == "error":
            raise Refused(found["message"], found["code"])
        return found

    async def _dispatch(self, frame: str) -> None:
        pending = self._chat.router.dispatch(self._connection, frame)
        if pending is not None:
            await pending

    def close(self) -> None:
        """Disconnect."""
        if not self._connection.ended:
            self._chat._do(self._go())

    async def _go(self) -> None:
        self._wire.abort(1000)


class _Line(FakeWire):
    """A wire that hands on what it is given, and ends as a socket does: after what is being done now."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        super().__init__()
        self.write = lambda frame: events.extend(lines(frame) if self.code is None else ())
        self.code: int | None = None
        self.on_end: Callable[[], None]

    def close(self, code: int, reason: str) -> None:
        """See WebSocketTransport."""
        self.abort(code)

    def abort(self, code: int) -> None:
        """See WebSocketTransport."""
        if self.code is None:
            self.code = code
            self.on_end()


def _remove(hub: Hub, connection: Connection) -> None:
    connection.ended = True
    asyncio.get_running_loop().call_soon(hub.remove, connection)
