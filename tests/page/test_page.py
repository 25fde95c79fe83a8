"""The page in real browsers, against a real server."""

import asyncio
import json
import re
from typing import Any

import pytest
from tornado.websocket import websocket_connect

from tests.page.browsing import Opened, becomes, browser_test, join, leave, lose_all, read, stay_away, texts, write
from tornado_chat.chat.errors import Refused
from tornado_chat.testing import connect
from tornado_chat.web.app import Chat
from tornado_chat.web.socket import entrance


@browser_test
async def test_two_people_talk_in_two_channels_leave_and_come_back(people: Opened) -> None:
    async with people() as browsers:
        ann, ben = await browsers.enter("Ann"), await browsers.enter("Ben")
        await read(ann, "Ben joined the channel")
        assert await ben.get_by_text("Ben joined").count() == 0
        await write(ann, "Hello Ben")
        await read(ben, "Hello Ben")
        await read(ann, "Hello Ben")

        for page in (ann, ben):
            for again in (False, True):  # joining twice opens one
                await join(page, "tea & cake")
                if not again:
                    await page.locator("textarea:focus").wait_for()  # one goes on there
            await becomes(2, page.locator(".sidebar li").count)
        await read(ann, "Ben joined the channel")
        await write(ben, "Cake?")
        await read(ann, "Cake?")
        assert ann.url.endswith("/#/tea%20%26%20cake")

        await leave(ann, "tea & cake")
        await read(ben, "Ann left the channel")
        await ann.locator("h1", has_text="general").wait_for()
        await write(ben, "She is gone")
        await read(ben, "She is gone")
        await join(ann, "tea & cake")
        await read(ann, "She is gone")
        await becomes(["Cake?", "She is gone"], lambda: texts(ann))
        assert await ann.locator(".members .name").all_inner_texts() == ["Ann", "Ben"]

        await ann.reload()
        await read(ann, "She is gone")
        assert await ann.locator(".sidebar footer .name").inner_text() == "Ann"


@pytest.mark.long
@browser_test
async def test_the_button_of_the_members_says_what_is_shown_when_the_window_becomes_narrow_or_wide(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        button = ann.locator("main .members-button")
        for width, shown in ((1440, "true"), (390, "false"), (1440, "true")):
            await ann.set_viewport_size({"width": width, "height": 844})
            await becomes(shown, lambda: button.get_attribute("aria-expanded"))


@browser_test
async def test_enter_sends_shift_enter_makes_a_line_and_nothing_blank_goes_out(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await write(ann, "  \n ")
        await ann.fill("textarea", "one")
        await ann.keyboard.press("Shift+Enter")
        await ann.keyboard.type("two")
        await ann.click("[aria-label=Send]")
        await read(ann, "one\ntwo")
        await becomes(["one\ntwo"], lambda: texts(ann))
        await becomes("", lambda: ann.input_value("textarea"))


@pytest.mark.long
@browser_test
async def test_hostile_texts_and_names_are_shown_as_they_are(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("<b>Ann</b> & 'é'")
        await write(ann, "<img src=x onerror=alert(1)> <script>alert(1)</script> &amp;")
        await read(ann, "<img src=x onerror=alert(1)> <script>alert(1)</script> &amp;")
        await write(ann, "see https://example.com/a_(b)?c=1. Fine")
        link = ann.locator(".text a")
        await link.wait_for()
        assert await link.get_attribute("href") == "https://example.com/a_(b)?c=1"
        assert await link.get_attribute("rel") == "noopener noreferrer"
        assert await ann.locator(".sidebar footer .name").inner_text() == "<b>Ann</b> & 'é'"


@browser_test
async def test_a_plugin_is_a_command_with_its_help(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.fill("textarea", "/rol")
        await ann.get_by_role("option", name="Roll one die").wait_for()
        await ann.keyboard.press("ArrowDown")  # past /role
        await ann.keyboard.press("Tab")
        await becomes("/roll ", lambda: ann.input_value("textarea"))
        await ann.keyboard.type("6")
        await ann.keyboard.press("Enter")
        await ann.locator(".notice", has_text=re.compile("^Ann rolled [1-6] of 6")).wait_for()
        await write(ann, "/roll many")
        await ann.locator(".composer .alert").get_by_text("sides is a whole number", exact=True).wait_for()
        await write(ann, "/nothing")
        await ann.get_by_text("There’s no command /nothing").wait_for()
        await write(ann, "//nothing")
        await read(ann, "/nothing")


@browser_test
async def test_what_is_missed_comes_after_a_loss_and_what_is_written_meanwhile_goes_out_once(
    people: Opened, app: Chat, base_url: str
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await write(ann, "before")
        await read(ann, "before")
        await stay_away(ann)
        await lose_all(app)
        await ann.get_by_text(re.compile(r"No connection · retrying in \d")).wait_for()
        ben = await connect(base_url, "Ben")
        await ben.call("join-channel", target="general")
        await ben.call("send-message", target="general", message="missed")
        await write(ann, "written offline")
        await ann.locator(".message.pending", has_text="written offline").wait_for()
        await ann.get_by_role("button", name="Now").click()
        await read(ann, "written offline")
        await becomes(["before", "missed", "written offline"], lambda: texts(ann))
        await becomes(0, ann.locator(".banner").count)
        await ben.until_text("written offline")
        await ben.close()


@browser_test
async def test_a_refused_message_is_marked_with_the_words_and_can_be_tried_again(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        append = app.hub.history.append

        def refuse(message: Any) -> Any:
            raise Refused("not on a Sunday")

        app.hub.history.append = refuse  # type: ignore[method-assign]
        await write(ann, "hello")
        await ann.locator(".failed", has_text="not on a Sunday").wait_for()
        await ann.get_by_role("button", name="Edit").click()
        await becomes("hello", ann.locator("textarea").input_value)
        await becomes(0, ann.locator(".failed").count)
        await ann.keyboard.press("Enter")
        await ann.locator(".failed", has_text="not on a Sunday").wait_for()
        app.hub.history.append = append  # type: ignore[method-assign]
        await ann.get_by_role("button", name="Try again").click()
        await read(ann, "hello")
        await becomes(0, ann.locator(".failed").count)


@browser_test
async def test_a_name_nobody_can_bear_is_said_in_the_form(people: Opened) -> None:
    async with people() as browsers:
        page = await browsers.open()
        await page.fill("#name", "A\u202enn")
        await page.keyboard.press("Enter")
        await page.get_by_text("must not contain an invisible character (right-to-left override)").wait_for()
        browsers.complaints.clear()  # the browser's own line about the 400
        await page.fill("#name", "Ann")
        await page.keyboard.press("Enter")
        await page.locator("textarea").wait_for()


@pytest.mark.long
@browser_test
async def test_the_form_says_why_nobody_is_let_in(people: Opened, app: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    async with people() as browsers:
        page = await browsers.open()
        room, app.hub.max_connections = app.hub.max_connections, 0
        await page.fill("#name", "Ann")
        await page.keyboard.press("Enter")
        await page.get_by_text("is full right now").wait_for()
        app.hub.max_connections = room
        await page.locator("textarea").wait_for()  # by itself
        await page.context.close()
        page = await browsers.open()
        monkeypatch.setattr(entrance, "is_from_here", lambda request, sites: "Origin" not in request.headers)
        await page.fill("#name", "Ben")
        await page.keyboard.press("Enter")
        await page.get_by_text("This page can’t connect to its server").wait_for()
        browsers.complaints.clear()  # the browser's own lines about the 503 and the 403


@browser_test
async def test_older_messages_come_on_scrolling_up_and_nothing_jumps(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=[f"line {number}" for number in range(300)])
        ann = await browsers.enter("Ann")
        await read(ann, "line 299")
        assert (
            await ann.locator(".messages").evaluate("box => box.scrollHeight - box.scrollTop - box.clientHeight") < 1
        )
        for _ in range(20):
            if await ann.get_by_text("This is where the channel begins").count():
                break
            await ann.locator(".messages").evaluate("box => { box.scrollTop = 0; }")
            await asyncio.sleep(0.1)
        await read(ann, "line 0")
        places = "() => document.querySelector('[data-id] .text').getBoundingClientRect().top"
        await ann.locator(".messages").evaluate("box => { box.scrollTop = 100; }")
        before = await ann.evaluate(places)
        await ben.call("send-message", target="general", message="new one")
        await ann.get_by_role("button", name="1 new message").wait_for()
        assert await ann.evaluate(places) == before
        await ann.get_by_role("button", name="1 new message").click()
        await read(ann, "new one")


@browser_test
async def test_an_unread_channel_is_heavier_until_one_looks_and_a_line_marks_what_is_new(
    people: Opened, base_url: str
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await join(ann, "other")
        ben = await connect(base_url, "Ben")
        await ben.call("join-channel", target="general")
        await ben.call("send-message", target="general", message="@Ann are you there?")
        await ann.locator(".sidebar li.unread .count.mention").wait_for()
        await ann.keyboard.press("Alt+ArrowUp")
        await ann.locator(".new").wait_for()
        await becomes(0, ann.locator(".sidebar li.unread").count)
        await ben.call("typing", target="general")
        await ann.get_by_text("Ben is typing…").wait_for()
        await ben.close()


@browser_test
async def test_on_a_phone_the_channels_are_a_drawer_that_takes_and_gives_back_the_focus(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", viewport={"width": 390, "height": 844})
        await ann.locator(".sidebar").wait_for(state="hidden")
        await ann.click("button[aria-label=Channels]")
        await ann.locator(".sidebar :focus").wait_for()
        await ann.keyboard.press("Escape")
        await ann.locator(".sidebar").wait_for(state="hidden")
        await ann.locator("button[aria-label=Channels]:focus").wait_for()
        assert await ann.evaluate("document.documentElement.scrollWidth") == 390


@browser_test
async def test_a_client_of_the_origins_wire_talks_to_the_page_and_never_sees_a_broken_line(
    people: Opened, base_url: str
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        socket = await websocket_connect(f"ws{base_url.removeprefix('http')}/ws?name=Old%20Page")
        shown: list[str] = []
        joined = {"general"}

        async def until(text: str) -> None:
            """As the origin's page does: split at newlines, parse every piece, show what has a joined target."""
            while not any(line.startswith(text) for line in shown):
                frame = await socket.read_message()
                for piece in str(frame).split("\n"):
                    event = json.loads(piece)
                    if event.get("target") in joined:
                        assert event["message"].strip()
                        who = f"{event['sender']['name']}: " if event["sender"] else ""
                        shown.append(who + event["message"])

        def say(action: str, **fields: str) -> None:
            socket.write_message(json.dumps({"action": action, **fields}))

        say("join-communication-channel", message="general")
        await read(ann, "Old Page joined the channel")
        await write(ann, "one\n\ntwo")
        await until("Ann: one\n\ntwo")
        say("send-message", target="general", message="hello from before")
        await read(ann, "hello from before")
        await until("Old Page: hello from before")
        await write(ann, "/roll 6")
        await until("Ann rolled ")
        await ann.fill("textarea", "typing")  # and presence, and reads: nothing that could be drawn
        say("leave-communication-channel", message="general")
        await read(ann, "Old Page left the channel")
        assert len(shown) == 3
        assert re.fullmatch("Ann rolled [1-6] of 6", shown[2])
        socket.close()
        while await socket.read_message() is not None:
            pass
