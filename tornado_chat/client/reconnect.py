"""A client's connection: reconnects until waiting cannot help."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from tornado.httpclient import HTTPClientError
from tornado.iostream import StreamClosedError, UnsatisfiableReadError
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError
from tornado.websocket import WebSocketClientConnection, WebSocketError, websocket_connect

from tornado_chat.chat.errors import BROKEN, Close
from tornado_chat.client.credentials import Credentials, SignInFailed, clean_base
from tornado_chat.client.events import Event, read_event
from tornado_chat.client.wrong_scheme import speaks_plainly, speaks_tls

FINAL = frozenset(
    {
        *(Close.NORMAL, Close.PROTOCOL_ERROR, Close.UNSUPPORTED, Close.INVALID_TEXT, Close.TOO_BIG),
        *(Close.BAD_REQUEST, Close.NOT_SIGNED_IN, Close.NOT_ALLOWED),
    }
)
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 15.0  # seconds
LONGEST_RETRY_AFTER = 60.0  # seconds
RESTART_SPREAD = 1.0  # seconds over which clients spread after a restart
SILENCE = 90.0  # seconds without a frame from the server, which pings every 25 s
REFUSALS = {400: Close.NOT_ALLOWED, 401: Close.NOT_SIGNED_IN, 403: Close.NOT_ALLOWED}
PASSING = (408, 425, 429)  # statuses that waiting may mend
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
PLAIN = "if it speaks plain HTTP, write http:// or ws://"
NO_CHAT = "what answers at this address is not a chat; check host and path"

log = logging.getLogger("tornado_chat.client")


class _Ended(Exception):
    """Waiting cannot help; the message says why. `code`: a matching close code."""

    def __init__(self, why: str, code: int = BROKEN) -> None:
        super().__init__(why)
        self.code = code


class _Redirected(Exception):
    """The chat is at another address of the same host."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class Reconnecting:
    """Connects to a chat and reconnects. Once that has ended for good, `code` and `reason` say why.

    received: called with each event and its socket. lost: called with each lost socket. ended: called at the end.
    """

    def __init__(
        self,
        base: str,
        credentials: Credentials,
        received: Callable[[Event, WebSocketClientConnection], None],
        lost: Callable[[WebSocketClientConnection], None],
        ended: Callable[[], None],
    ) -> None:
        self.code: int | None = None
        self.reason = ""
        self.base = base
        self._credentials, self._received, self._lost, self._ended = credentials, received, lost, ended
        self._tries = self._redirects = 0  # since the last success
        self._retry_after = 0.0
        self._was_well = False
        self._problem = "no answer yet"
        self._ready: asyncio.Future[None]
        self._task: asyncio.Task[None]

    async def open(self, timeout: float | None) -> None:
        """Return once connected; ConnectionError if waiting cannot help, or after `timeout` seconds."""
        self._ready = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(timeout):
                await self._ready
        except TimeoutError:
            raise ConnectionError(f"no connection to {self.base} within {timeout:g} s: {self._problem}") from None
        finally:
            if not self._was_well:
                await self.close()

    async def close(self) -> None:
        """Disconnect, and sign out if there is a session."""
        self._task.cancel()
        await asyncio.wait({self._task})
        await self._credentials.sign_out(self.base)

    def well(self) -> None:
        """Note a success: after a loss from now on the first retries come soon."""
        self._tries = self._redirects = 0
        self._was_well = True
        if not self._ready.done():
            self._ready.set_result(None)

    def gone(self) -> ConnectionError:
        """Return the error to raise once the connection has ended for good."""
        why = self.reason or "the connection has ended"
        return ConnectionError(f"{why} ({self.code})" if self.code != BROKEN else why)

    async def _run(self) -> None:
        try:
            while True:
                try:
                    code = await self._connect()
                except _Redirected as redirect:
                    self._follow(redirect.location)
                    continue
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._tries)
                pause = random.uniform(pause / 2, pause)
                if code == Close.RESTART and self._tries == 0:
                    pause = random.uniform(0.0, RESTART_SPREAD)
                pause = max(pause, self._retry_after)
                log.warning("%s: %s; trying again in %.1f s", self.base, self._problem, pause)
                self._tries = min(self._tries + 1, 10)
                await asyncio.sleep(pause)
        except _Ended as ended:
            self.code, self.reason = ended.code, str(ended)
            log.error("%s: %s; not trying again", self.base, ended)
        finally:
            self.code = self.code or BROKEN
            self._ended()
            if not self._ready.done():
                self._ready.set_exception(self.gone())
                self._ready.exception()

    async def _connect(self) -> int | None:
        """Use one socket until it is lost; return the server's close code, if any."""
        self._retry_after = 0.0
        try:
            request = await self._credentials.request(self.base)
        except SignInFailed as failed:
            raise _Ended(f"cannot sign in: {failed}", Close.NOT_SIGNED_IN) from None
        except Exception as error:
            await self._explain(error)
            return None
        connecting = asyncio.ensure_future(websocket_connect(request))
        try:
            socket = await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_close)  # nobody else would
            raise
        except Exception as error:
            await self._explain(error)
            return None
        self._problem = "the connection was lost"
        greeted = False
        try:
            while True:
                async with asyncio.timeout(SILENCE):  # (wait_for of Python 3.11 may swallow a cancellation)
                    frame = await socket.read_message()
                if frame is None:
                    break
                for line in str(frame).split("\n"):
                    event = read_event(line)
                    is_hello = event is not None and event["action"] == "hello"
                    if not greeted and not is_hello:
                        self._give_up(NO_CHAT)
                        return None
                    if event is None or (greeted and is_hello):
                        log.debug("skipped an event that no server sends: %.200s", line)
                        continue
                    if is_hello:
                        greeted = True
                        self._credentials.accepted(event.get("token"))
                    self._received(event, socket)
        except TimeoutError:
            self._problem = f"the server has been silent for {SILENCE:g} s"
        finally:
            self._lost(socket)
        code: int | None = socket.close_code
        if code is not None:
            self._problem = f"the server closed the connection: {socket.close_reason or 'no reason given'} ({code})"
        if code == Close.NOT_SIGNED_IN and self._credentials.renew():
            return code
        if code in FINAL:
            raise _Ended(socket.close_reason or "the server closed the connection", code)
        return code

    def _follow(self, location: str) -> None:
        """Go to another address of the same host; credentials are never sent to another host."""
        try:
            there = urlsplit(urljoin(f"{self.base}/ws", location))
            path = there.path.removesuffix("/").removesuffix("/ws").removesuffix("/sign-in")
            base = clean_base(f"{there.scheme}://{there.netloc.rpartition('@')[2]}{path}")
        except ValueError:
            raise _Ended(f"the server redirects to {location[:200]!r}, which is not the address of a chat") from None
        here, there = urlsplit(self.base), urlsplit(base)
        if there.hostname != here.hostname or (here.scheme, there.scheme) == ("https", "http"):
            raise _Ended(
                f"the server redirects to {there.scheme}://{there.netloc}; pass that address if you trust it"
            )
        self._redirects += 1
        if self._redirects > MOST_REDIRECTS:
            raise _Ended("the server redirects again and again")
        self.base = base

    async def _explain(self, error: Exception) -> None:
        """Note why an attempt failed, for the log. Raises _Ended if waiting cannot help, or _Redirected."""
        hopeless = ""
        self._problem = str(error) or type(error).__name__
        if isinstance(error, HTTPClientError) and error.response is not None:
            headers = error.response.headers
            if error.code in REDIRECTS:
                raise _Redirected(headers.get("Location", ""))
            self._problem = f"the server answered {error.code} {error.message}"
            self._retry_after = _seconds(headers.get("Retry-After", ""))
            if error.code in REFUSALS:
                raise _Ended(self._problem, REFUSALS[error.code])
            if 400 <= error.code < 500 and error.code not in PASSING:
                hopeless = f"there is no chat at this address ({error.code} {error.message}); check host and path"
        elif isinstance(error, WebSocketError | UnsatisfiableReadError) or type(error) is StreamClosedError:
            hopeless = NO_CHAT  # its answer is not HTTP, or no WebSocket handshake
        elif isinstance(error, ssl.SSLCertVerificationError):
            hopeless = f"the server's certificate is not valid: {error.verify_message}"
        elif isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            hopeless = f"TLS failed ({error.reason}); {PLAIN}"
        elif isinstance(error, HTTPTimeoutError):
            if self.base.startswith("https:") and await speaks_plainly(self.base):
                hopeless = f"the server does not speak TLS here; {PLAIN}"
        elif isinstance(error, HTTPStreamClosedError | ConnectionResetError):
            self._problem = "the server closed the connection without an answer"
            if self.base.startswith("http:") and await speaks_tls(self.base):
                hopeless = "the server speaks TLS here: write https:// or wss://"
        if hopeless:
            self._give_up(hopeless)

    def _give_up(self, why: str) -> None:
        """End, unless it was connected before: then a proxy may be waiting for its chat to return."""
        if not self._was_well:
            raise _Ended(why)
        self._problem = why


def _close(connecting: asyncio.Future[WebSocketClientConnection]) -> None:
    """Close a connection that came after it was given up."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


def _seconds(header: str) -> float:
    return min(float(header), LONGEST_RETRY_AFTER) if header.isascii() and header.isdigit() else 0.0
