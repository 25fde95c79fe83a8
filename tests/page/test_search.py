"""Searching on the page: what is asked and how, what was found and where it leads, what stands in the way."""

import asyncio
import time
from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, complaints_in_both_themes, lose_all, read, stay_away
from tests.page.test_living import change, post
from tornado_chat.storage.memory_search import MemorySearch
from tornado_chat.web.app import Chat

STILL = {"reduced_motion": "reduce"}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, **STILL}
# What the page asks for, and whether a key was the browser's own.
WATCH = """
  window.asked = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    for (const line of text.split("\\n").map(JSON.parse)) if (line.action === "search") window.asked.push(line.text);
    return send.call(this, text);
  };
  addEventListener("keydown", (event) => setTimeout(() => { window.own = !event.defaultPrevented; }));
"""


def pane(page: Any) -> Any:
    return page.get_by_role("search", name="Search")


def field(page: Any) -> Any:
    return pane(page).get_by_role("combobox")


def chips(page: Any) -> Any:
    """The filters that hold."""
    return lambda: pane(page).locator(".filter[aria-pressed=true]").all_inner_texts()


def found(page: Any) -> Any:
    """The texts of what was found."""
    return pane(page).locator(".found .excerpt").all_inner_texts


def button(page: Any) -> Any:
    """What opens the search: it is there when the page has come to rest."""
    return page.get_by_role("main").get_by_role("button", name="Search", exact=True)


async def seek(page: Any) -> None:
    """Open the search by a key."""
    await button(page).wait_for()
    await page.keyboard.press("Control+f")
    await field(page).and_(page.locator(":focus")).wait_for()


async def ask(page: Any, text: str) -> None:
    """Type into the search."""
    if not await pane(page).count():
        await seek(page)
    await field(page).fill("")
    await field(page).press_sequentially(text)


@browser_test
async def test_what_was_said_is_found_as_one_types_and_leads_to_its_place(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        first = await post(ben, "The **export** ran out of memory")
        await post(ben, "Memories of the exporters", thread=first)
        await post(ben, "nothing of it")
        ann = await browsers.enter("Ann", script=WATCH, **STILL)
        await read(ann, "nothing of it")
        await seek(ann)
        await becomes(False, lambda: ann.evaluate("window.own"))
        await becomes(["in #general"], chips(ann))
        await pane(ann).get_by_text("Written by someone").wait_for()
        assert await complaints_in_both_themes(ann, axe) == []
        await ann.keyboard.type("exp")
        await becomes(["Memories of the exporters", "The export ran out of memory"], found(ann))
        await pane(ann).get_by_role("status").get_by_text("2 found, newest first").wait_for()
        assert await pane(ann).locator("mark").all_inner_texts() == ["exporters", "export"]
        assert (await ann.evaluate("asked"))[-1] == "in:general exp"
        assert await complaints_in_both_themes(ann, axe) == []
        await ann.keyboard.press("ArrowDown")
        await ann.keyboard.press("ArrowDown")
        await pane(ann).locator(".found:focus", has_text="ran out of memory").wait_for()
        await ann.keyboard.press("Enter")
        await ann.get_by_role("main").locator("article.marked", has_text="ran out of memory").wait_for()
        await pane(ann).locator(".found[aria-current=true]", has_text="ran out of memory").wait_for()
        await pane(ann).locator(".found", has_text="exporters").click()
        await ann.locator(".thread article.marked", has_text="exporters").wait_for()
        await ann.locator(".thread").get_by_role("button", name="Close").last.click()
        await becomes("exp", field(ann).input_value)  # it is there again, as it was
        await becomes(["Memories of the exporters", "The export ran out of memory"], found(ann))
        await field(ann).press("ArrowDown")
        await pane(ann).locator(".found:focus").wait_for()
        await ann.keyboard.type("o")  # goes on in the field
        await becomes("expo", field(ann).input_value)
        await field(ann).press("Escape")
        await becomes(0, pane(ann).count)
        await ann.locator(".composer textarea").and_(ann.locator(":focus")).wait_for()


@browser_test
async def test_the_browser_s_own_search_is_one_more_press_away(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", script=WATCH)
        await seek(ann)
        await ann.keyboard.press("Control+f")
        await becomes(True, lambda: ann.evaluate("window.own"))
        await ann.locator(".composer textarea").focus()
        await seek(ann)
        await button(ann).click()
        await becomes(0, pane(ann).count)


@pytest.mark.long
@browser_test
async def test_filters_are_completed_and_become_buttons(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben, zoe = await browsers.client("Ben"), await browsers.client("Zoë B")
        await post(ben, "a word of Ben, see https://example.org")
        await post(zoe, "a word of Zoë")
        ann = await browsers.enter("Ann", script=WATCH, **STILL)
        await read(ann, "a word of Zoë")
        options = pane(ann).get_by_role("option")
        await ask(ann, "word from:zo")
        await becomes(["Zoë B"], lambda: options.locator(".name").all_inner_texts())
        await becomes(["a word of Zoë", "a word of Ben, see https://example.org"], found(ann))  # the rest meanwhile
        assert await complaints_in_both_themes(ann, axe) == []
        await ann.keyboard.press("Enter")
        await becomes("word ", field(ann).input_value)
        await becomes(["in #general", "from Zoë B"], chips(ann))
        await becomes(["a word of Zoë"], found(ann))
        await ann.keyboard.press("Home")
        await ann.keyboard.press("Backspace")
        await becomes(["in #general"], chips(ann))
        await ann.keyboard.press("End")
        await ann.keyboard.type("has:link ")
        await becomes(["in #general", "Links"], chips(ann))
        await becomes(["a word of Ben, see https://example.org"], found(ann))
        await becomes("word ", field(ann).input_value)
        await pane(ann).get_by_role("button", name="Links").click()
        await ask(ann, "word from:")
        await options.first.wait_for()
        await ann.keyboard.press("Escape")  # closes the suggestions alone
        await becomes(0, options.count)
        await ann.keyboard.type("me ")
        await becomes(["in #general", "from me"], chips(ann))
        await pane(ann).get_by_text("Nothing found for “word”").wait_for()
        await pane(ann).get_by_role("button", name="Without other filters").click()
        await becomes(2, lambda: pane(ann).locator(".found").count())


@pytest.mark.long
@browser_test
async def test_all_channels_are_searched_when_one_wants_that(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=["tea in the kitchen"])
        await browsers.client("Zoe", "design", lines=["tea is green"])
        ann = await browsers.enter("Ann", "/#/design")
        await read(ann, "tea is green")
        await ann.evaluate("location.hash = '#/general'")
        await read(ann, "tea in the kitchen")
        await ask(ann, "tea")
        await becomes(["tea in the kitchen"], found(ann))
        await pane(ann).get_by_role("button", name="Search everywhere").click()
        await becomes({"tea in the kitchen", "tea is green"}, lambda: _set(found(ann)))
        await pane(ann).locator(".found", has_text="green").click()
        await ann.locator("h1", has_text="design").wait_for()
        await ann.get_by_role("main").locator("article.marked", has_text="green").wait_for()
        await ask(ann, "tea in:gen")
        await pane(ann).get_by_role("option", name="general").wait_for()
        await ann.keyboard.press("Tab")
        await becomes(["in #general"], chips(ann))
        await becomes(["tea in the kitchen"], found(ann))
        await ask(ann, "tea in:all ")
        await becomes([], chips(ann))
        # What was said in a channel goes with it.
        await ann.get_by_role("button", name="More", exact=True).click()
        await ann.get_by_role("button", name="Leave design").click()
        await becomes(["tea in the kitchen"], found(ann))
        await ben.call("leave-channel", target="general")


async def _set(ask: Any) -> set[str]:
    return set(await ask())


@pytest.mark.long
@browser_test
async def test_days_are_those_of_the_reader(people: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        began = time.time()
        with monkeypatch.context() as clock:
            for ago, text in ((30, "ferry of long ago"), (1, "ferry of the day before")):
                clock.setattr(time, "time", lambda then=began - ago * 86_400: then)
                await post(ben, text)
        await post(ben, "ferry of today")
        ann = await browsers.enter("Ann", script=WATCH, timezone_id="Asia/Tokyo", **STILL)
        today = await ann.evaluate("new Date().toLocaleDateString('sv')")
        before = await ann.evaluate("new Date(Date.now() - 86_400_000).toLocaleDateString('sv')")
        await read(ann, "ferry of today")
        await ask(ann, "ferry after:yesterday ")
        await becomes(["ferry of today", "ferry of the day before"], found(ann))
        await becomes(f"in:general after:{before}T00:00+09:00 ferry ", lambda: ann.evaluate("asked.at(-1)"))
        await pane(ann).locator(".filter[aria-pressed=true]", has_text="since").click()
        await ask(ann, f"ferry before:{today} ")
        await becomes(["ferry of the day before", "ferry of long ago"], found(ann))
        await pane(ann).locator(".filter[aria-pressed=true]", has_text="before").click()
        await pane(ann).get_by_role("button", name="When").click()
        await pane(ann).get_by_role("button", name="yesterday").click()
        await becomes(["ferry of the day before"], found(ann))
        await pane(ann).locator(".filter[aria-pressed=true]").last.click()
        await pane(ann).get_by_role("button", name="When").click()
        await pane(ann).get_by_label("From", exact=True).fill(before)
        await pane(ann).get_by_label("To", exact=True).fill(before)
        await becomes(["ferry of the day before"], found(ann))
        await field(ann).press("Escape")
        await becomes(0, pane(ann).get_by_label("To", exact=True).count)
        assert await pane(ann).count()


@pytest.mark.long
@browser_test
async def test_what_changes_is_seen_at_once_in_what_was_found(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        one, two = [await post(ben, f"ferry {name}") for name in ("one", "two")]
        ann = await browsers.enter("Ann")
        await ann.fill("textarea", "ferry of mine")
        await ann.keyboard.press("Enter")
        await read(ann, "ferry of mine")
        await ask(ann, "ferry")
        await becomes(["ferry of mine", "ferry two", "ferry one"], found(ann))
        await change(ben, "edit-message", one, message="the *Ferry* is gone")
        await becomes(["ferry of mine", "ferry two", "the Ferry is gone"], found(ann))
        await becomes(["ferry", "ferry", "Ferry"], pane(ann).locator("mark").all_inner_texts)
        await change(ben, "delete-message", two)
        await becomes(["ferry of mine", "the Ferry is gone"], found(ann))
        await pane(ann).get_by_role("status").get_by_text("2 found").wait_for()
        await ann.locator("article", has_text="ferry of mine").hover()
        await ann.locator(".bar").get_by_role("button", name="More options").click()
        await ann.get_by_role("button", name="Delete").click()
        await becomes(["the Ferry is gone"], found(ann))
        await ann.get_by_role("button", name="Undo").click()
        await becomes(["ferry of mine", "the Ferry is gone"], found(ann))


@pytest.mark.long
@browser_test
async def test_changes_of_what_is_not_in_memory_are_seen_too(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        old = await post(ben, "ferry long ago")
        for number in range(150):
            await post(ben, f"other {number}")
        ann = await browsers.enter("Ann")
        await read(ann, "other 149")
        await ask(ann, "ferry")
        await becomes(["ferry long ago"], found(ann))
        await change(ben, "edit-message", old, message="the ferry, edited")
        await becomes(["the ferry, edited"], found(ann))
        await change(ben, "delete-message", old)
        await pane(ann).get_by_text("Nothing found for “ferry”").wait_for()


@pytest.mark.long
@browser_test
async def test_more_come_in_on_scrolling(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        for number in range(70):
            await post(ben, f"ferry {number}")
        ann = await browsers.enter("Ann")
        await read(ann, "ferry 69")
        await ask(ann, "ferry")
        await pane(ann).get_by_role("status").get_by_text("The newest 30").wait_for()
        for count in (60, 70):
            await pane(ann).locator(".scroll").evaluate("(one) => { one.scrollTop = one.scrollHeight; }")
            await becomes(count, pane(ann).locator(".found").count)
        await pane(ann).get_by_role("status").get_by_text("70 found, newest first").wait_for()


@pytest.mark.long
@browser_test
async def test_an_answer_without_time_for_all_says_so_and_goes_on(
    people: Opened, monkeypatch: pytest.MonkeyPatch, axe: str
) -> None:
    search = MemorySearch.search
    hurried = True

    async def some(self: Any, query: Any, sees: Any, before: Any, limit: int) -> Any:
        if not hurried:
            return await search(self, query, sees, before, limit)
        found = await search(self, query, sees, before, 1)
        return found._replace(complete=False)

    monkeypatch.setattr(MemorySearch, "search", some)
    async with people() as browsers:
        await browsers.client("Ben", lines=["ferry one", "ferry two"])
        ann = await browsers.enter("Ann", **STILL)
        await read(ann, "ferry two")
        await ask(ann, "ferry")
        await pane(ann).get_by_text("There wasn’t time to look at everything.").wait_for()
        await becomes(["ferry two"], found(ann))
        assert await complaints_in_both_themes(ann, axe) == []
        hurried = False
        await pane(ann).get_by_role("button", name="Look further").click()
        await becomes(["ferry two", "ferry one"], found(ann))
        await becomes(0, pane(ann).get_by_role("button", name="Look further").count)


@pytest.mark.long
@browser_test
async def test_what_cannot_be_asked_is_said_at_the_field(people: Opened, axe: str) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["ferry"])
        ann = await browsers.enter("Ann", **STILL)
        await read(ann, "ferry")
        await ask(ann, "ferry has:foo")
        await becomes(["ferry"], found(ann))  # nothing is refused while one types
        await ann.keyboard.press("Enter")
        await pane(ann).get_by_role("alert").get_by_text("has: takes link, file or image").wait_for()
        assert await field(ann).get_attribute("aria-invalid") == "true"
        assert await complaints_in_both_themes(ann, axe) == []
        await ask(ann, "ferry has:")
        await pane(ann).get_by_role("option").first.wait_for()
        await ann.keyboard.press("Enter")  # takes the first suggestion
        await becomes(["in #general", "Links"], chips(ann))
        await becomes("", pane(ann).locator("#search-words").text_content)


@pytest.mark.long
@browser_test
async def test_a_slow_answer_says_so_and_the_newest_question_counts(
    people: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, slow, asked = MemorySearch.search, asyncio.Event(), asyncio.Event()

    async def slowly(self: Any, query: Any, *more: Any) -> Any:
        asked.set()
        await slow.wait()
        return await search(self, query, *more)

    monkeypatch.setattr(MemorySearch, "search", slowly)
    async with people() as browsers:
        await browsers.client("Ben", lines=["first ferry", "second ship"])
        ann = await browsers.enter("Ann", **STILL)
        await read(ann, "second ship")
        await ask(ann, "ferry")
        await asked.wait()
        await pane(ann).locator(".find .whirl").wait_for()
        await field(ann).fill("tea")
        await field(ann).fill("ship")
        await ann.keyboard.press("Enter")
        slow.set()
        await becomes(["second ship"], found(ann))
        await becomes(0, pane(ann).locator(".find .whirl").count)


@pytest.mark.long
@browser_test
async def test_a_search_without_a_connection_is_done_once_there_is_one(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=["ferry one"])
        ann = await browsers.enter("Ann", **STILL)
        await read(ann, "ferry one")
        await stay_away(ann)
        await lose_all(app, "Ann")
        await ann.locator(".banner button").wait_for()
        await ask(ann, "ferry")
        await pane(ann).get_by_text("You’re offline").wait_for()
        await ann.locator(".banner button").click()
        await becomes(["ferry one"], found(ann))
        await stay_away(ann)
        await lose_all(app, "Ann")
        await ann.locator(".banner button").wait_for()
        await post(ben, "ferry two")
        await ann.locator(".banner button").click()
        await becomes(["ferry two", "ferry one"], found(ann))


@pytest.mark.long
@browser_test
async def test_recent_searches_stay_in_this_browser_until_one_signs_out(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["ferry"])
        ann = await browsers.enter("Ann")
        await read(ann, "ferry")
        await ask(ann, "ferry from:me ")
        await ann.keyboard.press("Enter")
        await ask(ann, "other")
        await ann.keyboard.press("Enter")
        await ann.reload()
        await read(ann, "ferry")
        await seek(ann)
        await pane(ann).get_by_text("Recent searches").wait_for()
        rows = pane(ann).locator(".asks").first.locator("li")
        await becomes(["other in #general from me", "ferry in #general from me"], lambda: _lines(rows))
        await ann.keyboard.press("ArrowDown")
        await ann.keyboard.press("ArrowDown")
        await ann.keyboard.press("Enter")
        await becomes("ferry", field(ann).input_value)
        await becomes(["in #general", "from me"], chips(ann))
        kept = "Object.keys(localStorage).filter((key) => key.includes('searches/')).length"
        assert await ann.evaluate(kept) == 1
        await field(ann).fill("")
        for _ in range(2):
            await ann.keyboard.press("Backspace")
        await pane(ann).get_by_role("button", name="Clear the recent searches").click()
        await becomes(0, lambda: ann.evaluate(kept))
        await ask(ann, "ferry")
        await ann.keyboard.press("Enter")
        await becomes(1, lambda: ann.evaluate(kept))
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("button", name="Sign out").click()
        await ann.get_by_role("button", name="Sign out anyway").click()
        await ann.locator("#name").wait_for()
        assert await ann.evaluate(kept) == 0


async def _lines(rows: Any) -> list[str]:
    return [" ".join(text.split()) for text in await rows.all_inner_texts()]


@pytest.mark.long
@browser_test
async def test_on_a_phone_it_fills_the_screen_and_is_there_again(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        for number in range(40):
            await post(ben, f"ferry {number}")
        ann = await browsers.enter("Ann", **PHONE)
        await read(ann, "ferry 39")
        await button(ann).tap()
        await field(ann).and_(ann.locator(":focus")).wait_for()
        box = await pane(ann).bounding_box()
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
        await ann.keyboard.type("ferry")
        await becomes(30, pane(ann).locator(".found").count)
        assert await complaints_in_both_themes(ann, axe) == []
        await pane(ann).locator(".found", has_text="ferry 12").scroll_into_view_if_needed()
        await pane(ann).locator(".found", has_text="ferry 12").tap()
        await becomes(0, pane(ann).count)
        await ann.locator("article.marked", has_text="ferry 12").wait_for()
        await button(ann).tap()
        await pane(ann).locator(".found[aria-current=true]", has_text="ferry 12").wait_for()
        assert await pane(ann).locator(".scroll").evaluate("(one) => one.scrollTop") > 0
        await ann.go_back()
        await becomes(0, pane(ann).count)
        await ann.locator("textarea").wait_for()


@pytest.mark.long
@browser_test
async def test_chinese_and_arabic_are_found_on_a_page_in_chinese(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        await post(ben, "下个月去看海边的照片")
        await post(ben, "هذه صور الرِّحلة")
        ann = await browsers.enter("Ann", locale="zh-CN", script=WATCH, **STILL)
        await read(ann, "هذه صور الرِّحلة")
        await ann.get_by_role("button", name="搜索", exact=True).click()
        box = ann.get_by_role("search", name="搜索").get_by_role("combobox")
        await box.press_sequentially("照片 after：昨天 ")
        marks = ann.locator(".found mark")
        await becomes(["照片"], marks.all_inner_texts)
        assert "after:" in await ann.evaluate("asked.at(-1)")
        await box.fill("الرحلة")
        await becomes(["الرِّحلة"], marks.all_inner_texts)
        assert await marks.first.evaluate("(one) => getComputedStyle(one.closest('.excerpt')).direction") == "rtl"
        assert await complaints_in_both_themes(ann, axe) == []
        await box.fill("has:foo")
        await ann.keyboard.press("Enter")
        await ann.get_by_role("search").get_by_role("alert").get_by_text("has: 可以是 link、file 或 image").wait_for()


@pytest.mark.long
@browser_test
async def test_words_that_an_input_method_composes_are_not_asked_for(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["照片"])
        ann = await browsers.enter("Ann", script=WATCH)
        await read(ann, "照片")
        await seek(ann)
        cdp = await ann.context.new_cdp_session(ann)
        for text in ("z", "zh", "zhao"):
            await cdp.send(
                "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
            )
        await becomes("zhao", field(ann).input_value)
        await cdp.send("Input.insertText", {"text": "照片"})
        await becomes(["照片"], found(ann))
        assert await ann.evaluate("asked") == ["in:general 照片"]


@pytest.mark.long
@browser_test
async def test_the_way_to_channels_leads_to_messages_too(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["the ferry is late"])
        ann = await browsers.enter("Ann")
        await read(ann, "the ferry is late")
        await ann.keyboard.press("Control+k")
        await ann.keyboard.type("ferry")
        await ann.get_by_role("option", name="Search messages for “ferry”").click()
        await becomes(["the ferry is late"], found(ann))
        await becomes([], chips(ann))
        await field(ann).and_(ann.locator(":focus")).wait_for()


@pytest.mark.long
@browser_test
async def test_files_are_found_by_their_names_and_by_a_filter(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        minutes = await ben.upload("minutes of the ferry.txt", b"We were late.")
        await post(ben, "", files=[minutes["id"]])
        await post(ben, "the ferry is late")
        ann = await browsers.enter("Ann", **STILL)
        await read(ann, "the ferry is late")
        await ask(ann, "ferry")
        await becomes(2, pane(ann).locator(".found").count)
        await pane(ann).get_by_role("button", name="Files").click()
        await becomes(["minutes of the ferry.txt"], pane(ann).locator(".of-files").all_inner_texts)
        assert await complaints_in_both_themes(ann, axe) == []
