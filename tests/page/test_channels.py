"""One's channels: very many of them, leaving one and coming back, and what Back and the address do."""

import json

import pytest

from tests.page.browsing import Opened, becomes, browser_test, join, leave, lose_all, read, stay_away, write
from tornado_chat.web.app import Chat

MANY = [f"room {number:03}" for number in range(300)]
KNOWN = f"localStorage['tornado_chat.channels'] ??= {json.dumps(json.dumps(MANY))}"
IN_SIGHT = """item => { const {top, bottom} = item.getBoundingClientRect();
    const list = item.closest('.scroll').getBoundingClientRect();
    return top >= list.top && bottom <= Math.min(list.bottom, innerHeight); }"""
# As WebKit counts, for whom 100 changes in 10 s are too many
STRICT = """for (const name of ["pushState", "replaceState"]) { const change = history[name]; let calls = 0;
    history[name] = function () { if (++calls > 100) throw new DOMException("too often", "SecurityError");
        return change.apply(this, arguments); }; }"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.long
@browser_test
async def test_among_300_channels_all_of_the_sidebar_is_reachable_and_keys_show_where_they_lead(
    people: Opened,
) -> None:
    async with people() as browsers:
        for height in (900, 360):
            ann = await browsers.open("/#/room%20150", KNOWN, viewport={"width": 1440, "height": height})
            await ann.fill("#name", "Ann")
            await ann.keyboard.press("Enter")
            here = ann.locator(".sidebar [aria-current]")
            await becomes("room 150", here.locator(".name").inner_text)
            await becomes(True, lambda here=here: here.evaluate(IN_SIGHT))
            for name in ("Jump to…", "Settings"):
                place = await ann.get_by_role("button", name=name).bounding_box()
                assert 0 <= place["y"] <= height - place["height"]
            await ann.keyboard.press("Control+k")
            await ann.get_by_role("combobox").fill("299")
            await ann.keyboard.press("Enter")
            await becomes("room 299", here.locator(".name").inner_text)
            assert await here.evaluate(IN_SIGHT)
            for key, wanted in [("ArrowDown", "room 000"), ("ArrowUp", "room 299"), ("ArrowUp", "room 298")]:
                await ann.keyboard.press(f"Alt+{key}")
                await becomes(wanted, here.locator(".name").inner_text)
                assert await here.evaluate(IN_SIGHT)


@pytest.mark.long
@browser_test
async def test_ctrl_k_and_mentions_know_more_channels_and_people_than_a_page_of_them(
    people: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornado_chat.chat.taking_part.MAX_USERS", 2)
    async with people() as browsers:
        ben = await browsers.client("Ben")
        for name in MANY:
            await ben.call("join-channel", target=name)
        for name in ("Carla", "Dora Diaz", "Émile"):
            await browsers.client(name)
        ann = await browsers.enter("Ann")
        await ann.keyboard.press("Control+k")
        await ann.get_by_role("combobox").fill("M 299")
        await ann.get_by_role("option", name="room 299 1 member · not joined").wait_for()
        await ann.keyboard.press("Escape")
        await ann.locator("textarea:focus").wait_for()
        for typed, wanted in [("@do", "@Dora Diaz "), ("@émi", "@Émile ")]:
            await ann.fill("textarea", "")
            await ann.keyboard.type(typed)
            await ann.get_by_role("option", name=wanted.strip()).wait_for()
            await ann.keyboard.press("Tab")
            await becomes(wanted, lambda: ann.input_value("textarea"))


@pytest.mark.long
@browser_test
async def test_holding_the_key_to_the_next_channel_changes_the_address_less_often_than_browsers_allow(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.open("/#/room%20000", f"{STRICT};{KNOWN}")
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await ann.locator("textarea").wait_for()
        places = await ann.evaluate("history.length")
        await ann.keyboard.down("Alt")
        for _ in range(130):  # more than the 100 that are allowed
            await ann.keyboard.down("ArrowDown")
        await ann.keyboard.up("Alt")
        await becomes("room 130", ann.locator("h1").inner_text)
        await becomes(f"{browsers.base}/#/room%20130", lambda: ann.evaluate("location.href"))
        assert await ann.evaluate("history.length") - places < 100
        await ann.go_back()
        await becomes(False, lambda: ann.evaluate("location.href.endsWith('130')"))
        there = await ann.evaluate("decodeURIComponent(location.hash).slice(2)")
        await becomes(there, ann.locator("h1").inner_text)


@pytest.mark.long
@browser_test
async def test_a_channel_that_one_has_left_comes_back_as_it_was(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben", "tea", ["hello"])
        for name in ("tea", "cake"):
            await join(ann, name)
        await ann.goto(f"{browsers.base}/#/tea")
        await read(ann, "hello")
        await ann.fill("textarea", "a draft")
        await stay_away(ann)
        await lose_all(app, "Ann")
        await write(ann, "unsent")
        await ann.locator(".pending").wait_for()
        await ann.fill("textarea", "a draft")
        for name in ("tea", "general"):
            await leave(ann, name)
        await becomes(["cake"], ann.locator(".sidebar li .name").all_inner_texts)
        await ann.get_by_role("button", name="Try now").click()
        await ann.get_by_text("You left #general.").wait_for()
        await becomes(["Ben"], lambda: said_to_be_in(app, "tea"))
        for _ in range(2):
            await ann.get_by_role("button", name="Undo").click()
        await becomes(["cake", "general", "tea"], ann.locator(".sidebar li .name").all_inner_texts)
        assert await ann.locator("h1").inner_text() == "tea"
        assert await ann.input_value("textarea") == "a draft"
        await read(ann, "unsent")
        await ben.until_text("unsent")
        assert await ann.get_by_role("button", name="Undo").count() == 0
        await ann.reload()
        await becomes(["cake", "general", "tea"], ann.locator(".sidebar li .name").all_inner_texts)
        await becomes("a draft", lambda: ann.input_value("textarea"))
        # Elsewhere the way back stays open as well: the server is told only after some seconds.
        await leave(ann, "tea")
        await ann.keyboard.press("Alt+ArrowDown")
        await ann.get_by_text("You left #tea.").wait_for()
        assert await said_to_be_in(app, "tea") == ["Ben", "Ann"]
        await ben.call("send-message", target="tea", message="meanwhile")
        await ann.goto(f"{browsers.base}/#/tea")  # which is a way back, too
        await read(ann, "meanwhile")
        await becomes("a draft", lambda: ann.input_value("textarea"))
        await becomes(0, ann.get_by_role("button", name="Undo").count)


@pytest.mark.long
@browser_test
async def test_a_channel_is_left_after_some_seconds_or_with_the_page(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        await browsers.client("Ben", "tea")
        ann = await browsers.open("/#/tea")
        await ann.clock.install()
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await leave(ann, "tea")
        await ann.get_by_role("button", name="Undo").get_by_text("8").wait_for()
        await ann.clock.run_for(3_000)
        await ann.get_by_role("button", name="Undo").get_by_text("5").wait_for()
        assert await said_to_be_in(app, "tea") == ["Ben", "Ann"]
        await ann.clock.run_for(6_000)
        await becomes(["Ben"], lambda: said_to_be_in(app, "tea"))
        await becomes(0, ann.get_by_role("button", name="Undo").count)
        other = await browsers.tab(ann.context, "/#/tea")
        await becomes(["Ben", "Ann"], lambda: said_to_be_in(app, "tea"))
        await leave(other, "tea")
        await other.get_by_role("button", name="Undo").wait_for()
        await other.goto("about:blank")
        await becomes(["Ben"], lambda: said_to_be_in(app, "tea"))


async def said_to_be_in(app: Chat, channel: str) -> list[str]:
    return [user.name for user in app.hub.present(channel)]


@pytest.mark.long
@browser_test
async def test_on_a_phone_no_tap_on_a_row_leaves_the_channel_and_the_last_one_comes_back_too(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", **PHONE)
        await ann.get_by_role("button", name="Channels").tap()
        row = ann.locator(".sidebar li")
        await row.wait_for()
        assert await row.locator("button").count() == 0
        place = await row.bounding_box()
        await ann.touchscreen.tap(place["x"] + place["width"] - 10, place["y"] + place["height"] / 2)
        await ann.locator(".sidebar").wait_for(state="hidden")
        await leave(ann, "general")
        await ann.get_by_text("No channel yet").wait_for()
        await becomes(f"{browsers.base}/", lambda: ann.evaluate("location.href"))  # loaded again, one has still left
        await ann.get_by_role("button", name="Undo").tap()
        await ann.locator("h1", has_text="general").wait_for()


@browser_test
async def test_back_closes_what_lies_over_the_page_and_leads_to_the_channel_before_otherwise(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", "/#/one", **PHONE)
        places = await ann.evaluate("history.length")
        drawer, menu = ann.locator(".sidebar"), ann.get_by_role("button", name="Channels")
        await menu.tap()
        await drawer.wait_for()
        await ann.go_back()
        await drawer.wait_for(state="hidden")
        await becomes("one", ann.locator("h1").inner_text)
        await ann.get_by_role("button", name="More", exact=True).tap()
        await ann.locator(".menu :focus").wait_for()
        await ann.go_back()
        await ann.locator(".menu").wait_for(state="detached")
        # Closed otherwise, it leaves nothing behind: a channel takes its place.
        for _ in range(3):
            await menu.tap()
            await drawer.wait_for()
            await ann.keyboard.press("Escape")
            await drawer.wait_for(state="hidden")
            await becomes(None, lambda: ann.evaluate("history.state"))
        await menu.tap()
        await join(ann, "two")
        await becomes("two", ann.locator("h1").inner_text)
        await becomes(f"{browsers.base}/#/two", lambda: ann.evaluate("location.href"))
        assert await ann.evaluate("history.length") == places + 1
        # A window that is opened from the drawer takes its place.
        await menu.tap()
        await ann.get_by_role("button", name="Settings").tap()
        await ann.get_by_role("dialog").wait_for()
        await drawer.wait_for(state="hidden")
        await becomes(1, lambda: ann.evaluate("history.state?.over"))
        await ann.go_back()
        await ann.get_by_role("dialog").wait_for(state="detached")
        await becomes("two", ann.locator("h1").inner_text)
        await ann.go_back()
        await becomes("one", ann.locator("h1").inner_text)
        await ann.go_forward()
        await becomes("two", ann.locator("h1").inner_text)
