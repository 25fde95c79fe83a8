"""How the page looks: the theme and the size that were chosen, the strip, emoji alone, what is on its way."""

from pathlib import Path

import pytest

from tests.page.browsing import Opened, becomes, browser_test, lose_all, read, stay_away, whole, write
from tornado_chat.config.settings import find_folder
from tornado_chat.web.app import Chat
from tornado_chat.web.assets import Assets

PAGE = "getComputedStyle(document.body).backgroundColor"
NIGHT = "oklch(0.213 0.014 225)"
EDGE = "one => one.querySelector('.words').getBoundingClientRect().left"


@browser_test
async def test_theme_and_text_size_are_kept_and_hold_in_every_tab_before_anything_is_painted(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", color_scheme="light")
        other = await browsers.tab(ann.context)
        day = await ann.evaluate(PAGE)
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("radio", name="Dark").check()
        await ann.get_by_role("radio", name="Largest").check()
        for tab in (ann, other):
            await becomes(NIGHT, lambda tab=tab: tab.evaluate(PAGE))
            await becomes("21px", lambda tab=tab: tab.evaluate("getComputedStyle(document.documentElement).fontSize"))
        await other.route("**/app.js", lambda route: route.abort())
        await other.reload()
        assert await other.evaluate(PAGE) == NIGHT, "without the page's modules"
        browsers.complaints.clear()  # the browser's own line about the script
        await ann.get_by_role("radio", name="System").check()
        await becomes(day, lambda: ann.evaluate(PAGE))


@pytest.mark.long
@browser_test
async def test_clock_language_and_name_apply_at_once_in_every_tab_while_the_settings_stay_open(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", locale="en-GB")
        other = await browsers.tab(ann.context)
        await write(ann, "hello")
        await read(other, "hello")
        await ann.get_by_role("button", name="Settings").click()
        settings = ann.get_by_role("dialog")
        for clock, hour in (("12 hours", "hour12: true"), ("24 hours", "hourCycle: 'h23'")):
            await settings.get_by_role("radio", name=clock).check()
            how = f"{{hour: 'numeric', minute: '2-digit', {hour}}}"
            written = f"one => one.textContent === new Date(one.dateTime).toLocaleTimeString('en-GB', {how})"
            for tab in (ann, other):
                time = tab.locator(".message time")
                await becomes(True, lambda time=time, written=written: time.evaluate(written))
        await settings.locator(".language").select_option("zh")
        await settings.get_by_role("heading", name="设置").wait_for()
        await other.get_by_role("heading", name="频道").wait_for()
        await settings.get_by_label("名字", exact=True).fill("Anna")
        await ann.keyboard.press("Enter")
        await settings.get_by_text("您现在叫 Anna。").wait_for()
        await other.locator(".sidebar footer", has_text="Anna").wait_for()
        await settings.get_by_label("名字", exact=True).fill("\u202eAnna")
        await ann.keyboard.press("Enter")
        await settings.get_by_role("alert").get_by_text("从右到左强制").wait_for()


@pytest.mark.long
@browser_test
async def test_the_strip_says_one_thing_at_a_time_and_moves_nothing(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben")
        strip, log = ann.locator(".strip"), ann.locator(".messages")
        place = await log.bounding_box()
        await ben.call("typing", target="general")
        await strip.get_by_text("Ben is typing…").wait_for()
        assert await log.bounding_box() == place
        await stay_away(ann)
        await lose_all(app, "Ann")
        await strip.get_by_role("button", name="Try now").wait_for()
        assert await strip.get_by_text("Ben is typing…").count() == 0
        assert await log.bounding_box() == place
        await write(ann, "one")
        await write(ann, "two")
        pending = ann.locator(".message.pending")
        await becomes(2, pending.count)
        assert await ann.locator(".message.pending.follows").count() == 1
        assert await pending.first.evaluate(EDGE) == await pending.last.evaluate(EDGE)
        await strip.get_by_role("button", name="Try now").click()
        await read(ann, "two")


@pytest.mark.long
@browser_test
async def test_one_to_three_emoji_alone_are_large(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        for text, large in (("👍", True), ("🎉 👩‍🚀 ❤️", True), ("👍👍👍👍", False), ("2", False), ("👍 yes", False)):
            await write(ann, text)
            row = ann.locator(".message:not(.pending) .text").get_by_text(text, exact=True)
            await row.wait_for()
            assert await row.evaluate("one => !!one.closest('.jumbo')") == large, text


@pytest.mark.long
@browser_test
async def test_the_page_shows_the_name_and_the_mark_of_the_server(people: Opened, app: Chat, tmp_path: Path) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"><script>x()</script></svg>'
    (tmp_path / "mark").write_text(svg)
    named = Assets(find_folder("public"), "Café <Fernhill>", tmp_path / "mark")
    vars(app.assets).update(vars(named))
    async with people() as browsers:
        ann = await browsers.open()
        await ann.locator("form").get_by_text("Café <Fernhill>").wait_for()
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await ann.locator(".sidebar header").get_by_text("Café <Fernhill>").wait_for()
        mark = ann.locator(".sidebar header .tile img")
        await becomes(7, lambda: mark.evaluate("one => one.naturalWidth"))
        answer = await ann.request.get(await mark.evaluate("one => one.src"))
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
        await ann.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
        await ann.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await browsers.client("Ben", lines=["hello"])
        await ann.locator("link[rel=icon][href$='server-mark-unread.svg']").wait_for(state="attached")


@pytest.mark.long
@browser_test
async def test_in_a_wide_window_the_members_can_be_hidden_and_stay_so(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", viewport={"width": 1440, "height": 900})
        members, button = ann.locator(".members"), ann.locator("main").get_by_role("button", name="Members")
        await members.wait_for()
        await button.click()
        await members.wait_for(state="hidden")
        await becomes("false", lambda: button.get_attribute("aria-expanded"))
        await ann.reload()
        await button.wait_for()
        await members.wait_for(state="hidden")
        await ann.set_viewport_size({"width": 900, "height": 900})
        await button.click()
        await members.locator("button:focus .icon").wait_for()  # as a drawer they come all the same
        await ann.keyboard.press("Escape")
        await ann.set_viewport_size({"width": 1440, "height": 900})
        await button.click()
        await members.wait_for()


@pytest.mark.long
@browser_test
async def test_a_new_version_is_offered_after_a_lost_connection_and_nothing_reloads_by_itself(
    people: Opened, app: Chat
) -> None:
    def update(name: str) -> None:
        vars(app.assets).update(vars(Assets(find_folder("public"), name)))

    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await whole(ann)
        await lose_all(app, "Ann")
        await write(ann, "still the same")
        await read(ann, "still the same")
        card = ann.locator(".card", has_text="A new version is ready")
        for name, button in (("Two", "Later"), ("Three", "Reload")):
            assert await card.count() == 0
            update(name)
            await lose_all(app, "Ann")
            await card.get_by_role("button", name="Reload").wait_for()
            await ann.fill("textarea", "a draft")
            await card.get_by_role("button", name=button).click()
            await card.wait_for(state="detached")
        await ann.locator(".sidebar header").get_by_text("Three").wait_for()
        assert await ann.input_value("textarea") == "a draft"
