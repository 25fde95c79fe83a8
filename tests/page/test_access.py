"""Whether everyone can use the page: axe-core over its states, in both themes, wide and on a phone."""

from typing import Any

import pytest

from tests.page.browsing import (
    Opened,
    becomes,
    browser_test,
    complaints_in_both_themes,
    lose_all,
    read,
    stay_away,
    write,
)
from tornado_chat.chat.errors import Refused
from tornado_chat.web.app import Chat

# Fields for what is in no dictionary.
NAMES = "#name, .picker input, .find input, .renaming input, [aria-describedby=browse-words], #channel-name"


@pytest.mark.long
@browser_test
async def test_axe_finds_nothing_in_any_state(people: Opened, app: Chat, axe: str) -> None:
    spelt: list[bool] = []
    async with people() as browsers:

        async def check(state: str) -> None:
            assert await complaints_in_both_themes(page, axe) == [], state
            spelt.extend(await page.locator(NAMES).evaluate_all("(all) => all.map((one) => one.spellcheck)"))

        page = await browsers.open(
            color_scheme="light",
            viewport={"width": 1440, "height": 900},
            reduced_motion="reduce",  # no colour is on its way
        )
        await check("first visit")
        await page.fill("#name", "Ann")
        await page.keyboard.press("Enter")
        await page.get_by_text("No messages yet").wait_for()
        await check("an empty channel")
        await browsers.client(
            "Ben", lines=["**hi** `x`\n- @Ann\n> #tea\n\n```py\ndef f(): return 'a' # b\n```", "مرحبا", "w" * 300]
        )
        await page.locator(".code-comment").wait_for()
        await page.locator("article").first.hover()
        await check("a busy channel")
        await page.fill("textarea", "/")
        await page.get_by_role("listbox").wait_for()
        await check("suggestions")
        await page.get_by_role("button", name="Emoji").click()
        await page.get_by_role("option").first.wait_for()
        await check("emoji")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Formatting").click()
        await check("formatting")
        await write(page, "/roll many")
        await page.locator(".composer .alert").get_by_text("whole number").wait_for()
        await check("refused by a rule")
        for keys in ("Control+k", "Control+/"):
            await page.keyboard.press(keys)
            await page.get_by_role("dialog").wait_for()
            await check(keys)
            await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Add a channel").click()
        await page.get_by_role("listitem").get_by_text("joined").wait_for()
        await check("all channels")
        await page.get_by_role("button", name="New channel").click()
        await page.get_by_label("Name", exact=True).fill("x" * 65)
        await page.keyboard.press("Enter")
        await page.get_by_role("dialog").get_by_role("alert").wait_for()
        await check("a new channel")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="More", exact=True).click()
        await page.get_by_role("button", name="Leave general").wait_for()
        await check("the menu of the channel")
        await page.keyboard.press("Escape")
        await page.fill("textarea", "/roll ")
        for button in ("As a form", "Settings"):
            await page.get_by_role("button", name=button).click()
            await page.get_by_role("dialog").wait_for()
            await check(button)
            await page.keyboard.press("Escape")

        append = app.hub.history.append
        app.hub.history.append = _refuse  # type: ignore[method-assign]
        await write(page, "no")
        await page.locator(".failed").wait_for()
        app.hub.history.append = append  # type: ignore[method-assign]
        await stay_away(page)
        for pause in range(4):
            await lose_all(app, "Ann")
            await page.locator(".banner button").wait_for()
            if pause < 3:
                await page.locator(".banner button").click()
                await becomes(0, page.locator(".banner").count)
        await write(page, "on its way")
        await page.locator(".pending").wait_for()
        await check("disconnected")
        await page.locator(".banner button").click()
        await read(page, "on its way")

        await write(page, "/poll Tea? | yes | no")
        await page.get_by_role("group", name="poll").wait_for()
        await page.locator(".choice button").first.click()
        await page.locator(".choice progress").first.wait_for()
        await check("what a plugin shows")
        await page.keyboard.press("F2")
        await page.locator(".inspector").wait_for()
        await check("the inspector")
        await page.keyboard.press("F2")

        await page.set_viewport_size({"width": 720, "height": 450})
        await page.fill("textarea", "/")
        await page.get_by_role("listbox").wait_for()
        await check("200 %")
        await page.fill("textarea", "")
        await page.set_viewport_size({"width": 390, "height": 844})
        await check("on a phone")
        for button, drawer in (("Channels", ".sidebar"), ("Members", ".members")):
            await page.locator("main").get_by_role("button", name=button).click()
            await page.locator(f"{drawer} :focus").wait_for()
            await check(f"the drawer of {button}")
            await page.keyboard.press("Escape")
    assert spelt == [False] * 6


def _refuse(message: Any) -> Any:
    raise Refused("not on a Sunday")
