"""Reading: what stands where, what moves and what does not. The numbers are those of what people expect of a page."""

import re
from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, join, read, say, whole, write

HIGHEST = "(box, text) => box.querySelector('article .text').innerText !== text"
FROM_TOP = """row => row.getBoundingClientRect().top
    - document.querySelector('.messages').getBoundingClientRect().top"""
IN_SIGHT = """row => { const {top, bottom} = row.getBoundingClientRect();
    return top > 52 && bottom < innerHeight - 60; }"""
FIRST_ROW = """box => { const top = box.getBoundingClientRect().top;
    const row = [...box.querySelectorAll('[data-id]')].find(one => one.getBoundingClientRect().bottom > top);
    return row && [row.dataset.id, Math.round(row.getBoundingClientRect().top - top)]; }"""
SCROLL = """async (box, top) => { box.scrollTop = top;
    for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame); }"""
BELOW = "box => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight)"


def lines(count: int) -> list[str]:
    return [f"line {number}" for number in range(count)]


async def scroll(page: Any, top: int) -> None:
    """Scroll, and wait until the page has drawn what comes of it."""
    await page.locator(".messages").evaluate(SCROLL, top)


@browser_test
async def test_06_the_unread_line_stays_while_one_reads_07_ones_own_messages_never_make_one(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben")
        await ann.goto(f"{browsers.base}/#/other")
        await ann.locator("h1", has_text="other").wait_for()
        await say(ben, "one", "two")
        await ann.locator(".sidebar li.unread", has_text="2").wait_for()
        await ann.keyboard.press("Alt+ArrowUp")
        await ann.locator(".new + article", has_text="one").wait_for()
        await becomes(0, ann.locator(".sidebar li.unread").count)
        await write(ann, "mine")
        await read(ann, "mine")
        await say(ben, "three")
        await read(ann, "three")
        await becomes(1, ann.locator(".new").count)
        await ann.locator(".new + article", has_text="one").wait_for()
        await ann.keyboard.press("Alt+ArrowDown")
        await ann.locator("h1", has_text="other").wait_for()
        await ann.keyboard.press("Alt+ArrowUp")
        await read(ann, "three")
        assert await ann.locator(".new").count() == 0


@pytest.mark.long
@browser_test
async def test_what_is_unread_and_mentions_outlive_a_reload_even_where_nothing_was_ever_seen_live(
    people: Opened,
) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=["before"])
        await ben.call("join-channel", target="empty")
        ann = await browsers.enter("Ann", "/#/empty")
        for name in ("general", "tea"):
            await join(ann, name)
            await becomes(0, ann.locator(".bones, .loading").count)
        await say(ben, "@Ann in sight?")
        unread = ann.locator(".sidebar li.unread")
        await unread.locator(".count.mention", has_text="1").wait_for()
        await ann.reload()
        await unread.locator(".count.mention", has_text="1").wait_for()
        await ann.goto("about:blank")
        await say(ben, "@Ann in the empty one", channel="empty")
        await say(ben, *lines(120))
        await ann.goto(f"{browsers.base}/#/tea")
        await unread.locator(".count.mention", has_text="1 mention of you, 121 unread").wait_for()
        await unread.locator(".count.mention", has_text="1 mention of you, 1 unread").wait_for()
        await ann.click(".sidebar a:has-text('general')")
        await ann.get_by_role("button", name="Jump to the first unread").click()
        await ann.locator(".new + article", has_text="in sight?").wait_for()
        await ann.click(".sidebar a:has-text('empty')")
        await ann.locator(".new + article", has_text="in the empty one").wait_for()
        await becomes(0, unread.count)


@browser_test
async def test_08_scrolled_up_nothing_moves_09_a_button_leads_to_the_present(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=lines(60))
        ann = await browsers.enter("Ann")
        await read(ann, "line 59")
        box = ann.locator(".messages")
        height = await box.evaluate("box => box.scrollHeight - box.clientHeight")
        await scroll(ann, height - 25)  # counts as the bottom
        await say(ben, "at the bottom")
        await read(ann, "at the bottom")
        await becomes(0, lambda: box.evaluate(BELOW))
        await scroll(ann, height - 300)
        before = await box.evaluate(FIRST_ROW)
        for number in range(3):
            await say(ben, f"further up {number}\nand a second line")
            await ann.locator(".jump", has_text=f"{number + 1} new message").wait_for()
            assert await box.evaluate(FIRST_ROW) == before
        await ann.locator(".jump").click()
        await becomes(0, lambda: box.evaluate(BELOW))
        await becomes(0, ann.locator(".jump").count)
        await scroll(ann, 0)
        await write(ann, "one's own is shown")
        await becomes(0, lambda: box.evaluate(BELOW))


@pytest.mark.long
@browser_test
async def test_10_one_jumps_to_the_first_unread_even_where_it_is_not_loaded_yet(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben", lines=lines(1))
        await read(ann, "line 0")
        await becomes("1", lambda: ann.evaluate("localStorage['tornado_chat.read/general']"))
        await ann.goto("about:blank")
        await say(ben, *(f"missed {number}" for number in range(120)))  # more than a join brings
        await ann.goto(browsers.base)
        await read(ann, "missed 119")
        await ann.get_by_role("button", name="Jump to the first unread").click()
        first = ann.locator(".new + article", has_text="missed 0")
        await first.wait_for()
        await becomes(True, lambda: first.evaluate(IN_SIGHT))
        await becomes(0, ann.locator(".jump.up").count)


@pytest.mark.long
@browser_test
async def test_11_older_messages_load_without_a_jump_even_from_the_very_top_12_and_without_scroll_anchoring(
    people: Opened,
) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=lines(400))
        ann = await browsers.enter("Ann")
        await read(ann, "line 399")
        box = ann.locator(".messages")
        assert await box.evaluate("box => getComputedStyle(box).overflowAnchor") == "none"
        before = "line 399"
        while before != "line 0":
            await scroll(ann, 0)
            top, place = await box.evaluate(FIRST_ROW)
            await becomes(True, lambda at=before: box.evaluate(HIGHEST, at))
            row = ann.locator(f'[data-id="{top}"]')
            moved = await row.evaluate(FROM_TOP)
            before = await ann.locator(".messages article .text").first.inner_text()
            assert abs(moved - place) < 1, (moved, place)  # `place` is rounded
        await ann.get_by_text("This is where the channel begins.").wait_for()


@pytest.mark.long
@browser_test
async def test_13_at_the_bottom_one_stays_there_when_the_window_changes_or_the_box_grows(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=lines(40))
        ann = await browsers.enter("Ann")
        await read(ann, "line 39")
        box = ann.locator(".messages")
        for width, height in [(1000, 400), (500, 700), (1280, 720)]:
            await ann.set_viewport_size({"width": width, "height": height})
            await becomes(0, lambda: box.evaluate(BELOW))
        before = await ann.locator("textarea").evaluate("box => box.clientHeight")
        await ann.fill("textarea", "\n".join("12345678901"))
        await becomes(0, lambda: box.evaluate(BELOW))
        grown = await ann.locator("textarea").evaluate("box => box.clientHeight")
        line = await ann.locator("textarea").evaluate("box => parseFloat(getComputedStyle(box).lineHeight)")
        assert abs(grown - before - 7 * line) < 2, "from one line to eight"
        await ann.locator(".text").last.evaluate("text => { text.style.height = '300px'; }")  # as an image that loads
        await becomes(0, lambda: box.evaluate(BELOW))


@pytest.mark.long
@browser_test
async def test_23_days_are_set_apart_and_messages_of_one_author_stand_together(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await browsers.client("Ben", lines=lines(3))
        await write(ann, "mine")
        await read(ann, "mine")
        assert await ann.locator("article .avatar").count() == 2
        assert await ann.locator("article.follows").count() == 2
        day = ann.locator(".day > time")
        assert (await day.inner_text()).startswith("Today, ")
        assert await day.get_attribute("title") == await ann.evaluate(
            "new Intl.DateTimeFormat('en-US', {dateStyle: 'full'}).format(new Date())"
        )
        time = ann.locator("article time").first
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", await time.get_attribute("datetime"))
        assert re.search(r"\w+day, \w+ \d+, \d{4} at \d", await time.get_attribute("title"))


@browser_test
async def test_24_only_live_messages_are_announced_never_what_was_loaded(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=lines(120))
        ann = await browsers.enter("Ann")
        await read(ann, "line 119")
        log, announced = ann.get_by_role("log"), ann.locator(".messages-frame > [role=status]")
        assert await log.get_attribute("aria-live") == "off"  # rows come and go in it while one scrolls
        assert await announced.inner_text() == ""
        await scroll(ann, 0)
        await ann.get_by_text("line 20", exact=True).wait_for()
        await write(ann, "mine")
        await scroll(ann, 10**6)
        await read(ann, "mine")
        assert await announced.inner_text() == ""
        await say(ben, "live")
        await becomes("Ben: live", announced.inner_text)


@pytest.mark.long
@browser_test
async def test_31_copying_several_messages_gives_readable_text(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann")
        await say(ben, "**bold**\nand more")
        await write(ann, "mine")
        await read(ann, "mine")
        copied = await ann.evaluate(
            """() => { const box = document.querySelector('.messages'), clipboardData = new DataTransfer();
            document.getSelection().selectAllChildren(box);
            box.dispatchEvent(new ClipboardEvent('copy', {clipboardData, bubbles: true}));
            return ["plain", "markdown"].map(kind => clipboardData.getData(`text/${kind}`)); }"""
        )
        plain, marked = (re.sub(r"\d+:\d\d.[AP]M", "t", one) for one in copied)
        assert plain.split("\n") == ["[t] Ben: bold", "and more", "[t] Ann: mine"]
        assert marked == "**Ben**, t\n\n**bold**\nand more\n\n**Ann**, t\n\nmine"


@pytest.mark.long
@browser_test
async def test_a_message_is_copied_as_text_or_markdown_by_its_bar_by_keys_and_after_a_long_press(
    people: Opened,
) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["**bold** [notes](https://e.com)", "- two\n- three"])
        ann = await browsers.enter("Ann")
        await ann.context.grant_permissions(["clipboard-read", "clipboard-write"])
        held = lambda: ann.evaluate("navigator.clipboard.readText()")  # noqa: E731
        rows, box = ann.locator("article"), ann.locator("textarea")
        for name, text in (
            ("Copy text", "bold notes (https://e.com)"),
            ("Copy as Markdown", "**bold** [notes](https://e.com)"),
        ):
            await rows.first.hover()
            await ann.get_by_role("button", name="More options").click()
            await ann.get_by_role("button", name=name).click()
            await becomes(text, held)
        await box.focus()
        await ann.keyboard.press("Shift+Tab")
        await rows.last.focus()
        for key, text in (("c", "• two\n• three"), ("m", "- two\n- three")):
            await ann.keyboard.press(key)
            await becomes(text, held)
        touch = """(row, kinds) => {
            for (const kind of kinds)
                row.dispatchEvent(new PointerEvent(kind, {bubbles: true, pointerType: 'touch'}));
        }"""
        await rows.first.locator("strong").evaluate(touch, ["pointerdown", "pointercancel"])  # the finger scrolls
        await rows.last.locator("li").first.evaluate(touch, ["pointerdown"])
        sheet = ann.get_by_role("dialog", name="Ben")
        await sheet.wait_for()
        await sheet.get_by_role("button", name="Quote").click()
        await becomes("@Ben\n> - two\n> - three\n\n", box.input_value)
        await sheet.wait_for(state="detached")


@pytest.mark.long
@browser_test
async def test_the_end_of_a_long_press_presses_nothing_in_the_sheet_that_it_has_opened(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["hello"])
        ann = await browsers.open(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await read(ann, "hello")
        await whole(ann)
        place = await ann.locator("article .text").bounding_box()
        finger = await ann.context.new_cdp_session(ann)
        point = {"x": place["x"] + 20, "y": place["y"] + 8}
        await finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        sheet = ann.get_by_role("dialog", name="Ben")
        await sheet.wait_for()
        await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await sheet.get_by_role("button", name="Quote").tap()
        await becomes("@Ben\n> hello\n\n", ann.locator("textarea").input_value)


@pytest.mark.long
@browser_test
async def test_one_returns_to_where_one_was_in_each_channel_even_after_a_reload(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=lines(140))
        ann = await browsers.enter("Ann")
        await read(ann, "line 139")
        for name in ("tea", "general"):
            await join(ann, name)
        rows = ann.locator(".messages")
        await becomes(0, lambda: rows.evaluate(BELOW))
        await scroll(ann, 450)
        assert await rows.evaluate(BELOW) > 300
        place = await rows.evaluate(FIRST_ROW)
        await ann.get_by_role("link", name="tea").click()
        await ann.get_by_text("This is #tea").wait_for()
        await say(ben, "while she was away")
        await ann.locator(".sidebar li.unread").wait_for()
        await ann.get_by_role("link", name="general").click()
        await becomes(place, lambda: rows.evaluate(FIRST_ROW))
        await ann.get_by_role("button", name="1 new message").wait_for()
        await ann.reload()
        await becomes(place, lambda: rows.evaluate(FIRST_ROW))
        await ann.get_by_role("button", name="1 new message").click()
        await read(ann, "while she was away")
        await becomes(0, ann.locator(".sidebar li.unread").count)
        for name in ("tea", "general"):
            await ann.get_by_role("link", name=name).click()
            await ann.locator("h1", has_text=name).wait_for()
        await becomes(0, lambda: rows.evaluate(BELOW))
