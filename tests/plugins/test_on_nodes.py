"""The plugins of the house on two nodes: nothing happens twice, and limits are those of all."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import run, turns
from tests.plugin_host.test_on_nodes import Node, started
from tests.town import Town
from tornado_chat.config.settings import find_folder

SPACE = "plugin:assistant"  # of the store
ASSISTANT = {"url": "http://127.0.0.1:9/v1", "model": "small", "at_once": 2}


@pytest.fixture(autouse=True)
def jumping_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the time of day be that of the loop, for all threads."""
    began, loops = time.time(), list[asyncio.AbstractEventLoop]()

    def now() -> float:
        if not loops:
            with contextlib.suppress(RuntimeError):
                loops.append(asyncio.get_running_loop())
        return began + (loops[0].time() if loops else 0.0)

    monkeypatch.setattr(time, "time", now)


def nodes(folder: Path, plugin: str, **settings: Any) -> tuple[Town, Node, Node]:
    town = Town()
    made = []
    for name in ("one", "two"):
        (folder / name).mkdir()
        shutil.copy(find_folder("plugins") / f"{plugin}.py", folder / name)
        made.append(Node(town, folder, name, settings={plugin: settings}))
    one, two = made
    return town, one, two


def module_of(node: Node, plugin: str) -> Any:
    return node.manager.registry.plugins[plugin].module


def test_a_reminder_is_said_once_and_a_users_limit_holds_on_both_nodes_together(tmp_path: Path) -> None:
    async def main() -> None:
        _, one, two = nodes(tmp_path, "remind")
        async with started(one, two):
            here, there = one.house.client("Ann", "den"), two.house.client("Ann", "den")
            await turns()
            for _ in range(19):
                await one.house.call(here, "remind", target="den", after="60s", text="Tea")
            asked = [
                asyncio.ensure_future(node.house.call(ann, "remind", target="den", after="2h", text="Cake"))
                for node, ann in ((one, here), (two, there))
            ]
            answers = await asyncio.gather(*asked)
            assert {answer["action"] for answer in answers} <= {"ok", "error"}
            listed = (await two.house.call(there, "reminders", target="den"))["reminders"]
            assert len(listed) <= 20
            await asyncio.sleep(70)
            said = [text for text in there.texts if "reminder: Tea" in text]
            assert len(said) == 19
            assert (await two.house.call(there, "reminders", target="den"))["reminders"] == listed[19:]

    run(main)


def test_a_poll_is_voted_in_from_both_nodes_and_closed_once(tmp_path: Path) -> None:
    async def main() -> None:
        _, one, two = nodes(tmp_path, "poll")
        for node in (one, two):
            module_of(node, "poll").DAY = 600
        async with started(one, two):
            ann, bob = one.house.client("Ann", "den"), two.house.client("Bob", "den")
            await turns()
            await one.house.call(ann, "poll", target="den", text="Lunch? | Pizza | Salad")
            for node, client in ((one, ann), (two, bob)):
                await node.house.call(client, "vote", target="den", option=2)
            assert (await two.house.call(bob, "polls", target="den"))["polls"][0]["options"][1]["votes"] == 2
            answer = await two.house.call(bob, "poll", target="den", text="Tea? | Yes | No")
            assert "there is a poll here already" in answer["message"]
            await asyncio.sleep(800)
            assert len([text for text in bob.texts if text.startswith("The poll is closed")]) == 1

    run(main)


def test_the_assistant_answers_one_question_of_a_user_at_a_time_and_so_many_at_once_on_both_nodes(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        _, one, two = nodes(tmp_path, "assistant", **ASSISTANT)
        done, asked = asyncio.Event(), []

        async def words(settings: Any, body: bytes) -> AsyncGenerator[str, None]:
            asked.append(body)
            await done.wait()
            yield "Noon."

        for node in (one, two):
            module_of(node, "assistant").words = words
        async with started(one, two):
            anns = one.house.client("Ann", "den"), two.house.client("Ann", "den")
            bob, cem = two.house.client("Bob", "den"), one.house.client("Cem", "den")
            await turns()
            about = {"target": "den", "message": "@Assistant what time is it?"}
            for ref, (node, client) in enumerate(((one, anns[0]), (two, anns[1]), (two, bob), (one, cem))):
                await node.house.call(client, "send-message", str(ref), **about)
                await asyncio.sleep(2)
            assert len(asked) == 2
            assert [text for text in anns[1].texts if "still answering you" in text]
            assert [text for text in cem.texts if "answering others" in text]
            assert not [text for text in bob.texts if "answering" in text]
            await asyncio.sleep(200)  # longer than a lease
            assert [key for key, _ in await one.hub.store.items(SPACE)] == ["busy id-Ann", "busy id-Bob", "used"]
            done.set()
            await asyncio.sleep(5)
            assert [text for text in cem.texts if text == "Noon."] == ["Noon."] * 2
            assert [key for key, _ in await one.hub.store.items(SPACE)] == ["used"]
            await one.hub.store.set(SPACE, "busy id-Cem", time.time() + 30)  # that node has died
            await asyncio.sleep(31)
            await one.house.call(cem, "send-message", "again", **about)
            await asyncio.sleep(5)
            assert len(asked) == 3

    run(main)
