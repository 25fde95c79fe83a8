"""The box one writes in: its height, its keys, what is dropped and pasted, and what an input method's keys do."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, read, say, texts, write

BELOW = "box => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight)"
LINES = "box => Math.round((box.clientHeight - 18) / parseFloat(getComputedStyle(box).lineHeight))"
OVERFLOWS = "box => box.scrollHeight > box.clientHeight"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DROP = """([where, kind]) => { const data = new DataTransfer();
    data.items.add(new File(["x"], "x.png", {type: "image/png"}));
    const init = {bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data};
    const event = kind === "paste" ? new ClipboardEvent(kind, init) : new DragEvent(kind, init);
    document.querySelector(where).dispatchEvent(event);
    return event.defaultPrevented; }"""


async def composing(page: Any, key: str) -> None:
    """Press a key as WebKit tells of it at the end of a composition: by its code 229 alone."""
    keys = await page.context.new_cdp_session(page)
    await keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": 229})
    await keys.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "windowsVirtualKeyCode": 229})
    await keys.detach()


@pytest.mark.long
@browser_test
async def test_a_box_that_grows_line_by_line_takes_nobody_from_the_bottom(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=[f"line {number}" for number in range(60)])
        ann = await browsers.enter("Ann")
        await read(ann, "line 59")
        rows, box = ann.locator(".messages"), ann.locator("textarea")
        await box.focus()
        for count in range(1, 11):
            await ann.keyboard.type("word")
            await becomes(min(count, 8), lambda: box.evaluate(LINES))
            assert await box.evaluate(OVERFLOWS) == (count > 8)
            await becomes(0, lambda: rows.evaluate(BELOW))
            await say(ben, f"while {count} lines are written")
            await read(ann, f"while {count} lines are written")
            await becomes(0, lambda: rows.evaluate(BELOW))
            assert await ann.locator(".jump").count() == 0
            await ann.keyboard.press("Shift+Enter")
        await becomes(0, ann.locator(".new").count)
        await box.fill("")
        await becomes(1, lambda: box.evaluate(LINES))
        await becomes(0, lambda: rows.evaluate(BELOW))


@pytest.mark.long
@browser_test
async def test_windows_keyboards_and_words_below_the_box_take_nobody_from_the_bottom(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", lines=[f"line {number} {'and more ' * 30}" for number in range(40)])
        ann = await browsers.enter("Ann")
        rows = ann.locator(".messages")
        await becomes(0, lambda: rows.evaluate(BELOW))
        # Frame by frame, as a window that is dragged and a keyboard that slides in
        for step in range(12):
            await ann.set_viewport_size({"width": 500 + step % 3 * 400, "height": 400 + step % 2 * 300})
        await becomes(0, lambda: rows.evaluate(BELOW))
        sizes = "async () => { for (const size of [13, 24, 11, 20, 15]) { document.body.style.fontSize = `${size}px`;"
        await ann.evaluate(sizes + "await new Promise(requestAnimationFrame); } }")
        await becomes(0, lambda: rows.evaluate(BELOW))
        await write(ann, "/nothing")
        await ann.locator(".composer .alert", has_text="There’s no command").wait_for()
        await becomes(0, lambda: rows.evaluate(BELOW))
        await ann.fill("textarea", "")
        await say(ben, "still here")
        await read(ann, "still here")
        await becomes(0, lambda: rows.evaluate(BELOW))
        assert await ann.locator(".jump").count() == 0
        # Who does scroll up stays there.
        await rows.hover()
        await ann.mouse.wheel(0, -400)
        await becomes(True, lambda: rows.evaluate(f"box => ({BELOW})(box) > 300"))
        await ann.fill("textarea", "1\n2\n3\n4\n5")
        await say(ben, "not seen")
        await ann.get_by_role("button", name="1 new message").wait_for()


@pytest.mark.long
@browser_test
async def test_the_box_is_as_high_as_its_text_at_every_width(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        box = ann.locator("textarea")
        await box.fill("some words that fill a line of a wide window, and a good part of another one in a narrow one")
        for width, lines in [(1440, 1), (390, 5), (1440, 1)]:
            await ann.set_viewport_size({"width": width, "height": 800})
            await becomes(lines, lambda: box.evaluate(LINES))
            assert not await box.evaluate(OVERFLOWS)


@pytest.mark.long
@browser_test
async def test_what_is_typed_after_a_click_on_a_message_belongs_to_the_box(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["hello", "you"])
        ann = await browsers.enter("Ann")
        await read(ann, "you")
        box = ann.locator("textarea")
        for where in (".message .text", ".messages", "h1", ".message header time"):
            for text in ("can you", "quite", "?!"):
                await box.fill("")
                await ann.locator(where).first.click()
                await ann.keyboard.type(text)
                await becomes(text, box.input_value)
        assert await ann.get_by_role("dialog").count() == 0
        await box.fill("")
        await ann.locator(".message").first.click()
        await ann.keyboard.press("ArrowDown")
        await ann.locator("article:focus", has_text="you").wait_for()
        await ann.keyboard.type("x")  # of a row that has the focus by keys: nobody's
        await ann.keyboard.press("q")
        await becomes("@Ben\n> you\n\n", box.input_value)
        await ann.keyboard.press("Control+z")
        await becomes("", box.input_value)
        await ann.keyboard.press("Control+k")
        await ann.keyboard.type("tea")
        await becomes("tea", ann.get_by_role("combobox").input_value)
        assert await box.input_value() == ""


@pytest.mark.long
@browser_test
async def test_a_completion_can_be_undone(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await browsers.client("Ben Bell")
        await ann.locator(".members .name", has_text="Ben Bell").wait_for()
        box = ann.locator("textarea")
        await box.focus()
        for typed, wanted in [("hi @be", "hi @Ben Bell "), ("see #gen", "see #general ")]:
            await ann.keyboard.type(typed)
            await ann.get_by_role("option", selected=True).wait_for()
            await ann.keyboard.press("Tab")
            await becomes(wanted, box.input_value)
            await ann.keyboard.press("Control+z")
            await becomes(typed, box.input_value)
            await ann.keyboard.press("Control+y")
            await becomes(wanted, box.input_value)
            await box.fill("")


@browser_test
async def test_on_a_phone_enter_makes_a_line_and_the_button_sends(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", **PHONE)
        box = ann.locator("textarea")
        assert await box.get_attribute("enterkeyhint") == "enter"
        await box.tap()
        await ann.keyboard.type("one")
        await ann.keyboard.press("Enter")
        await ann.keyboard.type("two")
        await becomes("one\ntwo", box.input_value)
        await ann.get_by_role("button", name="Send").tap()
        await read(ann, "one\ntwo")
        await box.fill("/ro")
        await ann.get_by_role("option").first.wait_for()
        await ann.keyboard.press("Enter")
        await becomes("/ro\n", box.input_value)
        await box.fill("by the keys of a tablet")
        await ann.keyboard.press("Control+Enter")
        await read(ann, "by the keys of a tablet")


@pytest.mark.long
@browser_test
async def test_enter_in_an_open_fence_makes_a_line_and_completes_nothing(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await browsers.client("Property Ben")
        await ann.locator(".members .name", has_text="Property Ben").wait_for()
        box = ann.locator("textarea")
        assert await box.get_attribute("enterkeyhint") == "send"
        await box.focus()
        for line in ("so:", "~~~ python", "@property", "def x(self):"):
            await ann.keyboard.type(line)
            await ann.keyboard.press("Shift+Enter" if line == "so:" else "Enter")
        assert await texts(ann) == []
        await ann.keyboard.type("~~~")
        await ann.keyboard.press("Enter")
        await ann.locator(".message code", has_text="@property").wait_for()
        await becomes("", box.input_value)
        await box.fill("```\nopen")
        await ann.keyboard.press("Control+Enter")
        await ann.locator(".message code", has_text="open").wait_for()


@pytest.mark.long
@browser_test
async def test_a_dropped_file_leaves_the_page_as_it_is_and_a_pasted_one_is_attached(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.open()
        await ann.locator("#name").wait_for()
        for where in ("body", "#name"):
            assert await ann.evaluate(DROP, [where, "dragover"])
            assert await ann.evaluate(DROP, [where, "drop"])
        ann = await browsers.enter("Ann")
        await ann.locator("link[href*='files.css']").wait_for(state="attached")  # what takes them is loaded
        for where in (".messages", "textarea"):
            assert await ann.evaluate(DROP, [where, "drop"])
            assert await ann.evaluate(DROP, [where, "paste"])
        await becomes(2, ann.locator(".tray > li").count)  # dropped ones say before where they go: see test_attaching
        office = await browsers.open("/admin")
        await office.locator("main").wait_for()
        assert await office.evaluate(DROP, ["body", "drop"])


@pytest.mark.long
@browser_test
async def test_keys_of_an_input_method_do_nothing_in_the_page(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await browsers.client("Ben", lines=["hello"])
        await ann.keyboard.press("Control+k")
        field = ann.get_by_role("combobox")
        await field.fill("ti")
        await ann.get_by_role("option", name="Create #ti").wait_for()
        for key in ("Enter", "ArrowDown", "Tab", "Escape"):
            await composing(ann, key)
        await field.fill("tea")
        await ann.keyboard.press("Enter")
        await ann.locator("h1", has_text="tea").wait_for()
        assert await ann.locator(".sidebar li").count() == 2
        await ann.keyboard.press("Alt+ArrowUp")
        await ann.locator("h1", has_text="general").wait_for()
        await ann.fill("textarea", "/ro")
        await ann.get_by_role("option").first.wait_for()
        for key in ("Enter", "Tab", "ArrowDown", "Escape"):
            await composing(ann, key)
        await ann.get_by_role("option", selected=True).wait_for()
        assert await ann.input_value("textarea") == "/ro"
        await ann.fill("textarea", "")
        await ann.locator(".messages").focus()
        for key in ("ArrowUp", "n"):
            await composing(ann, key)
        assert await ann.evaluate("document.activeElement.className") == "messages"


@browser_test
@pytest.mark.parametrize("address", ["/", "/admin"])
async def test_no_handler_of_either_page_sees_an_input_methods_keys(people: Opened, address: str) -> None:
    async with people() as browsers:
        page = await browsers.open(address)
        await page.evaluate("() => { window.seen = []; document.onkeydown = event => seen.push(event.key); }")
        await composing(page, "Enter")
        await page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'Tab', isComposing: true}))")
        await page.keyboard.press("Shift")
        await becomes(["Shift"], lambda: page.evaluate("seen"))
