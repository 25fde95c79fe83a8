"""Notifications of the database: the one way by which nodes speak with each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress

from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.health import EngineError, is_away
from tornado_chat.storage.postgres.line import Line

LONGEST = 7_500  # bytes of one notification; PostgreSQL takes 7,999
JOINED = 1_800  # characters, of up to 4 bytes each, of a notification that has several texts
JOINT = "\x1e"  # before each text of a notification that has several
FULL = 16_000_000  # characters that may wait to be sent: then the database is as good as away
ATTEMPT = 2.0  # seconds that one attempt to connect may take
AGAIN = 0.5  # seconds between two attempts, at most
FAREWELL = 1.0  # seconds that `close` waits for what is on its way

log = logging.getLogger("tornado_chat")


class Listener:
    """Hears and sends notifications, and connects anew when the database is away or hangs.

    Topics are named within the schema: what other chats in the same database notify is not heard.
    """

    def __init__(self, engine: Engine) -> None:
        #: How long a notification took, in seconds, when it was last measured: every 2 s.
        self.lag = 0.0
        #: How often it has connected anew; how many notifications were sent and heard.
        self.reconnects = self.told = self.heard = 0
        self._engine = engine
        self._heard: dict[str, Callable[[str], None]] = {}
        self._back: list[Callable[[], Awaitable[None]]] = []
        self._line: Line | None = None
        self._waiting: list[tuple[str, str]] = []
        self._length = 0  # of what waits
        self._held: list[tuple[str, str]] | None = None  # what is heard while `_back` runs
        self._sending: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None

    def channel(self, topic: str) -> str:
        """Return what a topic is called in the database, for pg_notify."""
        return f"{self._engine.schema}_{topic}"

    def hear(self, topic: str, heard: Callable[[str], None]) -> None:
        """Have this called with all that is notified of a topic, by this node too, in the order of the commits.

        Only before `start`.
        """
        self._heard[self.channel(topic)] = heard

    def on_return(self, back: Callable[[], Awaitable[None]]) -> None:
        """Have this awaited when it hears again, and has missed something: before it passes on what came since.

        If it raises Refused, all is done again, with a new connection.
        """
        self._back.append(back)

    def notify(self, topic: str, text: str) -> None:
        """Send to all nodes, this one included, in the order of the calls. While the database is away it is dropped.

        ValueError for more than LONGEST bytes, for what PostgreSQL cannot store, and for JOINT. Of two that are
        alike, sent in the same turn of the loop, one may arrive.
        """
        if len(text.encode()) > LONGEST or "\0" in text or JOINT in text:
            raise ValueError(f"no notification can be this, of {len(text)} characters")
        if self._line is None or self._length > FULL:
            return
        self._waiting.append((self.channel(topic), text))
        self._length += len(text)
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send(self._line))

    async def start(self) -> None:
        """Listen from now on. EngineError if the database cannot be reached."""
        self._line = await self._open()
        self._keeping = asyncio.get_running_loop().create_task(self._keep(self._line))

    async def close(self) -> None:
        """Send what waits, and hear nothing any more."""
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=FAREWELL)
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        if self._line is not None:
            line, self._line = self._line, None
            await line.close(FAREWELL)

    async def _open(self) -> Line:
        channels = list(self._heard)
        return await Line.open(self._engine, self.channel("ping_"), channels, self._take, ATTEMPT)

    async def _keep(self, line: Line) -> None:
        """Watch over a line; open another when it is lost."""
        missed = False
        while True:
            if not missed or await self._returned(line):
                missed = True
                self._engine.succeeded("listening")
                async for lag in line.pings():
                    self.lag = lag
            else:
                await asyncio.sleep(AGAIN)
            self._drop(line)
            line = await self._open_again()

    def _drop(self, line: Line) -> None:
        self._line, self._held = None, None
        self._waiting.clear()
        self._length = 0
        self._engine.failed(line.lost.result(), "listening")
        if line.hangs:
            self._engine.renew()

    async def _open_again(self) -> Line:
        pause = AGAIN / 16
        while True:
            self._held = []  # before it listens: the first notification may be there as soon as it does
            try:
                self._line = await self._open()
            except EngineError as error:
                self._engine.failed(error, "listening")
                await asyncio.sleep(pause)
                pause = min(AGAIN, pause * 2)
            else:
                self.reconnects += 1
                return self._line

    async def _returned(self, line: Line) -> bool:
        """Have read again what was missed, then pass on what has come since. False if that failed."""
        for back in self._back:
            try:
                await back()
            except Exception as error:
                if isinstance(error, Refused) or is_away(error):
                    line.lose(error)
                    return False
                log.exception("reading again what was missed failed")
        held, self._held = self._held or [], None
        for channel, text in held:
            self._pass_on(channel, text)
        return not line.lost.done()

    def _take(self, channel: str, text: str) -> None:
        if self._held is not None:
            self._held.append((channel, text))
        else:
            self._pass_on(channel, text)

    def _pass_on(self, channel: str, text: str) -> None:
        heard = self._heard[channel]
        for one in text[1:].split(JOINT) if text.startswith(JOINT) else (text,):
            self.heard += 1
            try:
                heard(one)
            except Exception:
                log.exception("a notification of %s could not be taken in", channel)

    async def _send(self, line: Line) -> None:
        with suppress(Exception):  # the line has lost itself
            while self._waiting and line is self._line:
                batch, self._waiting, self._length = self._waiting, [], 0
                await line.say(list(_joined(batch)))
                self.told += len(batch)
        self._sending = None


def _joined(batch: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Join neighbours that fit into one notification: much of what one costs does not depend on its length."""
    channel, texts, length = "", list[str](), 0
    for next_channel, text in [*batch, ("", "")]:
        if next_channel != channel or length + len(text) > JOINED:
            if texts:
                yield channel, texts[0] if len(texts) == 1 else JOINT + JOINT.join(texts)
            channel, texts, length = next_channel, [], 0
        texts.append(text)
        length += len(text) + 1
