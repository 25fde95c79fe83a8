"""Two connections to the database, of which one listens and one notifies, and whether they still work."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from time import monotonic

from tornado_chat.storage.postgres.connecting import Connection, disconnect, unreachable
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.health import is_away

PING = 2.0  # seconds between two
HUNG = 2.5  # seconds without an answer
GRACE = 0.2  # seconds more: this process may have been stopped itself, and the answer be there, unread
SAY = "SELECT count(pg_notify(channel, said)) FROM unnest($1::text[], $2::text[]) AS told (channel, said)"


class Line:
    """Two connections, by which a Listener hears and speaks until they are lost. `lost` gets why."""

    def __init__(self, ears: Connection, mouth: Connection, ping: str, take: Callable[[str, str], None]) -> None:
        self.lost: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        #: Whether the database gives no answer at all: then its other connections hang, too.
        self.hangs = False
        self._ears, self._mouth, self._ping, self._take = ears, mouth, ping, take
        self._speaking = asyncio.Lock()
        self._heard = 0  # notifications
        self._answered = 0.0  # when
        self._echo: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(
        cls, engine: Engine, ping: str, channels: Sequence[str], take: Callable[[str, str], None], patience: float
    ) -> Line:
        """Connect and LISTEN. take: gets the channel and the text. EngineError if each takes above `patience` s."""
        ears = await engine.connect(patience)
        try:
            # What is notified need not be on the disk; and all that notify wait for each other's disk.
            mouth = await engine.connect(patience, synchronous_commit="off")
        except BaseException:
            ears.terminate()
            raise
        line = cls(ears, mouth, ping + secrets.token_hex(4), take)
        try:
            async with asyncio.timeout(patience):
                for channel in [line._ping, *channels]:
                    await ears.add_listener(channel, line._hear)
        except BaseException as error:
            line.lose(error)
            if is_away(error):
                raise unreachable(engine.url, error) from None
            raise
        for connection in (ears, mouth):
            connection.add_termination_listener(line._ended)
            if connection.is_closed():
                line._ended(connection)
        return line

    async def say(self, batch: Sequence[tuple[str, str]]) -> None:
        """Notify channels of texts, in their order."""
        try:
            async with self._speaking:
                await self._mouth.execute(SAY, [channel for channel, _ in batch], [text for _, text in batch])
        except Exception as error:
            self.lose(error)
            raise

    async def pings(self) -> AsyncIterator[float]:
        """Give how long a notification takes, in seconds, every PING s until the line is lost."""
        loop = asyncio.get_running_loop()
        while not self.lost.done():
            await asyncio.wait({self.lost}, timeout=PING)
            if self.lost.done():
                return
            began, heard, self._echo = monotonic(), self._heard, loop.create_future()
            asking = loop.create_task(self._ask())
            try:
                for seconds in (HUNG, GRACE):
                    await asyncio.wait([asking], timeout=seconds)
                if self._answered < began:
                    self.lose(TimeoutError("the database does not answer"), hangs=True)
                elif not self._echo.done() and self._heard == heard:
                    self.lose(TimeoutError("the database passes no notifications on"))
            finally:
                asking.cancel()
            if not self.lost.done():
                yield monotonic() - began

    async def _ask(self) -> None:
        with suppress(Exception):  # the line is lost, which `pings` sees
            await self._ears.execute("SELECT 1")
            self._answered = monotonic()
            await self.say([(self._ping, "")])
            await self._echo

    def lose(self, error: BaseException, *, hangs: bool = False) -> None:
        """End both connections, without a word to the database."""
        if not self.lost.done():
            self.hangs = hangs
            self.lost.set_result(error)
        self._echo.cancel()
        for connection in (self._ears, self._mouth):
            connection.terminate()

    async def close(self, patience: float) -> None:
        """End both connections, within so many seconds each."""
        for connection in (self._mouth, self._ears):
            await disconnect(connection, patience)
        self.lose(ConnectionError("closed"))

    def _ended(self, connection: Connection) -> None:
        self.lose(ConnectionError("the connection was lost"))

    def _hear(self, connection: Connection, pid: int, channel: str, text: str) -> None:
        self._heard += 1
        if channel != self._ping:
            self._take(channel, text)
        elif not self._echo.done():
            self._echo.set_result(None)
