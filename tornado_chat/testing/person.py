"""A client of a chat without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Close
from tornado_chat.chat.file_names import clean_file_name
from tornado_chat.chat.models import User
from tornado_chat.routing.registry import Registry
from tornado_chat.routing.router import Router
from tornado_chat.routing.server import Server
from tornado_chat.testing.participant import Participant, refused
from tornado_chat.testing.transports import FakeTransport, lines

T = TypeVar("T")


class Chat(Protocol):
    """What a Person needs of its testing.Chat."""

    hub: Server
    registry: Registry
    router: Router

    def _do(self, what: Coroutine[Any, Any, None], enough: Callable[[], bool] = ...) -> None: ...
    def _get(self, what: Coroutine[Any, Any, T]) -> T: ...


class Person(Participant[dict[str, Any]]):
    """A user's connection to a Chat; see Participant. Calls have been answered when a method returns."""

    def __init__(self, chat: Chat, user: User) -> None:
        self.events = []
        self.user = user
        self._chat = chat
        self._refs = 0
        self._transport = _Transport(self.events)
        self._connection = Connection(user, self._transport, chat.hub.flusher)
        self._transport.on_end = partial(_remove, chat.hub, self._connection)
        chat._do(self._connect(chat))

    async def _connect(self, chat: Chat) -> None:
        chat.hub.add(self._connection)
        actions = chat.registry.describe(self.user.may)
        self._connection.answer({"action": "hello", "user": self.user, "actions": actions})
        chat.hub.places.connected(self._connection)
        if chat.hub.on_move is not None:
            chat.hub.on_move("connect", self._connection)

    @property
    def closed(self) -> int | None:
        """The close code, None while the connection is open."""
        return self._transport.code

    def join(self, channel: str) -> dict[str, Any]:
        """Join a channel and write there from now on; return its `ok`."""
        answer = self.call("join-channel", target=channel)
        self.channel = channel
        return answer

    def create(self, name: str, *others: Person, kind: str = "private") -> dict[str, Any]:
        """Create a channel with these members and write there from now on; return its `ok`."""
        answer = self.call("create-channel", **self._new(name, kind, others))
        self.channel = answer["channel"]
        return answer

    def direct(self, *others: Person) -> dict[str, Any]:
        """Open the direct conversation with others and write there from now on; return its `ok`."""
        answer = self.call("open-direct", users=[one.id for one in others])
        self.channel = answer["channel"]
        return answer

    def say(
        self, line: str = "", channel: str | None = None, files: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        """Send a line as typed in the page, /roll 20 or plain text; see `call`. ValueError for a wrong command.

        files: what `upload` has returned; the text may be empty then.
        """
        return self.call(**self._read(line, channel, files))

    def upload(self, name: str, data: bytes) -> dict[str, Any]:
        """Upload a file, for `say`, or for a field of type Upload; return its `id`, `name`, `type` and `size`."""
        return self._chat._get(self._chat.hub.files.add(self.user, clean_file_name(name), data)).shown()

    def download(self, file: Mapping[str, Any]) -> bytes:
        """Return the bytes of a file of a message; Refused (`not-found`) unless the user may have it."""
        return self._chat._get(self._download(file["id"]))

    async def _download(self, id: str) -> bytes:
        files = self._chat.hub.files
        file = await files.get(self.user, id, self._connection.allowed)
        return b"".join([piece async for piece in files.read(file.blob)])

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Call an action and return its `ok`; an `error` is raised as Refused. Meanwhile the clock runs."""
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
            raise refused(found)
        return found

    async def _dispatch(self, frame: str) -> None:
        pending = self._chat.router.dispatch(self._connection, frame)
        if pending is not None:
            await pending

    def close(self) -> None:
        """Disconnect."""
        if not self._connection.ended:
            self._chat._do(self._disconnect())

    async def _disconnect(self) -> None:
        self._transport.abort(Close.NORMAL)


class _Transport(FakeTransport):
    """A transport that hands on events and, like a socket, ends only after the current callback."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        super().__init__()
        self.write = lambda frame: events.extend(lines(frame) if self.code is None else ())
        self.code: int | None = None
        self.on_end: Callable[[], None]

    def close(self, code: int, reason: str) -> None:
        self.abort(code)

    def abort(self, code: int) -> None:
        if self.code is None:
            self.code = code
            self.on_end()


def _remove(hub: Server, connection: Connection) -> None:
    connection.ended = True
    asyncio.get_running_loop().call_soon(hub.remove, connection)
