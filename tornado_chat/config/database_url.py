"""Addresses of databases, which may hold a password: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`."""

from __future__ import annotations

import re

URL = re.compile(r"postgres(?:ql)?://(?:[^/?#@\[\]]*@)?([^/?#@]*)(?:/[^@#]*|\?[^@#]*)?")
HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\[\]:,]*)(?::[0-9]{1,5})?")
STRAY = re.compile("%(?![0-9A-Fa-f]{2})")  # where a password or a parameter has a % of its own
#: Parameters behind the `?` that are shown. Others may be secret, as `password` and `sslpassword` are.
SHOWN = ("host", "port", "dbname", "user", "sslmode", "sslrootcert", "target_session_attrs")
HIDDEN = "***"


def read_database_url(value: object) -> str:
    """Check such an address, as a setting. ValueError says what it must be, without a word of it."""
    url = value.strip() if isinstance(value, str) else ""
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("an address like postgresql://USER@HOST:5432/DATABASE")
    parts = URL.fullmatch(url)
    is_plain = " " not in url and url.isprintable() and not STRAY.search(url)
    if parts is None or not is_plain or not all(HOST.fullmatch(one) for one in parts[1].split(",")):
        raise ValueError(
            "an address like postgresql://USER:PASSWORD@HOST:5432/DATABASE, with special characters of the password"
            " written as in a URL: @ as %40, / as %2F, # as %23, ? as %3F, % as %25, a blank as %20"
        )
    return url


def without_password(url: str) -> str:
    """Return such an address for people to read."""
    hidden = re.sub(r"(//[^:/?@]*):.*@", rf"\1:{HIDDEN}@", url)
    start, mark, parameters = hidden.partition("?")
    return start + mark + "&".join(map(_parameter, parameters.split("&")))


def _parameter(written: str) -> str:
    name, equals, value = written.partition("=")
    return f"{name}={value if name in SHOWN else HIDDEN}" if equals else name and HIDDEN
