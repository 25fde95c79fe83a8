"""The sidebar's sections, what is read in them, and the windows that lead to other channels."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, join, read, say

HEADING = ".sidebar h2 button[aria-expanded]"
ROWS = """[...document.querySelectorAll('.sidebar h2, .sidebar li')].map(one =>
    one.matches('h2') ? `= ${one.textContent.trim().split(/\\W/)[0]}` : one.querySelector('.name').textContent)"""

POINTER = "kind => document.querySelector('.sidebar .scroll').dispatchEvent(new PointerEvent(kind))"


@pytest.mark.long
@browser_test
async def test_unread_channels_come_first_and_the_open_one_stays_where_it_was_until_another_is_opened(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", "/#/alpha")
        for name in ("beta", "gamma"):
            await join(ann, name)

        async def shows(*rows: str) -> None:
            await becomes(list(rows), lambda: ann.evaluate(ROWS))

        await shows("= Channels", "alpha", "beta", "gamma")
        ben = await browsers.client("Ben", "beta", ["@Ann one", "two"])
        await shows("= Unread", "beta", "= Channels", "alpha", "gamma")
        await ann.keyboard.press("Alt+Shift+ArrowUp")
        await read(ann, "two")
        await becomes(0, ann.locator(".sidebar li.unread").count)
        await shows("= Unread", "beta", "= Channels", "alpha", "gamma")
        await ann.fill("textarea", "half a thought")
        await ann.keyboard.press("Alt+ArrowDown")  # in the order that is drawn
        await ann.locator("h1", has_text="alpha").wait_for()
        await shows("= Channels", "alpha", "beta", "gamma")
        await ann.locator(".sidebar li", has_text="beta").get_by_text("draft").wait_for()

        # While the pointer moves over the list, nothing changes its place.
        await ann.evaluate(POINTER, "pointermove")
        await say(ben, "three", channel="beta")
        await ann.locator(".sidebar li.unread .count").wait_for()
        assert await ann.evaluate(ROWS) == ["= Channels", "alpha", "beta", "gamma"]
        await ann.evaluate(POINTER, "pointerleave")
        await shows("= Unread", "beta", "= Channels", "alpha", "gamma")

        # A folded section counts what is in it and shows the open channel; keys reach what is unread in it.
        for heading in (0, 1):
            await ann.locator(HEADING).nth(heading).click()
        await shows("= Unread", "= Channels", "alpha")
        await ann.locator(".sidebar h2", has_text="1 unread").wait_for()
        await ann.reload()
        await shows("= Unread", "= Channels", "alpha")
        assert await ann.locator(HEADING).first.get_attribute("aria-expanded") == "false"
        await ann.keyboard.press("Alt+Shift+ArrowUp")
        await ann.locator("h1", has_text="beta").wait_for()
        await shows("= Unread", "beta", "= Channels")


@pytest.mark.long
@browser_test
async def test_everything_is_marked_as_read_at_once_on_all_devices(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", "/#/here")
        known = await ann.evaluate("JSON.stringify({...localStorage})")
        same = f"for (const [key, value] of Object.entries({known})) localStorage[key] ??= value"
        other = await browsers.open("/#/here", same)
        for page in (ann, other):
            for name in ("one", "two", "here"):
                await join(page, name)
        for name in ("one", "two"):
            await browsers.client("Ben", name, ["@Ann hello"])
        for page in (ann, other):
            await becomes(2, page.locator(".sidebar .count.mention").count)
        await ann.fill("textarea", "a draft")
        await ann.keyboard.press("Shift+Escape")
        for page in (ann, other):
            await becomes(0, page.locator(".sidebar .count").count)
        assert await ann.input_value("textarea") == "a draft"
        await browsers.client("Ben", "two", ["more"])
        await other.get_by_role("button", name="Mark all as read").click()
        for page in (other, ann):
            await becomes(0, page.locator(".sidebar .count").count)


@browser_test
async def test_all_channels_can_be_found_joined_and_made(people: Opened) -> None:
    async with people() as browsers:
        for name in ("garden", "tea room", "tea"):
            ben = await browsers.client("Ben", name)
        ann = await browsers.enter("Ann", "/#/general")
        window = ann.get_by_role("dialog")
        row = window.get_by_role("listitem")
        await ann.get_by_role("button", name="Add a channel").click()
        await becomes(["garden", "general", "tea", "tea room"], row.locator("b").all_inner_texts)
        await window.get_by_role("button", name="general 1 member joined").wait_for()
        await window.get_by_text("4 channels").wait_for()
        # Join here, and go on looking.
        await window.get_by_role("button", name="Join garden").click()
        await window.get_by_role("button", name="garden 2 members joined").wait_for()
        await becomes("garden", lambda: ann.evaluate("document.activeElement.querySelector('b').textContent"))
        await becomes(["garden", "general"], ann.locator(".sidebar li .name").all_inner_texts)
        await window.get_by_label("Find a channel").fill("TEA")
        await becomes(["tea", "tea room"], row.locator("b").all_inner_texts)
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            await ann.keyboard.press(key)
        await ann.locator("h1", has_text="tea room").wait_for()
        await window.wait_for(state="detached")

        # What there is not can be made; what is wrong with a name is said at its field.
        await ann.get_by_role("button", name="Add a channel").click()
        await window.get_by_label("Find a channel").fill("x" * 65)
        await window.get_by_role("button", name="Create #xxx").click()
        field = window.get_by_label("Name")
        await window.get_by_role("button", name="Create").click()
        await window.get_by_role("alert").get_by_text("a name has 1 to 64 characters").wait_for()
        assert await field.get_attribute("aria-invalid") == "true"
        assert await field.input_value() == "x" * 65
        await field.fill("#tea")
        await window.get_by_text("#tea already exists.").wait_for()
        await field.fill("new")
        await window.get_by_role("button", name="Create").click()
        await ann.locator("h1", has_text="new").wait_for()
        assert (await ben.call("channels", find="new"))["channels"] == [{"name": "new", "count": 1}]


@pytest.mark.long
@browser_test
async def test_ctrl_k_shows_what_is_unread_first_and_says_where_one_is(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", "/#/beta")
        await join(ann, "alpha")
        await browsers.client("Ben", "beta", ["@Ann one"])
        await browsers.client("Ben", "besides")
        await ann.locator(".sidebar .count.mention").wait_for()
        await ann.keyboard.press("Control+k")
        option = ann.get_by_role("option")
        names = ["beta 1 mention of you", "alpha you are here", "besides 1 member · not joined"]
        await becomes(names, lambda: labels(option))
        await ann.get_by_role("combobox").fill("be")
        rows = ["beta 1 mention of you", "besides 1 member · not joined", "Create #be"]

        async def but_people() -> list[str]:
            return [one for one in await labels(option) if not one.startswith("B Ben")]

        await becomes([*rows, "Search messages for “be”"], but_people)
        await ann.get_by_role("combobox").fill("besides")
        await becomes([rows[1], "Search messages for “besides”"], but_people)
        await ann.get_by_role("combobox").fill("y" * 70)
        await ann.get_by_role("option", name="Create #yyy").click()
        await ann.get_by_role("dialog").get_by_text("a name has 1 to 64 characters").wait_for()
        await ann.keyboard.press("Escape")
        await ann.locator("textarea:focus").wait_for()


@pytest.mark.long
@browser_test
async def test_a_newcomer_is_told_of_the_keys_until_they_use_one(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        hint = ann.get_by_role("complementary", name="New here?")
        await hint.get_by_text("Ctrl K").wait_for()
        await ann.reload()
        await hint.wait_for()
        await ann.keyboard.type("/")
        await hint.wait_for(state="detached")
        await ann.reload()
        await ann.locator(".composer .popup").wait_for()  # what is loaded later is there
        assert await hint.count() == 0


async def labels(options: Any) -> list[str]:
    return [" ".join(text.replace("Enter", "").split()) for text in await options.all_inner_texts()]
