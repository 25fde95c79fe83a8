"""Very many react to a message at once: each member of the channel is told a few times, and nobody waits."""

import json
import math
import re
import selectors
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Server
from tests.web.socket.test_frames import masked
from tests.web.socket.test_upgrade import handshake
from tornado_chat.chat.commit_news import GATHER
from tornado_chat.server.loop import new_loop

AT_ONCE = 100  # that connect
BUSY = '''
"""How long the loop works at once: the time of the processor between two looks of a timer."""

import asyncio
import time

from tornado_chat import Context, TimerContext, action, on

longest = [0.0]


async def watch():
    while True:
        began = time.thread_time()
        await asyncio.sleep(0.001)
        longest[0] = max(longest[0], time.thread_time() - began)


@on("startup")
def begin(ctx: TimerContext) -> None:
    ctx.spawn(watch())


@action("busy")
def busy(ctx: Context) -> dict:
    """Tell how long it worked at most since the last time."""
    found, longest[0] = longest[0], 0.0
    return {"seconds": found}
'''


class Member:
    """Somebody in the channel; `heard`: all that came."""

    def __init__(self, port: int, number: int) -> None:
        self.socket = socket.socket()
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(handshake(f"/ws?name=Guest%20{number}"))
        self.call("join-channel", "in", history=0)
        self.heard = bytearray()

    def call(self, action: str, ref: str, **fields: Any) -> None:
        self.socket.sendall(masked(json.dumps({"action": action, "target": "den", "ref": ref, **fields}).encode()))

    def answer(self, ref: str) -> dict[str, Any]:
        """Return the answer to a call, which has come."""
        found = re.search(rb'{[^{}]*"action":"ok","ref":"%s"[^{}]*}' % ref.encode(), self.heard)
        assert found
        answer: dict[str, Any] = json.loads(found[0])
        return answer


class Room:
    """The members of a channel, who read all that comes."""

    def __init__(self, port: int, count: int) -> None:
        self.selector = selectors.DefaultSelector()
        self.members: list[Member] = []
        while len(self.members) < count:
            some = [Member(port, len(self.members) + one) for one in range(min(AT_ONCE, count - len(self.members)))]
            for member in some:
                self.selector.register(member.socket, selectors.EVENT_READ, member)
            self.members += some
            self.until(b'"ref":"in"', some)

    def read(self, seconds: float) -> None:
        """Read what has come, or comes within so many seconds."""
        for key, _ in self.selector.select(max(0.0, seconds)):
            data = key.data.socket.recv(262_144)
            assert data, "a member was evicted"
            key.data.heard += data

    def until(self, wanted: bytes, members: list[Member] | None = None) -> None:
        """Read until all, or these, have heard something."""
        waiting = dict.fromkeys(members or self.members, 0)  # to where each was searched
        end = time.monotonic() + 60
        while waiting:
            assert time.monotonic() < end, (wanted, len(waiting))
            self.read(0.1)
            for one, start in list(waiting.items()):
                if one.heard.find(wanted, start) >= 0:
                    del waiting[one]
                else:
                    waiting[one] = max(0, len(one.heard) - len(wanted))

    def ask(self, action: str, ref: str, **fields: Any) -> dict[str, Any]:
        """Have one call something; return the answer."""
        self.members[-1].call(action, ref, **fields)
        self.until(f'"action":"ok","ref":"{ref}"'.encode(), self.members[-1:])
        return self.members[-1].answer(ref)

    def over(self, seconds: float, acts: list[Callable[[], None]]) -> None:
        """Do these, spread evenly, and read meanwhile."""
        began = time.monotonic()
        for number, act in enumerate(acts):
            while (rest := began + seconds * number / len(acts) - time.monotonic()) > 0:
                self.read(rest)
            act()

    def close(self) -> None:
        for member in self.members:
            member.socket.close()
        self.selector.close()


def react_at_once(folder: Path, size: int, reacting: int, slack: float) -> None:
    """Let some of a channel's members react to its one message within a second."""
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "busy.py").write_text(BUSY)
    server = Server(
        folder / "data", "--plugins-dir", str(plugins), "--ping-interval", "600", "--ping-timeout", "1200"
    )
    loop = new_loop()
    loop.run_sync(server.start)
    room = Room(server.port, size)
    try:
        seq = room.ask("send-message", "said", message="Who comes along?")["seq"]
        room.until(b"Who comes along?")
        room.ask("busy", "before")
        for member in room.members:
            member.heard.clear()
        began = time.monotonic()
        room.over(
            1.0,
            [lambda one=one: one.call("react", "liked", seq=seq, key="👍") for one in room.members[:reacting]],
        )
        room.until(b'"ref":"liked"', room.members[:reacting])
        took = time.monotonic() - began
        room.until(f'"count":{reacting},'.encode())
        known = time.monotonic() - began
        room.ask("send-message", "last", message="All of you?")
        room.until(b"All of you?")
        busy = room.ask("busy", "after")["seconds"]
        events = {member.heard.count(b'"action":"changed"') for member in room.members}
        size_of_one = max(len(member.heard) for member in room.members)
        print(  # noqa: T201
            f"{reacting} of {size} reacted within {took:.2f} s, all knew after {known:.2f} s, by {events} events and"
            f" {size_of_one:,} bytes each; the loop worked {1_000 * busy:.0f} ms at once"
        )
        assert max(events) <= math.ceil(took / GATHER) + 1
        assert slack > 1 or max(events) <= 5
        assert busy < 0.05 * slack
    finally:
        room.close()
        loop.run_sync(lambda: server.end(signal.SIGTERM))
        loop.close()


@pytest.mark.long
def test_20_of_200_react_and_each_member_is_told_a_few_times(tmp_path: Path, slack: float) -> None:
    react_at_once(tmp_path, 200, 20, slack)


@pytest.mark.long
def test_500_of_5000_react_and_each_member_is_told_five_times_at_most(tmp_path: Path, slack: float) -> None:
    react_at_once(tmp_path, 5_000, 500, slack)
