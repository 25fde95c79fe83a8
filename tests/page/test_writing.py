"""Writing: the box, its completion, the keys, the forms of actions. Numbers: what people expect of a page."""

import re
from pathlib import Path

import pytest

from tests.page.browsing import Opened, becomes, browser_test, read, texts, write
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

POLL = '''
from typing import Literal
from tornado_chat import Context, Refused, action

@action("poll")
def poll(
    ctx: Context, question: str, kind: Literal["open", "secret"] = "open", votes: int = 1, many: bool = False
) -> None:
    """Ask everyone."""
    if votes > 9:
        raise Refused("nine votes are enough")
    if votes < 0:
        raise Refused(f"votes: is {votes}, which is below 0")
    ctx.channel.post(f"{question} {kind} {votes} {many}")
'''


@pytest.fixture
def app(io_loop: object, tmp_path: Path) -> Chat:
    """A chat with a plugin that has a field of each kind."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "poll.py").write_text(POLL)
    return make_app(Settings(data_dir=tmp_path, history="memory", plugins_dir=(tmp_path / "plugins",)))


@browser_test
async def test_02_enter_that_ends_an_input_methods_composition_never_sends(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.focus("textarea")
        keys = await ann.context.new_cdp_session(ann)
        await keys.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
        enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
        await keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
        await keys.send("Input.insertText", {"text": "你好"})
        await keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
        await becomes("你好", lambda: ann.input_value("textarea"))
        assert await texts(ann) == []
        await ann.keyboard.press("Enter")
        await read(ann, "你好")


@browser_test
async def test_04_escape_closes_the_suggestions_and_the_draft_stays_05_a_draft_per_channel_outlives_a_reload(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.fill("textarea", "/po")
        await ann.get_by_role("listbox").wait_for()
        await ann.keyboard.press("Escape")
        await ann.get_by_role("listbox").wait_for(state="detached")
        assert await ann.input_value("textarea") == "/po"
        await ann.fill("textarea", "for all")
        await ann.goto(f"{browsers.base}/#/other")
        await ann.locator("h1", has_text="other").wait_for()
        await becomes("", lambda: ann.input_value("textarea"))
        await ann.fill("textarea", "for some")
        await ann.reload()
        await becomes("for some", lambda: ann.input_value("textarea"))
        await ann.keyboard.press("Alt+ArrowUp")
        await becomes("for all", lambda: ann.input_value("textarea"))


@browser_test
async def test_22_people_channels_commands_and_emoji_complete_themselves_and_their_enter_does_not_send(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await browsers.client("Ben Bell")
        await ann.locator(".members .name", has_text="Ben Bell").wait_for()
        box = ann.locator("textarea")
        for typed, key, wanted in [
            ("hi @be", "Enter", "hi @Ben Bell "),
            ("see #gen", "Tab", "see #general "),
            (":tad", "Enter", "🎉 "),
            ("/pol", "Tab", "/poll "),
        ]:
            await box.fill("")
            await ann.keyboard.type(typed)
            option = ann.get_by_role("option", selected=True)
            await option.wait_for()
            chosen = await box.get_attribute("aria-activedescendant")
            assert chosen == await option.get_attribute("id")
            controls = await box.get_attribute("aria-controls")
            assert controls == await ann.get_by_role("listbox").get_attribute("id")
            await ann.keyboard.press(key)
            await becomes(wanted, box.input_value)
        assert await texts(ann) == []
        await box.fill("x")
        await ann.keyboard.type(" :sm")
        await ann.locator(".composer [role=status]", has_text=re.compile(r"^\d suggestions")).wait_for()
        second = await ann.get_by_role("option").nth(1).inner_text()
        await ann.keyboard.press("ArrowDown")
        await ann.keyboard.press("Enter")
        await becomes(f"x {second.split()[0]} ", box.input_value)
        await box.fill("10:30 and")
        await ann.keyboard.press("Enter")
        await read(ann, "10:30 and")


@browser_test
async def test_an_action_has_a_form_made_of_its_fields_and_a_refusal_is_said_in_it(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.fill("textarea", "/poll ")
        await ann.get_by_text("/poll question [kind] [votes] [many] · Ask everyone.").wait_for()
        await ann.get_by_role("button", name="As a form").click()
        await ann.keyboard.type("Tea?")
        form = ann.get_by_role("dialog", name="Poll")
        await form.get_by_text("Ask everyone.").wait_for()
        votes = form.get_by_role("spinbutton", name="Votes")
        await form.get_by_role("textbox", name="Question").fill("")
        await votes.fill("1.5")
        await form.get_by_role("button", name="Send").click()
        await form.get_by_text("This is required").wait_for()
        await form.get_by_role("textbox", name="Question", description="This is required").fill("Tea?")
        await form.get_by_text("Enter a whole number").wait_for()
        await form.get_by_role("radio", name="secret").check()
        await votes.fill("10")
        await form.get_by_role("switch", name="Many").check()
        await ann.keyboard.press("Enter")
        await form.get_by_role("alert").get_by_text("Nine votes are enough").wait_for()
        await votes.fill("-1")
        await ann.keyboard.press("Enter")
        await becomes("Is -1, which is below 0", form.locator("#field-votes-about").inner_text)
        await becomes(True, lambda: votes.evaluate("field => field === document.activeElement"))
        await votes.fill("3")
        await form.get_by_role("button", name="Send").click()
        await ann.get_by_role("dialog").wait_for(state="detached")
        await ann.locator(".notice", has_text="Tea? secret 3 True").wait_for()
        await ann.locator("textarea:focus").wait_for()
        # The same as a line; what a rule refuses is said beside the box, where the line is there to be mended.
        await write(ann, '/poll votes=10 "Tea or coffee"')
        await ann.locator(".composer .alert", has_text="nine votes are enough").wait_for()
        await becomes('/poll votes=10 "Tea or coffee"', lambda: ann.input_value("textarea"))


@pytest.mark.long
@browser_test
async def test_21_keys_lead_from_channel_to_channel_and_show_themselves(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        for name in ("beta", "gamma"):
            await ann.keyboard.press("Control+k")
            await ann.get_by_role("combobox").fill(name)
            await ann.get_by_role("option", name=f"Create #{name}").wait_for()
            await ann.keyboard.press("Enter")
            await ann.locator("h1", has_text=name).wait_for()
        heading = ann.locator("h1")
        for keys, wanted in [("Alt+ArrowUp", "beta"), ("Alt+ArrowUp", "general"), ("Alt+ArrowDown", "beta")]:
            await ann.keyboard.press(keys)
            await becomes(wanted, heading.inner_text)
        ben = await browsers.client("Ben", lines=["unread"])
        await ann.locator(".sidebar li.unread").wait_for()
        await ann.keyboard.press("Alt+Shift+ArrowDown")  # not gamma, where nothing is new
        await becomes("general", heading.inner_text)
        await ben.call("join-channel", target="elsewhere")
        await ann.keyboard.press("Control+k")
        await ann.get_by_role("combobox").fill("else")
        await ann.get_by_role("option", name="elsewhere").wait_for()
        await ann.keyboard.press("Escape")
        await ann.locator("textarea:focus").wait_for()
        await ann.keyboard.press("Control+/")
        await ann.get_by_role("dialog").get_by_text("Next unread channel").wait_for()
        await ann.keyboard.press("Escape")
        # From message to message, and what can be done with one.
        await write(ann, "mine")
        await read(ann, "mine")
        await ann.focus(".messages")
        await ann.keyboard.press("?")
        await ann.get_by_role("dialog").wait_for()
        await ann.keyboard.press("Escape")
        await ann.keyboard.press("ArrowUp")
        await ann.locator("article:focus", has_text="mine").wait_for()
        await ann.keyboard.press("ArrowUp")
        await ann.locator("article:focus", has_text="unread").wait_for()
        await ann.keyboard.press("q")
        await becomes("@Ben\n> unread\n\n", lambda: ann.input_value("textarea"))


@pytest.mark.long
@browser_test
async def test_a_command_joins_or_leaves_a_channel_by_its_name_and_shows_no_field_that_nobody_can_write(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.fill("textarea", "/joi")
        option = ann.get_by_role("option", name="/join channel ")
        await option.wait_for()
        await option.click()
        await ann.get_by_role("button", name="As a form").click()
        form = ann.get_by_role("dialog")
        await becomes(["Channel"], form.locator("label").all_inner_texts)
        await form.get_by_role("button", name="Cancel").click()
        await write(ann, '/join-channel "tea room"')
        await ann.get_by_role("heading", name="tea room").first.wait_for()
        await ann.fill("textarea", "/leav")
        await becomes(["/leave"], ann.locator(".popup b").all_inner_texts)  # under one name each
        await write(ann, "/leave-channel general")
        await becomes(["tea room"], ann.locator(".sidebar li .name").all_inner_texts)
        await ann.locator("h1", has_text="tea room").wait_for()
        await write(ann, "/leave-channel")
        await ann.get_by_text("No channel yet").wait_for()


@pytest.mark.long
@browser_test
async def test_emoji_are_picked_with_a_search_and_keys_and_markup_is_set_around_what_is_selected(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        box, picker = ann.locator("textarea"), ann.get_by_role("dialog", name="Emoji")
        await box.fill("so well done")
        await box.evaluate("box => box.setSelectionRange(3, 3)")
        await ann.get_by_role("button", name="Emoji").click()
        await picker.get_by_role("combobox", name="Search emoji").press_sequentially("tada")
        await picker.get_by_text(":tada:").wait_for()
        await ann.keyboard.press("Enter")
        await becomes("so 🎉well done", box.input_value)
        await ann.locator("textarea:focus").wait_for()
        await ann.get_by_role("button", name="Emoji").click()
        await picker.get_by_role("option", name="party popper").first.wait_for()  # what was used last comes first
        for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft"):
            await ann.keyboard.press(key)
        await picker.get_by_text(":tada:").wait_for()
        await ann.keyboard.press("Escape")
        await picker.wait_for(state="detached")
        await ann.locator("textarea:focus").wait_for()
        await ann.get_by_role("button", name="Emoji").click()
        await picker.wait_for()
        await ann.go_back()
        await picker.wait_for(state="detached")

        await ann.get_by_role("button", name="Emoji").click()
        await picker.get_by_label("Skin tone").select_option("3")
        await picker.get_by_role("combobox", name="Search emoji").fill("greetings")
        await picker.get_by_role("option", name="waving hand").wait_for()
        await ann.keyboard.press("Enter")
        await becomes("so 🎉👋🏽well done", box.input_value)
        wei = await browsers.enter("Wei", locale="zh-CN")
        await wei.locator("[data-tool=emoji]").click()
        await wei.locator(".picker input").fill("庆祝")
        await wei.get_by_role("option", name="拉炮彩带").wait_for()

        await box.fill("well done ")
        await ann.keyboard.press("ControlOrMeta+a")
        for key, text in (
            ("b", "**well done** "),
            ("i", "***well done*** "),
            ("i", "**well done** "),
            ("b", "well done "),
        ):
            await ann.keyboard.press(f"ControlOrMeta+{key}")
            await becomes(text, box.input_value)
        await ann.get_by_role("button", name="Formatting").click()
        await ann.get_by_role("button", name="List").click()
        await becomes("- well done ", box.input_value)
        await ann.keyboard.press("ControlOrMeta+z")
        await becomes("well done ", box.input_value)
        await ann.keyboard.press("Control+e")
        await ann.keyboard.type("x")
        await becomes("`x` ", box.input_value)
