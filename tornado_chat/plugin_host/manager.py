"""The plugins of a running server: started, reloaded when their files change, switched off, stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.config.settings import Settings
from tornado_chat.plugin_host.events import PluginEvents
from tornado_chat.plugin_host.files import choose, find_plugins
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.plugin_host.timers import Timers
from tornado_chat.plugin_host.watchdog import Watchdog
from tornado_chat.routing.channel_settings import check, describe
from tornado_chat.routing.context import TimerContext
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.registry import Registry
from tornado_chat.routing.server import Reloaded, Server
from tornado_chat.routing.supervision import LIMIT

LOOK = 0.25  # seconds between two looks for changed files; a change is taken in when the second finds no more of it
SPACE = "plugins"  # of the store: what `python -m tornado_chat plugin list` reads
RELOAD = 15.0  # seconds that another node has to reload: listeners of its plugins may take some

log = logging.getLogger("tornado_chat")


def space_of(node: str) -> str:
    """Return the space of the store in which a node keeps the states of its plugins."""
    return f"{SPACE} {node}" if node else SPACE


class PluginManager:
    """Holds the registry in use, and builds another one at each reload. `on_swap` is called with each."""

    def __init__(
        self, settings: Settings, server: Server, registry: Registry, on_swap: Callable[[Registry], None]
    ) -> None:
        self.hooks = PluginEvents(server)
        self._timers = Timers(server.nodes, self.context)
        self._settings = settings
        self._server = server
        self._on_swap = on_swap
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchdog: Watchdog | None = None
        self._space = space_of(server.nodes.own)
        server.questions.answer("reload", self._reload_for)
        server.check_channel = self.check_channel
        server.describe_channel = self.describe_channel
        self._use(registry)

    def _use(self, registry: Registry) -> None:
        self.registry = registry
        for plugin in registry.plugins.values():
            plugin.on_switch = self._switched
        self.hooks.use(registry.listeners)
        self._on_swap(registry)

    def context(self, plugin: Plugin) -> TimerContext:
        return TimerContext(self._server, plugin)

    async def start(self) -> None:
        """Call the `startup` listeners, start the timers and, with --reload, look for changes."""
        self._watchdog = Watchdog(lambda: list(self.registry.plugins.values()))
        for name, _ in await self._server.store.items(self._space):
            if name not in self.registry.plugins:
                await self._server.store.delete(self._space, name)
        await self.begin(self.registry, list(self.registry.plugins.values()))
        names = [name for name, plugin in self.registry.plugins.items() if not plugin.error]
        log.info("plugins loaded: %s", ", ".join(names) or "none", extra={"event": "plugins", "plugins": names})
        if self._settings.reload:
            self._tasks.add(asyncio.ensure_future(self._look()))

    async def stop(self) -> None:
        """Stop the timers and call the `shutdown` listeners."""
        if self._watchdog is None:  # it was not started
            return
        self._watchdog.stop()
        self._watchdog = None
        for task in self._tasks:
            task.cancel()
        await self.end(self.registry, list(self.registry.plugins.values()))

    # One plugin's life

    async def begin(self, registry: Registry, plugins: Collection[Plugin]) -> None:
        """Call the `startup` listeners of these plugins and start their timers."""
        # Before a plugin can start a thread: the first loop that asks is the chat's.
        self._server.flusher.require_loop()
        await self._call("startup", registry, plugins)
        self._timers.start([timer for timer in registry.timers if timer.plugin in plugins])
        for plugin in plugins:
            await self._write(plugin)

    async def end(self, registry: Registry, plugins: Collection[Plugin]) -> None:
        await self._call("shutdown", registry, plugins)
        for plugin in plugins:
            plugin.stop()

    async def _call(self, event: str, registry: Registry, plugins: Collection[Plugin]) -> None:
        called = [listener for listener in registry.listeners[event] if listener.plugin in plugins]
        await asyncio.gather(
            *(one.plugin.run(event, one.call, TimerContext(self._server, one.plugin, event), LIMIT) for one in called)
        )

    # Reload

    async def reload(self, *names: str) -> dict[str, str]:
        """Take in what has changed, and the plugins of these names though they have not.

        Returns all that was touched, by name; the text is "", or what is wrong (and the version before serves on).
        """
        async with self._reloading:
            before = self.registry
            said = {name: (plugin.stamp, plugin.error) for name, plugin in before.plugins.items()}
            settings = self._settings
            registry = build_registry(settings.plugins_dir, settings.plugins, before, names, settings.shipped_plugins)
            plugins = registry.plugins
            old = [plugin for name, plugin in before.plugins.items() if plugins.get(name) is not plugin]
            new = [plugin for name, plugin in plugins.items() if before.plugins.get(name) is not plugin]
            kept = [one for name, one in plugins.items() if one not in new and said[name] != (one.stamp, one.error)]
            await self.end(before, old)
            self._use(registry)
            await self.begin(registry, new)
            for plugin in kept:
                await self._write(plugin)
            gone = [plugin.name for plugin in old if plugin.name not in plugins]
            for name in gone:
                await self._server.store.delete(self._space, name)
            touched = {**{one.name: one.error for one in new + kept}, **dict.fromkeys(gone, "")}
            well = [name for name, error in touched.items() if not error]
            if well or not touched:  # what is wrong has been named already
                extra = {"event": "reload", "plugins": well}
                log.info("plugins reloaded: %s", ", ".join(well) or "none", extra=extra)
            return touched

    async def reload_everywhere(self, name: str) -> Reloaded:
        """Reload a plugin, and what has changed, on all nodes: each looks at its own files."""
        own, others = await asyncio.gather(
            self.reload(name), self._server.questions.ask_all("reload", name, seconds=RELOAD)
        )
        wrong = {node: {one: why for one, why in said.items() if why} for node, said in others.found.items()}
        return Reloaded(own, {node: said for node, said in wrong.items() if said}, others.missing)

    async def _reload_for(self, by: str, name: Any) -> dict[str, str]:
        """Reload for another node, where the plugin may not be there."""
        touched = await self.reload(name)
        return touched if name in self.registry.plugins or name in touched else {name: "it is not there", **touched}

    def check_channel(self, name: str, known: Mapping[str, Any], given: object) -> dict[str, Any]:
        plugin = self.registry.plugins.get(name)
        if plugin is None:
            raise Refused(f"plugins: there is no plugin {name[:64]!r}", Error.INVALID_FIELD)
        checked: dict[str, Any] = plugin.call("settings", lambda: check(plugin, known, given))
        return checked

    def describe_channel(self, known: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
        described = []
        for name, plugin in sorted(self.registry.plugins.items()):
            with suppress(Refused):  # its failure is counted; the others have their settings
                settings = plugin.call("settings", partial(describe, plugin, known.get(name, {})))
                if settings:
                    described.append({"plugin": name, "settings": settings})
        return described

    def describe(self) -> list[dict[str, Any]]:
        plugins = sorted(self.registry.plugins.items())
        commands: dict[str, list[str]] = {name: [] for name, _ in plugins}
        for action in self.registry.describe():
            owner = self.registry.actions[action["name"]].owner
            if owner in commands and action.get("command", True):
                commands[owner].append(action["name"])
        shown = ("state", "error", "calls", "failures")
        return [
            {"name": name, "commands": commands[name], **{key: getattr(plugin, key) for key in shown}}
            for name, plugin in plugins
        ]

    async def _look(self) -> None:
        """Reload when files have changed, and have been left alone for a moment."""
        last = None
        while True:
            await asyncio.sleep(LOOK)
            chosen = choose(find_plugins(self._settings.plugins_dir, self._settings.shipped_plugins))
            now = {name: source.stamp for name, source in chosen.items()}
            if now == last and now != {name: plugin.stamp for name, plugin in self.registry.plugins.items()}:
                try:
                    await self.reload()
                except Exception:
                    log.exception("the plugins could not be reloaded")
            last = now

    # What `plugin list` reads

    def _switched(self, plugin: Plugin) -> None:
        task = asyncio.ensure_future(self._write(plugin))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, plugin: Plugin) -> None:
        state = {"stamp": plugin.stamp, "state": plugin.state, "error": plugin.error}
        try:
            await self._server.store.set(self._space, plugin.name, state)
        except Refused as refused:
            log.warning("the state of plugin %s is not kept: %s", plugin.name, refused.message)
