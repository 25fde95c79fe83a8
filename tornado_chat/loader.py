"""Find and load plugins. (Not `plugins.py`: an installed tornado_chat has a package of that name.)"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from tornado_chat.actions import BUILT_IN as MODULES
from tornado_chat.assets import Asset, read
from tornado_chat.fence import FAULTS, Plugin
from tornado_chat.registry import BUILT_IN, NameTaken, Registry, RegistryError
from tornado_chat.schema import SchemaError, fill
from tornado_chat.settings import SettingsError

GROUP = "tornado_chat.plugins"  # of entry points
NOTHING: Mapping[str, Any] = MappingProxyType({})
log = logging.getLogger("tornado_chat")


@dataclasses.dataclass(slots=True, frozen=True)
class Source:
    """Where a plugin comes from; `stamp` is another one when its file was changed."""

    name: str
    file: str
    stamp: object
    load: Callable[[], ModuleType]


def build_registry(
    folders: Iterable[Path],
    settings: Mapping[str, Mapping[str, Any]] = NOTHING,
    before: Registry | None = None,
    anew: Collection[str] = (),
) -> Registry:
    """Return the built-in actions and all of every plugin; RegistryError where two own a name.

    A plugin that cannot be loaded is named in the log, with file and line, and left out. SettingsError where
    `[plugins.NAME]` of the settings does not fit.

    before: the registry in use. Plugins that were not changed since (and are not in `anew`) stay as they are, and
    where a new version cannot be used the one before stays.
    """
    known = before.plugins if before is not None else {}
    plugins: dict[str, Plugin] = {}
    for source in find_plugins(folders):
        if source.name in plugins:
            text = (
                f"two plugins are called {source.name!r}: {plugins[source.name].file} and {source.file}; rename one"
            )
            if before is None:
                raise NameTaken(text)
            log.error(text)
            continue
        old = known.get(source.name)
        if old is not None and old.stamp == source.stamp and source.name not in anew:
            plugins[source.name] = old
            continue
        plugin = Plugin(source.name, source.file, source.stamp)
        try:
            plugin.module = source.load()
            plugin.file = plugin.module.__file__ or source.file
            plugin.settings = read_settings(plugin.module, source.name, settings.get(source.name, NOTHING))
            plugin.idle = not getattr(plugin.settings, "active", True)
            plugin.face = None if plugin.idle else _read_face(Path(plugin.file))
        except SettingsError as error:
            if before is None:
                raise
            plugin = _broken(plugin, str(error), old)
        except FAULTS as error:
            plugin = _broken(plugin, explain(error, source.file), old)
        plugins[source.name] = plugin
    if before is None:
        for name in settings:
            if name not in plugins:
                raise SettingsError(
                    f"[plugins.{name}]: there is no such plugin; there are {', '.join(plugins) or 'none'}"
                )
    return _collect(plugins, before)


def _collect(plugins: dict[str, Plugin], before: Registry | None) -> Registry:
    known = before.plugins if before is not None else {}
    while True:
        registry = Registry()
        for module in MODULES:
            registry.add(module, BUILT_IN)
        for name, plugin in plugins.items():
            registry.plugins[name] = plugin
            try:
                if plugin.module is not None and not plugin.idle:
                    registry.add(plugin.module, plugin)
            except RegistryError as error:
                if isinstance(error, NameTaken) and before is None:
                    raise
                owners = (name, *getattr(error, "owners", ()))
                guilty = next(one for one in owners if one in plugins and plugins[one] is not known.get(one))
                plugins[guilty] = _broken(plugins[guilty], str(error), known.get(guilty))
                break
        else:
            return registry


def _broken(plugin: Plugin, error: str, old: Plugin | None) -> Plugin:
    """Return what serves where a plugin cannot: its version before, or a record of what is wrong."""
    if old is not None and old.module is not None:
        log.error("plugin %s stays as it was: %s", plugin.name, error)
        old.stamp, old.error = plugin.stamp, error
        return old
    log.error("plugin %s is left out: %s", plugin.name, error)
    plugin.module, plugin.error = None, error
    return plugin


def find_plugins(folders: Iterable[Path]) -> Iterator[Source]:
    """Yield the folders' files, by name in each, then the installed packages that offer one.

    Files that begin with an underscore are none.
    """
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            if path.name[0] != "_":
                yield Source(path.stem, str(path), _stamp(path), partial(load, path))
    for entry in _entries():
        yield Source(entry.name, entry.value, entry.value, partial(_load_entry, entry))


@cache
def _entries() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


def _stamp(path: Path) -> object:
    stamp: list[int] = []
    for file in (path, path.with_suffix(".js")):
        with contextlib.suppress(OSError):
            found = file.stat()
            stamp += (found.st_mtime_ns, found.st_size, found.st_ino)
    return tuple(stamp)


def _read_face(file: Path) -> Asset | None:
    face = file.with_suffix(".js")
    return read(".js", face.read_bytes()) if face.is_file() else None


def load(path: Path) -> ModuleType:
    """Return a fresh module of a plugin's file, compiled from its source (a stale .pyc is never read)."""
    module = ModuleType(f"tornado_chat_plugin_{path.stem}")
    module.__file__ = str(path)
    code = compile(path.read_bytes(), path, "exec")
    sys.modules[module.__name__] = module  # dataclasses look their own module up
    try:
        exec(code, vars(module))
    finally:
        del sys.modules[module.__name__]
    return module


def _load_entry(entry: EntryPoint) -> ModuleType:
    module = entry.load()
    if not isinstance(module, ModuleType):
        raise TypeError(f"an entry point of {GROUP} names a module, not {entry.value}")
    return module


def read_settings(module: ModuleType, name: str, table: Mapping[str, Any]) -> Any:
    """Return a module's dataclass `Settings` filled from a table, None where it has none; SettingsError."""
    kind = vars(module).get("Settings")
    where = f"[plugins.{name}]"
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__:
        try:
            return fill(kind, table, where, vars(module))
        except SchemaError as error:
            raise SettingsError(str(error)) from None
    if table:
        raise SettingsError(f"{where}: the plugin has no settings")
    return None


def explain(error: BaseException, file: str) -> str:
    """Return what went wrong in a plugin's file, with its line."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f"{file}:{line}" if line else file
    return f"{where}: {type(error).__name__}: {error}"
