"""A thread that names the plugin which blocks the loop, with the line where it stands."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from time import monotonic
from types import FrameType

from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.supervision import FAULTS

TICK = 0.2  # seconds between two signs of life of the loop, and between two looks for them
BLOCKED = 0.5  # seconds without one that are told

log = logging.getLogger("tornado_chat")


class Watchdog:
    """Watches the loop that runs in this thread until `stop`; `plugins` returns those that there are now."""

    def __init__(self, plugins: Callable[[], list[Plugin]]) -> None:
        self._plugins = plugins
        self._ended = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._ticks()
        threading.Thread(target=self._watch, args=(threading.get_ident(),), name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        self._timer.cancel()

    def _ticks(self) -> None:
        self._beat = monotonic()
        self._timer = self._loop.call_later(TICK, self._ticks)

    def _watch(self, thread: int) -> None:
        told = 0.0
        while not self._ended.wait(TICK):
            beat = self._beat
            if monotonic() - beat > BLOCKED and beat != told:
                frame = sys._current_frames().get(thread)
                with contextlib.suppress(FAULTS):  # a module's loader may raise where its source is looked up
                    if frame is not None and self._name(frame, monotonic() - beat):
                        told = beat  # once

    def _name(self, frame: FrameType, seconds: float) -> bool:
        """Tell which plugin's code a stack is in; return whether it is in one's."""
        stack = traceback.extract_stack(frame)
        plugins = {plugin.file: plugin for plugin in self._plugins()}
        found = next((line for line in reversed(stack) if line.filename in plugins), None)
        if found is None:
            return False  # the machine is busy, or the fault is ours
        plugin = plugins[found.filename]
        where = f"{found.filename}:{found.lineno} in {found.name}"
        log.error(
            "plugin %s has blocked the server for %.1f s, at %s | %s",
            plugin.name, seconds, where, "".join(traceback.format_list(stack)),
        )  # fmt: skip
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(plugin.count, f"blocked the server at {where}")
        return True
