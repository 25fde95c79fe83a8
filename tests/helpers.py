"""What the tests of the rooms without I/O share: a clock that jumps, a wire that records, people on it."""

import asyncio
import json
import selectors
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

from tornado_chat.connection import Connection
from tornado_chat.history.memory import MemoryHistory
from tornado_chat.hooks import Hooks
from tornado_chat.hub import Hub
from tornado_chat.loader import build_registry
from tornado_chat.protocol import User
from tornado_chat.router import Router


class _JumpingSelector(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("the test waits for what will never happen")
        self.now += timeout
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer as soon as nothing else is left to do."""

    def __init__(self) -> None:
        self.clock = _JumpingSelector()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a test's coroutine on a loop whose time costs none."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main())


async def turns(count: int = 40) -> None:
    """Let the loop turn: far more often than a flush or a handler waits."""
    for _ in range(count):
        await asyncio.sleep(0)


async def pass_time(seconds: float) -> None:
    """Let the jumping clock go on."""
    await asyncio.sleep(seconds)
    await turns()


class FakeWire:
    """A Wire that records what is written; `unread` is what its client has not taken, in bytes."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed: list[int] = []
        self.aborted: list[int] = []
        self.pings = 0
        self.unread = 0
        self.last_heard = 0.0
        self.write = self.frames.append

    def ping(self) -> None:
        self.pings += 1

    def waiting(self) -> int:
        return self.unread

    def close(self, code: int, reason: str) -> None:
        self.closed.append(code)

    def abort(self, code: int) -> None:
        self.aborted.append(code)


def lines(frame: bytes) -> list[dict[str, Any]]:
    """Return the objects of a server's text frame, read as RFC 6455 (5.2) has it, a line each."""
    assert frame[0] == 0x81, "one whole text frame"
    size, at = frame[1], 2
    if size > 125:
        at = 4 if size == 126 else 10
        size = int.from_bytes(frame[2:at], "big")
    assert len(frame) == at + size
    return [json.loads(line) for line in frame[at:].decode().split("\n")]


class Client:
    """A connection on a FakeWire."""

    def __init__(self, hub: Hub, user: User) -> None:
        self.wire = FakeWire()
        self.user = user
        self.connection = Connection(user, self.wire, hub.flusher)
        hub.add(self.connection)

    @property
    def frames(self) -> list[list[dict[str, Any]]]:
        """All frames that came, each as its objects."""
        return [lines(frame) for frame in self.wire.frames]

    @property
    def events(self) -> list[dict[str, Any]]:
        """All objects that came."""
        return [event for frame in self.frames for event in frame]

    @property
    def texts(self) -> list[str]:
        """The words of all lines that are shown in a channel."""
        return [event["message"] for event in self.events if event["action"] == "send-message"]

    def of(self, action: str) -> list[dict[str, Any]]:
        """All objects of one action."""
        return [event for event in self.events if event["action"] == action]


class House:
    """A hub and a router over a memory history, with the built-in actions; `now` is the router's clock."""

    def __init__(self, *plugins: ModuleType, history: MemoryHistory | None = None, **hub: Any) -> None:
        self.history = history or MemoryHistory()
        self.hub = Hub(self.history, **hub)
        self.now = 0.0
        registry = build_registry([])
        for module in plugins:
            registry.add(module, module.__name__)
        self.registry = registry
        self.router = Router(registry, self.hub, lambda: self.now)
        self.hooks = Hooks(self.hub)
        self.hooks.use(registry.listeners)

    def client(self, name: str, *channels: str, id: str = "", role: str = "member", address: str = "") -> Client:
        """Connect someone, who is in these channels (and is announced to no one)."""
        client = Client(self.hub, User(id or f"id-{name}", name, role))
        client.connection.address = address
        for channel in channels:
            self.hub.join(client.connection, channel)
        return client

    async def say(self, client: Client, frame: str) -> None:
        """Have a client's frame handled to its end."""
        pending = self.router.dispatch(client.connection, frame)
        if pending is not None:
            await pending
        await turns()

    async def call(self, client: Client, action: str, ref: str | None = "r", **fields: Any) -> dict[str, Any]:
        """Call an action; return its one answer."""
        before = len(client.events)
        message = {"action": action, **fields} if ref is None else {"action": action, "ref": ref, **fields}
        await self.say(client, json.dumps(message))
        answers = [event for event in client.events[before:] if event["action"] in ("ok", "error")]
        assert len(answers) == 1, answers
        return answers[0]


def module(source: str, name: str = "plugin") -> ModuleType:
    """Return a module of this source; it has imported what a plugin imports."""
    made = ModuleType(name)
    made.__file__ = f"{name}.py"
    prelude = "import asyncio\nfrom typing import *\nfrom tornado_chat import *\nfrom tornado_chat import action\n"
    exec(compile(prelude + source, made.__file__, "exec"), vars(made))
    return made
