"""Threads: replies under a message, beside the conversation; what is unread in them; the list of one's own."""

from typing import Any

import pytest

from tests.page.browsing import (
    Opened,
    becomes,
    browser_test,
    complaints,
    complaints_in_both_themes,
    lose_all,
    read,
    say,
)
from tests.page.test_living import focus, post
from tornado_chat.web.app import Chat

STILL = {"reduced_motion": "reduce"}  # colours change at once
PHONE = {"viewport": {"width": 390, "height": 844}}


def pane(page: Any) -> Any:
    return page.get_by_role("complementary", name="Thread", exact=True)


def row(where: Any, text: str) -> Any:
    """A message of the page, or of a part of it."""
    return where.locator("article", has=getattr(where, "page", where).locator(".text", has_text=text))


def texts(where: Any) -> Any:
    return where.locator(".message .text").all_inner_texts


async def answer(page: Any, text: str) -> None:
    await page.get_by_label("Reply in the thread").fill(text)
    await page.keyboard.press("Enter")


@browser_test
async def test_a_thread_is_begun_by_a_key_and_answered_by_others(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        root = await post(ben, "the rules")
        ann = await browsers.enter("Ann", **STILL)
        room = ann.get_by_role("main")
        await read(ann, "the rules")
        await focus(ann, "the rules")
        await ann.keyboard.press("t")
        await pane(ann).get_by_text("No replies yet.").wait_for()
        await ann.get_by_label("Reply in the thread").and_(ann.locator(":focus")).wait_for()
        await ann.keyboard.type("I like them")
        await ann.keyboard.press("Enter")
        summary = row(room, "the rules").get_by_role("button", name="1 reply")
        await summary.wait_for()
        await post(ben, "thank you", thread=root)
        await post(ben, "to all", thread=root, also_in_channel=True)
        await becomes(["the rules", "I like them", "thank you", "to all"], texts(pane(ann)))
        await becomes(["the rules", "to all"], texts(room))
        await row(pane(ann), "to all").get_by_text("also sent to #general").wait_for()
        await row(room, "to all").locator(".quote.threaded", has_text="the rules").wait_for()
        await becomes("#general · 3 replies, 2 people", pane(ann).locator("header p").inner_text)
        await becomes("#/general/" + f"{root}?thread", lambda: ann.evaluate("location.hash"))
        assert await complaints_in_both_themes(ann, axe) == []
        await row(room, "the rules").get_by_role("button", name="3 replies").get_by_text("last").wait_for()
        await ann.get_by_label("Reply in the thread").focus()
        await ann.keyboard.press("F6")
        await ann.get_by_label("Message #general").and_(ann.locator(":focus")).wait_for()
        await ann.keyboard.press("F6")
        await ann.keyboard.press("Escape")
        await becomes(0, pane(ann).count)
        await becomes("#/general", lambda: ann.evaluate("location.hash"))
        await row(room, "to all").locator(".quote.threaded").click()
        await pane(ann).locator("article.marked", has_text="to all").wait_for()


@pytest.mark.long
@browser_test
async def test_what_is_done_to_replies_is_seen_where_they_are(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        root = await post(ben, "the rules")
        for text in ("one", "two"):
            await post(ben, text, thread=root)
        ann = await browsers.enter("Ann")
        await ann.get_by_role("button", name="2 replies").click()
        await answer(ann, "three")
        await read(pane(ann), "three")
        await ben.call("react", target="general", seq=root + 1, key="👍", ref="up")
        await row(pane(ann), "one").get_by_role("button", name="👍 1").click()
        await row(pane(ann), "one").get_by_role("button", name="👍 2, including yours").wait_for()
        await ann.get_by_label("Reply in the thread").focus()
        await ann.keyboard.press("ArrowUp")
        await ann.get_by_label("Edit the message").and_(ann.locator(":focus")).wait_for()
        await ann.keyboard.type(", edited")
        await ann.keyboard.press("Enter")
        await read(pane(ann), "three, edited")
        await focus_in(ann, "two")
        await ann.keyboard.press("r")
        await answer(ann, "to two")
        await row(pane(ann), "to two").locator("button.quote", has_text="two").wait_for()
        await ben.call("delete-message", target="general", seq=root + 1, ref="gone")
        await becomes(["the rules", "This message was deleted", "two", "three, edited", "to two"], texts(pane(ann)))
        await ann.get_by_role("main").get_by_role("button", name="3 replies").wait_for()
        await becomes(["the rules"], texts(ann.get_by_role("main")))


async def focus_in(page: Any, text: str) -> None:
    """Go to a reply by keys."""
    await page.focus(".thread .messages")
    while not await page.locator("article:focus", has_text=text).count():
        await page.keyboard.press("ArrowUp")


@pytest.mark.long
@browser_test
async def test_a_draft_for_each_thread_and_what_is_written_offline_stay(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        first, second = [await post(ben, text) for text in ("first", "second")]
        for root in (first, second):
            await post(ben, f"under {root}", thread=root)
        ann = await browsers.enter("Ann", f"/#/general/{first}?thread")
        await read(pane(ann), f"under {first}")
        await ann.get_by_label("Message #general").fill("to all")
        await ann.get_by_label("Reply in the thread").fill("to the first")
        await row(ann.get_by_role("main"), "second").get_by_role("button", name="1 reply").click()
        await read(pane(ann), f"under {second}")
        assert await ann.get_by_label("Reply in the thread").input_value() == ""
        await ann.context.set_offline(True)
        await lose_all(app, "Ann")
        await ann.locator(".banner").first.wait_for()
        await answer(ann, "written offline")
        await pane(ann).locator(".message.pending", has_text="written offline").wait_for()
        await row(ann.get_by_role("main"), "first").get_by_role("button", name="1 reply").click()
        assert await ann.get_by_label("Reply in the thread").input_value() == "to the first"
        await ann.context.set_offline(False)
        await ben.until_text("written offline")
        await ann.reload()
        await read(pane(ann), f"under {first}")
        assert await ann.get_by_label("Reply in the thread").input_value() == "to the first"
        assert await ann.get_by_label("Message #general").input_value() == "to all"
        await row(ann.get_by_role("main"), "second").get_by_role("button", name="2 replies").click()
        await read(pane(ann), "written offline")
        browsers.complaints.clear()  # the browser's own, of the network


@pytest.mark.long
@browser_test
async def test_threads_that_one_follows_are_listed_and_count_what_is_unread(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        old = await post(ben, "somebody else's")
        await post(ben, "an answer", thread=old)
        ann = await browsers.enter("Ann", **STILL)
        await ann.get_by_role("button", name="Threads").click()
        threads = ann.get_by_role("complementary", name="Threads")
        await threads.get_by_text("No threads yet").wait_for()
        assert await complaints(ann, axe) == []
        await ann.get_by_label("Message #general").fill("the ferry?")
        await ann.keyboard.press("Enter")
        mine = int((await ben.until_text("the ferry?"))["seq"])
        await ben.call("create-channel", kind="public", name="harbour")
        await ann.get_by_role("button", name="Add a channel").click()
        await ann.get_by_role("button", name="Join harbour").click()
        await ann.keyboard.press("Escape")
        await ann.get_by_role("link", name="harbour").click()
        await post(ben, "is late", thread=mine)
        await post(ben, "very late", thread=mine)
        await ann.get_by_role("button", name="Threads 1 unread").wait_for()
        entry = threads.get_by_role("button", name="the ferry?")
        await entry.get_by_text("2 replies").wait_for()
        assert await complaints_in_both_themes(ann, axe) == []
        await entry.click()
        await becomes(["the ferry?", "is late", "very late"], texts(pane(ann)))
        await pane(ann).get_by_role("separator", name="New").wait_for()
        await ann.locator("h1", has_text="general").wait_for()
        await becomes(0, ann.get_by_role("button", name="unread").count)
        await pane(ann).get_by_role("button", name="Close").last.click()
        await threads.wait_for()  # it is there again
        assert await threads.locator("li.unread").count() == 0


@pytest.mark.long
@browser_test
async def test_a_thread_that_is_opened_at_a_reply_is_read_where_all_of_it_is_in_sight(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann")
        root = await post(ben, "the rules")
        await read(ann, "the rules")
        await post(ben, "one", thread=root)
        await post(ben, "@Ann, two", thread=root)
        await ann.get_by_role("button", name="Threads 1 unread").wait_for()
        await ann.get_by_role("button", name="Mentions").click()
        await ann.get_by_role("complementary", name="Mentions").get_by_role("button", name="@Ann, two").click()
        await pane(ann).locator("article.marked", has_text="two").wait_for()
        await becomes(0, ann.get_by_role("button", name="Threads 1 unread").count)
        assert await pane(ann).locator(".strip button").count() == 0


@pytest.mark.long
@browser_test
async def test_the_address_names_the_thread_that_is_open_and_closes_one_that_it_names_no_more(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        roots = [await post(ben, text) for text in ("one", "two")]
        for root in roots:
            await post(ben, f"about {root}", thread=root)
        ann = await browsers.enter("Ann", f"/#/general/{roots[0]}?thread", **STILL)

        async def address() -> Any:
            return await ann.evaluate("location.hash")

        await row(pane(ann), f"about {roots[0]}").wait_for()
        await row(ann.get_by_role("main"), "two").get_by_role("button", name="1 reply").click()
        await row(pane(ann), f"about {roots[1]}").wait_for()
        await becomes(f"#/general/{roots[1]}?thread", address)
        await pane(ann).get_by_role("button", name="Close").click()
        await becomes("#/general", address)
        await row(ann.get_by_role("main"), "one").get_by_role("button", name="1 reply").click()
        await becomes(f"#/general/{roots[0]}?thread", address)
        await ann.evaluate("location.hash = '#/general'")
        await pane(ann).wait_for(state="detached")
        await becomes("#/general", address)


@pytest.mark.long
@browser_test
async def test_following_is_ended_and_begun_by_the_bell(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        root = await post(ben, "the rules")
        await post(ben, "one", thread=root)
        ann = await browsers.enter("Ann", f"/#/general/{root}?thread")
        other = await browsers.tab(ann.context, f"/#/general/{root}?thread")
        bell = pane(ann).get_by_role("button", name="Follow the thread")
        await becomes("false", lambda: bell.get_attribute("aria-pressed"))
        await bell.click()
        await becomes("true", lambda: bell.get_attribute("aria-pressed"))
        await other.close()
        user = next(one.user for one in app.hub.connections if one.user.name == "Ann")
        reading = await app.hub.history.reading(user.id, "general", root, None)
        assert reading.following
        await bell.click()
        await becomes("false", lambda: bell.get_attribute("aria-pressed"))


@pytest.mark.long
@browser_test
async def test_on_a_phone_a_thread_takes_the_window_and_back_leads_to_the_room(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        root = await post(ben, "the rules")
        await say(ben, *(f"line {at}" for at in range(60)))
        await post(ben, "one", thread=root)
        await ben.call("edit-message", target="general", seq=root, message="the rules!", ref="edit")
        ann = await browsers.enter("Ann", **PHONE)
        await read(ann, "line 59")
        await ann.evaluate(f"location.hash = '#/general/{root}?thread'")
        await read(pane(ann), "one")
        box = await pane(ann).bounding_box()
        assert (box["x"], box["width"]) == (0, 390)
        assert await complaints(ann, axe) == []
        await answer(ann, "two")
        await read(pane(ann), "two")
        await pane(ann).get_by_role("button", name="Close").first.click()
        await becomes(0, pane(ann).count)
        await row(ann, "the rules!").get_by_role("button", name="2 replies").click()
        await read(pane(ann), "two")
        await ann.go_back()
        await becomes(0, pane(ann).count)
        await ann.get_by_role("button", name="Channels", exact=True).first.click()
        await ann.get_by_role("button", name="Threads").click()
        threads = ann.get_by_role("complementary", name="Threads")
        await threads.get_by_role("button", name="the rules!").click()
        await read(pane(ann), "two")
        assert await complaints(ann, axe) == []
        await pane(ann).get_by_role("button", name="Close").first.click()
        await threads.get_by_role("button", name="the rules!").wait_for()  # where one came from


@pytest.mark.long
@browser_test
async def test_a_long_thread_opens_at_its_end_and_loads_what_is_above(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        root = await post(ben, "the rules")
        seqs = [await post(ben, f"reply {at}", thread=root) for at in range(250)]
        await say(ben, "after it")
        ann = await browsers.enter("Ann")
        await read(ann, "after it")
        await becomes(["the rules", "after it"], texts(ann.get_by_role("main")))
        await ann.get_by_role("button", name="250 replies").click()
        await read(pane(ann), "reply 249")
        log = pane(ann).locator(".messages")
        for _ in range(40):
            if await pane(ann).locator(".thread-root").count():
                break
            await log.evaluate("box => box.scrollTop = 0")
            await ann.wait_for_function("() => !document.querySelector('.thread .loading')")
        await read(pane(ann), "the rules")
        await read(pane(ann), "reply 0")
        await ann.evaluate(f"location.hash = '#/general/{seqs[100]}'")
        await read(pane(ann), "reply 100")
        in_sight = "row => (({top, bottom}, log) => top >= log.top && bottom <= log.bottom)"
        in_sight += "(row.getBoundingClientRect(), row.closest('.messages').getBoundingClientRect())"
        await becomes(True, lambda: row(pane(ann), "reply 100").evaluate(in_sight))
        await pane(ann).get_by_role("button", name="To the present").click()
        await read(pane(ann), "reply 249")
