"""What a bot writes a growing message with: it gathers the first words, and ends the message however the bot ends."""

from __future__ import annotations

import asyncio
import contextlib
import re
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from contextvars import copy_context
from types import TracebackType
from typing import Any

from tornado_chat.chat.growing import Growths
from tornado_chat.chat.models import User
from tornado_chat.chat.validation import MAX_TEXT

FIRST = 1.0  # seconds in which the first words are gathered, unless they are a sentence before
_SENTENCE = re.compile(r"[.!?:]\s|[。！？：\n]")


class GrowingMessage(ABC):
    """A message that grows while its text is generated: `async with …: await message.add(words)`.

    The first words are posted after a sentence or a second, so that clients which do not know growth see something.
    `seq`: of the message that is growing now, 0 before it is posted. Past 4,000 characters it goes on in another one.

    It ends with the block. An exception inside, or a cancellation, leaves it as it is and marks it as stopped. When
    anyone in the channel stops it, or it got no words for 60 s, `stopped` becomes true, and the task that entered the
    block is cancelled.
    """

    def __init__(self) -> None:
        self.seq = 0
        self.stopped = False
        self._words = ""  # that have not been passed on
        self._timer: asyncio.TimerHandle | None = None
        self._begun: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None  # that is cancelled when somebody stops it

    async def __aenter__(self) -> GrowingMessage:
        """Return the message; nothing is posted yet."""
        self._task = asyncio.current_task()
        return self

    async def add(self, words: str) -> None:
        """Add words. Raises Refused as `post` does, or `conflict` if the message grows no more."""
        if not isinstance(words, str):
            raise TypeError(f"add takes text, not {type(words).__name__}")
        if self.stopped:
            await asyncio.sleep(0)  # where the cancellation is due
        self._words += words
        if self._begun is None and _SENTENCE.search(self._words):
            self._post_first()
        if self._begun is not None:
            await asyncio.shield(self._begun)
            await self._pass_on()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FIRST, self._post_first)

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """End the message; return once it is stored. Raises Refused if it could not be, unless the block raised."""
        self._task = None
        if self._timer is not None:
            self._timer.cancel()
        if self._begun is None and not self._words.strip():
            return
        if kind is None:
            await _complete(self._whole() if self._begun is None else self._rest(False))
        else:
            with contextlib.suppress(Exception):  # what the block raised says more
                await _complete(self._rest(True))

    async def _whole(self) -> None:
        if len(self._words) <= MAX_TEXT:
            await self._post(self._take())
        else:
            await self._rest(False)

    async def _rest(self, stopped: bool) -> None:
        if self._begun is None:
            self._post_first()
        assert self._begun is not None
        await self._begun
        await self._end(stopped)

    def _post_first(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._words.strip():
            words = self._take()
            first = words.rstrip("\n")  # as it is posted
            self._words = words[len(first) :] + self._words
            self._begun = asyncio.ensure_future(self._begin(first))
            self._begun.add_done_callback(lambda begun: begun.cancelled() or begun.exception())
        else:
            self._timer = None  # the next words begin anew

    def _take(self) -> str:
        """Return the words that wait, at most what one message holds; they wait no longer."""
        words, self._words = self._words[:MAX_TEXT], self._words[MAX_TEXT:]
        return words

    def _stop(self) -> None:
        """Somebody has stopped the message: nothing is added any more."""
        self.stopped = True
        if self._task is not None:
            self._task.cancel()

    # How it reaches the server

    @abstractmethod
    async def _post(self, words: str) -> None:
        """Post a message that does not grow."""

    @abstractmethod
    async def _begin(self, words: str) -> None:
        """Post the first words."""

    @abstractmethod
    async def _pass_on(self) -> None:
        """Add the words that wait."""

    @abstractmethod
    async def _end(self, stopped: bool) -> None:
        """Add the words that wait, and end the message. stopped: before its writer was done."""


async def _complete(what: Coroutine[Any, Any, None]) -> None:
    """Do something to its end, though the task may be cancelled meanwhile."""
    await asyncio.shield(asyncio.ensure_future(what))


class OwnGrowingMessage(GrowingMessage):
    """A growing message in a channel of this server."""

    def __init__(self, growths: Growths, channel: str, sender: User | None, **place: Any) -> None:
        super().__init__()
        self._growth = growths.begin(channel, sender, context=copy_context(), **place)
        self._growth.on_stop = self._stop

    async def _post(self, words: str) -> None:
        self.seq = (await self._growth.post(words, growing=False)).seq

    async def _begin(self, words: str) -> None:
        await self._growth.post(words)
        self.seq = self._growth.seq

    async def _pass_on(self) -> None:
        while words := self._take():
            if self._growth.has_room(words):
                await self._growth.add(words)
            else:  # whoever is cut while one message ends and another one begins leaves no gap, and none that grows
                await _complete(self._growth.add(words))
        self.seq = self._growth.seq

    async def _end(self, stopped: bool) -> None:
        if not self._growth.ended:
            await self._pass_on()
        self.stopped = self.stopped or stopped
        await self._growth.finish(stopped=stopped, by=self._growth.user)
