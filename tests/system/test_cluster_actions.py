"""Every action that clients can call, from either node of a cluster: what one server by itself does, each once."""

import asyncio
import importlib
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.lengths import only_long
from tests.postgres import database
from tests.scenes.stage import LOUD, SCENES, Stage
from tests.serving_here import Here, alone, nodes
from tornado_chat.chat import announcements, growth
from tornado_chat.config.settings import Settings
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.server.loop import new_loop

AT_ONCE = 8  # scenes
PATIENCE = 120  # seconds

for name in ("messages", "channels", "people", "plugins"):
    importlib.import_module(f"tests.scenes.{name}")

Told = dict[str, dict[str, list[str]]]


def test_every_action_has_a_scene() -> None:
    settings = Settings()
    actions = build_registry(settings.plugins_dir, settings.plugins, shipped=settings.shipped_plugins).actions
    assert {name for name, action in actions.items() if not action.internal} == SCENES.keys()


async def play(servers: Sequence[Here], here: Here, there: Here) -> Told:
    """Play all scenes; return what is to be the same, by scene."""
    told: Told = {}
    room = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with room:
            stage = Stage(name, servers, here, there)
            await SCENES[name](stage)
            told[name] = await stage.end()

    for server in servers:
        server.chat.hub.gather = 0.25
    async with asyncio.TaskGroup() as group:
        for name in sorted(SCENES.keys() - LOUD):
            group.create_task(one(name))
    for name in sorted(LOUD):
        await one(name)
    return told


def differences(one: Told, other: Told) -> list[str]:
    found = []
    for name in sorted(one):
        for who in one[name].keys() | other[name].keys():
            left, right = one[name].get(who, []), other[name].get(who, [])
            if left != right:
                more, less = list(right), []
                for line in left:
                    more.remove(line) if line in more else less.append(line)
                found += [f"{name}, {who}: - {line}" for line in less] + [f"{name}, {who}: + {line}" for line in more]
                if not (more or less):
                    found.append(f"{name}, {who}: another order")
    return found


@pytest.mark.parametrize("here", [0, only_long(1)])
def test_every_action_does_on_two_nodes_what_it_does_on_one_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: int
) -> None:
    monkeypatch.setattr(announcements, "DELAY", 0.1)
    monkeypatch.setattr(growth, "STORE", 60)
    monkeypatch.setattr(random, "randint", lambda low, high: high)

    async def by_itself() -> Told:
        async with alone(tmp_path / "alone") as server:
            return await play([server], server, server)

    async def across(url: str) -> Told:
        blobs: Any = tmp_path / "blobs"
        blobs.mkdir()
        async with nodes(url, tmp_path, "a", "b", blobs=blobs) as served:
            return await play(served, served[here], served[1 - here])

    expected = new_loop().run_sync(by_itself, timeout=PATIENCE)
    with database() as url:
        found = differences(expected, new_loop().run_sync(partial(across, url), timeout=PATIENCE))
    assert not found, "\n".join(found)
