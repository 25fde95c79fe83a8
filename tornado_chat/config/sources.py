"""Where settings are read from: defaults < TOML file < TORNADO_CHAT_* < flags."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tornado_chat.config import types
from tornado_chat.config.database_url import without_password
from tornado_chat.config.settings import FIELDS, Settings, SettingsError, flag, written
from tornado_chat.config.sizes import Size

PREFIX = "TORNADO_CHAT_"
SECRET = ("metrics_token", "cluster", "blobs")
ALL = (*FIELDS, "plugins")
#: What Kubernetes puts into the environment of each pod for a Service that is called `tornado-chat`.
ADDRESS = re.compile("(tcp|udp|sctp)://")
SERVICE = re.compile("_SERVICE_|_PORT_")

Found = dict[str, tuple[Any, str]]  # name -> what was written, or what was read of it; and where


def load(flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ, only: Collection[str] = ALL) -> Settings:
    """Return the settings. flags: what was given on the command line, by setting; and `config`, the TOML file.

    only: the settings that are wanted. The others are not read: what is wrong with them is no matter.
    """
    found = _collect(flags, environ, only)
    return _settings(found, data_dir="data_dir" in only)


def _settings(found: Found, data_dir: bool = True) -> Settings:
    """Return what was found as settings. data_dir: whether it is wanted; a cluster needs none."""
    values = {name: value for name, (value, _) in found.items()}
    if not data_dir or "cluster" in values:
        values.setdefault("data_dir", Path())  # a user without a home folder has no default
    return Settings(**values)


def _collect(flags: Mapping[str, Any], environ: Mapping[str, str], only: Collection[str]) -> Found:
    """Return what is set otherwise than by default, each with where it was said. Only what counts is read."""
    config = _config_file(flags.get("config"), environ)
    found = _from_file(config) if config else {}
    for key, value in environ.items():
        name = key.removeprefix(PREFIX).lower()
        if key.startswith(PREFIX) and name in FIELDS and not _is_passed_over(key, value):
            found[name] = value, key
    for name, value in flags.items():
        if name in FIELDS:
            found[name] = value, flag(name)
    read = {name: (_read(name, *said, config), said[1]) for name, said in found.items() if name in only}
    if "cluster" in read and "history" in read:
        (history, where), by = read["history"], read["cluster"][1]
        raise SettingsError(f"{where}: history = {history!r} is for one server; leave it out with a cluster ({by})")
    return read


def passed_over(environ: Mapping[str, str] = os.environ) -> str:
    """Return one line about the variables of the environment that look like settings and are not, else nothing."""
    words = []
    for key in sorted(environ):
        if key.startswith(PREFIX) and environ[key] and _is_passed_over(key, environ[key]):
            name = key.removeprefix(PREFIX).lower()
            is_known = name in FIELDS or SERVICE.search(key)
            words.append(key + ("" if is_known else suggestion(name, FIELDS, lambda near: PREFIX + near.upper())))
    return f"not settings, and passed over: {', '.join(words)}" if words else ""


def show(flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> str:
    """Return each setting, a line of TOML each, with where it was said; what is secret is not shown."""
    found, lines = _collect(flags, environ, ALL), []
    settings = _settings(found)
    for name in FIELDS:
        value = getattr(settings, name)
        if value in (None, "") or (settings.cluster and name in ("history", "data_dir") and name not in found):
            lines.append(f"# {name} is not set")
            continue
        sizes = value if isinstance(value, tuple) else (value,)
        value = written(value) if sizes and all(isinstance(one, Size) for one in sizes) else value
        if name in SECRET:
            value = without_password(value) if name == "cluster" else str(value) if name == "blobs" else "***"
        shown = json.dumps(value, default=str, ensure_ascii=False)
        line = f"{name} = {shown}"
        lines.append(f"{line:44} # {found[name][1] if name in found else 'default'}")
    return "\n".join(lines)


def suggestion(word: str, words: Iterable[str], written: Callable[[str], str] = str) -> str:
    """Return ` (did you mean …?)` for a word that is close to one of these, else nothing."""
    word = word.lower()
    near = get_close_matches(word, words := list(words), n=1, cutoff=0.75)
    if not near and len(word.strip("-")) > 2:
        near = [each for each in words if each.startswith(word) or each.endswith(f"_{word}")][:2]
    return f" (did you mean {' or '.join(map(written, near))}?)" if near else ""


def _is_passed_over(key: str, value: str) -> bool:
    known = key.removeprefix(PREFIX).lower() in (*FIELDS, "config")
    return not value or not known or bool(ADDRESS.match(value))


def _config_file(given: str | None, environ: Mapping[str, str]) -> Path | None:
    """Return the TOML file that a flag (`given`) or the environment names."""
    where, key = "--config", PREFIX + "CONFIG"
    if given is None:
        where, given = key, environ.get(key, "")
        if _is_passed_over(key, given):
            return None
    try:
        return types.path(given)
    except ValueError as error:
        raise SettingsError(f"{where} must be {error}, not {given!r}") from None


def _from_file(path: Path) -> Found:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"--config {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"--config {path}: not UTF-8 (byte {error.start + 1}); save it as that") from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"--config {path}: not TOML: {error}") from None
    found: Found = {}
    for key, value in content.items():
        name = key.replace("-", "_")
        if name in found:
            raise SettingsError(f"--config {path}: {name} is there twice, with - and with _")
        if name == "plugins":
            value = _tables(value, path)
        elif name not in FIELDS:
            hint = suggestion(name, FIELDS) or f"; there are {', '.join(FIELDS)}"
            raise SettingsError(f"{path}: {key}: there is no such setting{hint}")
        found[name] = value, str(path)
    return found


def _tables(value: Any, path: Path) -> dict[str, Any]:
    tables = value if isinstance(value, dict) else {"": value}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: plugins has a table for each plugin, as in [plugins.{name or 'dice'}]")
    return tables


def _read(name: str, value: Any, where: str, config: Path | None) -> Any:
    """Read a value. A relative path in the file begins at the folder of the file, as that was named: a link to the
    file, as in a mounted ConfigMap, is not followed.
    """
    if name == "plugins":
        return value
    in_file = config is not None and where == str(config)
    try:
        read = FIELDS[name].metadata["read"](value)
    except ValueError as error:
        shown = "" if name in SECRET else f", not {value!r}"
        raise SettingsError(f"{where}{f': {name}' if in_file else ''} must be {error}{shown}") from None
    if in_file:
        folder = Path(where).absolute().parent
        if isinstance(read, Path):
            return folder / read
        if isinstance(read, tuple) and any(isinstance(part, Path) for part in read):
            return tuple(folder / part for part in read)
        if name == "host" and read.startswith(types.SOCKET):
            return f"{types.SOCKET}{folder / read.removeprefix(types.SOCKET)}"
    return read
