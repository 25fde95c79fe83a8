"""Messages that grow while they are written: seen as they grow, stopped, announced once."""

import asyncio
import itertools
from typing import Any

import pytest

from tests.page.browsing import (
    Opened,
    becomes,
    browser_test,
    complaints_in_both_themes,
    lose_all,
    read,
)
from tests.page.freezing import never_freezes
from tests.page.test_living import focus, post, row
from tornado_chat.testing import Client
from tornado_chat.web.app import Chat

STILL = {"reduced_motion": "reduce"}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


async def grow(client: Client, seq: int, start: int, add: str = "", **fields: Any) -> int:
    """Add words to a message; how long it is then."""
    answer = await client.call("grow", target="general", seq=seq, **{"from": start}, add=add, **fields)
    return int(answer["length"])


def announced(page: Any) -> Any:
    return page.locator(".messages-frame > [role=status]").inner_text


@browser_test
async def test_a_message_is_drawn_as_it_grows_and_announced_once_at_its_end(people: Opened, axe: str) -> None:
    async with people() as browsers:
        bot = await browsers.client("Bot")
        ann = await browsers.enter("Ann", **STILL)
        seq = await post(bot, "It **depends", growing=True)
        await row(ann, "It **depends").and_(ann.locator(".growing")).wait_for()
        end = await grow(bot, seq, 12, "** on 👍 ")
        await row(ann, "It depends on 👍").locator("strong", has_text="depends").wait_for()
        strip = ann.locator(".strip", has_text="Bot is writing a message…")
        await strip.get_by_role("button", name="Stop").wait_for()
        assert await complaints_in_both_themes(ann, axe) == []
        await becomes("", announced(ann))
        end = await grow(bot, seq, end, "what you *need*.", done=True)
        await read(ann, "It depends on 👍 what you need.")
        await ann.locator(".growing").wait_for(state="detached")
        await becomes("Bot: It **depends** on 👍 what you *need*.", announced(ann))
        assert await ann.locator(".strip button, .edited, .marks *").count() == 0


@pytest.mark.long
@browser_test
async def test_anyone_stops_it_in_the_strip_by_a_key_and_in_the_sheet(people: Opened) -> None:
    async with people() as browsers:
        bot = await browsers.client("Bot")
        ann = await browsers.enter("Ann", **STILL)
        await post(bot, "first", growing=True)
        await ann.locator(".strip").get_by_role("button", name="Stop").click()
        await row(ann, "first").locator("header .edited", has_text="stopped").wait_for()
        await post(bot, "second", growing=True)
        await row(ann, "second").and_(ann.locator(".growing")).wait_for()
        await focus(ann, "second")
        await ann.keyboard.press("s")
        await row(ann, "second").locator(".mark[title=stopped]").wait_for()
        await post(bot, "third", growing=True)
        phone = await browsers.enter("Cleo", **PHONE, **STILL)
        await row(phone, "third").and_(phone.locator(".growing")).wait_for()
        await row(phone, "third").dispatch_event("pointerdown", {"pointerType": "touch", "isPrimary": True})
        await phone.get_by_role("dialog").get_by_role("button", name="Stop writing").click()
        await row(phone, "third").locator("[title=stopped], .edited").wait_for()
        await becomes(0, phone.locator(".growing").count)


@pytest.mark.long
@browser_test
async def test_what_was_lost_is_asked_for(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        bot = await browsers.client("Bot")
        ann = await browsers.enter("Ann")
        seq = await post(bot, "One.", growing=True)
        await row(ann, "One.").wait_for()
        end = await grow(bot, seq, 4, " Two.")
        await row(ann, "One. Two.").wait_for()
        await lose_all(app, "Ann")
        end = await grow(bot, seq, end, " Three.")
        await row(ann, "One. Two. Three.").wait_for()  # by the join, or by asking for the message
        end = await grow(bot, seq, end, " Four.")
        await row(ann, "One. Two. Three. Four.").wait_for()
        await grow(bot, seq, end, " Five.", done=True)
        await read(ann, "One. Two. Three. Four. Five.")
        await ann.locator(".growing").wait_for(state="detached")


@pytest.mark.long
@browser_test
async def test_nothing_moves_for_who_reads_further_up_and_the_bottom_stays_the_bottom(people: Opened) -> None:
    async with people() as browsers:
        bot = await browsers.client("Bot", lines=[f"line {number}" for number in range(60)])
        ann = await browsers.enter("Ann", viewport={"width": 900, "height": 600})
        await read(ann, "line 59")
        seq = await post(bot, "It grows.", growing=True)
        await row(ann, "It grows.").wait_for()
        end = await grow(bot, seq, 9, "\n\nmore" * 20)
        below = "box => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight)"
        await ann.locator(".growing", has_text="more").wait_for()
        await becomes(0, lambda: ann.locator(".messages").evaluate(below))
        await ann.mouse.move(500, 300)
        await ann.mouse.wheel(0, -900)
        await becomes(True, lambda: ann.locator(".messages").evaluate(f"box => ({below})(box) > 500"))
        tops = "all => all.slice(0, 60).map((one) => [one.dataset.id, one.getBoundingClientRect().top])"
        before = await ann.locator("article").evaluate_all(tops)
        await grow(bot, seq, end, "\n\nthe end" * 20, done=True)
        await ann.locator(".message:not(.growing)", has_text="the end").wait_for()
        assert await ann.locator("article").evaluate_all(tops) == before


@pytest.mark.long
@browser_test
async def test_no_task_takes_50_ms_at_200_tokens_a_second(people: Opened) -> None:
    async with people() as browsers:
        bot = await browsers.client("Bot", lines=[f"line {number} with *some* `words`" for number in range(100)])
        ann = await browsers.enter("Ann")
        await read(ann, "line 99 with some words")
        words = [f"**word{number}** `code` " if number % 10 else "\n\n- item\n" for number in range(180)]
        rounds = itertools.count()

        async def stream() -> None:
            seq = await post(bot, "It begins.", growing=True)
            end = 10
            for at in range(0, len(words), 2):
                began = asyncio.get_running_loop().time()
                end = await grow(bot, seq, end, "".join(words[at : at + 2]))
                await asyncio.sleep(max(0, began + 0.01 - asyncio.get_running_loop().time()))  # 200 tokens a second
            await grow(bot, seq, end, "the end", done=True)
            await ann.locator(".message:not(.growing)", has_text="the end").nth(next(rounds)).wait_for()

        longest = await never_freezes(ann, stream, lambda: asyncio.sleep(0))
        print(f"200 tokens a second: the longest task {longest:.0f} ms")  # noqa: T201
