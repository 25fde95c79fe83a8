"""Places and people: direct and private channels, members, roles, and one list of channels on every device."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, complaints, join, leave, lose_all, read, write
from tornado_chat.web.app import Chat

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ROWS = """[...document.querySelectorAll('.sidebar h2, .sidebar li')].map(one =>
    one.matches('h2') ? `= ${one.textContent.trim().split(/\\W/)[0]}` : one.querySelector('.name').textContent)"""


async def direct(page: Any, name: str) -> None:
    """Open the conversation with somebody."""
    await page.get_by_role("button", name="New message").click()
    await page.get_by_role("combobox").fill(name)
    await page.get_by_role("option", name=name).click()
    await page.get_by_role("button", name="Open", exact=True).click()
    await page.locator("h1", has_text=name).wait_for()


async def open_card(page: Any, name: str) -> Any:
    """Show who somebody is, from the list of members."""
    await page.locator(".members").get_by_role("button", name=name).click()
    return page.get_by_role("dialog", name=name)


async def bell(page: Any, choice: str) -> None:
    """Choose what to hear of the open channel."""
    await page.locator("main").get_by_role("button", name="Notifications").click()
    await page.locator(".menu").get_by_role("button", name=choice, exact=True).click()
    await page.locator(".menu").wait_for(state="detached")


@pytest.mark.long
@browser_test
async def test_two_people_write_to_each_other_and_nobody_else_learns_of_it(people: Opened) -> None:
    async with people() as browsers:
        ann, ben, cem = [await browsers.enter(name) for name in ("Ann", "Ben", "Cem")]
        await direct(ann, "Ben")
        await ann.get_by_text("Only the two of you can read this.").wait_for()
        assert await ben.evaluate(ROWS) == ["= Channels", "general"]  # he sees it with the first message
        await write(ann, "tea?")
        await ben.locator(".sidebar .count.mention").wait_for()
        await becomes(["= Unread", "Ann", "= Channels", "general"], lambda: ben.evaluate(ROWS))
        await ben.get_by_role("link", name="Ann").click()
        await read(ben, "tea?")
        await becomes("Ann · tornado_chat", ben.title)
        await write(ben, "at four")
        await read(ann, "at four")
        address = await ann.evaluate("location.hash")
        for other in (address, "#/dm:AAAAAAAAAAAAAAAAAAAAAA"):
            await cem.goto(f"{browsers.base}/{other}")
            await cem.get_by_text("There’s nothing here").wait_for()
            assert await cem.evaluate(ROWS) == ["= Channels", "general"]
        # It is closed for the one who closes it, until there is something new.
        await ben.get_by_role("button", name="More", exact=True).click()
        await ben.get_by_role("button", name="Close this conversation").click()
        await becomes(["= Channels", "general"], lambda: ben.evaluate(ROWS))
        await ben.reload()  # which tells the server at once
        await ben.locator("h1", has_text="general").wait_for()
        await write(ann, "still there?")
        await becomes(["= Unread", "Ann", "= Channels", "general"], lambda: ben.evaluate(ROWS))


@pytest.mark.long
@browser_test
async def test_an_owner_makes_a_private_channel_invites_silences_and_removes(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ann, ben, cem = [await browsers.enter(name) for name in ("Ann", "Ben", "Cem")]
        await ann.get_by_role("button", name="Add a channel").click()
        await ann.get_by_role("button", name="New channel").click()
        window = ann.get_by_role("dialog", name="New channel")
        await window.get_by_role("radio", name="Private").check()
        await window.get_by_label("Name", exact=True).fill("Plans")
        await window.get_by_label("Topic").fill("What comes next")
        await window.get_by_role("combobox").fill("Ben")
        await window.get_by_role("option", name="Ben").click()
        assert await complaints(ann, axe) == []
        await window.get_by_role("button", name="Create").click()
        await ann.locator("h1", has_text="Plans").wait_for()
        await ann.locator(".topic", has_text="What comes next").wait_for()
        await ben.get_by_role("link", name="Plans").click()
        await write(ben, "hello")
        await read(ann, "hello")
        assert await cem.evaluate(ROWS) == ["= Channels", "general"]

        await ann.locator(".members").get_by_role("button", name="Invite").click()
        window = ann.get_by_role("dialog", name="Invite to Plans")
        await window.get_by_role("combobox").fill("Cem")
        await window.get_by_role("option", name="Cem").click()
        await window.get_by_role("button", name="Invite").click()
        await cem.get_by_role("link", name="Plans").click()
        await read(cem, "hello")
        await ann.locator(".members li", has_text="Cem").wait_for()

        card = await open_card(ann, "Ben")
        assert await complaints(ann, axe) == []
        await card.get_by_role("radiogroup", name="Silence").get_by_role("radio", name="1 hour").check()
        await ben.get_by_text("a moderator has silenced you").wait_for()
        assert not await ben.locator(".composer textarea").is_visible()
        await card.get_by_role("radiogroup", name="Silence").get_by_role("radio", name="Off").check()
        await ben.locator(".composer textarea").wait_for()
        await card.get_by_role("radiogroup", name="Role").get_by_role("radio", name="Moderator").check()
        await ann.keyboard.press("Escape")
        await ben.locator(".members h3", has_text="Moderators").wait_for()
        await ben.get_by_role("button", name="What comes next").click()  # a moderator may
        await ben.keyboard.type("Who comes next")
        await ben.keyboard.press("Enter")
        await ann.locator(".topic", has_text="Who comes next").wait_for()

        card = await open_card(ann, "Cem")
        await card.get_by_role("button", name="Remove…").click()
        window = ann.get_by_role("dialog", name="Remove Cem?")
        assert await complaints(ann, axe) == []
        await window.get_by_label("Reason").fill("by mistake")
        await window.get_by_role("button", name="Remove").click()
        await cem.get_by_text("You were removed from Plans").wait_for()
        await becomes(["= Channels", "general"], lambda: cem.evaluate(ROWS))


@pytest.mark.long
@browser_test
async def test_settings_say_who_may_change_them_and_hold_for_everybody(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await join(ann, "news")
        ben = await browsers.enter("Ben", "/#/news")
        await ann.get_by_role("button", name="More", exact=True).click()
        await ann.get_by_role("button", name="Channel settings").click()
        window = ann.get_by_role("dialog", name="Settings of #news")
        assert await complaints(ann, axe) == []
        await window.get_by_label("Title").fill("The news")
        await window.get_by_role("radiogroup", name="Who can post").get_by_role("radio", name="Moderators").check()
        await window.get_by_role("button", name="Save").click()
        await window.wait_for(state="detached")
        await ben.locator("h1", has_text="The news").wait_for()
        await ben.get_by_text("Only moderators post here.").wait_for()
        await ben.get_by_role("link", name="The news").wait_for()
        await ben.get_by_role("button", name="More", exact=True).click()
        await ben.get_by_role("button", name="Channel settings").click()
        window = ben.get_by_role("dialog")
        await window.get_by_text("Only moderators of #news can set the topic").wait_for()
        assert await window.get_by_label("Title").is_disabled()
        assert await complaints(ben, axe) == []
        await ben.keyboard.press("Escape")
        await write(ann, "it is in")
        await read(ben, "it is in")


@pytest.mark.long
@browser_test
async def test_a_silent_channel_is_quiet_and_what_is_marked_as_unread_stays_so(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", "/#/tea")
        await join(ann, "cake")
        await bell(ann, "Nothing")
        await ann.locator(".sidebar li.hushed", has_text="cake").wait_for()
        await ann.get_by_role("link", name="tea").click()
        ben = await browsers.client("Ben", "cake", ["hello"])
        await ben.call("join-channel", target="tea")
        await ben.call("send-message", target="tea", message="one")
        await ben.call("send-message", target="tea", message="two")
        await read(ann, "two")
        await becomes(0, ann.locator(".sidebar .count").count)
        await ann.locator(".message", has_text="one").hover()
        await ann.get_by_role("button", name="More options").click()
        await ann.get_by_role("button", name="Mark unread from here").click()
        await ann.get_by_role("link", name="2 unread").wait_for()
        await ann.get_by_role("link", name="cake").click()
        await becomes(f"{browsers.base}/#/cake", lambda: ann.evaluate("location.href"))
        await ann.reload()
        await ann.get_by_role("link", name="2 unread").wait_for()
        await ann.get_by_role("link", name="tea").click()
        await becomes(0, ann.locator(".sidebar .count").count)


@pytest.mark.long
@browser_test
async def test_a_laptop_that_slept_through_its_removal_is_not_back_by_waking_up(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        cem = await browsers.client("Cem")
        ben = await browsers.enter("Ben")
        (his,) = [user["id"] for user in (await cem.call("who"))["users"] if user["name"] == "Ben"]
        await cem.call("create-channel", kind="public", name="crew", users=[his])
        await ben.get_by_role("link", name="crew").click()
        await ben.locator("h1", has_text="crew").wait_for()
        await ben.evaluate("() => { window.WebSocket = class extends EventTarget { close() {} }; }")
        await lose_all(app, "Ben")
        await cem.call("remove-member", target="crew", user=his)
        await ben.reload()
        await ben.get_by_text("You’re not in #crew anymore").wait_for()
        assert [user.name for user in app.hub.present("crew")] == ["Cem"]
        await ben.get_by_role("button", name="Join again").click()  # unless he wants to
        await ben.locator("h1", has_text="crew").wait_for()


@browser_test
async def test_ctrl_k_and_the_card_of_a_person_lead_to_a_conversation(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben", "general", ["good morning"])
        await browsers.client("Cem", "elsewhere")
        await ann.locator(".message .avatar").click()
        card = ann.get_by_role("dialog", name="Ben")
        await card.get_by_text("#general").wait_for()
        await card.get_by_role("button", name="Mention").click()
        assert await ann.input_value("textarea") == "@Ben "
        await ann.locator(".message").get_by_text("Ben", exact=True).last.click()
        await card.get_by_role("button", name="Message").click()
        await ann.locator("h1", has_text="Ben").wait_for()
        await ann.keyboard.press("Control+k")
        await ann.get_by_role("combobox").fill("ce")
        await ann.get_by_role("option", name="Cem").click()
        await ann.locator("h1", has_text="Cem").wait_for()
        await becomes(["= Channels", "general", "= Direct", "Ben", "Cem"], lambda: ann.evaluate(ROWS))
        await ben.call("send-message", target="general", message="@Ann look")
        await ann.get_by_role("link", name="1 mention of you").wait_for()


@pytest.mark.long
@browser_test
async def test_on_a_phone_members_and_direct_conversations_are_reachable(people: Opened, axe: str) -> None:
    async with people() as browsers:
        await browsers.client("Ben")
        ann = await browsers.enter("Ann", **PHONE)
        await ann.get_by_role("button", name="Members").tap()
        await ann.locator(".members").get_by_role("button", name="Ben").tap()
        assert await complaints(ann, axe) == []
        await ann.get_by_role("dialog", name="Ben").get_by_role("button", name="Message").tap()
        await ann.locator("h1", has_text="Ben").wait_for()
        await ann.get_by_role("button", name="Channels").tap()
        await ann.get_by_role("link", name="Ben").wait_for()
        assert await complaints(ann, axe) == []


@browser_test
@pytest.mark.long
async def test_a_channel_that_is_left_on_one_device_is_gone_on_the_other(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        known = await ann.evaluate("JSON.stringify({...localStorage})")
        same = f"for (const [key, value] of Object.entries({known})) localStorage[key] ??= value"
        other = await browsers.open("/#/general", same)
        await join(ann, "tea")
        await other.get_by_role("link", name="tea").wait_for()
        await leave(ann, "tea")
        await ann.reload()
        await becomes(["= Channels", "general"], lambda: other.evaluate(ROWS))
