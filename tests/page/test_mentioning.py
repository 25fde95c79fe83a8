"""Mentions: of all by one word, with a reason where that may not be; the list of one's own; notifications of them."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, complaints_in_both_themes, read, say, write
from tests.page.test_living import post
from tests.page.test_tabs import WATCH, notify

STILL = {"reduced_motion": "reduce"}


def options(page: Any) -> Any:
    return page.get_by_role("listbox", name="Members").get_by_role("option")


def mentions(page: Any) -> Any:
    return page.get_by_role("complementary", name="Mentions")


@pytest.mark.long
@browser_test
async def test_all_are_offered_with_how_many_they_are(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        await browsers.client("Helen")
        ann = await browsers.enter("Ann")
        await ann.locator("textarea").press_sequentially("@he")
        await becomes(
            ["@Helen", "@here All 2 others who are here now"],
            lambda: options(ann).evaluate_all("all => all.map((one) => one.innerText.replace(/\\s+/g, ' '))"),
        )
        await ann.keyboard.press("ArrowDown")
        await ann.keyboard.press("Enter")
        await ann.keyboard.type("lunch?")
        await ann.keyboard.press("Enter")
        line = await ben.until_text("@here lunch?")
        assert line["mentions"] == ["@here"]
        await ann.locator(".mention.me", has_text="@here").wait_for()


@pytest.mark.long
@browser_test
async def test_why_one_may_not_mention_all_is_said_before_and_after(people: Opened, axe: str) -> None:
    async with people() as browsers:
        many = [await browsers.client(f"P{number}") for number in range(21)]
        ann = await browsers.enter("Ann", **STILL)
        await ann.locator("textarea").press_sequentially("@chan")
        why = options(ann).and_(ann.locator("[aria-disabled=true]"))
        await why.get_by_text("Only moderators mention all where more than 20 people are.").wait_for()
        assert await complaints_in_both_themes(ann, axe) == []
        await why.click(force=True)
        await becomes("@chan", ann.locator("textarea").input_value)
        await ann.locator("textarea").press_sequentially("nel lunch?")
        await ann.keyboard.press("Enter")
        await ann.locator(".messages").get_by_text("Nobody is mentioned by @channel").wait_for()
        assert "mentions" not in await many[0].until_text("@channel lunch?")


@pytest.mark.long
@browser_test
async def test_the_list_of_mentions_leads_to_each_also_in_threads(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        root = await post(ben, "the rules")
        ann = await browsers.enter("Ann", **STILL)
        await ann.get_by_role("button", name="Mentions").click()
        await mentions(ann).get_by_text("No mentions yet").wait_for()
        await post(ben, "@Ann in the channel")
        await post(ben, "@Ann in a thread", thread=root)
        await mentions(ann).get_by_role("button", name="@Ann in a thread").wait_for()
        await post(ben, "not for her")
        assert await complaints_in_both_themes(ann, axe) == []
        shown = mentions(ann).locator(".excerpt").all_inner_texts
        await becomes(["@Ann in a thread", "@Ann in the channel"], shown)
        await mentions(ann).get_by_role("button", name="@Ann in the channel").click()
        await ann.get_by_role("main").locator("article.marked", has_text="@Ann in the channel").wait_for()
        await mentions(ann).get_by_role("button", name="@Ann in a thread").click()
        await ann.locator(".thread article.marked", has_text="@Ann in a thread").wait_for()


@browser_test
async def test_who_wants_mentions_alone_hears_of_them_where_they_arise(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        root = await post(ben, "the rules")
        ann = await browsers.open(script=WATCH)
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await ann.locator("textarea").wait_for()
        await notify(ann, "mentions")
        await write(ann, "hello")
        await read(ann, "hello")
        await ann.evaluate("away(true)")
        await post(ben, "for nobody")
        await post(ben, "@here all")
        seq = await post(ben, "It is", growing=True)
        await ben.call("grow", target="general", seq=seq, **{"from": 5}, add=" @Ann", done=True)
        await post(ben, "@Ann in a thread", thread=root)
        await say(ben, "@channel last")
        told = ["@here all", "It is @Ann", "@Ann in a thread", "@channel last"]
        await becomes(["asked", *(f"Ben · #general: {text}" for text in told)], lambda: ann.evaluate("told"))
