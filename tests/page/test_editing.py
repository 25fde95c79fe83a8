"""The box when it is about a message: one that is edited, one that is answered; and a deletion that is taken back."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, complaints, lose_all, read, say, write
from tornado_chat.chat.channel import Channel
from tornado_chat.web.app import Chat

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.long
@browser_test
async def test_3_up_in_an_empty_box_edits_the_last_own_message_and_the_draft_is_back_afterwards(
    people: Opened, axe: str
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben")
        await write(ann, "the first one")
        await write(ann, "two small changes")
        await read(ann, "two small changes")
        await say(ben, "fine")
        await read(ann, "fine")
        box, bar = ann.locator("textarea"), ann.locator(".about")

        # Enter saves.
        await ann.keyboard.press("ArrowUp")
        await bar.get_by_text("two small changes").wait_for()
        await becomes("two small changes", box.input_value)
        assert await complaints(ann, axe) == []
        await becomes(17, lambda: box.evaluate("box => box.selectionStart"))
        for _ in "two small changes":
            await ann.keyboard.press("Backspace")
        await ann.keyboard.type("three small changes")
        await ann.keyboard.press("Enter")
        await bar.wait_for(state="detached")
        await read(ann, "three small changes")
        assert await box.input_value() == ""
        assert (await ben.until(lambda event: event["action"] == "changed"))["set"][
            "message"
        ] == "three small changes"

        # Escape does not, and what is unchanged is not sent; a begun draft is no empty box.
        await ann.keyboard.press("ArrowUp")
        await bar.wait_for()
        await ann.keyboard.type(" and more")
        await ann.keyboard.press("Escape")
        await bar.wait_for(state="detached")
        await ann.keyboard.press("ArrowUp")
        await bar.wait_for()
        await becomes("three small changes", box.input_value)
        await ann.keyboard.press("Enter")
        await bar.wait_for(state="detached")
        await box.fill("a draft")
        await ann.keyboard.press("ArrowUp")
        await write(ann, "the draft, sent")
        await read(ann, "the draft, sent")

        # An empty text asks.
        await ann.keyboard.press("ArrowUp")
        await becomes("the draft, sent", box.input_value)
        await box.fill("")
        await ann.keyboard.press("Enter")
        await ann.get_by_role("alert").get_by_text("Nothing is left").wait_for()
        await ann.get_by_role("button", name="Delete it").click()
        await ann.get_by_role("button", name="Undo").click()
        await bar.wait_for(state="detached")
        await read(ann, "the draft, sent")


@pytest.mark.long
@browser_test
async def test_an_edit_is_the_same_in_all_tabs_and_after_a_reload_and_what_happens_meanwhile_is_said(
    people: Opened, app: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def second(channel: Channel, seq: int, text: str, **more: Any) -> Any:
        """Edit a message right after someone else has."""
        edit(channel, seq, "hello, you")
        return edit(channel, seq, text, **more)

    edit = Channel.edit
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann")
        await write(ann, "hello")
        await read(ann, "hello")
        await ann.keyboard.press("ArrowUp")
        await ann.locator(".about").wait_for()
        await ann.locator("textarea").fill("hello to all")
        other = await browsers.tab(ann.context)
        for page in (ann, other):
            if page is ann:
                await page.reload()
            await page.locator(".about").get_by_text("hello").wait_for()
            await becomes("hello to all", page.locator("textarea").input_value)

        (line,) = [one for one in (await ben.call("history", target="general"))["messages"] if one["sender"]]
        await app.hub.channels["general"].edit(line["seq"], "hello you")  # as if by another device

        # Its words are shown, one's own stay, and Enter writes over it.
        alert = ann.get_by_role("alert").get_by_text("hello you")
        await alert.wait_for()
        await ann.locator("textarea").focus()
        await ann.keyboard.press("Enter")
        await becomes("hello to all", ann.locator("textarea").input_value)
        await ann.keyboard.press("Enter")
        for page in (ann, other):
            await page.locator(".about").wait_for(state="detached")
            await read(page, "hello to all")
            await becomes("", page.locator("textarea").input_value)

        # Without a connection it waits; if another edit comes before it, its words are back in the box.
        monkeypatch.setattr(Channel, "edit", second)
        await ann.keyboard.press("ArrowUp")
        await ann.locator(".about").wait_for()
        await ann.locator("textarea").fill("hello, all")
        await lose_all(app, "Ann")
        await ann.keyboard.press("Enter")
        await ann.get_by_role("alert").get_by_text("hello, you").wait_for()
        await becomes("hello, all", ann.locator("textarea").input_value)
        monkeypatch.undo()
        await ann.locator("textarea").focus()
        await ann.keyboard.press("Enter")
        told = await ben.until(lambda event: event["action"] == "changed" and event["set"]["message"] == "hello, all")
        assert told["set"]["text_rev"] == line["seq"] + 4  # each was done once
        for page in (ann, other):
            await page.locator(".about").wait_for(state="detached")
            await read(page, "hello, all")
            assert await page.get_by_text("Only you see this").count() == 0

        # Deleted meanwhile: the words are kept.
        await ann.keyboard.press("ArrowUp")
        await ann.locator(".about").wait_for()
        await ann.locator("textarea").fill("hello, everybody")
        await app.hub.channels["general"].delete(line["seq"])
        await ann.get_by_role("alert").get_by_text("was deleted meanwhile").wait_for()
        await ann.get_by_role("button", name="Keep these words").click()
        await ann.locator(".about").wait_for(state="detached")
        await becomes("hello, everybody", ann.locator("textarea").input_value)


@browser_test
@pytest.mark.long
async def test_an_answer_names_its_message_above_the_words_on_a_phone_too(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=["Is it out?"])
        ann = await browsers.enter("Ann", **PHONE)
        await read(ann, "Is it out?")
        bar = ann.locator(".about")

        async def answer(draft: str) -> None:
            """Begin to answer Ben, as the sheet of his message does; after a reload, what was begun is there, too."""
            await ann.locator("textarea").fill(draft)
            await ann.evaluate(f"localStorage.setItem('tornado_chat.reply/general', {asked['seq']})")
            await ann.reload()
            await bar.get_by_text("Ben").wait_for()
            await bar.get_by_text("Is it out?").wait_for()
            await becomes(draft, ann.locator("textarea").input_value)

        (asked,) = (await ben.call("history", target="general"))["messages"]
        await answer("since noon")
        await bar.get_by_role("button", name="Cancel the reply").tap()
        await bar.wait_for(state="detached")
        assert await ann.locator("textarea").input_value() == "since noon"
        await answer("since noon")
        await ann.get_by_role("button", name="Send").tap()
        await bar.wait_for(state="detached")
        await write(ann, "and so on")
        await ann.get_by_role("button", name="Send").tap()
        assert (await ben.until_text("since noon"))["reply_to"] == asked["seq"]
        assert "reply_to" not in await ben.until_text("and so on")
