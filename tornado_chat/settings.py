"""What can be set: one frozen dataclass. Defaults < TOML file < TORNADO_CHAT_* < flags."""

from __future__ import annotations

import argparse
import dataclasses
import ipaddress
import json
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tornado_chat import readers, speed
from tornado_chat.proxies import Network
from tornado_chat.version import VERSION

PACKAGE = Path(__file__).parent
PREFIX = "TORNADO_CHAT_"
SECRET = ("metrics_token",)


class SettingsError(Exception):
    """A value that cannot be used; the text is one line that says which and what is expected."""


def find_folder(name: str) -> Path:
    """Return `public` or `plugins`: inside the installed package, or beside it in a checkout."""
    return next(base / name for base in (PACKAGE, PACKAGE.parent) if (base / name).is_dir())


def default_data_dir() -> Path:
    """Return the per-user data folder (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "tornado_chat"


def _setting(default: Any, read: Callable[[Any], Any], metavar: str, text: str) -> Any:
    metadata = {"read": read, "metavar": metavar, "help": text}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of one server; docs/settings.md says more of each."""

    host: str = _setting("127.0.0.1", readers.text, "HOST", "address to listen on")
    port: int = _setting(3000, readers.whole(0, 65535), "PORT", "port to listen on; 0 takes a free one")
    data_dir: Path = _setting(default_data_dir, readers.path, "DIR", "folder for what is kept")
    auth: tuple[str, ...] = _setting(
        ("guest",), readers.kinds, "KIND,…", "who may come in: guest, password, token, header; tried in this order"
    )
    registration: str = _setting(
        "open",
        readers.choice("open", "closed"),
        "KIND",
        "with password: open, or closed (user add makes accounts)",
    )
    jwt_key: Path | None = _setting(None, readers.path, "FILE", "with token: the secret, or the public key (PEM)")
    jwt_algorithm: str = _setting(
        "HS256", readers.choice("HS256", "RS256", "ES256", "EdDSA"), "NAME", "with token: what tokens are signed with"
    )
    auth_header: str = _setting("Remote-User", readers.text, "NAME", "with header: where the proxy names the user")
    history: str = _setting(
        "sqlite",
        readers.choice("sqlite", "memory"),
        "KIND",
        "where messages are kept: sqlite (in the data folder) or memory",
    )
    keep_days: int = _setting(0, readers.whole(0, 36_500), "N", "delete messages after so many days; 0 keeps them")
    keep_messages: int = _setting(
        0, readers.whole(0, 10**9), "N", "delete all but the newest so many of each channel; 0 keeps them"
    )
    plugins_dir: tuple[Path, ...] = _setting(
        lambda: (find_folder("plugins"),), readers.paths, "DIR", "folder of plugins; may be given several times"
    )
    max_message_size: int = _setting(
        64 * 1024, readers.whole(1024, 16 * 1024 * 1024), "BYTES", "largest message that a client may send"
    )
    compress: bool = _setting(False, readers.truth, "", "compress for the clients that can (permessage-deflate)")
    ping_interval: float = _setting(25.0, readers.seconds(0.05, 3600), "S", "seconds of silence before a ping")
    ping_timeout: float = _setting(60.0, readers.seconds(0.1, 7200), "S", "seconds of silence that end a connection")
    announce_limit: int = _setting(
        200, readers.whole(0, 10_000), "N", "users in a channel above which nobody is announced in words"
    )
    tls_cert: Path | None = _setting(None, readers.path, "FILE", "certificate (PEM): serve https")
    tls_key: Path | None = _setting(None, readers.path, "FILE", "its key (PEM), unless that is in the same file")
    trusted_proxies: tuple[Network, ...] = _setting(
        (), readers.networks, "RANGE,…", "addresses of the proxies whose headers are believed"
    )
    allowed_origin: tuple[str, ...] = _setting(
        (), readers.origins, "ORIGIN,…", "sites whose pages may connect to the chat, and show it in a frame"
    )
    limits: str = _setting("on", readers.choice("on", "off"), "on|off", "off turns all of the limits below off")
    message_rate: tuple[int, ...] = _setting(
        (10, 200, 20_000), readers.numbers(3), "N/N/N", "calls a second: per user, per address, altogether"
    )
    join_rate: tuple[int, ...] = _setting((20, 400, 5_000), readers.numbers(3), "N/N/N", "joins a second, likewise")
    connect_rate: tuple[int, ...] = _setting(
        (2, 50, 1_000), readers.numbers(3), "N/N/N", "new connections a second, likewise"
    )
    max_connections: tuple[int, ...] = _setting((20, 1_000, 0), readers.numbers(3), "N/N/N", "connections, likewise")
    max_channels: tuple[int, ...] = _setting(
        (200, 2_500, 50_000),
        readers.numbers(3, 2),
        "N/N/N",
        "channels one user is in, one address made, and there are",
    )
    metrics_from: tuple[Network, ...] = _setting(
        (ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv6Network("::1")),
        readers.networks,
        "RANGE,…",
        "addresses that may read /metrics",
    )
    metrics_token: str = _setting("", readers.text, "TOKEN", "what others show as a bearer token to read /metrics")
    reload: bool = _setting(False, readers.truth, "", "take changed plugins in while the server runs")
    log_level: str = _setting(
        "info", readers.choice("debug", "info", "warning", "error"), "LEVEL", "debug, info, warning or error"
    )
    log_format: str = _setting("text", readers.choice("text", "json"), "FORMAT", "text or json, one line per event")
    #: What `[plugins.NAME]` of the TOML file says; each plugin reads its own.
    plugins: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what one field alone does not show."""
        if self.ping_timeout <= self.ping_interval:
            raise SettingsError(
                f"ping_timeout ({self.ping_timeout:g}) must be longer than ping_interval ({self.ping_interval:g})"
            )
        if self.tls_key is not None and self.tls_cert is None:
            raise SettingsError("--tls-key needs --tls-cert FILE")
        if "token" in self.auth and self.jwt_key is None:
            raise SettingsError("--auth token needs --jwt-key FILE")
        if "header" in self.auth and not self.trusted_proxies:
            raise SettingsError("--auth header needs --trusted-proxies: the addresses that may say who someone is")
        for folder in self.plugins_dir:
            if not os.path.isdir(folder):  # nor one that is and that one may not look into
                raise SettingsError(f"--plugins-dir {folder}: there is no such folder")


FIELDS = {field.name: field for field in dataclasses.fields(Settings) if field.metadata}


def flag(name: str) -> str:
    """Return a setting's flag: `ping_interval` -> `--ping-interval`."""
    return "--" + name.replace("_", "-")


def written(value: Any) -> str:
    """Return a value as one writes it in a flag: (10, 200) -> `10/200`."""
    if not isinstance(value, tuple):
        return str(value)
    return ("/" if value and isinstance(value[0], int) else ",").join(str(part) for part in value)


def load(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of a command line; SettingsError, or an exit of argparse's own (help, version)."""
    return Settings(**{name: value for name, (value, _) in collect(arguments, environ).items()})


def collect(arguments: Sequence[str] | None, environ: Mapping[str, str] = os.environ) -> dict[str, tuple[Any, str]]:
    """Return what is set otherwise than by default, each with where it was said."""
    given = vars(_parser().parse_args(arguments))
    config = given.pop("config", environ.get(PREFIX + "CONFIG"))
    values = _from_file(Path(config)) if config is not None else {}
    for key, value in environ.items():
        if key.startswith(PREFIX) and key != PREFIX + "CONFIG":
            name = key.removeprefix(PREFIX).lower()
            values[name] = _read(name, value, key), key
    for name, value in given.items():
        values[name] = _read(name, value, flag(name)), flag(name)
    return values


def show(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> str:
    """Return each setting, a line of TOML each, with where it was said; what is secret is not shown."""
    said, lines = collect(arguments, environ), []
    settings = Settings(**{name: value for name, (value, _) in said.items()})
    for name in FIELDS:
        value = getattr(settings, name)
        if value in (None, ""):
            lines.append(f"# {name} is not set")
            continue
        shown = json.dumps("***" if name in SECRET else value, default=str, ensure_ascii=False)
        line = f"{name} = {shown}"
        lines.append(f"{line:44} # {said[name][1] if name in said else 'default'}")
    return "\n".join(lines)


def _from_file(path: Path) -> dict[str, tuple[Any, str]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"--config {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"--config {path}: not UTF-8 (byte {error.start + 1}); save it as that") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"--config {path}: not TOML: {error}") from None
    values: dict[str, tuple[Any, str]] = {}
    for key, value in content.items():
        name = key.replace("-", "_")
        if name in values:
            raise SettingsError(f"--config {path}: {name} is there twice, with - and with _")
        read = _tables(value, path) if name == "plugins" else _read(name, value, f"{path}: {key}")
        values[name] = read, str(path)
    return values


def _tables(value: Any, path: Path) -> dict[str, Any]:
    tables = value if isinstance(value, dict) else {"": value}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: plugins has a table for each plugin, as in [plugins.{name or 'dice'}]")
    return tables


def _read(name: str, value: Any, where: str) -> Any:
    if name not in FIELDS:
        raise SettingsError(f"{where}: there is no such setting; there are {', '.join(FIELDS)}")
    try:
        return FIELDS[name].metadata["read"](value)
    except ValueError as error:
        raise SettingsError(f"{where} must be {error}, not {value!r}") from None


class Parser(argparse.ArgumentParser):
    """Says what is wrong as one line, a SettingsError."""

    def error(self, message: str) -> Any:
        raise SettingsError(f"{message} (see --help)")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m tornado_chat",
        description="Serve a chat: a page and a WebSocket. Open the address that it prints.",
        epilog="Each setting can also stand in the TOML file (ping_interval = 25) "
        "or in the environment (TORNADO_CHAT_PING_INTERVAL=25); a flag wins. Beside serving there are the commands "
        "backup, restore, export, check, user, plugin and config show: python -m tornado_chat backup --help.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for name, field in FIELDS.items():
        default = getattr(Settings, name, None)
        text = field.metadata["help"] + ("" if default in (None, (), "") else f" ({written(default)})")
        if field.default is False:
            parser.add_argument(flag(name), help=field.metadata["help"], action="store_const", const=True)
            continue
        action = "append" if name == "plugins_dir" else "store"
        parser.add_argument(flag(name), metavar=field.metadata["metavar"], help=text, action=action)
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings")
    parser.add_argument("--version", action="version", version=f"tornado_chat {VERSION} ({speed.describe()})")
    return parser
