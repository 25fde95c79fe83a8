"""The nodes of a cluster: who is alive is in a table, and what they tell each other goes by notifications."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import Any

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.nodes import Hear
from tornado_chat.storage.postgres import turns
from tornado_chat.storage.postgres.asking import Asking
from tornado_chat.storage.postgres.connecting import unreachable
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.health import EngineError, is_away
from tornado_chat.storage.postgres.hearing import Hearing
from tornado_chat.storage.postgres.keeper import Keeper
from tornado_chat.storage.postgres.lease import Lease, TakenOver
from tornado_chat.storage.postgres.letters import Writer, read
from tornado_chat.storage.postgres.listener import Listener
from tornado_chat.storage.postgres.locks import Locks
from tornado_chat.storage.postgres.roll import Roll

TOPIC = "nodes"
ANSWERED = 1.0  # seconds that `ask` waits
AGAIN = 0.5  # seconds after which what the database did not do is tried again
FAREWELL = 1.0  # seconds that ending the lease may take
HERE, BYE, DONE = "/here", "/bye", "/done"  # what nodes tell each other about themselves

log = logging.getLogger("tornado_chat")


class PostgresNodes:
    """The Nodes of a process called `own`. `start` it when all have said what they hear.

    gaps: how often something was missed that another node told. clock: of this node.
    """

    def __init__(self, engine: Engine, listener: Listener, own: str) -> None:
        self.own = own
        self.gaps = 0
        self._engine, self._listener = engine, listener
        self._keeper = Keeper(engine)
        self._lease = Lease(engine, self._keeper, own)
        self.clock = self._lease.clock
        self._locks = Locks(self._keeper, engine.schema)
        self._roll = Roll()
        self._asking = Asking()
        self._writer = Writer(own)
        self._hearing = Hearing(lambda by, question, done: self._say(DONE, [question, done], by))
        self._on_return: list[Callable[[], Awaitable[None]]] = []
        self._on_end: list[Callable[[str], None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._looking, self._reading = asyncio.Lock(), asyncio.Lock()
        self._missed, self._closing = asyncio.Event(), asyncio.Event()
        self._roll.on_gone(self._asking.go)
        listener.hear(TOPIC, self._take)
        listener.on_return(self._return)

    @property
    def others(self) -> Sequence[str]:
        return list(self._roll.others)

    def hear(self, kind: str, hear: Hear) -> None:
        self._hearing.hear(kind, hear)

    def on_come(self, come: Callable[[str], None]) -> None:
        self._roll.on_come(come)

    def on_gone(self, gone: Callable[[str], None]) -> None:
        self._roll.on_gone(gone)

    def on_return(self, back: Callable[[], Awaitable[None]]) -> None:
        """See Nodes. It is awaited at the start, too: something may have been told since it was read, and before."""
        self._on_return.append(back)

    def on_end(self, ended: Callable[[str], None]) -> None:
        """Have this called, with words for people, when another process takes this name: this one must end."""
        self._on_end.append(ended)

    async def start(self) -> None:
        """Be one of the nodes from now on; the listener listens already. EngineError if the database is away."""
        try:
            found = await self._lease.take()
        except Exception as error:
            raise unreachable(self._engine.url, error) if is_away(error) else error from None
        self._writer.begin(self._lease.boot)
        for name in found.alive:
            self._roll.know(name, found.others[name])
        self._say(HERE, None)
        await self._read_again()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._keep()), loop.create_task(self._catch_up())]

    async def close(self) -> None:
        """End, and tell the others, which the listener sends before it closes."""
        self._closing.set()
        async with self._looking:  # what is under way may make the row again
            if self._lease.boot:
                with suppress(Exception):
                    async with asyncio.timeout(FAREWELL):
                        await self._lease.leave()
                self._say(BYE, None)
            self._writer.begin(0)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._hearing.close()
        await self._keeper.close()

    def tell(self, kind: str, about: Any, to: str = "") -> None:
        self._say(kind, about, to)

    async def ask(self, kind: str, about: Any) -> Sequence[str]:
        with self._asking.question(self.others) as question:
            self._say(kind, about, question=question.number)
            return await question.wait(ANSWERED)

    async def turn(self, name: str, seconds: float) -> bool:
        try:
            return await self._engine.write(partial(turns.take, name=name, seconds=seconds))
        except Refused:  # nobody's, as long as the database is away
            return False

    def lock(self, name: str) -> AbstractAsyncContextManager[None]:
        return self._locks.lock(name)

    # What is told

    def _say(self, kind: str, about: Any, to: str = "", question: int = 0) -> None:
        if not self._writer.boot or (to and to not in self._roll.others):
            return
        for text in self._writer.write([kind, about, question], to):
            self._listener.notify(TOPIC, text)

    def _take(self, text: str) -> None:
        letter = read(text)
        if letter.by == self.own:
            if letter.boot > self._lease.boot > 0:
                self._end("another process")
            return
        reader = self._roll.reader(letter)
        if reader is None:
            return
        gaps = reader.gaps
        body = reader.take(letter)
        if reader.gaps > gaps:
            self.gaps += 1
            self._missed.set()
        if body is not None and letter.to in ("", self.own):
            self._do(letter.by, *json.loads(body))

    def _do(self, by: str, kind: str, about: Any, question: int) -> None:
        if kind == BYE:
            self._roll.go(by)
        elif kind == DONE:
            self._asking.settle(by, *about)
        elif kind != HERE:
            self._hearing.do(by, kind, about, question)

    # Who is alive

    async def _keep(self) -> None:
        """Renew the lease, and see who else does."""
        while not self._closing.is_set():
            try:
                pause = await self._look()
            except TakenOver as error:
                self._end(f"another process ({error})")
                return
            except Exception as error:
                if not is_away(error) and not isinstance(error, EngineError):
                    log.exception("the lease could not be renewed")
                self._engine.failed(error, "renewing the lease")
                pause = AGAIN
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._closing.wait()

    async def _look(self) -> float:
        """Renew the lease, and go by what the table says; return when to do so again, in seconds."""
        async with self._looking:
            if self._closing.is_set():
                return 0
            news = self._roll.news
            found = await self._lease.renew()
            self._engine.succeeded("renewing the lease")
            if found.anew:
                log.warning("the others took this node for dead; it is there again")
                self._writer.begin(self._lease.boot)
                self._say(HERE, None)
                self._roll.meet_again()
                self._missed.set()
            self._roll.compare(found, news)
            return found.again

    def _end(self, by: str) -> None:
        if self._closing.is_set():  # a notification and the lease may both say it
            return
        why = f"{by} runs as the node {self.own} now, and this one ends; give each server a --node of its own"
        log.error("%s", why)
        self._closing.set()
        self._writer.begin(0)
        self._engine.end(why)
        for ended in self._on_end:
            ended(why)

    # What was missed

    async def _return(self) -> None:
        """The listener hears again."""
        if self._closing.is_set() or not self._lease.boot:
            return
        try:
            await self._look()
        except TakenOver as error:
            self._end(f"another process ({error})")
            return
        self._missed.clear()
        await self._read_again()
        self._say(HERE, None)  # by its number others see what they have missed

    async def _catch_up(self) -> None:
        while True:
            await self._missed.wait()
            self._missed.clear()
            try:
                await self._read_again()
            except Exception:
                await asyncio.sleep(AGAIN)
                self._missed.set()

    async def _read_again(self) -> None:
        """Have read again what others may have told. Refused while the database is away."""
        async with self._reading:
            for back in self._on_return:
                try:
                    await back()
                except Exception as error:
                    if isinstance(error, Refused) or is_away(error):
                        raise
                    log.exception("what was missed could not be read again")
