"""The messages that grow in this process: who finds them, who stops them, and when their words go out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from dataclasses import replace
from functools import partial
from typing import Any

from tornado_chat.chat.changes import Changed
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.growth import Ground, Growth, Named, grown
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage

GATHER, LONGEST = 0.05, 0.25  # seconds in which additions are gathered
EACH = 0.0002  # of these, for each connection in the channel: what is written in a second stays bounded


class Growths:
    """See Keeper. ground: returns the channel of a name."""

    def __init__(self, ground: Callable[[str], Ground]) -> None:
        self.ground = ground
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
        """Return what lets a message grow here, None where nothing does."""
        return self._all.get((channel, seq))

    def count(self, user: User) -> int:
        """Return how many messages of a user grow, or are about to."""
        return sum(growth.user == user for growth in (*self._all.values(), *self._first))

    async def stop(self, channel: str, seq: int, by: User | None) -> int:
        """End the growth of a message before its writer is done; return its number. Refused if it is not there."""
        growth = self.find(channel, seq)
        if growth is not None:
            return await growth.finish(stopped=True, by=by)
        return await self.ground(channel).make(grown(channel, seq, by, on=False, stopped=True))

    def shown(self, messages: list[Message]) -> list[Message]:
        """Return messages as those in their channels know them: with what has gone out since they were stored."""
        return [self._shown(message) for message in messages] if self._all else messages

    def _shown(self, message: Message) -> Message:
        growth = self._all.get((message.channel, message.seq))
        if growth is None or message.rev != growth.rev:
            return message
        return replace(message, text=growth.text[: growth.sent])

    async def recover(self, left: Sequence[tuple[str, int]]) -> None:
        """Mark as stopped what the server before this one has left unfinished."""
        for channel, seq in left:
            with contextlib.suppress(Refused):  # the disk fails; the next start marks it
                await self.stop(channel, seq, None)

    async def close(self) -> None:
        """End all growth: the server stops."""
        ended = [growth.finish(stopped=True) for growth in list(self._all.values())]
        await asyncio.gather(*ended, return_exceptions=True)

    def heard(self, changed: Changed) -> None:
        """Take in a stored change of a message, if it is one that grows here."""
        growth = self._all.get((changed.channel, changed.seq))
        if growth is not None:
            growth.heard(changed)

    # For Growth

    def await_first(self, growth: Growth, post: PendingMessage) -> None:
        """Count a message already while its first words are being stored."""
        self._first.add(growth)
        post.then(partial(self._first.discard, growth))

    def enter(self, growth: Growth, message: Message) -> bool:
        """Know a message that grows from now on; return whether it did not yet."""
        return self._all.setdefault((message.channel, message.seq), growth) is growth

    def leave(self, growth: Growth) -> None:
        self._all.pop((growth.channel, growth.seq), None)
        self._due.get(growth.channel, {}).pop(growth, None)

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
