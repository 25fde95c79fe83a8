"""Messages that change: edited, deleted, reacted to, answered, pinned; and the way to one."""

from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, complaints, lose_all, read, say, texts, write
from tornado_chat.config.settings import Settings
from tornado_chat.testing import Client
from tornado_chat.web.app import Chat, make_app

PASSWORD = "correct horse"
REFS = iter(range(10_000))


async def post(client: Client, text: str, **fields: Any) -> int:
    answer = await client.call("send-message", target="general", message=text, ref=f"r{next(REFS)}", **fields)
    return int(answer["seq"])


async def change(client: Client, action: str, seq: int, **fields: Any) -> None:
    await client.call(action, target="general", seq=seq, ref=f"r{next(REFS)}", **fields)


def changed(event: dict[str, Any], field: str) -> bool:
    return event.get("action") == "changed" and field in event["set"]


def row(page: Any, text: str) -> Any:
    return page.locator("article", has=page.locator(".text", has_text=text))


async def focus(page: Any, text: str) -> Any:
    """Go to a message by keys."""
    await page.focus(".messages")
    while True:
        await page.keyboard.press("ArrowUp")
        if await page.locator("article:focus", has_text=text).count():
            return page.locator("article:focus")


@browser_test
async def test_what_others_do_to_messages_is_shown_and_not_announced(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben, cleo = await browsers.client("Ben"), await browsers.client("Cleo")
        first, second, third = [await post(ben, text) for text in ("one", "two", "three")]
        ann = await browsers.enter("Ann", color_scheme="dark")
        await read(ann, "three")
        for seq in (first, second):
            await change(ben, "edit-message", seq, message=f"new {seq}", of=seq)
        await row(ann, f"new {first}").locator("header .edited[title^=Edited]").wait_for()
        await row(ann, f"new {second}").locator(".aside .mark[title^=Edited]").wait_for()
        await change(ben, "delete-message", third)
        await becomes([f"new {first}", f"new {second}", "This message was deleted"], lambda: texts(ann))
        for client, key in ((ben, "👍"), (cleo, "👍"), (cleo, "🌊")):
            await change(client, "react", first, key=key)
        pills = row(ann, f"new {first}").locator(".reaction:not(.more)")
        labels = lambda: pills.evaluate_all("all => all.map(one => one.ariaLabel)")  # noqa: E731
        await becomes(["👍 2", "🌊 1"], labels)
        await pills.first.hover()
        await becomes("Ben and Cleo with 👍", ann.get_by_role("tooltip").inner_text)
        await pills.first.click()  # one more
        await becomes(["👍 3, including yours", "🌊 1"], labels)
        assert await pills.first.get_attribute("aria-pressed") == "true"
        await becomes("You, Ben, and Cleo with 👍", ann.get_by_role("tooltip").inner_text)
        assert await complaints(ann, axe, contrast=True) == []
        await cleo.until(lambda event: changed(event, "reactions") and event["set"]["reactions"][0]["count"] == 3)
        await pills.first.click()
        await becomes(["👍 2", "🌊 1"], labels)
        await change(cleo, "react", first, key="🌊", on=False)
        await becomes(["👍 2"], labels)
        assert "".join(await ann.locator("p[role=status]").all_text_contents()) == ""
        await row(ann, f"new {first}").hover()
        await ann.get_by_role("button", name="More options").click()
        await ann.get_by_role("button", name="Who reacted").click()
        dialog = ann.get_by_role("dialog", name="Who reacted")
        await becomes(["All 2", "👍 2"], dialog.get_by_role("tab").all_inner_texts)
        assert await complaints(ann, axe) == []
        await ann.keyboard.press("Tab")
        await ann.keyboard.press("ArrowRight")
        await becomes("true", lambda: dialog.get_by_role("tab").last.get_attribute("aria-selected"))
        assert await dialog.get_by_role("listitem").locator(".name").all_inner_texts() == ["Ben", "Cleo"]


@browser_test
async def test_a_message_is_edited_reacted_to_pinned_and_deleted_by_keys(people: Opened, app: Chat, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        seq = await post(ben, "from Ben")
        ann = await browsers.enter("Ann")
        await ann.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await write(ann, "mine")
        await read(ann, "mine")
        await focus(ann, "from Ben")
        for key in ("e", "Delete"):  # only one's own
            await ann.keyboard.press(key)
        await ann.keyboard.press("l")
        await becomes(f"{browsers.base}/#/general/{seq}", lambda: ann.evaluate("navigator.clipboard.readText()"))
        await ann.keyboard.press("+")
        dialog = ann.get_by_role("dialog", name="Add a reaction")
        await dialog.get_by_role("option").first.wait_for()
        assert await complaints(ann, axe) == []
        await ann.keyboard.type("tada")
        await dialog.get_by_role("option", name="party popper").first.wait_for()
        await ann.keyboard.press("Enter")
        await becomes(["🎉1"], row(ann, "from Ben").locator(".reaction:not(.more)").all_text_contents)
        await ann.locator("article:focus", has_text="from Ben").wait_for()  # it has the focus again
        assert await ann.locator(".bar button").first.inner_text() == "🎉"  # the one that was used last
        await focus(ann, "mine")
        await ann.keyboard.press("Delete")
        await row(ann, "You deleted this message").wait_for()
        assert await row(ann, "from Ben").count() == 1
        await ann.context.set_offline(True)
        await lose_all(app, "Ann")
        await becomes(0, ann.locator(".members .dot").count)  # nobody is here now
        await ann.get_by_role("button", name="Undo").click()
        await ann.locator(".banner").wait_for()
        await write(ann, "not sent")
        await focus(ann, "not sent")
        await ann.keyboard.press("Delete")
        await becomes(["from Ben", "mine"], lambda: texts(ann))
        await focus(ann, "from Ben")
        await ann.keyboard.press("+")
        await ann.get_by_role("option", name="party popper").click()  # those used last, of a list that was loaded
        await ann.context.set_offline(False)
        await ben.until(lambda event: changed(event, "reactions") and not event["set"]["reactions"])
        browsers.complaints.clear()  # the browser's own, of the network


@pytest.mark.long
@browser_test
async def test_a_reply_shows_what_it_answers_and_leads_there(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        asked = await post(ben, "**Is** the kettle on?")
        gone = await post(ben, "gone")
        await say(ben, *(f"line {at}" for at in range(150)))
        for text, seq in (("It is.", asked), ("What?", gone)):
            await post(ben, text, reply_to=seq)
        await change(ben, "delete-message", gone)
        ann = await browsers.enter("Ann")
        await read(ann, "What?")
        quote = row(ann, "It is.").locator("button.quote")
        await becomes("In reply to\nBen\nIs the kettle on?", quote.inner_text)
        await row(ann, "What?").locator("button.quote", has_text="This message was deleted").wait_for()
        await quote.click()
        await ann.locator("article.marked", has_text="Is the kettle on?").wait_for()
        await becomes(0, ann.locator("article.marked").count)  # after a moment
        await ann.get_by_role("button", name="To the present").click()
        await focus(ann, "It is.")
        await ann.keyboard.press("r")
        await ann.locator("article.answered", has_text="It is.").wait_for()
        await ann.locator("textarea:focus").wait_for()
        await write(ann, "Good.")
        await row(ann, "Good.").locator("button.quote", has_text="It is.").wait_for()
        await becomes(0, ann.locator("article.answered").count)


@pytest.mark.long
@browser_test
async def test_what_the_server_said_is_answered_pinned_and_deleted_too(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        channel = app.hub.channel("general")
        rolled, gone = [(await channel.post(text)).seq for text in ("Ben rolled 6 of 6", "a slip")]
        ann = await browsers.enter("Ann")
        for seq in (rolled, gone):
            await post(ben, f"about {seq}", reply_to=seq)
            await channel.pin(seq)
        quotes = ann.locator("button.quote")
        await becomes([True, True], lambda: quotes.evaluate_all("all => all.map(one => one.innerText.length > 16)"))
        await quotes.filter(has_text="Ben rolled 6 of 6").wait_for()
        await ann.get_by_role("button", name="Pinned 2").click()
        excerpts = ann.get_by_role("complementary", name="Pinned").locator(".excerpt")
        await becomes(["a slip", "Ben rolled 6 of 6"], excerpts.all_inner_texts)
        await channel.delete(gone)
        await becomes(["Ben rolled 6 of 6"], excerpts.all_inner_texts)
        await ann.locator(".notice", has_text="This message was deleted").wait_for()
        await quotes.filter(has_text="This message was deleted").wait_for()


@pytest.mark.long
@browser_test
async def test_pinned_messages_are_listed_and_lead_to_their_place(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann")
        assert await ann.locator(".pins-button").count() == 0
        seqs = [await post(ben, text) for text in ("the rules", "مرحبا")]
        await say(ben, *(f"line {at}" for at in range(150)))
        await read(ann, "line 149")
        for seq in seqs:
            await change(ben, "pin", seq)
        await ann.get_by_role("button", name="Pinned 2").click()
        pins, members = (ann.get_by_role("complementary", name=name) for name in ("Pinned", "Members"))
        excerpts = pins.locator(".excerpt").all_inner_texts
        await becomes(["مرحبا", "the rules"], excerpts)
        await pins.get_by_text("Pinned by Ben").first.wait_for()
        assert await complaints(ann, axe) == []
        await change(ben, "edit-message", seqs[1], message="أهلا")
        await becomes(["أهلا", "the rules"], excerpts)
        await pins.get_by_role("button", name="the rules").click()
        await ann.locator("article.marked", has_text="the rules").wait_for()
        await row(ann, "the rules").locator(".mark[title='Pinned by Ben']").wait_for()
        await change(ben, "pin", seqs[0], on=False)
        await becomes(["أهلا"], excerpts)
        assert not await members.is_visible()  # one column at a time
        await pins.get_by_role("button", name="أهلا").focus()
        await ann.keyboard.press("Escape")
        await members.wait_for()
        await ann.locator(".pins-button:focus").wait_for()
        await ann.set_viewport_size({"width": 390, "height": 700})
        await ann.get_by_role("button", name="More", exact=True).click()
        await ann.get_by_role("button", name="Pinned 1").click()
        await pins.locator(".open:focus").wait_for()
        await pins.get_by_role("button", name="أهلا").click()
        await ann.locator("article.marked", has_text="أهلا").wait_for()
        await becomes(0, pins.count)


@browser_test
async def test_the_address_of_a_message_opens_the_channel_there(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        await say(ben, *(f"line {at}" for at in range(400)))
        ann = await browsers.enter("Ann", "/#/general/20")
        await ann.locator("article.marked").wait_for()
        assert await ann.locator("article.marked .text").inner_text() == "line 19"
        await ann.get_by_role("button", name="To the present").click()
        await read(ann, "line 399")


@pytest.mark.long
@browser_test
async def test_where_all_is_in_sight_the_address_of_a_message_leaves_no_way_to_the_present(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=["one", "two"])
        seq = await post(ben, "three")
        ann = await browsers.enter("Ann", f"/#/general/{seq - 1}")
        await ann.locator("article.marked", has_text="two").wait_for()
        await becomes(0, ann.locator(".strip button").count)
        await say(ben, "four")
        await read(ann, "four")
        assert await ann.locator(".strip button").count() == 0


@pytest.mark.long
@browser_test
async def test_a_long_press_offers_what_the_bar_does_and_names_who_reacted(people: Opened, axe: str) -> None:
    touch = "(row, kind) => row.dispatchEvent(new PointerEvent(kind, {bubbles: true, pointerType: 'touch'}))"
    async with people() as browsers:
        ben = await browsers.client("Ben")
        seq = await post(ben, "hello")
        await change(ben, "react", seq, key="👍")
        ann = await browsers.enter("Ann", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        await ann.locator(".reaction").first.evaluate(touch, "pointerdown")
        dialog = ann.get_by_role("dialog", name="Who reacted")
        await dialog.get_by_role("tab", name="👍 1", selected=True).wait_for()
        assert await dialog.get_by_role("listitem").locator(".name").all_inner_texts() == ["Ben"]
        await dialog.get_by_role("button", name="Close").tap()
        await row(ann, "hello").locator(".words").evaluate(touch, "pointerdown")
        sheet = ann.get_by_role("dialog", name="Ben")
        await sheet.get_by_role("button", name="React with ❤️").wait_for()
        assert await sheet.locator(".icon path:not([d])").count() == 0  # each has its icon
        assert await complaints(ann, axe) == []
        await sheet.get_by_role("button", name="React with ❤️").tap()
        await ann.get_by_role("button", name="❤️ 1, including yours").wait_for()


class TestAsAnAdministrator:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        return make_app(Settings(data_dir=tmp_path, history="memory", auth=("guest", "password")))

    @pytest.mark.long
    @browser_test
    async def test_deleting_what_someone_else_wrote_asks_and_takes_a_reason(
        self, people: Opened, app: Chat, axe: str
    ) -> None:
        async with people() as browsers:
            ben = await browsers.client("Ben")
            await post(ben, "spam")
            user = await app.accounts.register("Boss", PASSWORD)
            await app.accounts.set_role(user.id, "admin")
            boss = await browsers.open()
            await boss.get_by_role("radio", name="Password").check(force=True)
            await boss.fill("#name", "Boss")
            await boss.fill("#password", PASSWORD)
            await boss.keyboard.press("Enter")
            await read(boss, "spam")
            await focus(boss, "spam")
            await boss.keyboard.press("Delete")
            dialog = boss.get_by_role("dialog", name="Delete Ben’s message?")
            await dialog.get_by_label("Reason").fill("Advertising")
            assert await complaints(boss, axe) == []
            await boss.keyboard.press("Enter")
            await row(boss, "You deleted this message").wait_for()
            await ben.until(lambda event: changed(event, "deleted"))
            assert "Advertising" in str(await app.hub.moderation.recorded("", 10))
