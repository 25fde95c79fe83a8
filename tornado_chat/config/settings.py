"""What can be set: one frozen dataclass. sources.py reads it from where people write it."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import re
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tornado_chat.config import types
from tornado_chat.config.blob_place import BlobPlace, read_blob_place
from tornado_chat.config.database_url import read_database_url
from tornado_chat.config.mark import read_mark
from tornado_chat.config.networks import Network
from tornado_chat.config.shared_secret import check_secret
from tornado_chat.config.sizes import Size

PACKAGE = Path(__file__).parent.parent


#: What a setting of a power says, and the roles that have it then.
ROLES_WITH = {
    "admins": ("admin",),
    "members": ("admin", "member"),
    "everyone": ("admin", "member", "guest"),
    "off": (),
}


WHO = ("admins", "members", "everyone")


class SettingsError(Exception):
    """A value that cannot be used; the text is one line that says which and what is expected."""


def find_folder(name: str) -> Path:
    """Return `public` or `plugins`: inside the installed package, or beside it in a checkout."""
    return next(base / name for base in (PACKAGE, PACKAGE.parent) if (base / name).is_dir())


def default_data_dir() -> Path:
    """Return the per-user data folder (XDG Base Directory Specification); SettingsError without a home folder."""
    try:
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "tornado_chat"
    except RuntimeError:
        raise SettingsError("this user has no home folder; say with --data-dir where the data is to be") from None


def _setting(default: Any, read: Callable[[Any], Any], metavar: str, text: str) -> Any:
    metadata = {"read": read, "metavar": metavar, "help": text}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of one server; docs/reference/settings.md says more of each."""

    host: str = _setting(
        "127.0.0.1",
        types.host,
        "HOST",
        "address to listen on; * is all of IPv4 and IPv6, unix:PATH a Unix socket",
    )
    port: int = _setting(3000, types.whole(0, 65535), "PORT", "port to listen on; 0 takes a free one")
    server_name: str = _setting("tornado_chat", types.title, "NAME", "what the page calls this server")
    server_mark: Path | None = _setting(
        None, types.path, "FILE", "picture (SVG or PNG) that stands for this server on the page, instead of ours"
    )
    data_dir: Path = _setting(default_data_dir, types.path, "DIR", "folder for the data")
    auth: tuple[str, ...] = _setting(
        ("guest",), types.kinds, "KIND,…", "who may come in: guest, password, token, header; tried in this order"
    )
    registration: str = _setting(
        "open",
        types.choice("open", "closed"),
        "KIND",
        "with password: open, or closed (user add makes accounts)",
    )
    admin_link: bool = _setting(
        False, types.truth, "", "print a link for one use, by which somebody makes an administrator's account"
    )
    jwt_key: Path | None = _setting(None, types.path, "FILE", "with token: the secret, or the public key (PEM)")
    jwt_algorithm: str = _setting(
        "HS256", types.choice("HS256", "RS256", "ES256", "EdDSA"), "NAME", "with token: what tokens are signed with"
    )
    auth_header: str = _setting("Remote-User", types.header, "NAME", "with header: where the proxy names the user")
    history: str = _setting(
        "sqlite",
        types.choice("sqlite", "memory"),
        "KIND",
        "where messages are kept: sqlite (in the data folder) or memory",
    )
    cluster: str = _setting(
        "", read_database_url, "URL", "PostgreSQL that several servers share, as postgresql://USER@HOST/DATABASE"
    )
    node: str = _setting(
        "", types.node, "NAME", "with cluster: name of this server in it; by default its host name and port"
    )
    blobs: BlobPlace | None = _setting(
        None,
        read_blob_place,
        "DIR|s3://…",
        "with cluster: where files are kept, a folder that all servers see or a bucket; else there are none",
    )
    keep_days: int = _setting(0, types.whole(0, 36_500), "N", "delete messages after so many days; 0 keeps them")
    keep_messages: int = _setting(
        0, types.whole(0, 10**9), "N", "delete all but the newest so many of each channel; 0 keeps them"
    )
    guest_days: int = _setting(
        30,
        types.whole(1, 36_500),
        "N",
        "forget guests who did not come for so many days, and where they belong",
    )
    edit_window: int = _setting(
        0, types.whole(0, 10**9), "S", "seconds in which one's own messages can be edited; 0 is no limit"
    )
    may_delete: str = _setting(
        "admins", types.choice(*WHO), "WHO", "who may delete the messages of others: admins, members, everyone"
    )
    may_pin: str = _setting("members", types.choice(*WHO), "WHO", "who may pin messages, likewise")
    create_channels: str = _setting(
        "everyone", types.choice("everyone", "members", "admins"), "WHO", "who may make channels"
    )
    direct: str = _setting(
        "everyone", types.choice("everyone", "members", "off"), "WHO", "who may begin direct conversations"
    )
    default_channels: tuple[str, ...] = _setting(
        (), types.names, "NAME,…", "channels that a new person belongs to from the first visit on"
    )
    welcome_text: str = _setting("", types.text, "TEXT", "what the page says to somebody who is new")
    max_file_size: Size = _setting(
        Size(25 * 10**6), types.size, "SIZE", "largest file that somebody may upload, as 25MB; 0: no files"
    )
    file_space: tuple[Size, ...] = _setting(
        (Size(10**9), Size(20 * 10**9)),
        types.sizes(2),
        "SIZE/SIZE",
        "what the files of one user, and of all, may take",
    )
    plugins_dir: tuple[Path, ...] = _setting(
        (), types.paths, "DIR", "folder of plugins beside the shipped ones; may be given several times"
    )
    no_shipped_plugins: bool = _setting(False, types.truth, "", "leave out the plugins that come with the server")
    max_message_size: int = _setting(
        64 * 1024, types.whole(1024, 16 * 1024 * 1024), "BYTES", "largest message that a client may send"
    )
    compress: bool = _setting(False, types.truth, "", "compress for the clients that can (permessage-deflate)")
    ping_interval: float = _setting(25.0, types.seconds(0.05, 3600), "S", "seconds of silence before a ping")
    ping_timeout: float = _setting(60.0, types.seconds(0.1, 7200), "S", "seconds of silence that end a connection")
    announce_limit: int = _setting(
        200, types.whole(0, 10_000), "N", "users in a channel above which nobody is announced in words"
    )
    tls_cert: Path | None = _setting(None, types.path, "FILE", "certificate (PEM): serve https")
    tls_key: Path | None = _setting(None, types.path, "FILE", "its key (PEM), unless that is in the same file")
    trusted_proxies: tuple[Network, ...] = _setting(
        (), types.proxies, "RANGE,…", "addresses of the proxies whose headers are believed; unix is a Unix socket"
    )
    allowed_origin: tuple[str, ...] = _setting(
        (), types.origins, "ORIGIN,…", "sites whose pages may connect to the chat, and show it in a frame"
    )
    limits: str = _setting("on", types.switch, "on|off", "off turns all of the limits below off")
    message_rate: tuple[int, ...] = _setting(
        (10, 200, 20_000), types.numbers(3), "N/N/N", "calls a second: per user, per address, altogether"
    )
    join_rate: tuple[int, ...] = _setting((20, 400, 5_000), types.numbers(3), "N/N/N", "joins a second, likewise")
    connect_rate: tuple[int, ...] = _setting(
        (2, 50, 1_000), types.numbers(3), "N/N/N", "new connections a second, likewise"
    )
    upload_rate: tuple[int, ...] = _setting(
        (5, 50, 500), types.numbers(3), "N/N/N", "files a second that people begin to send, likewise"
    )
    max_connections: tuple[int, ...] = _setting((20, 1_000, 0), types.numbers(3), "N/N/N", "connections, likewise")
    max_channels: tuple[int, ...] = _setting(
        (200, 2_500, 50_000),
        types.numbers(3, 2),
        "N/N/N",
        "channels one user is in, one address made, and there are",
    )
    metrics_from: tuple[Network, ...] = _setting(
        (ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv6Network("::1")),
        types.networks,
        "RANGE,…",
        "addresses that may read /metrics",
    )
    metrics_token: str = _setting("", types.text, "TOKEN", "what others show as a bearer token to read /metrics")
    reload: bool = _setting(False, types.truth, "", "take changed plugins in while the server runs")
    log_level: str = _setting("info", types.level, "LEVEL", "debug, info, warning or error")
    log_format: str = _setting("text", types.choice("text", "json"), "FORMAT", "text or json, one line per event")
    #: What `[plugins.NAME]` of the TOML file says; each plugin reads its own.
    plugins: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    @property
    def shipped_plugins(self) -> Path | None:
        """The folder of the plugins that come with the server, None where they are left out."""
        return None if self.no_shipped_plugins else find_folder("plugins")

    @property
    def node_name(self) -> str:
        """The name of this server in a cluster. Without `node` and a port of its own, it is another at each start."""
        if self.node:
            return self.node
        place = str(self.port or os.getpid())
        if self.host.startswith(types.SOCKET):
            place = Path(self.host.removeprefix(types.SOCKET)).stem
        name = re.sub("[^A-Za-z0-9._:-]", "-", f"{socket.gethostname()[:31]}:{place[-16:]}")
        return name.lstrip("-._:") or "node"

    def __post_init__(self) -> None:
        """Check what one field alone does not show."""
        if self.ping_timeout <= self.ping_interval:
            raise SettingsError(
                f"ping_timeout ({self.ping_timeout:g}) must be longer than ping_interval ({self.ping_interval:g})"
            )
        if self.node and not self.cluster:
            raise SettingsError("--node needs --cluster: a server by itself has no name among others")
        if self.blobs is not None and not self.cluster:
            raise SettingsError("--blobs needs --cluster: a server by itself keeps files in its data folder")
        try:
            check_secret(self.metrics_token)
        except ValueError as error:
            raise SettingsError(f"--metrics-token: {error}") from None
        if self.server_mark is not None:
            try:
                read_mark(self.server_mark)
            except ValueError as error:
                raise SettingsError(f"--server-mark {self.server_mark}: {error}") from None
        if self.tls_key is not None and self.tls_cert is None:
            raise SettingsError("--tls-key needs --tls-cert FILE")
        if "token" in self.auth and self.jwt_key is None:
            raise SettingsError("--auth token needs --jwt-key FILE")
        if "header" in self.auth and not self.trusted_proxies:
            raise SettingsError("--auth header needs --trusted-proxies: the addresses that may say who someone is")
        for folder in self.plugins_dir:
            try:
                os.listdir(folder)
            except (FileNotFoundError, NotADirectoryError):
                raise SettingsError(f"--plugins-dir {folder}: there is no such folder") from None
            except OSError as error:
                raise SettingsError(f"--plugins-dir {folder} cannot be read: {error.strerror}") from None


FIELDS = {field.name: field for field in dataclasses.fields(Settings) if field.metadata}


def flag(name: str) -> str:
    """Return a setting's flag: `ping_interval` -> `--ping-interval`."""
    return "--" + name.replace("_", "-")


def written(value: Any) -> str:
    """Return a value as one writes it in a flag: (10, 200) -> `10/200`."""
    if not isinstance(value, tuple):
        return str(value)
    return ("/" if value and isinstance(value[0], int) else ",").join(str(part) for part in value)
