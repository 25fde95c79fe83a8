"""Messages that grow on other nodes: what has gone out of them, and how they are stopped and let grow from here."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from contextvars import Context
from typing import Any, Protocol

from tornado_chat.chat.changes import Changed
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.growing_calls import let_grow
from tornado_chat.chat.growing_echo import NONE, Echo, Key, Tail
from tornado_chat.chat.growth import Ground, Growth
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.protocol import encode
from tornado_chat.chat.questions import Questions

SECONDS = 5.0  # that another node has to store the end of a message
AGAIN = 1.0  # seconds after which what a node has left is marked, where the disk fails

OVER = 2.0  # seconds after which one that grows no more is forgotten, though its last change was not heard of


class Keeper(Protocol):
    """What knows the messages that grow here; see Growths."""

    def ground(self, channel: str) -> Ground: ...
    def find(self, channel: str, seq: int) -> Growth | None: ...
    def all(self) -> Iterable[Growth]: ...
    def leave(self, growth: Growth) -> None: ...
    def do(self, what: Coroutine[Any, Any, Any], context: Context) -> None: ...
    async def stop(self, channel: str, seq: int, by: User | None) -> int: ...
    async def stop_left(self, channel: str, seq: int, by: User | None, tail: Tail) -> int: ...


class GrowingElsewhere:
    """What Growths tells other nodes, and hears of them."""

    def __init__(self, keeper: Keeper, questions: Questions) -> None:
        self._keeper = keeper
        self._questions = questions
        self._nodes = nodes = questions.nodes
        self._echoes: dict[Key, Echo] = {}
        nodes.hear("growing", self._hear)
        nodes.hear("growing-so-far", self._hear_all)
        nodes.hear("grows-no-more", self._over)
        nodes.hear("what-grows", lambda node, about: self.tell_all(node))
        nodes.on_come(self.tell_all)
        nodes.on_gone(self._gone)
        nodes.on_return(self._return)
        questions.answer("grow", self._grow)
        questions.answer("stop-growing", self._stop)
        questions.answer("grows-there", self._grows_here)
        questions.answer("grown-so-far", self._seen)

    # For Growths

    def tell(self, growth: Growth, at: int, words: str) -> None:
        """Tell the other nodes that a message grows here, and what goes out of it now."""
        self._nodes.tell("growing", [*_about(growth), at, words])

    def tell_over(self, growth: Growth) -> None:
        self._nodes.tell("grows-no-more", [growth.channel, growth.seq])

    def tell_all(self, node: str) -> None:
        """Tell a node what has gone out of all that grows here."""
        for growth in self._keeper.all():
            self._nodes.tell("growing-so-far", [*_about(growth), growth.text[growth.start : growth.sent]], node)

    def heard(self, changed: Changed) -> None:
        """Take in a stored change of a message, if it is one that grows elsewhere."""
        echo = self._echoes.get((changed.channel, changed.seq))
        if echo is None:
            return
        if "growing" not in (changed.message.extra or {}):
            del self._echoes[changed.channel, changed.seq]
        elif changed.change.what == "grown":
            echo.stored, echo.start, echo.tail, echo.whole = changed.number, len(changed.message.text), "", True
            waiting, echo.waiting = echo.waiting, []
            for stored, at, words in waiting:
                self._take((changed.channel, changed.seq), echo, stored, at, words)

    def shown(self, message: Message) -> str | None:
        """Return the text of a message with what has gone out since it was stored; None where nothing has."""
        echo = self._echoes.get((message.channel, message.seq)) if "growing" in (message.extra or {}) else None
        if echo is None or not (echo.whole and echo.tail) or len(message.text) != echo.start:
            return None
        return message.text + echo.tail

    def __bool__(self) -> bool:
        return bool(self._echoes)

    def __contains__(self, key: Key) -> bool:
        return key in self._echoes

    def count(self, user: User) -> int:
        """Return how many messages of a user grow elsewhere."""
        return sum(echo.user == user.id for echo in self._echoes.values())

    async def find(self, channel: str, seq: int) -> str:
        """Return the node on which a message grows, "" where none is known."""
        echo = self._echoes.get((channel, seq))
        if echo is not None:
            return echo.node if echo.node in self._nodes.others else ""
        found = (await self._questions.ask_all("grows-there", [channel, seq])).found
        return next((node for node, grows in found.items() if grows), "")

    async def grow(self, node: str, channel: str, seq: int, by: User, *call: Any) -> Any:
        """Have another node do what `let_grow` does; None where the message does not grow there any more.

        call: `length`, `words`, `done`, and whether there may be another message.
        """
        return await self._questions.ask(node, "grow", [channel, seq, by.id, *call], SECONDS)

    async def stop(self, node: str, channel: str, seq: int, by: User | None) -> int:
        about = [channel, seq, by and [by.id, by.name, by.role]]
        return int(await self._questions.ask(node, "stop-growing", about, SECONDS))

    async def tails(self, left: Sequence[Key]) -> dict[Key, Tail]:
        """Return what has gone out of messages since they were stored, as far as this node or another one knows."""
        answers = (await self._questions.ask_all("grown-so-far", [list(key) for key in left])).found
        found: dict[Key, Tail] = {}
        for said in [self._tails(left), *answers.values()]:
            for channel, seq, start, words in said:
                longest = max(
                    found.get((channel, seq), NONE), (start, words), key=lambda tail: tail[0] + len(tail[1])
                )
                found[channel, seq] = longest
        return found

    # What other nodes tell

    def _hear(self, node: str, about: Any) -> None:
        channel, seq, user, stored, start, at, words = about
        echo = self._known(node, (channel, seq), user, stored, start)
        if echo is not None:
            self._take((channel, seq), echo, stored, at, words)

    def _hear_all(self, node: str, about: Any) -> None:
        channel, seq, user, stored, start, tail = about
        echo = self._known(node, (channel, seq), user, stored, start)
        if echo is not None and stored == echo.stored:
            echo.start, echo.tail, echo.whole = start, tail, True

    def _known(self, node: str, key: Key, user: str, stored: int, start: int) -> Echo | None:
        own = self._keeper.find(*key)
        if own is not None:  # both were asked to post it, under one ref: one of them lets go of it
            if self._nodes.own < node:
                self._nodes.tell("growing-so-far", [*_about(own), own.text[own.start : own.sent]], node)
                return None
            own.abandon()
            self._keeper.leave(own)
        echo = self._echoes.get(key)
        if echo is None or echo.node != node:
            echo = self._echoes[key] = Echo(node, user, stored, start)
        return echo

    def _take(self, key: Key, echo: Echo, stored: int, at: int, words: str) -> None:
        """Take in words and tell the members here, once these know the change behind which they come."""
        if stored > echo.stored:
            echo.waiting.append((stored, at, words))
        elif stored == echo.stored and words:
            was_whole = echo.whole
            echo.follow(at, words)
            if was_whole and not echo.whole:
                self._nodes.tell("what-grows", None, echo.node)
            show(self._keeper.ground(key[0]), *key, at, words)

    def _over(self, node: str, about: Any) -> None:
        key: Key = (about[0], about[1])
        echo = self._echoes.get(key)
        if echo is not None and echo.node == node:
            asyncio.get_running_loop().call_later(OVER, self._forget, key, echo, context=Context())

    def _forget(self, key: Key, echo: Echo) -> None:
        if self._echoes.get(key) is echo:
            del self._echoes[key]

    def _gone(self, node: str) -> None:
        left = [key for key, echo in self._echoes.items() if echo.node == node]
        if left:
            self._keeper.do(self._mark(left), Context())

    async def _mark(self, left: list[Key]) -> None:
        """Mark as stopped what a node has left, with the words that people have seen: one node does, under a lock."""
        while left := [key for key in left if key in self._echoes]:
            try:
                async with self._nodes.lock("growing"):
                    tails = await self.tails(left)
                    for key in left:
                        await self._mark_one(key, tails.get(key, NONE))
            except Refused:
                await asyncio.sleep(AGAIN)

    async def _mark_one(self, key: Key, tail: Tail) -> None:
        try:
            await self._keeper.stop_left(*key, None, tail)
        except Refused as refused:
            if refused.code == Error.HISTORY_UNAVAILABLE:
                raise
        self._echoes.pop(key, None)

    async def _return(self) -> None:
        for echo in self._echoes.values():
            echo.whole = False
        self._nodes.tell("what-grows", None)

    # What they ask

    async def _grow(self, node: str, about: Any) -> Any:
        channel, seq, user, length, words, done, may_go_on = about
        growth = self._keeper.find(channel, seq)
        if growth is None:
            return None
        if not (may_go_on or growth.has_room(words)):
            return {"full": True}
        return await let_grow(growth, User(user, ""), length, words, done)

    async def _stop(self, node: str, about: Any) -> int:
        channel, seq, by = about
        return await self._keeper.stop(channel, seq, by and User(*by))

    async def _grows_here(self, node: str, about: Any) -> bool:
        return self._keeper.find(*about) is not None

    async def _seen(self, node: str, about: Any) -> list[list[Any]]:
        return self._tails([(channel, seq) for channel, seq in about])

    def _tails(self, keys: Iterable[Key]) -> list[list[Any]]:
        echoes = ((key, self._echoes.get(key)) for key in keys)
        return [[*key, echo.start, echo.tail] for key, echo in echoes if echo is not None and echo.whole]


def _about(growth: Growth) -> list[Any]:
    user = growth.user.id if growth.user is not None else ""
    return [growth.channel, growth.seq, user, growth.stored, growth.start]


def show(ground: Ground, channel: str, seq: int, at: int, words: str) -> None:
    """Tell the members who are here what has come of a message, from a place in its text on."""
    if ground.members:
        line = encode({"action": "growing", "channel": channel, "about": seq, "from": at, "add": words})
        ground.publish_here(line, for_seq=seq)
