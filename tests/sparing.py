"""What is the same for all tests, and made once: the page's files, the code of plugins, a schema."""

import copy
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from tornado_chat.auth.accounts import Accounts
from tornado_chat.plugin_host import files as plugin_files
from tornado_chat.routing import registry
from tornado_chat.storage.sqlite import direct, files
from tornado_chat.web import app, assets


def spare() -> None:
    """Have this process make each of them once: a server for each test would take five times as long to make."""
    Accounts.__init__.__defaults__ = ((2**4, 8, 1),)  # of a password: the work of a quarter of a second is no news
    assets.read = cache(assets.read)
    app.Assets = _assets  # type: ignore[assignment, misc]
    vars(plugin_files)["compile"] = cache(compile)
    registry.read_signature = partial(_signature, registry.read_signature)
    direct.migrate = partial(_migrate, files.migrate)


@cache
def _held(*given: Any) -> assets.Assets:
    return assets.Assets(*given)


def _assets(folder: Path, name: str, mark: Path | None) -> assets.Assets:
    """Return the files of the page, which look at the disk again as those of a new server do."""
    made = copy.copy(_held(folder, name)) if mark is None else assets.Assets(folder, name, mark)
    made._looked = time.monotonic()
    return made


_signatures: dict[Callable[..., Any], tuple[Any, ...]] = {}


def _signature(
    read: Callable[..., Iterator[Any]], function: Callable[..., Any], where: str, names: dict[str, Any], skip: int = 1
) -> Iterator[Any]:
    if not function.__module__.startswith("tornado_chat.actions."):
        return read(function, where, names, skip)
    if function not in _signatures:
        _signatures[function] = tuple(read(function, where, names, skip))
    return iter(_signatures[function])


@cache
def _schema(migrate: Callable[..., None]) -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(made, Path(files.NAME), 0)
    return made


def _migrate(migrate: Callable[..., None], connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Copy the tables into a database in memory; its epoch is its own."""
    _schema(migrate).backup(connection)
    connection.execute("UPDATE facts SET value = lower(hex(randomblob(8))) WHERE name = 'epoch'")
