"""Servers on which not everybody makes channels and begins conversations: the page says so before one tries."""

from pathlib import Path

import pytest

from tests.page.browsing import Opened, becomes, browser_test, complaints
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

WELCOME = "Ask Zoe at the desk to let you in."


@pytest.fixture
def app(tmp_path: Path) -> Chat:
    return make_app(
        Settings(data_dir=tmp_path, history="memory", create_channels="admins", direct="off", welcome_text=WELCOME)
    )


@pytest.mark.long
@browser_test
async def test_who_may_make_nothing_is_welcomed_and_offered_nothing_that_is_refused(people: Opened, axe: str) -> None:
    async with people() as browsers:
        page = await browsers.open()
        await page.fill("#name", "Ann")
        await page.keyboard.press("Enter")
        await page.get_by_text(WELCOME).wait_for()
        assert await complaints(page, axe) == []
        assert await page.get_by_role("button", name="New message").count() == 0
        await page.get_by_role("button", name="Add a channel").click()
        window = page.get_by_role("dialog", name="All channels")
        make = window.get_by_role("button", name="New channel")
        assert await make.is_disabled()
        assert await make.get_attribute("title") == "You can’t make channels here"
        await window.get_by_text("No channel that you can join yet").wait_for()
        await window.get_by_role("textbox").fill("foo")
        await window.get_by_text("No channel has “foo” in its name").wait_for()
        assert await window.get_by_role("button", name="Create #foo").count() == 0
        await page.keyboard.press("Escape")
        await page.keyboard.press("Control+k")
        await page.get_by_role("combobox").fill("foo")
        await becomes("", page.locator("#jump-words").inner_text)
        await page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        assert await page.get_by_role("option", name="Create #foo").count() == 0
