"""Parse the values of settings, from text or TOML. A ValueError says what the value must be."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado_chat.config.networks import UNIX, Network, read_network
from tornado_chat.config.shared_secret import CONTROL
from tornado_chat.config.sizes import Size

YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
KINDS = ("guest", "password", "token", "header")
SOCKET = "unix:"  # before the path of a Unix socket
MAX_TITLE = 64  # characters
NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,47}")
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def text(value: Any) -> str:
    """Text that is not empty. `docker --env-file` passes quotes and carriage returns on, which nobody means."""
    if not isinstance(value, str) or not value:
        raise ValueError("text of one character or more")
    if CONTROL.search(value):
        raise ValueError("text without line ends and other control characters")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        raise ValueError("text without quotes around it")
    return value


def trimmed(value: Any) -> str:
    return text(value.strip() if isinstance(value, str) else value)


def title(value: Any) -> str:
    """A name that is shown in one line."""
    name = trimmed(value)
    if len(name) > MAX_TITLE or not name.isprintable():
        raise ValueError(f"1 to {MAX_TITLE} visible characters")
    return name


def path(value: Any) -> Path:
    """A path; `~` is the home folder."""
    try:
        return Path(trimmed(value)).expanduser()
    except RuntimeError:
        raise ValueError("a path") from None


def names(value: Any) -> tuple[str, ...]:
    """Names of channels, with commas between them."""
    return tuple(title(item) for item in _items(value))


def node(value: Any) -> str:
    name = trimmed(value)
    if not NODE.fullmatch(name):
        raise ValueError("1 to 48 letters (a-z), digits, dots, _, : and -, with a letter or digit first")
    return name


def header(value: Any) -> str:
    name = trimmed(value)
    if not HEADER.fullmatch(name):
        raise ValueError("the name of a header, like Remote-User")
    return name


def paths(value: Any) -> tuple[Path, ...]:
    """Paths: a list, or text with the system's separator."""
    return tuple(path(item) for item in (value if isinstance(value, list) else trimmed(value).split(os.pathsep)))


def whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        try:
            number = int(_digits(value)) if isinstance(value, str) else value
        except ValueError:
            number = None
        if type(number) is not int or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return read


def seconds(low: float, high: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        try:
            number = math.nan if isinstance(value, bool) else float(_digits(value))
        except (ValueError, TypeError, OverflowError):
            number = math.nan
        if not low <= number <= high:
            raise ValueError(f"seconds from {low:g} to {high:g}")
        return number

    return read


def _digits(value: Any) -> Any:
    """Return a number as written; ValueError for what only Python accepts: `4_000`, other digits than 0-9."""
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise ValueError
    return value


def truth(value: Any) -> bool:
    """True or false, as people and YAML write them."""
    word = str(value).strip().lower() if isinstance(value, str | bool | int) else ""
    if word not in (*YES, *NO):
        raise ValueError("true or false")
    return word in YES


def switch(value: Any) -> str:
    """On or off, as people and YAML write them."""
    try:
        return "on" if truth(value) else "off"
    except ValueError:
        raise ValueError("on or off") from None


def level(value: Any) -> str:
    return choice("debug", "info", "warning", "error")("warning" if str(value).strip().lower() == "warn" else value)


def host(value: Any) -> str:
    """An address to listen on; an IPv6 address may be in brackets."""
    written = trimmed(value)
    if written.startswith("[") and written.endswith("]"):
        written = written[1:-1]
    is_socket = written[: len(SOCKET)].lower() == SOCKET
    if not written or (is_socket and len(written) == len(SOCKET)):
        raise ValueError("an address, a host name, *, or unix: and the path of a socket")
    return f"{SOCKET}{path(written[len(SOCKET) :])}" if is_socket else written


def numbers(count: int, before: int = 0) -> Callable[[Any], tuple[int, ...]]:
    """So many whole numbers, as in 10/200/5000. before: how many an earlier version had."""

    def read(value: Any) -> tuple[int, ...]:
        parts = value.split("/") if isinstance(value, str) else value
        try:
            numbers = tuple(whole(0, 10**9)(part) for part in parts)
        except (TypeError, ValueError):
            numbers = ()
        if len(numbers) not in (count, before) or not numbers:
            raise ValueError(f"{count} whole numbers, as in {'/'.join(['10', '200', '5000'][:count])}; 0 is no limit")
        return numbers

    return read


def size(value: Any) -> Size:
    """A number of bytes."""
    try:
        return Size.read(value if isinstance(value, str) else str(whole(0, 10**15)(value)))
    except ValueError:
        raise ValueError("a size such as 25MB or 1GB, or a number of bytes") from None


def sizes(count: int) -> Callable[[Any], tuple[Size, ...]]:
    """So many sizes, as in 1GB/20GB."""

    def read(value: Any) -> tuple[Size, ...]:
        parts = value.split("/") if isinstance(value, str) else value
        try:
            sizes = tuple(size(part) for part in parts)
        except (TypeError, ValueError):
            sizes = ()
        if len(sizes) != count:
            raise ValueError(f"{count} sizes, as in {'/'.join(['1GB', '20GB', '1TB'][:count])}; 0 is no limit")
        return sizes

    return read


def choice(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        meant = [each for each in choices if isinstance(value, str) and each.lower() == value.strip().lower()]
        if not meant:
            raise ValueError("one of " + ", ".join(choices))
        return meant[0]

    return read


def kinds(value: Any) -> tuple[str, ...]:
    try:
        kinds = tuple(text(item).lower() for item in _items(value))
    except ValueError:
        kinds = ()
    if not kinds or not set(kinds) <= set(KINDS) or len(set(kinds)) < len(kinds):
        raise ValueError(f"one or several of {', '.join(KINDS)}, with commas between them")
    return kinds


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [item.strip() for item in trimmed(value).split(",")]


def networks(value: Any) -> tuple[Network, ...]:
    try:
        return tuple(read_network(text(item)) for item in _items(value))
    except ValueError:
        raise ValueError("addresses or ranges like 192.0.2.0/24, with commas between them") from None


def proxies(value: Any) -> tuple[Network, ...]:
    """Addresses of proxies; `unix` stands for all connections over a Unix socket."""
    items = _items(value) if value else []
    return networks([UNIX if item == "unix" else item for item in items] or "")


def origins(value: Any) -> tuple[str, ...]:
    try:
        return tuple(_origin(text(item)) for item in _items(value))
    except ValueError:
        raise ValueError("origins like https://example.com, with commas between them") from None


def _origin(text: str) -> str:
    parts = urlsplit(text.lower().removesuffix("/"))
    standard = {"http": 80, "https": 443}[parts.scheme] if parts.scheme in ("http", "https") else None
    if standard is None or not parts.hostname or text.count("/") > 3 or parts.path or parts.query or parts.fragment:
        raise ValueError
    port = parts.port
    host = parts.netloc.removesuffix(f":{port}") if port == standard else parts.netloc
    if not re.fullmatch(r"[a-z0-9.:\[\]_-]+", host):  # it stands in a header
        raise ValueError
    return f"{parts.scheme}://{host}"
