"""The Tornado application: puts the parts of a chat server together, and routes requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
from typing import Any
from urllib.parse import quote

from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches, Rule
from tornado.web import Application

from tornado_chat.auth.accounts import Accounts
from tornado_chat.auth.build import build
from tornado_chat.auth.providers import Credentials
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import History
from tornado_chat.chat.models import User
from tornado_chat.chat.protocol import encode
from tornado_chat.chat.rate_limits import WORDS, Bucket, Limits
from tornado_chat.chat.validation import MAX_PAGE, MAX_TEXT
from tornado_chat.config.networks import is_private, is_within, path_of, protocol_of
from tornado_chat.config.settings import Settings, SettingsError, find_folder
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.plugin_host.manager import PluginManager
from tornado_chat.routing.registry import Registry
from tornado_chat.routing.router import Router
from tornado_chat.routing.server import Server
from tornado_chat.storage.data_folder import load_secret
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database
from tornado_chat.version import VERSION
from tornado_chat.web.assets import Asset, Assets, read
from tornado_chat.web.base import policy, shown_path, site
from tornado_chat.web.capacity import RateLimitedLog, max_connections
from tornado_chat.web.health import Health, MetricsPage, Ready
from tornado_chat.web.pages import File, NotFound, Page, PluginUI
from tornado_chat.web.plugin_routes import PluginRoutes, compiled
from tornado_chat.web.sessions import ChangePassword, Register, SignIn, SignOut, WhoAmI, look_again
from tornado_chat.web.socket.frames import text_frames
from tornado_chat.web.socket.handler import ChatSocket, Shared
from tornado_chat.web.socket.keepalive import Keepalive
from tornado_chat.web.socket.tornado_internals import reason

QUIET = re.compile("/(assets/|healthz$|readyz$|metrics$)")  # asked for all the time; a page alone has 60 assets
log = logging.getLogger("tornado_chat")


class Chat(Application):
    """One chat server: the parts that its handlers share."""

    def __init__(self, settings: Settings) -> None:
        registry = build_registry(settings.plugins_dir, settings.plugins, shipped=settings.shipped_plugins)
        secret = _secret(settings)
        self.database = Database(settings.data_dir) if settings.history == "sqlite" else None
        in_memory = MemoryHistory()
        history: History = in_memory
        if self.database is not None:
            history = SqliteHistory(self.database, settings.keep_days or None, settings.keep_messages or None)
        kept = self.database or DirectDatabase()
        repositories = sqlite_repositories(kept)
        self.hub = Server(history, SqliteStore(kept), repositories, text_frames, settings.announce_limit)
        in_memory.is_used = self.hub.channels.__contains__
        self.hub.max_connections = max_connections()
        if settings.limits == "on":
            self.hub.limits, self.hub.words = Limits(settings), Bucket(*WORDS)
        self.auth = build(settings, secret, Accounts(repositories.accounts))
        self.accounts, self.hub.identity = self.auth.accounts, self.auth.identity
        self.router = Router(registry, self.hub, strict=settings.limits == "on")
        self.keepalive = Keepalive(settings.ping_interval, settings.ping_timeout)
        self.assets = Assets(find_folder("public"), settings.server_name, settings.server_mark)
        self.ui: dict[str, Asset] = {}  # the JavaScript of plugins, by file name
        self._about: dict[str, bytes] = {}  # by role: what hello says to all who have it
        self._proxies = settings.trusted_proxies
        self._told = False
        full = "connections are turned away (see max_connections, connect_rate and ulimit -n)"
        self._turned_away = RateLimitedLog(full)
        self._routes = PluginRoutes(self, lambda plugin: self.plugins.context(plugin))
        super().__init__(
            self._handlers(settings.compress),
            default_handler_class=NotFound,
            log_function=self._log_request,
            websocket_max_message_size=settings.max_message_size,
            allowed_sites={site(*origin.split("://")) for origin in settings.allowed_origin},
            policy=policy(settings.allowed_origin),
            metrics_from=settings.metrics_from,
            metrics_token=settings.metrics_token,
        )
        self.hub.plugins = self.plugins = PluginManager(settings, self.hub, registry, self._use)
        self.auth.identity.listen(self.plugins.hooks.authenticate)

    def _handlers(self, compress: bool) -> list[Any]:
        people = {"auth": self.auth, "server": self.hub}
        page = {"assets": self.assets}
        shared = Shared(self.hub, self.router, self.auth.identity, self.keepalive, self.hello, compress)
        figures = {"server": self.hub, "keepalive": self.keepalive, "database": self.database}
        return [
            (r"/(admin)?", Page, page),
            (r"/assets/(?:v-[0-9a-f]{12}/)?faces/(.*)", PluginUI, {"files": self.ui}),
            (r"/assets/(.*)", File, page),
            (r"/ws", ChatSocket, {"shared": shared}),
            (r"/auth", WhoAmI, people),
            (r"/register", Register, people),
            (r"/sign-in", SignIn, people),
            (r"/sign-out", SignOut, people),
            (r"/password", ChangePassword, people),
            (r"/healthz", Health),
            (r"/readyz", Ready, {"database": self.database}),
            (r"/metrics", MetricsPage, figures),
            Rule(PathMatches("/plugins/.*"), self._routes),
        ]

    def _use(self, registry: Registry) -> None:
        """Switch to a registry between two messages; tell all connections if their actions or plugin UIs changed."""
        self.router.registry = registry
        self._routes.found = compiled(registry)
        scripts = {name: read(".js", script) for name, script in registry.ui().items()}
        ui = {f"{name}.{asset.digest[:12]}.js": (name, asset) for name, asset in scripts.items()}
        self.ui.clear()
        self.ui.update((file, asset) for file, (_, asset) in ui.items())
        named = [{"name": name, "url": f"faces/{quote(file)}"} for file, (name, _) in ui.items()]
        before, lines = self._about, {}
        self._about = {}
        for role in ("guest", "member", "admin"):
            offers = {"actions": registry.describe(User("", "", role).may), "ui": named}
            offers["faces"] = offers["ui"]  # deprecated: its name before
            about = {
                "server": {"name": "tornado_chat", "version": VERSION},
                "epoch": self.hub.history.epoch,
                "limits": {
                    "message": MAX_TEXT,
                    "frame": self.settings["websocket_max_message_size"],
                    "page": MAX_PAGE,
                },
                **offers,
            }
            self._about[role] = encode(about)[1:]
            lines[role] = encode({"action": "actions", **offers})
        if before != self._about:
            for connection in self.hub.connections:
                connection.gather(lines.get(connection.user.role, lines["member"]))

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Find out who asks, then do as Tornado does."""
        peer = request.remote_ip or ""
        if self._proxies and is_within(peer, self._proxies):
            path = path_of(peer, request.headers.get("X-Forwarded-For", ""), self._proxies)
            request.remote_ip = path[-1]
            protocol = protocol_of(request.headers.get("X-Forwarded-Proto", ""), len(path) - 1)
            if protocol is not None:
                request.protocol = protocol
        elif "X-Forwarded-For" in request.headers and not self._told and is_private(peer):
            self._told = True
            log.warning("a proxy at %s says for whom it asks; it is believed with --trusted-proxies %s", peer, peer)
        return super().find_handler(request, **kwargs)

    def hello(self, came: Credentials) -> bytes:
        """Return the first line to a connection. All but the user and token was encoded once."""
        who = encode({"action": "hello", "user": came.user, "token": came.token})
        return who[:-1] + b"," + self._about.get(came.user.role, self._about["member"])

    async def follow(self) -> None:
        """Apply what a command has changed to the users who are connected."""
        with contextlib.suppress(Refused):  # the disk fails
            for user_id in await self.accounts.changed():
                await look_again(self.auth, self.hub, user_id)

    async def trim(self) -> None:
        """Delete what has expired."""
        with contextlib.suppress(Refused):  # the disk fails, which is logged; the next hour comes
            await self.accounts.trim()
            await self.hub.reading.trim()
            await self.hub.history.trim()

    async def start(self) -> None:
        """Start the plugins, on the loop that serves."""
        await self.plugins.start()

    async def close(self) -> None:
        """Stop the plugins, finish what is being stored, and store nothing more."""
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

    def _log_request(self, handler: Any) -> None:
        """Log a request without its query, which may hold a token."""
        request, status = handler.request, handler.get_status()
        self.hub.metrics.requests[status] += 1
        if isinstance(handler, ChatSocket) and status == 503:
            self._turned_away.warn()
            return
        ms = round(1000 * request.request_time(), 1)
        level = logging.INFO if status < 500 else logging.ERROR
        if status == 101 or (status < 400 and QUIET.match(request.path)):
            level = logging.DEBUG
        path = shown_path(request.path)
        about = {"method": request.method, "path": path, "status": status, "ms": ms, "address": request.remote_ip}
        shown = f"{status} {reason(handler)}" if status >= 400 else status
        words = (request.method, path, shown, ms, request.remote_ip)
        log.log(level, "%s %s %s %.1f ms %s", *words, extra={"event": "request", **about})


def _secret(settings: Settings) -> bytes:
    try:
        return load_secret(settings.data_dir)
    except FileExistsError as error:
        raise SettingsError(f"--data-dir {settings.data_dir} {error.strerror}") from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise SettingsError(f"--data-dir {settings.data_dir}: {said}") from None


def make_app(settings: Settings) -> Chat:
    """Return the chat as a Tornado application, for an HTTPServer or a test."""
    return Chat(settings)
