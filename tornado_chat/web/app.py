"""The Tornado application: puts the parts of a chat server together, and routes requests."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import time
from typing import Any
from urllib.parse import quote

from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches, Rule
from tornado.web import Application

from tornado_chat.auth.accounts import Accounts
from tornado_chat.auth.build import build, signing_secret
from tornado_chat.auth.providers import Credentials
from tornado_chat.chat.channel_records import is_secret
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.file_sharing import Files
from tornado_chat.chat.files import Space
from tornado_chat.chat.forgetting import forget
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import give_power, known_powers
from tornado_chat.chat.protocol import WIRE, encode, hello
from tornado_chat.chat.rate_limits import WORDS, Limits, nowhere
from tornado_chat.chat.searching import Searching
from tornado_chat.chat.usage import Bucket
from tornado_chat.chat.validation import MAX_PAGE, MAX_TEXT, clean_name
from tornado_chat.config.networks import is_private, is_within, path_of, protocol_of
from tornado_chat.config.settings import ROLES_WITH, Settings, SettingsError, find_folder
from tornado_chat.images.pictures import Pictures
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.plugin_host.manager import PluginManager
from tornado_chat.routing.registry import Registry
from tornado_chat.routing.router import Router
from tornado_chat.routing.server import Server
from tornado_chat.version import VERSION
from tornado_chat.web.assets import Asset, Assets, read
from tornado_chat.web.base import policy, shown_path, site
from tornado_chat.web.capacity import RateLimitedLog, max_connections
from tornado_chat.web.files.routes import FileRoutes
from tornado_chat.web.following import Following
from tornado_chat.web.health import Health, MetricsPage, Ready
from tornado_chat.web.pages import File, NotFound, Page, PluginUI
from tornado_chat.web.plugin_routes import PluginRoutes, compiled
from tornado_chat.web.sessions import ChangePassword, OpenAdminLink, Register, SignIn, SignOut, WhoAmI
from tornado_chat.web.socket import plain_upgrade
from tornado_chat.web.socket.entrance import Entrance
from tornado_chat.web.socket.frames import text_frames
from tornado_chat.web.socket.handler import ChatSocket
from tornado_chat.web.socket.keepalive import Keepalive
from tornado_chat.web.socket.tornado_internals import reason
from tornado_chat.web.storage import Storage, open_storage

TRIM = 3600.0  # seconds between two looks for what is kept no longer
SWEEP = 300.0  # seconds between two looks for files that nobody posts, and for bytes that no file has
QUIET = re.compile("/(assets/|files/|healthz$|readyz$|metrics$)")  # asked for all the time; a page has 60 assets
FILE = re.compile("(/files/).+")  # after it come ids and names of files
log = logging.getLogger("tornado_chat")


class Chat(Application):
    """One chat server: the parts that its handlers share. storage: what it is kept in, if that is open already."""

    def __init__(self, settings: Settings, storage: Storage | None = None) -> None:
        registry = build_registry(settings.plugins_dir, settings.plugins, shipped=settings.shipped_plugins)
        self.storage = storage = storage or open_storage(settings)
        repositories, secret = storage.repositories, storage.secret
        self.hub = Server(
            storage.history, storage.store, repositories, text_frames, settings.announce_limit, storage.nodes
        )
        self.hub.searching = Searching(self.hub, self.hub.places, storage.search)
        storage.ask_who_is_there(self.hub.channels.__contains__)
        self.hub.files = Files(self.hub, self.hub.places, repositories.files, storage.blobs)
        self.hub.files.max_size, self.hub.files.space = settings.max_file_size, Space(*settings.file_space)
        self.hub.files.off = storage.no_files
        self.pictures = Pictures(storage.blobs, storage.workshop)
        self.hub.files.look = self.pictures.look
        self.hub.files.pictures.cut = self.pictures.cut if self.pictures.can_draw else None
        self.hub.max_connections = max_connections()
        self.hub.loads.version, self.hub.loads.clock = VERSION, storage.clock
        self.hub.edit_window = settings.edit_window
        self.guest_days = settings.guest_days
        give_power("delete", ROLES_WITH[settings.may_delete])
        give_power("pin", ROLES_WITH[settings.may_pin])
        give_power("create-channel", ROLES_WITH[settings.create_channels])
        give_power("open-direct", ROLES_WITH[settings.direct])
        self.hub.places.default_channels = _channels(settings)
        self._named: dict[str, Any] = {"name": settings.server_name}
        if settings.welcome_text:
            self._named["welcome"] = settings.welcome_text
        if settings.max_file_size and not storage.no_files:
            self._named["files"] = {"max_size": int(settings.max_file_size), "images": self.pictures.can_draw}
        if settings.limits == "on":
            elsewhere = self.hub.elsewhere.count if self.hub.elsewhere is not None else nowhere
            self.hub.limits, self.hub.words = Limits(settings, elsewhere=elsewhere), Bucket(*WORDS)
        self.auth = build(settings, secret, Accounts(repositories.accounts), storage.store, repositories.tries)
        self.accounts, self.hub.identity = self.auth.accounts, self.auth.identity
        self.hub.new_token = self.auth.identity.token
        self.following = Following(self.accounts, self.hub)
        self.file_routes = FileRoutes(self.hub, self.auth, signing_secret(settings, secret), settings.limits == "on")
        self.router = Router(registry, self.hub, strict=settings.limits == "on")
        self.keepalive = Keepalive(settings.ping_interval, settings.ping_timeout)
        self.assets = Assets(find_folder("public"), settings.server_name, settings.server_mark)
        self.ui: dict[str, Asset] = {}  # the JavaScript of plugins, by file name
        self._offered: dict[str, dict[str, Any]] = {}  # by role: actions, powers, UIs of plugins
        self._about: dict[str, bytes] = {}  # by role: what hello says to all who have it
        self.hub.files.pictures.on_server = self._describe
        self._proxies = settings.trusted_proxies
        self._told = False
        full = "connections are turned away (see max_connections, connect_rate and ulimit -n)"
        self._turned_away = RateLimitedLog(full)
        self._routes = PluginRoutes(self, self.hub, self.auth.identity)
        self._entrance = Entrance(
            self.hub,
            self.router,
            self.auth.identity,
            self.keepalive,
            self.hello,
            settings.compress,
            settings.max_message_size,
            policy(settings.allowed_origin),
            {found for origin in settings.allowed_origin if (found := site(*origin.split("://"))) is not None},
        )
        super().__init__(
            self._handlers(),
            default_handler_class=NotFound,
            log_function=self._log_request,
            websocket_max_message_size=settings.max_message_size,
            allowed_sites=self._entrance.allowed_sites,
            policy=self._entrance.policy,
            metrics_from=settings.metrics_from,
            metrics_token=settings.metrics_token,
        )
        self.hub.plugins = self.plugins = PluginManager(settings, self.hub, registry, self._use)
        self.auth.identity.listen(self.plugins.hooks.authenticate)

    def _handlers(self) -> list[Any]:
        people = {"auth": self.auth, "following": self.following, "server": self.hub}
        page = {"assets": self.assets}
        figures = {"server": self.hub, "keepalive": self.keepalive, "storage": self.storage}
        return [
            (r"/(admin)?", Page, page),
            (r"/assets/(?:v-[0-9a-f]{12}/)?faces/(.*)", PluginUI, {"files": self.ui}),
            (r"/assets/(.*)", File, page),
            (r"/ws", ChatSocket, {"entrance": self._entrance}),
            (r"/auth", WhoAmI, people),
            (r"/register", Register, people),
            (r"/sign-in", SignIn, people),
            (r"/admin-link", OpenAdminLink, people),
            (r"/sign-out", SignOut, people),
            (r"/password", ChangePassword, people),
            *self.file_routes.handlers(),
            (r"/healthz", Health),
            (r"/readyz", Ready, {"storage": self.storage}),
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
        before, self._offered = self._offered, {}
        for role in ("guest", "member", "admin"):
            may = User("", "", role).may
            powers = [power for power in known_powers() if may(power)]
            offers = {"actions": registry.describe(may), "powers": powers, "ui": named}
            offers["faces"] = offers["ui"]  # deprecated: its name before
            self._offered[role] = offers
        self._describe()
        if before != self._offered:
            lines = {role: encode({"action": "actions", **offers}) for role, offers in self._offered.items()}
            for connection in self.hub.connections:
                connection.gather(lines.get(connection.user.role, lines["member"]))

    def _describe(self) -> None:
        """Encode what hello says to all who have a role."""
        picture = self.hub.files.pictures.of_server
        shown = {**self._named, "picture": picture} if picture else self._named
        for role, offers in self._offered.items():
            about: dict[str, Any] = {
                "server": {**shown, "version": VERSION, "wire": WIRE},
                "epoch": self.hub.history.epoch,
                "limits": {
                    "message": MAX_TEXT,
                    "frame": self.settings["websocket_max_message_size"],
                    "page": MAX_PAGE,
                    "edit_window": self.hub.edit_window,
                },
                **offers,
            }
            self._about[role] = encode(about)[1:]

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Find out who asks, then do as Tornado does."""
        self._heed_proxies(request)
        return super().find_handler(request, **kwargs)

    def upgrade(self, seen: bytes, sock: socket.socket, address: Any) -> plain_upgrade.PlainUpgrade | None:
        """Return the plain upgrade that was seen on a socket; None if Tornado has to read it."""
        request = plain_upgrade.read(seen, address)
        if request is None or self.hub.is_full():
            return None
        self._heed_proxies(request)
        return plain_upgrade.PlainUpgrade(self._entrance, request, sock)

    def _heed_proxies(self, request: HTTPServerRequest) -> None:
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

    def hello(self, came: Credentials) -> bytes:
        """Return the first line to a connection. All but the user and token was encoded once."""
        return hello(came.user, came.token) + self._about.get(came.user.role, self._about["member"])

    async def follow(self) -> None:
        """Apply what commands have changed to the users who are connected, and do what they want done to channels."""
        with contextlib.suppress(Refused):  # the disk fails
            await self.following.look()

    async def trim(self) -> None:
        """Delete what has expired: on one node."""
        with contextlib.suppress(Refused):  # the disk fails, which is logged; the next hour comes
            self.hub.places.meet(self.hub.present())  # those who are connected to this node
            await self.hub.places.writer.written()
            if not await self._may_delete("trim", TRIM):
                return
            await self.accounts.trim()
            await self.auth.throttle.tries.trim()
            await self.hub.history.trim()
            owners = await forget(self.hub, self.hub.memberships, int(time.time() * 1_000), self.guest_days)
            await self.hub.places.adopt(owners)
            await self.hub.files.pictures.load()
            self.hub.files.pictures.gone()
            await self.hub.files.sweep_orphans()

    async def sweep(self) -> None:
        """Let go of files that nobody posts, and of the bytes of those that are gone: on one node."""
        with contextlib.suppress(Refused):  # likewise
            if await self._may_delete("sweep", SWEEP):
                await self.hub.files.sweep()
            else:
                await self.hub.files.count()

    async def _may_delete(self, what: str, seconds: float) -> bool:
        """Return whether this node is to delete now what has expired; never while its clock is wrong."""
        return not self.storage.clock() and await self.hub.nodes.turn(what, seconds)

    async def start(self) -> None:
        """Start the plugins, on the loop that serves, and end what the server before this one left unfinished."""
        await self.storage.start()
        await self.hub.growths.recover(await self.hub.history.growing())
        await self.hub.files.count()
        await self.hub.files.pictures.load()
        await self.plugins.start()

    async def close(self) -> None:
        """Stop the plugins, finish what is being stored, and store nothing more."""
        await self.plugins.stop()
        await self.hub.growths.close()
        with contextlib.suppress(Refused):  # the disk fails
            await self.hub.places.writer.written()
        await self.file_routes.close()
        await self.pictures.close()
        await self.hub.files.close()
        await self.storage.close()

    def _log_request(self, handler: Any) -> None:
        """Log a request without its query, which may hold a token."""
        request, status = handler.request, handler.get_status()
        self.hub.metrics.requests[status] += 1
        if isinstance(handler, ChatSocket) and status == 503:
            self._turned_away.warn()
            return
        ms = round(1000 * request.request_time(), 1)
        level = logging.INFO if status < 500 or status == 507 else logging.ERROR  # 507: somebody has no space left
        if status == 101 or (status < 400 and QUIET.match(request.path)):
            level = logging.DEBUG
        path = FILE.sub(r"\1…", shown_path(request.path))
        about = {"method": request.method, "path": path, "status": status, "ms": ms, "address": request.remote_ip}
        shown = f"{status} {reason(handler)}" if status >= 400 else status
        words = (request.method, path, shown, ms, request.remote_ip)
        log.log(level, "%s %s %s %.1f ms %s", *words, extra={"event": "request", **about})


def _channels(settings: Settings) -> tuple[str, ...]:
    try:
        names = tuple(map(clean_name, settings.default_channels))
    except Refused as refused:
        raise SettingsError(f"--default-channels: {refused.message}") from None
    if any(map(is_secret, names)):
        raise SettingsError("--default-channels: the name of a channel does not begin with p: or dm:")
    return names


def make_app(settings: Settings, storage: Storage | None = None) -> Chat:
    """Return the chat as a Tornado application, for an HTTPServer or a test."""
    return Chat(settings, storage)
