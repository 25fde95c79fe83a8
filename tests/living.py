"""Clients that hold mirrors of channels, come back whatever happens, and do all that can be done with messages."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

from tornado.httpclient import HTTPError
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from tests.mirror import Event, Mirror
from tornado_chat.chat.errors import Refused

KEYS = ("👍", "🎉", "❤️")
LATER = 0.05  # seconds until a connection, or a call that the server could not store, is tried again


class Living:
    """A client by the wire protocol: it resumes by `changes`, and repeats calls under their refs until an answer.

    bases: the addresses of a server, or of several nodes; it connects to any of them.
    """

    def __init__(self, bases: Sequence[str], name: str, channels: Sequence[str], chance: Random) -> None:
        self.bases, self.name, self.chance = bases, name, chance
        self.mirrors = {channel: Mirror() for channel in channels}
        self.user: Event = {}
        self.answers: dict[str, Event] = {}  # by ref
        self.calls: dict[str, Event] = {}  # that were not answered, by ref
        self.said: list[Event] = []  # the last calls
        self.lost = 0  # connections
        self._token = self._epoch = ""
        self._socket: WebSocketClientConnection | None = None
        self._joining: set[str] = set()
        self._futures: dict[str, asyncio.Future[Event]] = {}
        self._refs = 0

    async def run(self) -> None:
        """Connect, again and again, until this is cancelled."""
        while True:
            with contextlib.suppress(OSError, HTTPError, WebSocketClosedError):
                await self._live()
                self.lost += 1
            await asyncio.sleep(LATER * self.chance.random())

    @property
    def is_well(self) -> bool:
        """Whether it is connected and knows everything up to some number in each channel."""
        return self._socket is not None and not self._joining and not any(one.asking for one in self.mirrors.values())

    async def call(self, action: str, **fields: Any) -> Event:
        """Call an action until it is answered; return its `ok`. Refused for an `error`."""
        self._refs += 1
        ref = f"{self.name}-{self._refs}"
        self.calls[ref] = {"action": action, "ref": ref, **fields}
        self.said = [*self.said, self.calls[ref]][-5:]
        future = self._futures[ref] = asyncio.get_running_loop().create_future()
        if not self._joining:
            self._write(self.calls[ref])
        return await future

    def cut(self) -> None:
        """End the connection as a broken line does."""
        if self._socket is not None:
            self._socket.protocol.stream.close()  # type: ignore[union-attr]

    async def _live(self) -> None:
        who = f"token={self._token}" if self._token else f"name={self.name}"
        base = self.chance.choice(self.bases)
        socket = await websocket_connect(f"ws{base.removeprefix('http')}/ws?{who}")
        try:
            while isinstance(frame := await socket.read_message(), str):
                for line in frame.split("\n"):
                    self._receive(json.loads(line), socket)
        finally:
            self._socket = None
            socket.close()

    def _receive(self, event: Event, socket: WebSocketClientConnection) -> None:
        match event["action"]:
            case "hello":
                self._socket, self._token, self.user = socket, event["token"], event["user"]
                self._joining = set(self.mirrors)
                for channel, mirror in self.mirrors.items():
                    fields: Event = {"history": 200}
                    if mirror.known:
                        fields = {"since": {"epoch": self._epoch, "seq": mirror.known}, "changes": True}
                    mirror.lose()
                    self._write({"action": "join-channel", "target": channel, "ref": f"join {channel}", **fields})
            case "send-message" if "seq" in event:
                self._hear(event["target"], event)
            case "changed":
                self._hear(event["channel"], event)
            case "ok" | "error" if event.get("ref"):
                self._answered(event)

    def _hear(self, channel: str, event: Event) -> None:
        mirror = self.mirrors[channel]
        asked = mirror.asking
        mirror.hear(event)
        if mirror.asking and not asked:
            self._ask(channel)

    def _ask(self, channel: str) -> None:
        since = self.mirrors[channel].known
        self._write({"action": "changes", "target": channel, "since": since, "ref": f"changes {channel}"})

    def _answered(self, event: Event) -> None:
        kind, _, channel = event["ref"].partition(" ")
        if event["action"] == "error" and event["code"] in ("history-unavailable", "not-joined"):
            if event["ref"] in self.calls:  # it was not made: the server ends, or its disk is busy
                asyncio.get_running_loop().call_later(LATER, self._write, self.calls[event["ref"]])
        elif kind == "join":
            self._epoch = event["epoch"]
            self.mirrors[channel].join(event)
            self._joining.discard(channel)
            if self.mirrors[channel].asking:
                self._ask(channel)
            if not self._joining:
                for call in self.calls.values():
                    self._write(call)
        elif kind == "changes":
            self.mirrors[channel].learn(event)
            if self.mirrors[channel].asking:
                self._ask(channel)
        else:
            first = self.answers.setdefault(event["ref"], event)
            if "seq" in first:  # of a message or a change
                assert event == first, f"{self.name}: a repeated call is not answered as the first time"
            self.calls.pop(event["ref"], None)
            future = self._futures.pop(event["ref"], None)
            if future is not None and not future.done():
                if event["action"] == "ok":
                    future.set_result(event)
                else:
                    future.set_exception(Refused(event["message"], event["code"]))

    def _write(self, message: Event) -> None:
        if self._socket is not None:
            with contextlib.suppress(WebSocketClosedError):
                self._socket.write_message(json.dumps(message)).add_done_callback(asyncio.Future.exception)


class Busy(Living):
    """One who posts, edits, deletes, reacts and pins, and remembers what was acknowledged."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.texts: dict[tuple[str, int], str] = {}  # of one's own messages as they are to be; "" for deleted ones
        self.reacted: dict[tuple[str, int, str], bool] = {}
        self.numbers: list[tuple[str, int]] = []  # of channels, that one's calls drew
        self.going = True

    async def work(self, pause: float) -> None:
        """Do one thing after another."""
        count = 0
        while self.going:
            count += 1
            with contextlib.suppress(Refused):
                await self._act(count)
            if self.chance.random() < 0.15:
                self._write(self.chance.choice(self.said))  # again, as another device of the user may
            await asyncio.sleep(self.chance.random() * pause)

    async def _act(self, count: int) -> None:
        chance = self.chance
        channel = chance.choice(list(self.mirrors))
        own = [seq for name, seq in self.texts if name == channel and self.texts[name, seq]][-20:]
        seen = [one["seq"] for one in self.mirrors[channel].held[-20:] if "deleted" not in one]
        what = chance.choice(("post", "post", "edit", "react", "react", "delete", "pin"))
        if what == "edit" and own:
            seq, text = chance.choice(own), f"{self.name} edit {count}"
            await self._call("edit-message", channel, seq=seq, message=text)
            self.texts[channel, seq] = text
        elif what == "delete" and own and chance.random() < 0.3:
            seq = chance.choice(own)
            await self._call("delete-message", channel, seq=seq)
            self.texts[channel, seq] = ""
        elif what == "react" and seen:
            seq, key = chance.choice(seen), chance.choice(KEYS)
            on = not self.reacted.get((channel, seq, key), False)
            await self._call("react", channel, seq=seq, key=key, on=on)
            self.reacted[channel, seq, key] = on
        elif what == "pin" and seen:
            await self.call("pin", target=channel, seq=chance.choice(seen), on=chance.random() < 0.5)
        else:
            text = f"{self.name} {count}"
            answer = await self._call("send-message", channel, message=text)
            self.texts[channel, answer["seq"]] = text

    async def _call(self, action: str, channel: str, **fields: Any) -> Event:
        answer = await self.call(action, target=channel, **fields)
        self.numbers.append((channel, answer["seq"]))
        return answer


@contextlib.asynccontextmanager
async def living(
    bases: Sequence[str], writers: int, readers: int, channels: Sequence[str], chance: Random
) -> AsyncIterator[tuple[list[Busy], list[Living]]]:
    """Connect clients that write, and ones that read alone; yield the writers, and all of them.

    If a check of a client fails, what is done with them is cancelled, and the AssertionError raised in a group.
    """
    busy = [Busy(bases, f"w{number}", channels, chance) for number in range(writers)]
    clients = [*busy, *(Living(bases, f"r{number}", channels, chance) for number in range(readers))]
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(client.run()) for client in clients]
        while not all(client.is_well for client in clients):
            await asyncio.sleep(0.01)
        yield busy, clients
        for task in running:
            task.cancel()


async def settled(clients: Sequence[Living], busy: Sequence[Busy], channels: Sequence[str]) -> None:
    """Wait until everyone knows everything: the last message of each channel, which comes after all changes."""
    last = {
        channel: (await busy[0].call("send-message", target=channel, message="last"))["seq"] for channel in channels
    }
    while not all(one.is_well and one.mirrors[name].known >= last[name] for one in clients for name in channels):
        await asyncio.sleep(0.01)


def all_have_what_is_kept(
    whole: dict[str, list[Event]], clients: Sequence[Living], busy: Sequence[Busy], floors: dict[str, int]
) -> None:
    """Hold what each client has, and all that was acknowledged, against what the server keeps (see serving.kept)."""
    for client in clients:
        for channel, mirror in client.mirrors.items():
            first = max(mirror.start, floors.get(channel, 0) + 1)
            held, there = ([one for one in each if one["seq"] >= first] for each in (mirror.held, whole[channel]))
            assert held == there
    numbers = [number for one in busy for number in one.numbers]
    assert len(set(numbers)) == len(numbers), "a number was given twice"
    stored = {(name, one["seq"]): one for name, messages in whole.items() for one in messages}
    texts = [one["message"] for one in stored.values() if one["message"] not in ("", "last")]
    assert len(set(texts)) == len(texts), "twice"
    for one in busy:
        for (channel, seq), text in one.texts.items():
            assert seq <= floors.get(channel, 0) or stored[channel, seq]["message"] == text, "lost"
        for (channel, seq, key), on in one.reacted.items():
            message = stored.get((channel, seq))
            if message is not None and "deleted" not in message:
                users = {each["key"]: each["users"] for each in message.get("reactions", ())}
                assert (one.user["id"] in users.get(key, ())) == on, "a reaction was lost, or made twice"
