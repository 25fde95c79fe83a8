"""What the tests of the page share: writing, and waiting until something is shown."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tornado_chat.chat.errors import Close
from tornado_chat.testing import Client
from tornado_chat.web.app import Chat

Opened = Callable[[], AbstractAsyncContextManager[Any]]
browser_test = pytest.mark.gen_test(timeout=300)  # a browser that starts cold on a busy machine takes its time
PATIENCE = 60.0  # seconds


async def write(page: Any, text: str) -> None:
    await page.fill("textarea", text)
    await page.keyboard.press("Enter")


async def join(page: Any, name: str) -> None:
    """Join a channel by its name, whether there is one or not."""
    await page.get_by_role("button", name="Add a channel").click()
    await page.get_by_role("button", name="New channel").click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.keyboard.press("Enter")
    await page.locator("h1", has_text=name).wait_for()


async def leave(page: Any, name: str) -> None:
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("button", name=f"Leave {name}").click()


async def say(client: Client, *lines: str, channel: str = "general") -> None:
    """Have a client without a browser say lines, and wait until they are sent."""
    for line in lines:
        client.send("send-message", target=channel, message=line)
    if lines:
        await client.until_text(lines[-1])


async def read(page: Any, text: str) -> None:
    """Wait until a text stands in the conversation, sent and stored, once."""
    line = page.locator(".message:not(.pending):not(.failed) .text, .notice").get_by_text(text, exact=True)
    await line.wait_for()
    assert await line.count() == 1


async def whole(page: Any) -> None:
    """Wait until the page has loaded what its first picture needs not: the dialogs, and what comes with them."""
    await page.locator("main header .bell").wait_for(state="attached")


async def becomes(wanted: Any, ask: Callable[[], Awaitable[Any]]) -> None:
    """Wait until the page, which draws once in a frame, shows what is wanted."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while (shown := await ask()) != wanted:
        assert asyncio.get_running_loop().time() < deadline, f"{wanted!r} is wanted, {shown!r} is shown"
        await asyncio.sleep(0.04)


async def texts(page: Any) -> list[str]:
    return list(await page.locator(".message .text").all_inner_texts())


async def lose_all(chat: Chat, name: str | None = None) -> None:
    """Have the server end every connection (or those of one name), and wait until they are gone."""
    lost = [one for one in chat.hub.connections if name in (None, one.user.name)]
    for connection in lost:
        connection.close(Close.RESTART)
    while not chat.hub.connections.isdisjoint(lost):
        await asyncio.sleep(0.005)


async def stay_away(page: Any) -> None:
    """Have the page, when it loses the connection, try again only when it is told to."""
    await page.evaluate("() => { Math.random = () => 1e5; }")  # which the pauses are multiplied with


async def complaints(page: Any, axe: str, contrast: bool = False, parts: bool = False) -> list[tuple[str, list[str]]]:
    """What axe-core finds in the page as it is: each rule with the elements.

    contrast: of colours only. parts: without the rules about a page as a whole, such as its headings.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe)
    choose = """([contrast, parts]) => axe.run({
        resultTypes: ["violations"],
        ...(contrast && {runOnly: ["color-contrast"]}),
        rules: Object.fromEntries(
            (parts ? axe.getRules(["best-practice"]) : []).map(({ruleId}) => [ruleId, {enabled: false}])),
    })"""
    found = (await page.evaluate(choose, [contrast, parts]))["violations"]
    nodes = ((one["id"], [node["html"] for node in one["nodes"] if not _is_a_face(one, node)]) for one in found)
    return [(rule, elements) for rule, elements in nodes if elements]


async def complaints_in_both_themes(page: Any, axe: str) -> list[tuple[str, list[str]]]:
    """What axe-core finds in a page that is light, and then of its colours while it is dark."""
    found = await complaints(page, axe)
    await page.emulate_media(color_scheme="dark")
    found += await complaints(page, axe, contrast=True)  # all else is the same in both
    await page.emulate_media(color_scheme="light")
    return found


def _is_a_face(rule: Any, node: Any) -> bool:
    """Whether a button's "visible label" is nothing but initials, which stand for a picture."""
    return rule["id"] == "label-content-name-mismatch" and 'class="avatar' in node["html"]
