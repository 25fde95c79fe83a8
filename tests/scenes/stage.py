"""Where scenes are played, and what is to be the same wherever that is: answers, and what everybody is told."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest
from tornado.websocket import WebSocketClosedError

from tests.serving_here import Here, level
from tornado_chat.chat.errors import Refused
from tornado_chat.testing import Client

Event = dict[str, Any]
Scene = Callable[["Stage"], Awaitable[None]]
#: By the name of an action; and those during which everybody on the server is told something.
SCENES: dict[str, Scene] = {}
LOUD: set[str] = set()

RANDOM = re.compile(r"[A-Za-z0-9_-]{16,}")  # ids, tokens, private addresses
TIME = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d UTC|(?<![\w-])\d{12,}(-[0-9a-f]+)?(?![\w-])"
    r"|\d{10}\.\d+|\bin [0-9]+ [dhms][0-9a-z ]*(?=:)"
)  # and cursors of pages
COUNTS = {"seq": 0, "unread": 0, "mentions": 0}  # as they were when a list was told
LISTS = {
    "presence": ("joined", "left"),
    "members": ("joined", "left"),
}  # what is told of several, or of one after one


def scene(play: Scene) -> Scene:
    """Have a scene played for the action of its name."""
    SCENES[play.__name__.strip("_").replace("_", "-")] = play
    return play


def loud(play: Scene) -> Scene:
    """Have a scene played by itself, as others would hear of it."""
    LOUD.add(play.__name__.strip("_").replace("_", "-"))
    return scene(play)


class Stage:
    """One scene: `ann` does it and is at one server; `bob` is at another one, or the same. `den`: a channel."""

    def __init__(self, name: str, servers: Sequence[Here], here: Here, there: Here) -> None:
        self.name = name
        self.den = f"den of {name}"
        self.here, self.there = here, there
        self._servers = servers
        self._people: dict[str, Client] = {}
        self._answers: list[Any] = []
        self._from: dict[str, int] = {}
        self._calls = 0
        self._left_out: set[str] = set()

    async def come(
        self, who: str, server: Here, role: str = "member", guest: bool = False, token: str | None = None
    ) -> Client:
        """Connect somebody, whom other scenes do not know: named by a proxy, a guest, or with a token."""
        name = f"{who} {self.name}"
        if guest or token:
            client = await server.guest(None if token else name, token)
        else:
            client = await server.connect(name, role)
        self._people[f"{who} elsewhere" if who in self._people else who] = client
        return client

    async def is_closed_out(self, who: str, server: Here) -> None:
        """Find that somebody, who was here, is not let in."""
        with pytest.raises(EOFError, match="4403"):
            await server.connect(f"{who} {self.name}")

    async def meet(self, role: str = "member", join: bool = True) -> None:
        """Connect ann and bob, who join `den`; ann has a role on the server."""
        self.ann, self.bob = await self.come("Ann", self.here, role), await self.come("Bob", self.there)
        if join:
            for client in (self.ann, self.bob):
                await client.join(self.den)
        await self.begin()

    async def begin(self) -> None:
        """Let everybody know of what was done; only what comes now counts."""
        await self.settle()
        self._from = {who: len(client.events) for who, client in self._people.items()}

    async def call(self, client: Client, action: str, **fields: Any) -> Event:
        """Call an action; return its answer, also an `error`, which is to be the same everywhere."""
        answer = await self.ask(client, action, **fields)
        self.note([action, answer])
        return answer

    async def ask(self, client: Client, action: str, **fields: Any) -> Event:
        """Call an action, whose answer depends on more than the scene."""
        self._calls += 1
        try:
            return await client.call(action, **{"ref": f"scene {self._calls}", **fields})
        except Refused as refused:
            return {"action": "error", "code": refused.code, "message": refused.message, "rule": refused.rule}

    def note(self, *what: Any) -> None:
        """Have something be the same everywhere."""
        self._answers += what

    async def say(self, client: Client, text: str, **fields: Any) -> int:
        """Post a message in the den; return its number."""
        return int((await self.call(client, "send-message", target=self.den, message=text, **fields))["seq"])

    def leave_out(self, event: str) -> None:
        """Compare no events of this kind."""
        self._left_out.add(event)

    async def settle(self) -> None:
        """Wait until nobody is told anything any more."""
        count = -1
        while count != (count := sum(_is_told(one) for client in self._people.values() for one in client.events)):
            await level(self._servers)
            for client in self._people.values():
                with contextlib.suppress(EOFError, WebSocketClosedError):  # it is being closed
                    await client.call("may", call="may")  # the answer comes after what was told

    async def until(self, action: str) -> None:
        """Wait until all who are here were told an event of this kind."""
        while not all(any(one["action"] == action for one in client.events) for client in self._people.values()):
            await self.settle()

    async def end(self) -> dict[str, list[str]]:
        """Return, in words that do not depend on where it was played: the answers, and what each one was told."""
        await self.settle()
        words = _Words()
        words.learn({one.hello["user"]["id"]: who for who, one in self._people.items()})
        told = {"answers": [words.of(one) for one in self._answers]}
        for who, client in self._people.items():
            told_since = client.events[self._from.get(who, 0) :]
            events = [event for event in told_since if event["action"] not in self._left_out]
            told[who] = sorted(words.of(one) for event in _together(events) for one in _apart(event))
            lists = [{**one, **COUNTS} for one in client.channels().values()]
            told[f"{who}'s list"] = sorted(map(words.of, lists))
            if client.closed is not None:
                told[who].append(f"closed with {client.closed}")
        return told


def _is_told(event: Event) -> bool:
    return event["action"] not in ("ok", "error")


def _together(events: Sequence[Event]) -> Iterator[Event]:
    """Yield events with changes of one message, each of which came after the other, as if they were told at once."""
    last: Event | None = None
    for event in events:
        if (
            event["action"] == "changed"
            and last
            and (last["channel"], last["about"]) == (event["channel"], event["about"])
        ):
            assert event["after"] == last["seq"]
            what = sorted({*last["what"], *event["what"]})
            last = {**event, "after": last["after"], "set": {**last["set"], **event["set"]}, "what": what}
            continue
        if last is not None and event["action"] == "changed":
            yield last
            last = None
        if event["action"] == "changed" and "about" in event:
            last = event
        else:
            yield event
    if last is not None:
        yield last


def _apart(event: Event) -> Iterator[Event]:
    """Yield an event as if each thing in it had been told by itself; not those that say how something is now."""
    if not _is_told(event) or event["action"] == "channels":
        return
    lists = LISTS.get(event["action"])
    if lists is None:
        yield event
        return
    about = {key: value for key, value in event.items() if key not in (*lists, "count", "roles")}
    for name in lists:
        for one in event.get(name, ()):
            yield {**about, name: one}
    for one in event.get("roles", {}).items():
        yield {**about, "role": one}


class _Words:
    """Replaces what is another one at each play."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def learn(self, known: dict[str, str]) -> None:
        self._known.update(known)

    def of(self, what: Any) -> str:
        text = json.dumps(what, sort_keys=True, ensure_ascii=False)
        for id, name in self._known.items():
            text = text.replace(json.dumps(id)[1:-1], f"<{name}>")
        return RANDOM.sub(self._name, TIME.sub("TIME", text))

    def _name(self, found: re.Match[str]) -> str:
        word = found[0]
        if word.replace("-", "").isalpha() and word.islower():
            return word
        return self._known.setdefault(word, f"#{len(self._known)}")
