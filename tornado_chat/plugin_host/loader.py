"""Loads plugins with their settings, and collects what they offer."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import is_dataclass
from inspect import Parameter
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from tornado_chat.actions import BUILT_IN as MODULES
from tornado_chat.chat.errors import Refused
from tornado_chat.config.settings import SettingsError
from tornado_chat.plugin_host.files import Source, choose, explain, find_plugins, interrupts, read
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.registry import BUILT_IN, NameTaken, Registry
from tornado_chat.routing.schema import bind, read_signature
from tornado_chat.routing.supervision import FAULTS, plain

NOTHING: Mapping[str, Any] = MappingProxyType({})
log = logging.getLogger("tornado_chat")


def build_registry(
    folders: Iterable[Path],
    settings: Mapping[str, Mapping[str, Any]] = NOTHING,
    before: Registry | None = None,
    anew: Collection[str] = (),
    shipped: Path | None = None,
) -> Registry:
    """Return the built-in actions and all of every plugin.

    A plugin that cannot be loaded, or whose names another one has, is named in the log, with file and line, and left
    out. SettingsError where `[plugins.NAME]` of the settings does not fit.

    before: the registry in use. Plugins that were not changed since (and are not in `anew`) stay as they are, and
    where a new version cannot be used the one before stays.
    shipped: the folder of those that come with the server. They give way to others.
    """
    known = before.plugins if before is not None else {}
    plugins: dict[str, Plugin] = {}
    problems: list[str] = []
    sources = find_plugins(folders, shipped)
    chosen = choose(sources)
    for source in sources:
        if chosen[source.name] is not source:
            problems += _passed_over(source, chosen[source.name], before)
            continue
        old = known.get(source.name)
        if old is not None and old.stamp == source.stamp and not old.replaced and source.name not in anew:
            plugins[source.name] = old
        else:
            plugins[source.name] = _load(source, settings.get(source.name, NOTHING), old, before is None)
    if before is None:
        for name in settings:
            if name not in plugins:
                raise SettingsError(
                    f"[plugins.{name}]: there is no such plugin; there are {', '.join(plugins) or 'none'}"
                )
    registry = _collect(plugins, known)
    registry.problems = problems
    for warning in registry.warnings:
        if before is None or warning not in before.warnings:
            log.warning(warning)
    return registry


def _passed_over(source: Source, chosen: Source, before: Registry | None) -> list[str]:
    if source.shipped:
        if before is None:
            log.info("plugin %s: %s is used, not the shipped one", source.name, chosen.file)
        return []
    text = f"two plugins are called {source.name!r}: {chosen.file}, which is used, and {source.file}; rename one"
    log.error(text)
    return [text]


def _load(source: Source, table: Mapping[str, Any], old: Plugin | None, first: bool) -> Plugin:
    plugin = Plugin(source.name, source.file, source.stamp, source.shipped)
    interrupted: list[int] = []
    try:
        with interrupts() as interrupted:
            plugin.module = source.load()
        plugin.file = plain(plugin.module.__file__ or source.file)
        plugin.settings = read_settings(plugin.module, source.name, table)
        plugin.idle = not getattr(plugin.settings, "active", True)
        script = Path(plugin.file).with_suffix(".js")
        plugin.ui = read(script) if script.exists() and not plugin.idle else None
    except FAULTS as error:
        if interrupted or (first and type(error) is SettingsError):
            raise
        wrong = explain(error, source.file)
    else:
        return plugin
    return _broken(plugin, wrong, old)  # not above: the plugin's error would be the context of what this may raise


def read_settings(module: ModuleType, name: str, table: Mapping[str, Any]) -> Any:
    """Return a module's dataclass `Settings`, filled from `[plugins.NAME]`; None if it has none.

    SettingsError names what is unknown, missing or wrong in the table; SchemaError a type that no setting can have.
    """
    kind, where = vars(module).get("Settings"), f"[plugins.{name}]"
    if not (isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__):
        if table:
            raise SettingsError(f"{where}: the plugin has no settings")
        return None
    parameters = tuple(read_signature(kind, where, vars(module), skip=0))
    known = [parameter.name for parameter in parameters]
    given = {key.replace("-", "_"): value for key, value in table.items()}
    for key in given:
        if key not in known:
            raise SettingsError(f"{where} {key}: there is no such setting; there are {', '.join(known)}")
    needed = (one for one in parameters if one.name in given or one.default is Parameter.empty)
    try:
        return kind(**bind(tuple(needed), given))
    except Refused as refused:
        raise SettingsError(f"{where} {refused.message}") from None
    except ValueError as error:  # its __post_init__
        raise SettingsError(f"{where}: {error}") from None


def _collect(plugins: dict[str, Plugin], known: Mapping[str, Plugin]) -> Registry:
    while True:
        registry = Registry()
        for module in MODULES:
            registry.add(module, BUILT_IN)
        for name, plugin in plugins.items():
            registry.plugins[name] = plugin
            try:
                if plugin.module is not None and not plugin.idle:
                    registry.add(plugin.module, plugin)
                continue
            except FAULTS as error:
                taken = error.owners if type(error) is NameTaken else ()
                text = explain(error, plugin.file)
            guilty = _guilty([one for one in (name, *taken) if one in plugins], plugins, known)
            if taken and plugins[guilty].shipped:
                plugins[guilty] = _replaced(plugins[guilty], text, known.get(guilty))
            else:
                plugins[guilty] = _broken(plugins[guilty], text, known.get(guilty))
            break
        else:
            return registry


def _guilty(owners: list[str], plugins: Mapping[str, Plugin], known: Mapping[str, Plugin]) -> str:
    """Return which owner of a name gives way: a shipped plugin to others, then what is new; else who came later."""
    shipped = [one for one in owners if plugins[one].shipped]
    if len(set(owners)) > len(set(shipped)) > 0:
        return shipped[0]
    return next((one for one in owners if plugins[one] is not known.get(one)), owners[0])


def _replaced(plugin: Plugin, why: str, old: Plugin | None) -> Plugin:
    """Return the record of a shipped plugin that gives way to one with the same names."""
    if old is not None and (old.replaced, old.stamp) == (why, plugin.stamp):
        return old
    log.info("the shipped plugin %s is left out: %s", plugin.name, why)
    record = Plugin(plugin.name, plugin.file, plugin.stamp, shipped=True)
    record.replaced = why
    return record


def _broken(plugin: Plugin, error: str, old: Plugin | None) -> Plugin:
    """Return what serves where a plugin cannot: its version before, or a record of what is wrong."""
    if old is not None and old.module is not None and old is not plugin:
        log.error("plugin %s stays as it was: %s", plugin.name, error)
        old.stamp, old.error = plugin.stamp, error
        return old
    log.error("plugin %s is left out: %s", plugin.name, error)
    plugin.module, plugin.error = None, error
    return plugin
