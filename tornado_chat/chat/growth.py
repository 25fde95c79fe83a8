"""One message that grows while it is written: what has come, what has gone out, and what is stored of it.

Additions go out as ephemeral events, and every STORE seconds, and at the end, the whole is stored as a change. While
that is under way nothing goes out: members hear the stored text, which filters may have altered, and then go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence, Sized
from contextvars import Context
from typing import Any, Protocol

from tornado_chat.chat.calls import generated
from tornado_chat.chat.changes import Change, Changed
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.validation import MAX_TEXT, clean_piece

STORE = 2.0  # seconds between two times that what has come is stored
SILENCE = 60.0  # seconds without words after which a message grows no more

Named = Callable[[str], Awaitable[Sequence[str]]]


class Ground(Protocol):
    """What a channel does for a message that grows in it; see Channel."""

    @property
    def members(self) -> Sized: ...
    @property
    def post(self) -> Callable[..., PendingMessage]: ...
    def make(self, change: Change) -> Coroutine[Any, Any, int]: ...
    def publish_here(self, line: bytes, *, for_seq: int | None = None) -> None: ...


class Keeper(Protocol):
    """What knows all messages that grow in this process; see Growths."""

    @property
    def ground(self) -> Callable[[str], Ground]: ...
    def await_first(self, growth: Any, post: PendingMessage) -> None: ...
    def enter(self, growth: Any, message: Message) -> bool: ...
    def leave(self, growth: Any) -> None: ...
    def tell_soon(self, growth: Any) -> None: ...
    def spread(self, growth: Any, at: int, words: str) -> None: ...
    def do(self, what: Coroutine[Any, Any, Any], context: Context) -> None: ...


class Growth:
    """A message that grows: `seq` and `text` now, by which `user`. Past MAX_TEXT characters another one goes on.

    `sent`: how many characters those in the channel have been told of. `rev`: the number of the last change;
    `stored`: of the last one that stored its text, 0 if there is none; `start`: how many characters that has.
    `ended`: it grows no more; `stopped`: its writer was not done. `on_stop` is called then.

    named: returns whom a text mentions (ids). place: how its messages are posted. context: in which it is stored.
    """

    def __init__(
        self, keeper: Keeper, channel: str, user: User | None, named: Named | None, place: Any, context: Context
    ) -> None:
        self.channel = channel
        self.user = user
        self.seq = self.rev = self.sent = self.stored = 0
        self.text = ""
        self.ended = self.stopped = False
        self.on_stop: Callable[[], object] | None = None
        self._keeper = keeper
        self._named = named
        self._place = place
        self._context = context
        self._turn = asyncio.Lock()  # of those who add
        self._storing = asyncio.Lock()
        self._under_way: int | None = None  # characters of the text that is being stored
        self._stored = ""
        self._ending = False
        self._fed = 0.0  # when the last words came
        self._timer: asyncio.TimerHandle | None = None

    @property
    def start(self) -> int:
        return len(self._stored)

    @property
    def _ground(self) -> Ground:
        return self._keeper.ground(self.channel)

    # What its writer does

    def post(
        self, text: str, ref: str | None = None, mentions: Sequence[str] = (), growing: bool = True
    ) -> PendingMessage:
        """Post a message of the first words; it grows as soon as it is stored. growing: False if these are all."""
        about = {"sender": self.user, "ref": ref, "mentions": mentions, **self._place}
        token = generated.set(True)
        try:
            post = self._ground.post(text, growing=growing, **about)
        finally:
            generated.reset(token)
        if post.stored is not None:
            self._begin(post.stored)
        elif post.error is None:
            self._keeper.await_first(self, post)
            post.then(lambda: None if post.stored is None else self._begin(post.stored))
        return post

    def expect(self, length: int) -> None:
        """Raise Refused (`conflict`, with the true length) unless the text has so many characters."""
        if not self.ended and length != len(self.text):
            raise Refused("the message has another length by now", Error.CONFLICT, length=len(self.text))

    def has_room(self, words: str) -> bool:
        """Return whether words fit in the message; if not, adding them posts another one."""
        return len(self.text) + len(words) <= MAX_TEXT

    async def add(self, words: str) -> None:
        """Add words. Raises Refused (`conflict`) if it grows no more, or what posting the next message raises."""
        words = clean_piece(words)
        async with self._turn:
            self._need_growth()
            while not self.has_room(words):
                words = await self._go_on(words)
                self._need_growth()
            if words:
                self.text += words
                self._fed = asyncio.get_running_loop().time()
                self._keeper.tell_soon(self)

    async def finish(self, stopped: bool = False, by: User | None = None) -> int:
        """End its growth; return the number of the change, once that is stored. by: who stopped it."""
        if self._ending or self.ended:
            async with self._storing:
                return self.rev or self.seq
        self._ending = True
        try:
            return await self._store(on=False, stopped=stopped, by=by if stopped else self.user)
        except Refused as refused:
            if refused.code != Error.HISTORY_UNAVAILABLE and not self.ended:
                number = await self._mark(by)  # a filter says no: what stands is what passed before
                if stopped:
                    return number
            raise
        finally:
            self._ending = False  # if it has not ended, it may be tried again

    def _need_growth(self) -> None:
        if self.ended or self._ending:
            raise no_more(self.stopped)

    async def _go_on(self, words: str) -> str:
        """End this message with what fits into it, and go on in another one; return what is still to be added."""
        if len(self.text) > MAX_TEXT:  # a filter has made longer what stood before the last words
            self.text, words = self.text[:MAX_TEXT], self.text[MAX_TEXT:] + words
        cut = _cut(self.text, words)
        self.text += words[:cut]
        rest = words[cut:].lstrip()
        if not rest:
            return ""
        await self.finish()
        if self.stopped:
            raise no_more(True)
        first = rest if len(rest) <= MAX_TEXT else rest[: MAX_TEXT // 2]
        await self.post(first)
        return rest[len(first) :]

    # Its life

    def _begin(self, message: Message) -> None:
        if "growing" not in (message.extra or {}) or not self._keeper.enter(self, message):
            return  # a call that is repeated
        self.seq, self.rev, self.stored = message.seq, message.rev, 0
        self.text = self._stored = message.text
        self.sent = len(message.text)
        self.ended = self.stopped = self._ending = False
        loop = asyncio.get_running_loop()
        self._fed = loop.time()
        self._timer = loop.call_later(STORE, self._tick, context=self._context)
        self._keeper.spread(self, self.sent, "")

    def abandon(self) -> None:
        """Let go of it: it grows on another node."""
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()

    def heard(self, changed: Changed) -> None:
        """Take in a change of the message that was stored."""
        message, extra = changed.message, changed.message.extra or {}
        self.rev = changed.number
        if "growing" not in extra:
            self._end(message.text, "stopped" in extra or "deleted" in extra)
        elif changed.change.what == "grown":
            self.text = message.text + self.text[self._under_way :]
            self.sent, self._stored, self.stored = len(message.text), message.text, changed.number
            self._keeper.tell_soon(self)

    def _end(self, text: str, stopped: bool) -> None:
        self.text, self.ended, self.stopped = text, True, stopped
        if self._timer is not None:
            self._timer.cancel()
        self._keeper.leave(self)
        if stopped and self.on_stop is not None:
            self.on_stop()

    def tell(self) -> None:
        """Tell those in the channel what has come, unless the whole is being stored: then they hear that first."""
        if self.ended or self._under_way is not None or self.sent == len(self.text):
            return
        at, self.sent = self.sent, len(self.text)
        self._keeper.spread(self, at, self.text[at:])

    def _tick(self) -> None:
        """Store what has come, or end after a long silence; look again in a while."""
        loop = asyncio.get_running_loop()
        left = self._fed + SILENCE - loop.time()
        if left <= 0.001:  # sums of seconds are not exact
            left = STORE
            self._keeper.do(self.finish(stopped=True), self._context)
        elif self.text != self._stored and self._under_way is None:
            self._keeper.do(self._save(), self._context)
        self._timer = loop.call_later(min(STORE, left), self._tick, context=self._context)

    async def _save(self) -> None:
        try:
            await self._store()
        except Refused as refused:
            if refused.code != Error.HISTORY_UNAVAILABLE and not self.ended:
                self._ending = True
                await self._mark(None)

    async def _store(self, on: bool = True, stopped: bool = False, by: User | None = None) -> int:
        """Store the text as it is; return the number of the change."""
        async with self._storing:
            if self.ended:
                return self.rev or self.seq
            text = self.text if on else self.text.rstrip()
            self._under_way = len(self.text)
            try:
                mentions = None if on or self._named is None else tuple(await self._named(text))
                who = self.user if on else by
                return await self._make(who, text=text, on=on, stopped=stopped, mentions=mentions)
            finally:
                self._under_way = None
                self._keeper.tell_soon(self)

    async def _mark(self, by: User | None) -> int:
        """End its growth with the text that is stored."""
        async with self._storing:
            return await self._make(by, on=False, stopped=True)

    async def _make(self, by: User | None, **asked: Any) -> int:
        try:
            return await self._ground.make(grown(self.channel, self.seq, by, **asked))
        except Refused as refused:
            if refused.code == Error.NOT_FOUND and not self.ended:  # it was trimmed away, of which nothing is told
                self._end(self.text, stopped=True)
            raise


def grown(channel: str, seq: int, by: User | None, **asked: Any) -> Change:
    """Return a change of a message that grows."""
    return Change(channel, seq, "grown", by, int(time.time() * 1000), **asked)


def no_more(stopped: bool) -> Refused:
    """Return what a call is answered that adds to a message which grows no more."""
    return Refused("the message was stopped" if stopped else "the message grows no more", Error.CONFLICT)


def _cut(text: str, words: str) -> int:
    """Return how many characters of the words still go into a message: whole words, where that can be."""
    room = MAX_TEXT - len(text)
    if words[room : room + 1].isspace():
        return room
    last = max(words.rfind(" ", 0, room), words.rfind("\n", 0, room))
    return last + 1 if last >= 0 else 0 if text[-1:].isspace() else room
