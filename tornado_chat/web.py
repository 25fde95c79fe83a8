"""What the server answers over HTTP: the page, its assets, and the WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
from collections.abc import Awaitable
from time import monotonic, time
from typing import Any

from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches, Rule
from tornado.web import Application, HTTPError

from tornado_chat.accounts import Accounts
from tornado_chat.assets import Asset, Assets
from tornado_chat.connection import Connection
from tornado_chat.health import Health, MetricsPage, Ready
from tornado_chat.history import History
from tornado_chat.history.database import Database
from tornado_chat.history.memory import MemoryHistory
from tornado_chat.history.sqlite import SqliteHistory
from tornado_chat.hub import Hub
from tornado_chat.identity import Pass, load_secret, token_of
from tornado_chat.keepalive import Keepalive
from tornado_chat.lifecycle import Plugins
from tornado_chat.limits import Limits
from tornado_chat.listener import RETRY_AFTER, Seldom, max_connections
from tornado_chat.loader import build_registry
from tornado_chat.protocol import MAX_PAGE, MAX_TEXT, Close, Error, Refused, encode
from tornado_chat.proxies import behind, is_private, is_within
from tornado_chat.registry import Registry
from tornado_chat.router import Router
from tornado_chat.routes import PluginRoutes, compiled
from tornado_chat.safe import Safe, policy
from tornado_chat.settings import Settings, SettingsError, find_folder
from tornado_chat.signing import Register, SignIn, SignOut, Throttle, WhoAmI
from tornado_chat.store import MemoryStore, SqliteStore, Store
from tornado_chat.version import VERSION
from tornado_chat.ways import choose
from tornado_chat.websocket import SocketHandler

CODES = {*Close, 1001, 1005, 1006}  # a client may say any other

LONGEST = 10.0 * 365 * 86_400  # seconds that a timer is set for
log = logging.getLogger("tornado_chat")


class Chat(Application):
    """One chat server: the parts that its handlers share."""

    def __init__(self, settings: Settings) -> None:
        self.assets = Assets(find_folder("public"))
        self._routes = PluginRoutes(self, lambda plugin: self.plugins.context(plugin))
        super().__init__(
            [
                (r"/", _Page),
                (r"/assets/(.*)", _File),
                (r"/ws", ChatSocket),
                (r"/auth", WhoAmI),
                (r"/register", Register),
                (r"/sign-in", SignIn),
                (r"/sign-out", SignOut),
                (r"/healthz", Health),
                (r"/readyz", Ready),
                (r"/metrics", MetricsPage),
                Rule(PathMatches("/plugins/.*"), self._routes),
            ],
            default_handler_class=_NotFound,
            log_function=_log_request,
            websocket_max_message_size=settings.max_message_size,
            allowed_origins=settings.allowed_origin,
            policy=policy(settings.allowed_origin),
            metrics_from=settings.metrics_from,
            metrics_token=settings.metrics_token,
        )
        self._proxies = settings.trusted_proxies
        self._told = False
        registry = build_registry(settings.plugins_dir, settings.plugins)
        try:
            secret = load_secret(settings.data_dir)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or error
            raise SettingsError(f"--data-dir {settings.data_dir}: {said}") from None
        self.database = Database(settings.data_dir) if settings.history == "sqlite" else None
        history: History = MemoryHistory()
        store: Store = MemoryStore()
        if self.database is not None:
            history = SqliteHistory(self.database, settings.keep_days or None, settings.keep_messages or None)
            store = SqliteStore(self.database)
        self.hub = Hub(history, settings.announce_limit, store)
        self.accounts = Accounts(store)
        self.hub.identity = self.identity = choose(settings, secret, self.accounts)
        self.throttle = Throttle()
        open_to_all = "password" in settings.auth and settings.registration == "open"
        self.ways: dict[str, Any] = {"kinds": list(settings.auth), "registration": open_to_all}
        self.limits = Limits(settings) if settings.limits == "on" else None
        self.router = Router(registry, self.hub, strict=self.limits is not None)
        self.keepalive = Keepalive(settings.ping_interval, settings.ping_timeout)
        self._frame = settings.max_message_size
        self._actions: list[dict[str, Any]] | None = None
        self.plugins = Plugins(settings, self.hub, registry, self._use)
        self.identity.listen(self.plugins.hooks.authenticate)
        self.compress = settings.compress
        self.leaving = False  # what still comes up is for the server after this one: it will be said again
        self.max_connections = max_connections()
        self.turned_away = Seldom("connections are turned away (see max_connections, connect_rate and ulimit -n)")

    def _use(self, registry: Registry) -> None:
        """Take a registry into use, between two messages; whoever is connected is told of other actions."""
        self.router.registry = registry
        self._routes.use(compiled(registry))
        actions = registry.describe()
        if actions == self._actions:
            return
        about = {
            "server": {"name": "tornado_chat", "version": VERSION},
            "epoch": self.hub.history.epoch,
            "limits": {"message": MAX_TEXT, "frame": self._frame, "page": MAX_PAGE},
            "actions": actions,
        }
        self._actions, self._about = actions, encode(about)[1:]
        line = encode({"action": "actions", "actions": actions})
        for connection in self.hub.connections:
            connection.gather(line)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Find a request's handler (Tornado's own), once it is known who asks."""
        peer = request.remote_ip or ""
        if self._proxies and is_within(peer, self._proxies):
            request.remote_ip = behind(peer, ",".join(request.headers.get_list("X-Forwarded-For")), self._proxies)
            protocol = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip()
            if protocol in ("http", "https"):
                request.protocol = protocol
        elif "X-Forwarded-For" in request.headers:
            self._tell_of(peer)
        return super().find_handler(request, **kwargs)

    def _tell_of(self, peer: str) -> None:
        if not self._told and is_private(peer):
            self._told = True
            log.warning("a proxy at %s says for whom it asks; it is believed with --trusted-proxies %s", peer, peer)

    def hello(self, came: Pass) -> bytes:
        """Return a connection's first line; all but who it is was encoded once."""
        who = encode({"action": "hello", "user": came.user, "token": came.token})
        return who[:-1] + b"," + self._about

    def is_full(self) -> bool:
        """Return whether there is no room for another connection."""
        return len(self.hub.connections) >= self.max_connections

    async def trim(self) -> None:
        """Delete what is kept no longer."""
        await self.accounts.trim()
        if isinstance(self.hub.history, SqliteHistory):
            with contextlib.suppress(Refused):  # the disk fails, which is logged; the next hour comes
                await self.hub.history.trim()

    async def start(self) -> None:
        """Let the plugins begin; to be called on the loop that serves."""
        await self.plugins.start()

    async def reload(self, *names: str) -> dict[str, str]:
        """Take in changed plugins; see Plugins.reload."""
        return await self.plugins.reload(*names)

    async def close(self) -> None:
        """Let the plugins end, finish what is being stored, and store no more."""
        await self.plugins.stop()
        if self.database is None:
            return
        close, closed, loop = self.database.close, asyncio.Event(), asyncio.get_running_loop()

        def run() -> None:
            close()
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
                loop.call_soon_threadsafe(closed.set)

        # Not asyncio.to_thread: a process that ends waits for its threads, and a disk may never answer.
        threading.Thread(target=run, daemon=True).start()
        await closed.wait()


def make_app(settings: Settings) -> Chat:
    """Return the chat as a Tornado application, for an HTTPServer or a test."""
    return Chat(settings)


# The page


class _NotFound(Safe):
    def prepare(self) -> None:
        raise HTTPError(404)


class _Static(Safe):
    """A file that is in memory: as the client wants it, 304 where the client has it."""

    application: Chat

    def answer(self, asset: Asset, keep: str) -> None:
        self.set_header("Cache-Control", keep)
        self.set_header("Content-Type", asset.type)
        self.set_header("ETag", f'W/"{asset.digest}"')
        self.set_header("Vary", "Accept-Encoding")
        if self.check_etag_header():
            self.set_status(304)
            return
        body = asset.body
        if asset.gzipped and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            body = asset.gzipped
        self.write(body)


class _Page(_Static):
    def get(self) -> None:
        self.answer(self.application.assets.index(), "no-cache")  # asked for each time, 304 while it is the same

    head = get


class _File(_Static):
    def get(self, path: str) -> None:
        asset, for_ever = self.application.assets.find(path)
        if asset is None:
            raise HTTPError(404)
        self.answer(asset, "public, max-age=31536000, immutable" if for_ever else "no-cache")

    head = get


# The WebSocket


class ChatSocket(Safe, SocketHandler):
    """A client's socket: Tornado's handler, whose decoded messages go to the router."""

    application: Chat
    came: Pass | None = None
    refused: tuple[int, str] = (Close.NOT_SIGNED_IN, "not signed in, or not any more")
    connection: Connection | None = None
    _retry_after = 0  # seconds
    _expiry: asyncio.TimerHandle | None = None

    async def prepare(self) -> None:
        """Decide before the upgrade who may come in: 403 for another site, 400 for a name nobody can bear.

        503 where there is no room, and the end of the connection too.
        """
        chat = self.application
        self.compress = chat.compress
        if chat.is_full():
            self._turn_away()
            return
        if not self.is_from_here():
            raise HTTPError(403, reason="Foreign Origin")
        try:
            if chat.limits is not None:
                chat.limits.admit(self.request.remote_ip or "")
        except Refused as refused:
            self._retry_after = math.ceil(refused.retry_after)
            raise HTTPError(503, reason=refused.message.capitalize()) from None
        try:
            await chat.hub.moderation.load()
            self.came = await chat.identity.authenticate(self.request)
            if self.came is None and chat.identity.needs_name and token_of(self.request) is None:
                raise HTTPError(400, reason="Name Missing: ask for /ws?name=YOU")
        except Refused as refused:
            if refused.code in (Error.INVALID_NAME, Error.INVALID_FIELD):
                reason = "Invalid Name" if refused.code == Error.INVALID_NAME else "Not UTF-8"
                raise HTTPError(400, reason=reason) from None
            later = refused.code == Error.HISTORY_UNAVAILABLE
            self.refused = Close.TRY_LATER if later else Close.NOT_SIGNED_IN, refused.message

    def _turn_away(self) -> None:
        self.set_status(503, "Full")
        self.set_header("Retry-After", str(RETRY_AFTER))
        self.set_header("Connection", "close")
        written = self.finish()
        stream = self.detach()
        written.add_done_callback(lambda done: stream.close())

    def set_default_headers(self) -> None:
        """Say when to come again, where one has come too soon."""
        super().set_default_headers()
        if self._retry_after:
            self.set_header("Retry-After", str(self._retry_after))

    def check_origin(self, origin: str) -> bool:
        """Pass what `prepare` has let through (Tornado asks only for cross-origin requests)."""
        return True

    def open(self) -> None:
        """Introduce the client to the hub and say hello."""
        if self.wire.is_closing():
            return
        chat, came, address = self.application, self.came, self.request.remote_ip or ""
        ban = None if came is None else chat.hub.moderation.ban_on(came.user.id, address)
        if came is None or ban is not None:
            self.close(*(self.refused if ban is None else (Close.NOT_ALLOWED, ban)))
            return
        if chat.is_full():  # many came at once
            self.close(Close.TRY_LATER, "the server is full")
            return
        gate = None
        if chat.limits is not None:
            try:
                gate = chat.limits.enter(came.user.id, address)
            except Refused as refused:
                self.close(Close.TRY_LATER, refused.message)
                return
        del self.came
        self.connection = Connection(came.user, self.wire, chat.hub.flusher, gate)
        self.connection.address = address
        self.connection.session, self.connection.allowed = came.session, came.channels
        if came.until is not None:
            rest = min(came.until - time(), LONGEST)
            self._expiry = asyncio.get_running_loop().call_later(
                rest, self.connection.close, Close.NOT_SIGNED_IN, "the time you signed in for is over"
            )
        chat.hub.metrics.requests[101] += 1
        chat.hub.add(self.connection)
        chat.keepalive.add(self.connection, monotonic())
        self.connection.gather(chat.hello(came))
        if chat.hub.on_move is not None:
            chat.hub.on_move("connect", self.connection)

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Hand a text frame to the router; binary is not spoken here."""
        if isinstance(message, bytes):
            self.close(Close.UNSUPPORTED, "text frames only")
            return None
        assert self.connection is not None  # a socket without one was closed when it opened
        if self.application.leaving:
            return None
        return self.application.router.dispatch(self.connection, message)

    def on_close(self) -> None:
        """Forget the client: it is gone from the hub and from its channels."""
        if self._expiry is not None:
            self._expiry.cancel()
        if self.connection is not None:
            self.application.hub.metrics.closed[str(self.close_code) if self.close_code in CODES else "other"] += 1
            self.application.hub.remove(self.connection)
            self.application.keepalive.remove(self.connection)
            if self.application.limits is not None and self.connection.gate is not None:
                self.application.limits.leave(self.connection.gate)

    def on_closing(self) -> None:
        """Handle nothing more of it, and write nothing more to it."""
        if self.connection is not None:
            self.connection.end()

    def on_pause(self) -> None:
        """Watch a client that reads more slowly than it is written to."""
        if self.connection is not None:
            self.connection.fell_behind()
            self.application.keepalive.behind.add(self.connection)

    def on_resume(self) -> None:
        """The client has read everything."""
        if self.connection is not None:
            self.connection.caught_up()
            self.application.keepalive.behind.discard(self.connection)


def _log_request(handler: Any) -> None:
    """Log a request without its query, which may hold a token."""
    request = handler.request
    handler.application.hub.metrics.requests[handler.get_status()] += 1
    if isinstance(handler, ChatSocket) and handler.get_status() == 503:
        handler.application.turned_away.warn()
        return
    level = logging.INFO if handler.get_status() < 500 else logging.ERROR
    log.log(
        level,
        "%s %s %d %.1f ms %s",
        request.method,
        request.path,
        handler.get_status(),
        1000 * request.request_time(),
        request.remote_ip,
    )
