"""What people are told of channels: why something does not work, until when, and what is about to happen."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, read, write
from tests.page.test_people import open_card
from tornado_chat.testing import Client
from tornado_chat.web.app import Chat

FOR_GOOD = 3660 * 24 * 60  # minutes: the most there is


async def owner(browsers: Any, *others: Client, **fields: Any) -> tuple[Client, str]:
    """Connect Ann, who makes a channel with others in it; return its address, too."""
    ann = await browsers.client("Ann")
    users = [one.hello["user"]["id"] for one in others]
    return ann, (await ann.call("create-channel", users=users, **fields))["channel"]


async def his_id(ann: Client, name: str) -> str:
    found = (await ann.call("users", find=name))["users"]
    return str(next(one["user"]["id"] for one in found if one["user"]["name"] == name))


@pytest.mark.long
@browser_test
async def test_who_waits_for_a_slow_channel_sees_why_and_until_when(people: Opened) -> None:
    async with people() as browsers:
        ann, _ = await owner(browsers, name="lift")
        ben = await browsers.enter("Ben", "/#/lift")
        assert await ben.locator(".slow").count() == 0
        await ann.call("set-channel", target="lift", slow=60)
        await ben.get_by_text("Slow mode: 1 minute between two messages").wait_for()
        await write(ben, "one")
        await read(ben, "one")
        await write(ben, "two")
        held = ben.locator(".strip [role=status]", has_text="Slow mode: your message goes out in")
        await held.wait_for()
        assert 0 < int(await held.locator("b").inner_text()) <= 60
        await ann.call("set-channel", target="lift", slow=0)
        await becomes(0, ben.get_by_text("Slow mode: 1 minute").count)


@pytest.mark.long
@browser_test
async def test_at_finds_every_person_and_says_who_will_not_be_told(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Wim")
        ann = await browsers.enter("Ann", "/#/crew")
        await browsers.client("Wiebke", "crew")
        await ann.locator(".members li", has_text="Wiebke").wait_for()
        await ann.locator("textarea").press_sequentially("@wi")
        options = ann.locator("#composer-suggestions [role=option]")
        await becomes(["@Wiebke", "@Wim\nnot in here, won’t be told"], options.all_inner_texts)
        await options.last.click()
        assert await ann.input_value("textarea") == "@Wim "


@pytest.mark.long
@browser_test
async def test_the_card_of_a_person_names_all_that_one_shares_with_them(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        for name in ("crew", "den"):
            await ben.call("create-channel", name=name)
        ann = await browsers.enter("Ann")
        await ben.call("invite", target="den", user=await his_id(ben, "Ann"))
        await ann.get_by_role("link", name="den").wait_for()
        card = await open_card(ann, "Ben")
        await card.get_by_text("#den and #general").wait_for()
        await ann.reload()  # where den may not have been looked at
        card = await open_card(ann, "Ben")
        await card.get_by_text("#den and #general").wait_for()


@browser_test
@pytest.mark.parametrize(
    ("locale", "minutes", "words"),
    [
        ("en-GB", 5, "You were removed from here until"),
        pytest.param("en-GB", FOR_GOOD, "You were removed from here for good", marks=pytest.mark.long),
        pytest.param("zh-CN", 5, "您已被移出此频道，", marks=pytest.mark.long),
    ],
)
async def test_who_was_removed_for_a_time_reads_until_when_by_their_own_clock(
    people: Opened, locale: str, minutes: int, words: str
) -> None:
    async with people() as browsers:
        ann, _ = await owner(browsers, name="club")
        ben = await browsers.enter("Ben", "/#/club", locale=locale, timezone_id="Asia/Kathmandu")
        await ann.call("remove-member", target="club", user=await his_id(ann, "Ben"), minutes=minutes)
        await ben.locator(".refused").wait_for()
        await ben.goto(f"{browsers.base}/#/general")
        await ben.locator("textarea").wait_for()
        await ben.locator(".sidebar .add").click()
        row = ben.locator(".browse li", has_text="club")
        for button in (".small", ".open"):  # the list stays: it is no new channel
            await row.locator(button).click()
            alert = ben.locator(".browse .alert", has_text=words)
            await alert.wait_for()
            assert "UTC" not in await alert.inner_text()
        await ben.goto(f"{browsers.base}/#/club")
        await ben.locator(".refused", has_text=words).wait_for()


@browser_test
async def test_a_channel_that_was_deleted_is_told_as_gone_for_everybody(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        await owner(browsers, name="attic")
        ben = await browsers.enter("Ben", "/#/attic")
        await ben.locator(".members li", has_text="Ann").wait_for()
        await app.hub.places.delete("attic")
        await ben.get_by_text("#attic was deleted").wait_for()
        assert await ben.get_by_role("button", name="Join again").count() == 0
        tile = await ben.locator("main header .tile").first.bounding_box()
        title = await ben.locator("h1").bounding_box()
        assert tile["x"] + tile["width"] <= title["x"] <= tile["x"] + tile["width"] + 16  # as of a channel


@pytest.mark.long
@browser_test
async def test_who_is_removed_from_a_private_channel_for_good_is_not_invited_again(people: Opened) -> None:
    async with people() as browsers:
        eve = await browsers.client("Eve")
        await browsers.client("Ben")
        ann = await browsers.enter("Ann")
        await ann.get_by_role("button", name="Add a channel").click()
        await ann.get_by_role("button", name="New channel").click()
        window = ann.get_by_role("dialog", name="New channel")
        await window.get_by_role("radio", name="Private").check()
        await window.get_by_label("Name", exact=True).fill("Plans")
        await window.get_by_role("combobox").fill("Eve")
        await window.get_by_role("option", name="Eve").click()
        await window.get_by_role("button", name="Create").click()
        await ann.locator(".members li", has_text="Eve").wait_for()
        await ann.locator(".members").get_by_role("button", name="Invite").click()
        window = ann.get_by_role("dialog", name="Invite to Plans")
        await becomes("Ben", window.locator("[role=option][aria-selected=true] .name").inner_text)  # who can be
        await becomes(["Ben", "Eve"], window.locator("[role=option] .name").all_inner_texts)
        await ann.keyboard.press("Escape")
        card = await open_card(ann, "Eve")
        await card.get_by_role("button", name="Remove…").click()
        window = ann.get_by_role("dialog", name="Remove Eve?")
        await window.get_by_role("group", name="Can be invited again").get_by_role("radio", name="Never").check()
        await window.get_by_text("Eve sees it if they’re here now").wait_for()
        await window.get_by_role("button", name="Remove").click()
        await eve.until(lambda event: event["action"] == "channels" and bool(event.get("removed")))
        await becomes(0, ann.locator(".members li", has_text="Eve").count)
