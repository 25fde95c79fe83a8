"""Coming in, channels and their addresses, who is here, and the page on a phone."""

import pytest

from tests.page.browsing import Opened, becomes, browser_test, read, write

MOVING = """[...document.querySelectorAll('*')]
    .filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0).map(one => one.outerHTML)"""
SMALL = """[...document.querySelectorAll('button, a[href], input, textarea')]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && one.getBoundingClientRect().height < 40)
    .map(one => one.outerHTML)"""
ELSEWHERE = "document.activeElement !== document.body && !document.activeElement.closest('.sidebar')"


@browser_test
async def test_27_members_have_a_dot_and_typing_is_told(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben")
        await becomes(["Ann", "Ben"], ann.locator(".members li:has(.dot) .name").all_inner_texts)
        await ben.call("typing", target="general")
        await ann.get_by_text("Ben is typing…").wait_for()
        await ben.call("send-message", target="general", message="there")
        await becomes("", ann.locator(".typing").inner_text)
        await ben.close()
        await becomes(["Ann"], ann.locator(".members .name").all_inner_texts)


@browser_test
async def test_28_each_channel_has_an_address_that_can_be_shared_and_back_and_forward_work(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", "/#/tea%20%26%20%E2%98%95")
        heading = ann.locator("h1")
        await becomes("tea & ☕", heading.inner_text)
        await ann.goto(f"{browsers.base}/#/cake")
        await becomes("cake", heading.inner_text)
        await ann.go_back()
        await becomes("tea & ☕", heading.inner_text)
        await ann.go_forward()
        await becomes("cake", heading.inner_text)
        assert ann.url.endswith("/#/cake")
        await ann.goto(f"{browsers.base}/#/{'x' * 80}")
        await ann.get_by_role("alert").get_by_text("a name has 1 to 64 characters", exact=True).wait_for()
        await ann.get_by_role("button", name="All channels").wait_for()
        await ann.goto(f"{browsers.base}/#/cak%E2%80%AEs")  # with an invisible character
        await ann.get_by_text("Did you mean #cake?").wait_for()
        await ann.get_by_role("button", name="Go to #cake").click()
        await becomes("cake", heading.inner_text)
        await becomes(f"{browsers.base}/#/cake", lambda: ann.evaluate("location.href"))


@browser_test
async def test_29_a_first_visit_is_one_field_and_one_button_30_an_empty_channel_says_what_to_do(
    people: Opened,
) -> None:
    async with people() as browsers:
        page = await browsers.open()
        await page.locator("#name:focus").wait_for()
        assert await page.locator("form input, form button").count() == 2
        await page.keyboard.type("Ann 👩‍🚀")
        await page.get_by_role("button", name="Join").click()
        await page.get_by_text("No messages yet").wait_for()
        await page.locator("textarea:focus").wait_for()
        await write(page, "first")
        await read(page, "first")
        assert await page.locator("article .avatar").inner_text() == "A👩‍🚀"


@browser_test
async def test_25_on_a_phone_everything_fits_motion_is_reduced_and_200_percent_are_no_trouble(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter(
            "Ann",
            viewport={"width": 390, "height": 844},
            has_touch=True,
            reduced_motion="reduce",
            color_scheme="dark",
        )
        await ann.fill("textarea", "hello")
        await ann.get_by_role("button", name="Send").tap()
        await read(ann, "hello")
        assert await ann.evaluate("getComputedStyle(document.body).backgroundColor") == "oklch(0.213 0.014 225)"
        assert await ann.evaluate(MOVING) == []
        # Half the size is what 200 % leave; and a keyboard takes half of the height.
        for width, height in [(195, 422), (390, 400)]:
            await ann.set_viewport_size({"width": width, "height": height})
            assert await ann.evaluate("document.documentElement.scrollWidth") == width
            box = await ann.locator("textarea").bounding_box()
            assert box["y"] + box["height"] <= height
            assert box["width"] > width / 2
        await ann.set_viewport_size({"width": 390, "height": 844})
        assert await ann.evaluate(SMALL) == []


@pytest.mark.long
@browser_test
@pytest.mark.parametrize(("width", "name", "drawer"), [(390, "Channels", ".sidebar"), (900, "Members", ".members")])
async def test_25_a_drawer_keeps_the_focus_and_gives_it_back(
    people: Opened, width: int, name: str, drawer: str
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", viewport={"width": width, "height": 844})
        opener = ann.locator("main").get_by_role("button", name=name)
        for close in (lambda: ann.keyboard.press("Escape"), ann.locator(drawer).get_by_label("Close").click):
            await opener.click()
            await ann.locator(f"{drawer} :focus").wait_for()
            for key in ["Tab"] * 12 + ["Shift+Tab"] * 12:
                await ann.keyboard.press(key)
                assert await ann.evaluate(
                    "drawer => document.activeElement === document.body || !!document.activeElement.closest(drawer)",
                    drawer,
                )
            await close()
            await ann.locator(drawer).wait_for(state="hidden")
            await becomes(True, lambda: opener.evaluate("button => button === document.activeElement"))
        await opener.click()
        await ann.set_viewport_size({"width": 1200, "height": 844})
        await becomes(0, ann.locator("[inert]").count)  # there are no drawers in a wide window
        await ann.locator(drawer).wait_for()
