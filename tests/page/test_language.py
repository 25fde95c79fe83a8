"""The page in the languages it speaks."""

import pytest

from tests.page.browsing import Opened, browser_test, read, write
from tornado_chat.testing import connect


@browser_test
async def test_the_page_speaks_the_browsers_language_and_another_when_it_is_chosen(
    people: Opened, base_url: str
) -> None:
    async with people() as browsers:
        page = await browsers.open(locale="zh-CN")
        await page.get_by_role("heading", name="欢迎来到").wait_for()
        assert {url.split("/")[-1] for url in browsers.asked if "/i18n/" in url and "index" not in url} == {"zh.js"}
        assert await page.evaluate("document.documentElement.lang + document.documentElement.dir") == "zh-Hansltr"
        await page.fill("#name", "小明")
        await page.keyboard.press("Enter")
        await page.get_by_text("还没有消息").wait_for()
        ben = await connect(base_url, "Ben")
        await ben.call("join-channel", target="general")
        await page.locator(".notice", has_text="Ben 加入了频道").wait_for()
        await page.fill("textarea", "/nothing ")
        await page.keyboard.press("Enter")
        await page.get_by_text("没有命令 /nothing").wait_for()
        await ben.call("typing", target="general")
        await page.get_by_text("Ben 正在输入…").wait_for()

        await page.get_by_role("button", name="设置").click()
        await page.locator(".language").select_option("en")
        await page.keyboard.press("Escape")
        await page.locator(".notice", has_text="Ben joined the channel").wait_for()
        await ben.close()
        await page.locator(".notice", has_text="Ben left the channel").wait_for()
        assert await page.evaluate("document.documentElement.lang") == "en"
        await page.reload()
        await page.get_by_role("heading", name="Channels").wait_for()
        assert await page.title() == "#general · tornado_chat"


@pytest.mark.long
@browser_test
async def test_a_browser_that_names_languages_as_nobody_does_and_keeps_nothing(people: Opened) -> None:
    names = "Object.defineProperty(Navigator.prototype, 'languages', {get: () => %s})"
    nothing = "Object.defineProperty(window, 'localStorage', {value: null})"  # in an app's web view
    full = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    async with people() as browsers:
        for script in (names % "['en-US@posix', 'C']" + f"; {nothing}", names % "undefined" + f"; {full}"):
            page = await browsers.open(script=script)
            await page.fill("#name", "Ann")
            await page.keyboard.press("Enter")
            await page.locator("textarea").wait_for()
            await write(page, script)
            await read(page, script)
            await page.get_by_role("button", name="Settings").click()
            dark = page.locator("label", has_text="Dark")
            await dark.click()
            assert await dark.locator("input").is_checked()
            await page.locator("html[data-theme=dark]").wait_for()
            await page.context.close()
