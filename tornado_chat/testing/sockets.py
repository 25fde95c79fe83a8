"""A chat server on a real socket, and its clients."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.ioloop import IOLoop
from tornado.testing import AsyncHTTPTestCase, get_async_test_timeout
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tornado_chat.chat.errors import Refused
from tornado_chat.config.settings import Settings
from tornado_chat.server.http_server import Server
from tornado_chat.testing.participant import Participant, refused
from tornado_chat.web.app import Chat, make_app


class Client(Participant[Awaitable[dict[str, Any]]]):
    """A client of a chat; see Participant. `hello`: the server's first event."""

    def __init__(self, socket: WebSocketClientConnection, base: str = "", token: str | None = None) -> None:
        self.socket = socket
        self._base, self._token = base, token
        self.sent = HTTPHeaders()  # with each request
        self.events: list[dict[str, Any]] = []
        self.hello: dict[str, Any] = {}
        self._seen = 0
        self._next: asyncio.Future[bool] | None = None
        self._refs = 0

    @property
    def closed(self) -> int | None:
        """The server's close code, None while the connection is open."""
        return self.socket.close_code

    def send(self, action: str, **fields: Any) -> None:
        """Send a message without waiting for its answer."""
        self.send_text(json.dumps({"action": action, **fields}))

    def send_text(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        self.socket.write_message(frame, binary=isinstance(frame, bytes))

    async def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Send a message and return its `ok`; an `error` is raised as Refused."""
        self._refs += 1
        ref = fields.setdefault("ref", f"call-{self._refs}")
        self.send(action, **fields)
        answer = await self.until(lambda event: event["action"] in ("ok", "error") and event["ref"] == ref)
        if answer["action"] == "error":
            raise refused(answer)
        return answer

    async def join(self, channel: str) -> dict[str, Any]:
        """Join a channel and write there from now on; return its `ok`."""
        answer = await self.call("join-channel", target=channel)
        self.channel = channel
        return answer

    async def create(self, name: str, *others: Client, kind: str = "private") -> dict[str, Any]:
        """Create a channel with these members and write there from now on; return its `ok`."""
        answer = await self.call("create-channel", **self._new(name, kind, others))
        self.channel = answer["channel"]
        return answer

    async def direct(self, *others: Client) -> dict[str, Any]:
        """Open the direct conversation with others and write there from now on; return its `ok`."""
        answer = await self.call("open-direct", users=[one.id for one in others])
        self.channel = answer["channel"]
        return answer

    async def say(
        self, line: str = "", channel: str | None = None, files: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        """Send a line as typed in the page, /roll 20 or plain text; see `call`. ValueError for a wrong command.

        files: what `upload` has returned; the text may be empty then.
        """
        return await self.call(**self._read(line, channel, files))

    async def upload(self, name: str, data: bytes) -> dict[str, Any]:
        """Upload a file, for `say`, or for a field of type Upload; return its `id`, `name`, `type` and `size`.

        Refused if the server says no.
        """
        return dict(json.loads(await self._fetch("POST", f"files?name={quote(name, '')}", data)))

    async def download(self, file: Mapping[str, Any]) -> bytes:
        """Return the bytes of a file of a message; Refused (`not-found`) unless the user may have it."""
        return await self._fetch("GET", f"files/{file['id']}")

    async def _fetch(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = self.sent.copy()
        if token := self.hello.get("token") or self._token:
            headers["Authorization"] = f"Bearer {token}"
        request = HTTPRequest(f"{self._base}/{path}", method, headers, body)
        answer = await AsyncHTTPClient().fetch(request, raise_error=False)
        if answer.code >= 400:
            about = json.loads(answer.body)
            raise Refused(about["message"], about["code"])
        return answer.body

    async def until(self, wanted: str | Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the next event with an action, or that meets a condition; events before it are skipped."""
        at = self._seen  # a place of its own: others may wait meanwhile, for something else
        while True:
            while at < len(self.events):
                event = self.events[at]
                at += 1
                if event["action"] == wanted if isinstance(wanted, str) else wanted(event):
                    self._seen = max(self._seen, at)
                    return event
            if not await self._receive():
                reason = f" ({self.socket.close_reason})" if self.socket.close_reason else ""
                raise EOFError(f"closed with {self.closed}{reason} before {wanted} came")

    async def until_text(self, text: str) -> dict[str, Any]:
        """Return the next line with this text."""
        return await self.until(lambda event: event.get("message") == text)

    async def close(self) -> None:
        """Close the connection and wait until it is closed."""
        self.socket.close()
        await self.until_closed()

    async def until_closed(self) -> int | None:
        """Wait until the connection is closed; return the server's close code."""
        while await self._receive():
            pass
        return self.closed

    async def _receive(self) -> bool:
        """Wait for the next frame, which all waiters share; False at the end."""
        if self._next is None or (self._next.done() and self._next.result()):
            self._next = asyncio.ensure_future(self._take())
        return await asyncio.shield(self._next)

    async def _take(self) -> bool:
        frame = await self.socket.read_message()
        if frame is None:
            return False
        self.events += [json.loads(line) for line in str(frame).split("\n")]
        return True


async def connect(base: str, name: str | None = None, token: str | None = None, **headers: str) -> Client:
    """Connect to the chat at `base` (http://host:port) and wait for its `hello`.

    HTTPClientError if the upgrade is refused; EOFError if the server closes before its hello.
    """
    query = f"?token={quote(token)}" if token is not None else "" if name is None else f"?name={quote(name)}"
    request = HTTPRequest(f"ws{base.removeprefix('http')}/ws{query}", headers=HTTPHeaders(headers))
    client = Client(await websocket_connect(request), base, token)
    client.sent.update(headers)
    try:
        client.hello = await client.until("hello")
    except EOFError:
        await client.close()
        raise
    return client


class ChatTestCase(AsyncHTTPTestCase):
    """Serves a new chat for each test. `settings`: those that differ from the defaults."""

    settings: ClassVar[dict[str, Any]] = {}

    def get_app(self) -> Chat:
        """Return the chat under test."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clients: list[Client] = []
        self.chat_settings = Settings(**{"data_dir": Path(folder.name), "history": "memory", **self.settings})
        self.chat = make_app(self.chat_settings)
        return self.chat

    def get_http_server(self) -> HTTPServer:
        """Return the server that a chat is served by."""
        return Server(self._app, **self.get_httpserver_options())

    def setUp(self) -> None:
        """Start the chat and its plugins."""
        super().setUp()
        IOLoop.current().run_sync(self.chat.start, timeout=get_async_test_timeout())

    async def connect(self, name: str | None = None, **how: Any) -> Client:
        """Connect a client, which is disconnected at the end of the test."""
        client = await connect(f"http://127.0.0.1:{self.get_http_port()}", name, **how)
        self.clients.append(client)
        return client

    async def join(self, name: str, *channels: str) -> Client:
        """Connect a client and join channels."""
        client = await self.connect(name)
        for channel in channels:
            await client.join(channel)
        return client

    def tearDown(self) -> None:
        """Disconnect all clients and stop the chat."""
        IOLoop.current().run_sync(self._disconnect, timeout=get_async_test_timeout())
        super().tearDown()

    async def _disconnect(self) -> None:
        for client in self.clients:
            await client.close()
        await self.chat.close()
