"""Names in the page: those that people have, and words for those that nobody can bear, in the reader's language."""

import pytest

from tests.page.browsing import Opened, becomes, browser_test, join, read, write

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.long
@browser_test
async def test_a_name_nobody_can_bear_is_said_with_what_is_wrong_in_the_readers_language(people: Opened) -> None:
    async with people() as browsers:
        page = await browsers.open(locale="zh-CN")
        await page.fill("#name", "A\u200bnn")
        await page.keyboard.press("Enter")
        await page.get_by_text("名字里不能有看不见的字符（零宽空格）").wait_for()
        await page.fill("#name", "علی\u200cرضا")
        await page.keyboard.press("Enter")
        await page.locator("textarea").wait_for()
        await page.get_by_role("button", name="添加频道").click()
        await page.get_by_role("button", name="新建频道").click()
        await page.get_by_label("名称", exact=True).fill("a\u2060b")
        await page.keyboard.press("Enter")
        await page.get_by_text("名字里不能有看不见的字符（单词连接符）").wait_for()


@pytest.mark.long
@pytest.mark.parametrize("name", ["ශ්\u200dරී", SCOTLAND + " ™\ufe0f"])
@browser_test
async def test_a_channel_is_called_as_people_write(people: Opened, name: str) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await join(ann, name)
        await becomes(name, ann.locator("h1").inner_text)
        await write(ann, "hello")
        await read(ann, "hello")


@browser_test
async def test_nothing_that_cannot_be_seen_is_sent(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await write(ann, "\u3164 \u200b")
        assert await ann.get_by_role("button", name="Send").is_disabled()
        await ann.fill("textarea", "\u3164 seen")
        await becomes(False, ann.get_by_role("button", name="Send").is_disabled)
