"""Texts made to freeze whoever opens the channel: no single task of the page takes longer than 50 ms."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, say
from tests.page.freezing import longest_task, never_freezes
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.models import User
from tornado_chat.testing.transports import FakeTransport
from tornado_chat.web.app import Chat

TEXTS = {
    "brackets behind an address": "https://a" + ")" * 3990,
    "dollars in Java": "```java\n" + "$" * 3980,
    "at signs": "@" * 4000,
    "emphasis": "*a* " * 1000,
    "words": "word " * 800,
    "code": "```js\n" + "a+b\n" * 990,
    "lines": "a\n" * 2000,
}


@browser_test
@pytest.mark.parametrize(
    "kind", ["words", *(pytest.param(kind, marks=pytest.mark.long) for kind in TEXTS if kind != "words")]
)
async def test_a_channel_full_of_heavy_texts_opens_without_a_freeze(people: Opened, kind: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", "heavy")
        for _ in range(50):
            await ben.call("send-message", target="heavy", message=TEXTS[kind])
        ann = await browsers.enter("Ann", "/#/quiet")

        async def open_channel() -> None:
            await ann.evaluate("location.hash = '#/heavy'")
            await becomes(True, lambda: ann.locator(".messages article").nth(5).is_visible())

        async def leave() -> None:
            await ann.evaluate("location.hash = '#/quiet'")
            await ann.locator("h1", has_text="quiet").wait_for()

        await never_freezes(ann, open_channel, leave)


@pytest.mark.long
@browser_test
async def test_quoting_2000_lines_freezes_nothing_and_a_short_quote_can_be_undone(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann")
        box = ann.locator("textarea")
        for text in ("short", "a\n" * 1999 + "b"):
            answer = await ben.call("send-message", target="general", message=text)
            message = ann.locator(f"article[data-id='{answer['id']}']")

            async def quote(message: Any = message) -> None:
                await message.hover(position={"x": 100, "y": 10})  # at its top, where the bar is
                await message.get_by_role("button", name="More options").click()
                await ann.get_by_role("button", name="Quote").click()
                await ann.wait_for_function("() => document.querySelector('.composer textarea').value")

            longest = await longest_task(ann, quote)
            assert (await box.input_value()).startswith(f"@Ben\n> {text[0]}")
            assert longest < 1000, "Chromium takes 4 s where it is typed line by line"
            if text == "short":
                await ann.keyboard.press("Control+z")
                assert await box.input_value() == ""


KEYS = [*"😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓"]


@asynccontextmanager
async def crowd(app: Chat, channel: str, count: int) -> AsyncIterator[list[User]]:
    """Have so many people in a channel who have no sockets."""
    people = [User(f"g:{number:022}", f"Guest {number}") for number in range(count)]
    connections = [Connection(user, FakeTransport(), app.hub.flusher) for user in people]
    for connection in connections:
        app.hub.add(connection)
        app.hub.join(connection, channel)
    yield people
    for connection in connections:
        app.hub.remove(connection)


@pytest.mark.long
@pytest.mark.parametrize(("messages", "keys"), [(1, 1), (5, 20)])
@browser_test
async def test_500_of_5000_people_react_within_a_second_without_a_freeze(
    people: Opened, app: Chat, messages: int, keys: int
) -> None:
    async with people() as browsers, crowd(app, "general", 5_000) as users:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben")
        channel = app.hub.channels["general"]
        places = messages * keys  # where people react
        shown = [str(500 // places)] * places
        rounds = itertools.count()
        last, pills = 0, ann.locator(".reaction")

        async def ask() -> None:
            nonlocal last, pills
            asked = f"Question {next(rounds)}"
            await say(ben, *(f"{asked}.{number}?" for number in range(20)))
            pills = ann.locator("article", has_text=asked).locator(".reaction:not(.more)")
            last = await app.hub.history.last("general")

        async def react() -> None:
            began = asyncio.get_running_loop().time()
            made = []
            for number, user in enumerate(users[:500]):
                await asyncio.sleep(began + number / 500 - asyncio.get_running_loop().time())
                made.append(channel.react(last - number % messages, KEYS[number // messages % keys], by=user))
            await asyncio.gather(*made)
            await becomes(shown, lambda: pills.evaluate_all("all => all.map((one) => one.lastChild.data)"))

        await ask()
        longest = await never_freezes(ann, react, ask)
        print(f"{messages} messages, {keys} emoji: the longest task {longest:.0f} ms")  # noqa: T201
