"""The messages that grow on this node: who finds them, who stops them, and when their words go out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextvars import Context
from dataclasses import replace
from typing import Any

from tornado_chat.chat.changes import Changed
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.growing_calls import let_grow, repeated
from tornado_chat.chat.growing_echo import NONE, Tail
from tornado_chat.chat.growing_elsewhere import GrowingElsewhere, show
from tornado_chat.chat.growth import Ground, Growth, Named, grown
from tornado_chat.chat.history import History
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.questions import Questions

GATHER, LONGEST = 0.05, 0.25  # seconds in which additions are gathered
EACH = 0.0002  # of these, for each connection in the channel: what is written in a second stays bounded


class Growths:
    """See Keeper. ground: returns the channel of a name. `elsewhere`: what grows on other nodes; None without any."""

    def __init__(self, ground: Callable[[str], Ground], history: History, questions: Questions) -> None:
        self.ground = ground
        self._history = history
        self.elsewhere = GrowingElsewhere(self, questions) if questions.nodes.own else None
        self._all: dict[tuple[str, int], Growth] = {}
        self._first: set[Growth] = set()  # whose first words are being stored
        self._due: dict[str, dict[Growth, None]] = {}  # by channel: which have something to tell
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(
        self,
        channel: str,
        user: User | None,
        *,
        named: Named | None = None,
        context: Context | None = None,
        **place: Any,
    ) -> Growth:
        """Return a message that grows once its first words are posted; see Growth. context: None for no call's."""
        return Growth(self, channel, user, named, place, context or Context())

    def find(self, channel: str, seq: int) -> Growth | None:
        """Return what lets a message grow on this node, None where nothing does."""
        return self._all.get((channel, seq))

    def all(self) -> Iterable[Growth]:
        """Return all messages that grow on this node."""
        return self._all.values()

    def count(self, user: User) -> int:
        """Return how many messages of a user grow, or are about to."""
        here = sum(growth.user == user for growth in (*self._all.values(), *self._first))
        return here if self.elsewhere is None else here + self.elsewhere.count(user)

    async def let_grow(
        self, channel: str, seq: int, by: User, length: int, words: str, done: bool, need_room: Callable[[], None]
    ) -> dict[str, Any]:
        """Do what a writer's call `grow` says, on whichever node the message grows; return the answer.

        need_room: called where the words need another message; Refused if there may be none.
        """
        growth = self.find(channel, seq)
        if growth is not None:
            if growth.user == by and len(growth.text) == length and not growth.has_room(words):
                need_room()
            return await let_grow(growth, by, length, words, done)
        if self.elsewhere is not None and (node := await self.elsewhere.find(channel, seq)):
            refused = None
            try:
                need_room()
            except Refused as error:
                refused = error
            answer = await self.elsewhere.grow(node, channel, seq, by, length, words, done, refused is None)
            if answer is not None:
                if refused is not None and "full" in answer:
                    raise refused
                return dict(answer)
        return await repeated(self._history, channel, seq, by, length, words, done)

    async def stop(self, channel: str, seq: int, by: User | None) -> int:
        """End the growth of a message before its writer is done; return its number. Refused if it is not there."""
        growth = self.find(channel, seq)
        if growth is not None:
            return await growth.finish(stopped=True, by=by)
        if self.elsewhere is None:
            return await self.stop_left(channel, seq, by, NONE)
        if node := await self.elsewhere.find(channel, seq):
            return await self.elsewhere.stop(node, channel, seq, by)
        tails = await self.elsewhere.tails([(channel, seq)])
        return await self.stop_left(channel, seq, by, tails.get((channel, seq), NONE))

    async def stop_left(self, channel: str, seq: int, by: User | None, tail: Tail) -> int:
        """End the growth of a message that grows nowhere any more. tail: the words that people have seen of it."""
        ground, (start, words) = self.ground(channel), tail
        found = await self._history.get(channel, [seq]) if words else []
        if found and len(found[0].text) == start:
            try:
                text = (found[0].text + words).rstrip()
                return await ground.make(grown(channel, seq, by, text=text, on=False, stopped=True))
            except Refused as refused:  # by a filter, say: then what stands stays
                if refused.code == Error.HISTORY_UNAVAILABLE:
                    raise
        return await ground.make(grown(channel, seq, by, on=False, stopped=True))

    def shown(self, messages: list[Message]) -> list[Message]:
        """Return messages as those in their channels know them: with what has gone out since they were stored."""
        return [self._shown(message) for message in messages] if self._all or self.elsewhere else messages

    def _shown(self, message: Message) -> Message:
        growth = self._all.get((message.channel, message.seq))
        if growth is not None:
            return replace(message, text=growth.text[: growth.sent]) if message.rev == growth.rev else message
        text = self.elsewhere.shown(message) if self.elsewhere else None
        return message if text is None else replace(message, text=text)

    async def recover(self, left: Sequence[tuple[str, int]]) -> None:
        """Mark as stopped what the server before this one has left unfinished, with what others have seen of it."""
        tails = await self.elsewhere.tails(left) if left and self.elsewhere is not None else {}
        for channel, seq in left:
            with contextlib.suppress(Refused):  # the disk fails; the next start marks it
                await self.stop_left(channel, seq, None, tails.get((channel, seq), NONE))

    async def close(self) -> None:
        """End all growth: the server stops."""
        ended = [growth.finish(stopped=True) for growth in list(self._all.values())]
        await asyncio.gather(*ended, return_exceptions=True)

    def heard(self, changed: Changed) -> None:
        """Take in a stored change of a message, if it is one that grows here."""
        growth = self._all.get((changed.channel, changed.seq))
        if growth is not None:
            growth.heard(changed)
        elif self.elsewhere:
            self.elsewhere.heard(changed)

    # For Growth

    def await_first(self, growth: Growth, post: PendingMessage) -> None:
        """Count a message already while its first words are being stored."""
        self._first.add(growth)
        post.then(self._first.discard, growth)

    def enter(self, growth: Growth, message: Message) -> bool:
        """Know a message that grows from now on; return whether it did not yet."""
        key = message.channel, message.seq
        if self.elsewhere and key in self.elsewhere:
            return False
        return self._all.setdefault(key, growth) is growth

    def leave(self, growth: Growth) -> None:
        if self._all.pop((growth.channel, growth.seq), None) is not None and self.elsewhere is not None:
            self.elsewhere.tell_over(growth)
        self._due.get(growth.channel, {}).pop(growth, None)

    def spread(self, growth: Growth, at: int, words: str) -> None:
        """Tell those in the channel what has come, from a place in the text on, wherever they are connected."""
        if words:
            show(self.ground(growth.channel), growth.channel, growth.seq, at, words)
        if self.elsewhere is not None:
            self.elsewhere.tell(growth, at, words)

    def tell_soon(self, growth: Growth) -> None:
        """Have what has come told in a moment, together with what has come of others."""
        if growth.ended or growth.sent == len(growth.text):
            return
        due = self._due.get(growth.channel)
        if due is None:
            due = self._due[growth.channel] = {}
            seconds = min(max(GATHER, EACH * len(self.ground(growth.channel).members)), LONGEST)
            asyncio.get_running_loop().call_later(seconds, self._tell, growth.channel, context=Context())
        due[growth] = None

    def _tell(self, channel: str) -> None:
        for growth in self._due.pop(channel):
            growth.tell()

    def do(self, what: Coroutine[Any, Any, Any], context: Context) -> None:
        """Do something in a task of its own."""
        task = asyncio.get_running_loop().create_task(_quiet(what), context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quiet(what: Coroutine[Any, Any, Any]) -> None:
    with contextlib.suppress(Refused):  # whoever writes hears of it with the next words
        await what
