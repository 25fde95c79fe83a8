"""For monitoring: /healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import Iterator

from tornado.web import HTTPError

from tornado_chat.chat.metrics import family, histogram, process, single
from tornado_chat.config import speed
from tornado_chat.config.networks import FORWARDED, is_within, peer_of
from tornado_chat.config.shared_secret import same_secret
from tornado_chat.routing.server import Server
from tornado_chat.version import VERSION
from tornado_chat.web.base import Fresh
from tornado_chat.web.socket.keepalive import Keepalive
from tornado_chat.web.storage import Storage


class Health(Fresh):
    """Whether the loop turns: 200."""

    def get(self) -> None:
        self.write("ok\n")

    head = get


class Ready(Fresh):
    """Whether messages can be stored: 200, or 503 with what is wrong."""

    storage: Storage

    def get(self) -> None:
        state = self.storage.trouble()
        self.set_status(503 if state else 200)
        self.write({"ready": not state, "why": state})

    head = get


class MetricsPage(Fresh):
    """Figures for Prometheus, for clients with an allowed address or the bearer token."""

    server: Server
    keepalive: Keepalive
    storage: Storage

    def get(self) -> None:
        if not self._may():
            raise HTTPError(403, reason="Not From Here")
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.write("".join(_all(self.server, self.keepalive, self.storage)))

    head = get

    def _may(self) -> bool:
        token, given = self.settings["metrics_token"], self.request.headers.get("Authorization", "")
        if token and same_secret(given, f"Bearer {token}"):
            return True
        address = self.request.remote_ip or ""
        # A proxy on this machine that is not trusted has a local address, whoever is behind it.
        unknown = address == peer_of(self.request) and any(name in self.request.headers for name in FORWARDED)
        return is_within(address, self.settings["metrics_from"]) and not unknown and self.is_named_here()


def _all(server: Server, keepalive: Keepalive, storage: Storage) -> Iterator[str]:
    about = {"version": VERSION, "build": speed.BUILD}
    yield family("build_info", "gauge", "Which version and build runs: pure or compiled.", [(about, 1)])
    yield single("connections", "gauge", "Connections now.", len(server.connections))
    yield single("users", "gauge", "Users who are connected now.", sum(1 for _ in server.everyone()))
    yield single("channels", "gauge", "Channels that have members now.", len(server.channels))
    yield single("behind", "gauge", "Connections that read more slowly than is written.", len(keepalive.behind))
    yield single("file_bytes", "gauge", "What the files of all people take.", server.files.kept)
    yield single("uploads_total", "counter", "Files that were uploaded.", server.files.uploads)
    yield histogram(
        "fan_out_seconds", "Time in which a turn of the loop wrote what had gathered.", server.flusher.spent
    )
    if storage.database is not None:
        commits = storage.database.commits
        yield histogram("commit_seconds", "Time that a transaction took, its sync included.", commits)
    if storage.is_kept:
        yield single("ready", "gauge", "Whether messages can be stored.", int(not storage.trouble()))
    yield from storage.families()
    yield from server.metrics.families()
    plugins = server.plugins.describe() if server.plugins else []
    for name, kind, text, value in (
        ("plugin_calls_total", "counter", "Calls of plugins' actions and routes.", "calls"),
        ("plugin_failures_total", "counter", "What failed, took too long or blocked the server.", "failures"),
    ):
        yield family(name, kind, text, [({"plugin": one["name"]}, one[value]) for one in plugins])
    off = [({"plugin": one["name"]}, int(one["state"] == "off")) for one in plugins]
    yield family("plugin_off", "gauge", "Whether a plugin is switched off.", off)
    yield from process()
