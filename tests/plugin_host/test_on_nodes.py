"""Plugins on several nodes: whose turn a timer is, reloads, and the states that nodes keep."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.helpers import Client, House, run
from tests.nodes import Wires
from tests.town import Town
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.config.settings import Settings
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.plugin_host.manager import PluginManager, space_of

HEAD = "import asyncio\nfrom tornado_chat import *\n\n"
TICKS = (
    HEAD
    + """
@every(10)
async def tick(ctx: TimerContext) -> None:
    ctx.server.ticks.append(ctx.server.nodes.own)
    await asyncio.sleep(await ctx.store.get("takes", 0))
    ctx.server.ticks.append(f"{ctx.server.nodes.own} done")

@every(1000)
def tea(ctx: TimerContext) -> None:
    ctx.server.ticks.append("tea")
tea.__name__ = "tick"
"""
)
SAYS = HEAD + '@action("say", channel=False)\ndef say(ctx: Context) -> dict[str, str]:\n    return {"it": "ONE"}\n'


class Node:
    """A node with the plugins of a folder of its own."""

    def __init__(self, town: Town, folder: Path, name: str, settings: Any = None, **plugins: str) -> None:
        self.folder = folder / name
        self.folder.mkdir(exist_ok=True)
        for plugin, source in plugins.items():
            self.write(plugin, source)
        self.house: House = town.house(name)
        self.hub = self.house.hub
        chosen = Settings(plugins_dir=(self.folder,), no_shipped_plugins=True, plugins=settings or {})
        registry = build_registry(chosen.plugins_dir, chosen.plugins)
        self.manager = self.hub.plugins = PluginManager(chosen, self.hub, registry, self.use)

    def use(self, registry: Any) -> None:
        self.house.router.registry = registry

    def write(self, plugin: str, source: str) -> None:
        (self.folder / f"{plugin}.py").write_text(source)

    async def states(self) -> dict[str, Any]:
        return dict(await self.hub.store.items(space_of(self.hub.nodes.own)))

    async def said(self, client: Client) -> str:
        return str((await self.house.call(client, "say"))["it"])


@contextlib.asynccontextmanager
async def started(*nodes: Node) -> AsyncIterator[list[str]]:
    """Start the plugins of nodes, one after another; give what their timers say. All are stopped at the end."""
    ticks: list[str] = []
    try:
        for node in nodes:
            node.hub.ticks = ticks  # type: ignore[attr-defined]
            await node.manager.start()
            await asyncio.sleep(1)
        yield ticks
    finally:
        for node in nodes:
            await node.manager.stop()


def test_each_tick_is_on_one_node_and_another_one_goes_on_when_that_dies(tmp_path: Path) -> None:
    async def main() -> None:
        town = Town()
        nodes = [Node(town, tmp_path, name, ticks=TICKS) for name in ("one", "two", "three")]
        async with started(*nodes) as ticks:
            await asyncio.sleep(50)
            assert ticks.count("one") == len(ticks) / 2 == 5
            await nodes[0].manager.stop()
            town.wires.kill("one")
            ticks.clear()
            await asyncio.sleep(50)
            assert ticks.count("two") == len(ticks) / 2 == 5
            assert "tea" not in ticks
            ticks.clear()
            await asyncio.sleep(1000)
            assert ticks.count("tea") == 1

    run(main)


def test_no_node_calls_a_timer_whose_last_call_is_at_work_on_another_one(tmp_path: Path) -> None:
    async def main() -> None:
        town = Town()
        one, two, late = (Node(town, tmp_path, name, ticks=TICKS) for name in ("one", "two", "late"))
        async with started(one, two) as ticks:
            await one.hub.store.set("plugin:ticks", "takes", 35)
            await asyncio.sleep(30)
            assert ticks == ["one"]
            for come in town.nodes("one")._come:
                come("late")
            async with started(late):
                late.hub.ticks = ticks  # type: ignore[attr-defined]
                await asyncio.sleep(12)
                assert ticks == ["one"]
                await one.hub.store.set("plugin:ticks", "takes", 0)
                await asyncio.sleep(30)
                assert ticks[:2] == ["one", "one done"]
                assert len(ticks) >= 6
                await one.hub.store.set("plugin:ticks", "takes", 10_000)
                await asyncio.sleep(60)
                busy = ticks[-1]
                assert not busy.endswith("done")
                town.wires.kill(busy)
                await asyncio.sleep(60)
                assert ticks[-1] not in (busy, f"{busy} done")

    run(main)


def test_no_node_calls_a_timer_that_is_at_work_on_another_one_of_which_it_has_not_heard(tmp_path: Path) -> None:
    async def main() -> None:
        town = Town()
        one, two = (Node(town, tmp_path, name, ticks=TICKS) for name in ("one", "two"))
        for node in ("one", "two"):
            town.nodes(node).tell = lambda *about: None  # type: ignore[method-assign]  # it is late
        async with started(one, two) as ticks:
            await one.hub.store.set("plugin:ticks", "takes", 35)
            await asyncio.sleep(200)
            starts, ends = ticks[::2], ticks[1::2]
            assert len(ends) >= 5
            assert [f"{name} done" for name in starts][: len(ends)] == ends

    run(main)


def test_a_timer_does_not_tick_while_nobody_knows_whose_turn_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        town = Town()
        one = Node(town, tmp_path, "one", ticks=TICKS)
        turn = one.hub.nodes.turn

        async def away(name: str, seconds: float) -> bool:
            raise Refused("history is not available", Error.HISTORY_UNAVAILABLE)

        one.hub.nodes.turn = away  # type: ignore[method-assign]
        async with started(one) as ticks:
            await asyncio.sleep(60)
            assert not ticks
            one.hub.nodes.turn = turn  # type: ignore[method-assign]
            await asyncio.sleep(20)
            assert ticks

    run(main)


def test_a_reload_is_one_on_all_nodes_each_of_its_own_files_and_names_what_is_wrong(tmp_path: Path) -> None:
    async def main() -> None:
        town = Town()
        one, two, three = (Node(town, tmp_path, name, says=SAYS) for name in ("one", "two", "three"))
        bare = Node(town, tmp_path, "bare")
        async with started(one, two, three, bare):
            boss, bob = one.house.client("Boss", role="admin"), two.house.client("Bob")
            one.write("says", SAYS.replace("ONE", "ANOTHER"))
            two.write("says", SAYS.replace("ONE", "OTHER"))
            three.write("says", "import nothing_at_all")
            answer = await one.house.call(boss, "reload-plugin", plugin="says")
            assert answer["reloaded"] == {"says": ""}
            assert "missing" not in answer
            assert answer["wrong"].keys() == {"three", "bare"}
            assert "nothing_at_all" in answer["wrong"]["three"]["says"]
            assert answer["wrong"]["bare"] == {"says": "it is not there"}
            assert (await one.said(boss), await two.said(bob)) == ("ANOTHER", "OTHER")
            assert len(await one.hub.moderation.recorded()) == 1
            three.write("says", SAYS)
            for each in (bare, three):
                each.write("says", SAYS)
            there = town.wires.nodes["two"]
            there._hear["question"] = lambda by, about: None  # it is stuck
            answer = await one.house.call(boss, "reload-plugin", plugin="says")
            assert answer["missing"] == ["two"]
            assert "wrong" not in answer

    run(main)


def test_each_node_keeps_the_states_of_its_own_plugins(tmp_path: Path) -> None:
    async def main() -> None:
        town = Town()
        one = Node(town, tmp_path, "one", says=SAYS, more=TICKS)
        two = Node(town, tmp_path, "two", says="import nothing_at_all")
        async with started(one, two):
            assert {name: state["state"] for name, state in (await one.states()).items()} == {
                "says": "on",
                "more": "on",
            }
            assert {name: state["state"] for name, state in (await two.states()).items()} == {"says": "broken"}
        town.wires = Wires()
        again = Node(town, tmp_path, "two")
        (again.folder / "says.py").unlink()
        await again.manager.reload()
        async with started(again):
            assert await again.states() == {}
            assert (await one.states()).keys() == {"says", "more"}
        assert space_of("") == "plugins"

    run(main)
