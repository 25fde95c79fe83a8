"""A page open all day: the traffic of an hour in ten minutes, a server that is killed, tabs that come and go."""

import asyncio
import contextlib
import random
from pathlib import Path
from typing import Any

import pytest

from tests.page.browsing import Opened, join, read, write
from tests.serving import Server, kept
from tornado_chat.client import Client

MINUTES = 10
MESSAGES = 3_600
TALKERS = 20
CHANNELS = ["general", "tea", "work"]
KILLS = 4

WATCH = """() => {
  window.worst = 0; // px that the present was away from the bottom, in any frame
  window.twice = []; // rows that were there twice
  (function look() {
    const box = document.querySelector(".messages");
    if (box) worst = Math.max(worst, box.scrollHeight - box.scrollTop - box.clientHeight);
    requestAnimationFrame(look);
  })();
  setInterval(() => {
    const ids = [...document.querySelectorAll(".messages [data-id]")].map((row) => row.dataset.id);
    twice.push(...ids.filter((id, at) => ids.indexOf(id) !== at));
  }, 500);
}"""
# The row that is at the middle of the window, and where.
PLACE = """box => {
  const row = document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest("[data-id]");
  return row && [row.dataset.id, Math.round(row.getBoundingClientRect().top)];
}"""


async def talk(client: Client, number: int, chance: random.Random, until: float) -> None:
    """Say things now and then, some of them long."""
    said = 0
    for name in CHANNELS:
        await client.join(name)
    while asyncio.get_running_loop().time() < until:
        await asyncio.sleep(chance.expovariate(MESSAGES / MINUTES / 60 / TALKERS))
        text = f"{number} says {said} " + "and so on " * chance.choice([0, 0, 1, 5, 40])
        await client.send(chance.choice(CHANNELS), text)
        said += 1


async def shown(page: Any, name: str) -> set[str]:
    """Scroll up through a channel to its beginning; return the ids of all messages that were there."""
    await page.click(f".sidebar a:has-text('{name}')")
    await page.locator("h1", has_text=name).wait_for()
    found: set[str] = set()
    while not await page.locator(".beginning").count():
        await page.locator(".messages").evaluate("box => { box.scrollTop = 0; }")
        await asyncio.sleep(0.1)
        found |= set(await page.locator("article").evaluate_all("rows => rows.map((row) => row.dataset.id)"))
    return found | set(await page.locator("article").evaluate_all("rows => rows.map((row) => row.dataset.id)"))


@pytest.mark.long
@pytest.mark.gen_test(timeout=MINUTES * 60 + 180)
async def test_an_hour_of_traffic_loses_nothing_doubles_nothing_and_nothing_jumps(
    people: Opened, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)
    loop = asyncio.get_running_loop()
    until = loop.time() + MINUTES * 60
    async with people() as browsers, contextlib.AsyncExitStack() as stack:
        server = Server(tmp_path)
        await stack.enter_async_context(server)
        browsers.base = server.base
        ann = await browsers.enter("Ann")
        second = await browsers.tab(ann.context)
        phone = await browsers.enter("Bea", viewport={"width": 390, "height": 844})
        for page in (ann, phone):
            await page.evaluate(WATCH)
        clients = [await stack.enter_async_context(Client(server.base, name=f"t{n}")) for n in range(TALKERS)]
        talking = [asyncio.create_task(talk(one, n, chance, until)) for n, one in enumerate(clients)]
        for name in CHANNELS[1:]:
            await join(second, name)
        # The second tab reads further up in its channel: nothing moves there.
        while await second.locator(".messages").evaluate("box => box.scrollHeight") < 3000:
            await asyncio.sleep(0.1)
        await second.locator(".messages").evaluate("box => { box.scrollTop -= 1000; }")
        await asyncio.sleep(1)
        place = await second.evaluate(PLACE)
        written = 0
        for kill in range(KILLS):
            while loop.time() < until - MINUTES * 60 * (1 - (kill + 1) / (KILLS + 1)):
                for page in (ann, phone):
                    await write(page, f"mine {written}")
                    written += 1
                await asyncio.sleep(chance.uniform(1, 6))
                for task in talking:
                    assert not task.done() or loop.time() > until, task
            await server.end()
            await write(ann, f"mine {written}")  # while nobody is there
            written += 1
            await server.start()
            third = await browsers.tab(ann.context)  # one more tab, and away again
            await third.locator("textarea").wait_for()
            await third.close()
        await asyncio.gather(*talking)
        await write(ann, "the end")
        for page in (ann, phone):
            await read(page, "the end")
        assert await second.evaluate(PLACE) == place
        for page in (ann, phone):
            assert await page.evaluate("twice") == []
            assert await page.evaluate("worst") <= 1
            assert await page.locator(".pending, .failed").count() == 0
        found = {name: await shown(ann, name) for name in CHANNELS}
        for page in (ann, second, phone):
            await page.close()
        await server.end()
        stored = {name: {line["id"] for line in lines} for name, lines in kept(tmp_path).items()}
        print({name: len(ids) for name, ids in stored.items()}, f"{written} from the page")  # noqa: T201
        assert found == stored
        texts = [line["message"] for lines in kept(tmp_path).values() for line in lines]
        mine = sorted(text for text in texts if text.startswith("mine "))
        assert mine == sorted(f"mine {number}" for number in range(written))
        # The browser's own lines about a server that is not there, and about asking it why a socket did not open
        own = ("net::ERR_CONNECTION_REFUSED", "status of 405")
        browsers.complaints[:] = [one for one in browsers.complaints if not any(words in one for words in own)]
