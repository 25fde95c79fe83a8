"""What plugins cost where there are none or few: the binding of a call, and hooks without listeners."""

from __future__ import annotations

import asyncio
import timeit
from collections.abc import Callable
from pathlib import Path

from tornado_chat.chat.protocol import Message, User
from tornado_chat.config.settings import find_folder
from tornado_chat.plugin_host.events import PluginEvents
from tornado_chat.plugin_host.files import load
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.routing.context import Context
from tornado_chat.routing.registry import Registry
from tornado_chat.routing.router import _awake
from tornado_chat.routing.server import Server
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.web.socket.frames import text_frames

LISTENER = """
from tornado_chat import Context, Message, on

@on("message", fails="open")
def look(ctx: Context, message: Message) -> None: ...
"""
COUNT, ROUNDS = 100_000, 7


def best(function: Callable[[], object]) -> float:
    """Return µs of one call: the best of a few rounds, without what an empty call costs."""
    rounds = timeit.repeat(function, number=COUNT, repeat=ROUNDS)
    empty = timeit.repeat(lambda: None, number=COUNT, repeat=ROUNDS)
    return (min(rounds) - min(empty)) / COUNT * 1e6


async def measure(folder: Path) -> dict[str, float]:
    """Return what is measured, in µs."""
    registry = build_registry([find_folder("plugins")])
    kept = DirectDatabase()
    hub = Server(MemoryHistory(), SqliteStore(kept), sqlite_repositories(kept), text_frames)
    hooks = PluginEvents(hub)
    ann, channel = User("1", "Ann"), hub.channel("general")
    message = Message("general", "hello", ann, 0)
    roll, send = registry.actions["roll"], registry.actions["send-message"]
    said = {"action": "send-message", "target": "general", "message": "hello", "ref": "1"}
    plugin = registry.plugins["dice"]
    found = {
        "binding of /roll 20": best(lambda: roll.bind({"action": "roll", "target": "general", "sides": 20})),
        "binding of a send-message": best(lambda: send.bind(said)),
        "post without listeners: the hook": best(lambda: hub.on_post is None),
        "coming and going without listeners: the hook": best(lambda: hub.on_move is not None),
        "a call of a plugin's action: whether it is on": best(lambda: _awake(roll)),
        "a context of a listener": best(lambda: Context.of_event(hub, plugin, "message", None, channel, ann)),
    }
    (folder / "look.py").write_text(LISTENER)
    one = Registry()
    one.add(load(folder / "look.py"), "look")
    hooks.use(one.listeners)
    pass_one = hooks._filters._pass
    found["a message past one listener"] = best(
        lambda: pass_one(iter(one.listeners["message"]), channel, message, None)
    )
    return found


def run(folder: Path) -> str:
    """Return the table."""
    rows = [f"| {name} | {value:.3f} |" for name, value in asyncio.run(measure(folder)).items()]
    return "\n".join(["### hooks: what plugins cost", "", "| | µs |", "| --- | ---: |", *rows, ""])
