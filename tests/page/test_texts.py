"""Long texts, notices, days, directions, and what is shown where the scripts have not started."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, read, write

APART = """() => {
  const places = (which) => [...document.querySelectorAll(which)].map((one) => one.getBoundingClientRect());
  const top = document.querySelector(".messages").getBoundingClientRect().top;
  const sticks = places(".day > time").filter((one) => one.top < top + 20);
  return places(".jump.up").every((one) => sticks.every((day) => one.top >= day.bottom));
}"""


@pytest.mark.long
@browser_test
async def test_today_becomes_yesterday_at_midnight(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.open()
        now = await ann.evaluate("new Date(new Date().setHours(23, 59, 0)).toISOString()")
        await ann.clock.install(time=now)
        await ann.reload()
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await ann.locator("textarea").wait_for()
        ben = await browsers.client("Ben")
        await ben.call("send-message", target="general", message="late")
        await read(ann, "late")
        day = ann.locator(".day > time")
        await becomes("Today", lambda: day.evaluate("one => one.innerText.split(',')[0]"))

        async def later() -> Any:
            await ann.clock.run_for(4_000)  # in steps, between which the page hears its answers
            return await day.evaluate("one => one.innerText.split(',')[0]")

        await becomes("Yesterday", later)


@pytest.mark.long
@browser_test
async def test_a_text_is_counted_as_the_server_counts_it(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await write(ann, "😀" * 3_900)
        await read(ann, "😀" * 3_900)
        await ann.fill("textarea", "😀" * 3_990)
        await becomes("10", ann.locator(".under span").inner_text)
        await ann.fill("textarea", "😀" * 4_001)
        await becomes("-1", ann.locator(".under span").inner_text)


@pytest.mark.long
@browser_test
async def test_a_text_that_is_too_long_is_offered_as_several_messages_and_nothing_is_lost(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        text = "\n".join(f"line {number} {'word ' * 20}".strip() for number in range(95))
        assert len(text) > 10_000 > 8_000
        await ann.fill("textarea", text)
        await ann.get_by_role("button", name="Send as 3 messages").wait_for()
        await ann.keyboard.press("Enter")
        await ann.get_by_role("alert").get_by_text("at most 4,000 characters").wait_for()
        await ann.get_by_role("button", name="Send as 3 messages").click()
        await becomes(3, ann.locator(".message:not(.pending) .text").count)
        assert "\n".join(await ann.locator(".text").all_inner_texts()) == text
        assert await ann.locator("textarea").input_value() == ""


@pytest.mark.long
@browser_test
async def test_comings_and_goings_are_one_line_and_do_not_turn_around(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        for name in ("Ida", "ليلى", "Ivo"):
            client = await browsers.client(name)
            await client.close()
        line = ann.locator(".notice", has_text="came and left")
        await becomes(["Ida, ليلى, and Ivo came and left"], line.locator(".coming").all_inner_texts)
        assert await ann.locator(".notice").count() == 1
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("radio", name="All", exact=True).check()
        await becomes(6, ann.locator(".notice").count)
        await ann.get_by_role("radio", name="None").check()
        await becomes(0, ann.locator(".notice").count)
        ben = await browsers.client("Ben", lines=["here"])
        await ann.locator(".message").get_by_text("here", exact=True).wait_for()
        await ben.call("rename", name="Benno")
        await becomes(["Ben is now Benno"], ann.locator(".notice [dir]").all_inner_texts)


@pytest.mark.long
@browser_test
async def test_what_only_one_person_sees_says_so_and_looks_unlike_a_line_that_is_kept(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await write(ann, "/remind 1h tea")
        reply = ann.locator(".message.own", has_text="I will remind you")
        await becomes(["Remind", "plugin"], reply.locator(".name, .role").all_inner_texts)
        await ann.get_by_role("status").get_by_text("I will remind you in 1 h: “tea”. (Only you see this)").wait_for()
        await write(ann, "/who")
        await becomes(2, ann.locator(".message.own", has_text="Only you see this").count)
        await write(ann, "/roll 6")
        kept = ann.locator(".notice", has_text="Ann rolled")
        await kept.wait_for()
        assert "own" not in str(await kept.get_attribute("class"))
        await ann.get_by_role("button", name="Dismiss").first.click()
        await becomes(1, ann.locator(".message.own").count)
        await ann.locator("textarea:focus").wait_for()


@pytest.mark.long
@browser_test
async def test_help_lists_the_commands_to_oneself_and_each_begins_in_the_box(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.enter("Ben")
        await write(ann, "/help")
        answer = ann.locator(".message.own")
        await answer.get_by_text("Show all commands.").wait_for()
        await answer.get_by_role("button", name="/roll [sides] Roll one die").click()
        await becomes("/roll ", ann.locator("textarea").input_value)
        await ann.keyboard.type("6")
        await ann.keyboard.press("Enter")
        await ben.locator(".notice", has_text="Ann rolled").wait_for()
        assert await ben.locator(".message").count() == 0


@pytest.mark.long
@browser_test
async def test_a_name_a_link_and_code_do_not_turn_the_words_around_them(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await browsers.client("ليلى")
        await ann.locator(".members .name", has_text="ليلى").wait_for()
        texts = (
            "@ليلى please look",
            "`مرحبا` is a word",
            "https://e.com/ليلى is there",
            "[ليلى](https://e.com) is it",
        )
        rows = ann.locator(".message:not(.pending) .words")
        for count, text in enumerate(texts, start=1):
            await write(ann, text)
            await becomes(count, rows.count)
            words = rows.last
            begins: Any = await words.evaluate(
                "one => { const range = document.createRange(); const [a, b] = [one.firstChild, one.lastChild];"
                "const left = (node) => { range.selectNode(node); return range.getBoundingClientRect().left; };"
                "return left(a) < left(b) && left(a) - one.getBoundingClientRect().left < 2; }"
            )
            assert begins, text


@pytest.mark.long
@browser_test
async def test_a_name_at_the_beginning_of_a_notice_does_not_turn_it_around(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        other = await browsers.client("ليلى")
        await ann.locator(".members .name", has_text="ليلى").wait_for()
        await other.call("roll", target="general", sides=6)
        await other.call("rename", name="مريم")
        for said in ("ليلى rolled", "ليلى is now مريم"):
            line = ann.locator(".notice", has_text=said)
            await line.wait_for()
            await line.locator("[dir=auto]:dir(ltr)").wait_for()
            assert await line.locator("bdi").first.inner_text() == "ليلى"
        await other.call("typing", target="general")
        await ann.get_by_text("مريم is typing…").wait_for()


@browser_test
async def test_in_a_language_from_right_to_left_the_page_stands_the_other_way_round(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", viewport={"width": 1200, "height": 800})
        await write(ann, "hello")
        await read(ann, "hello")

        async def left(selector: str) -> float:
            return float(await ann.locator(selector).first.evaluate("one => one.getBoundingClientRect().left"))

        order = [".members", ".conversation", ".sidebar"]
        parts = [".message .avatar", ".message .body"]
        assert await left(".sidebar") < await left(".conversation") < await left(".members")
        assert await left(parts[0]) < await left(parts[1])
        await ann.evaluate("document.documentElement.dir = 'rtl'")
        assert [await left(one) for one in order] == sorted([await left(one) for one in order])
        assert await left(parts[1]) < await left(parts[0])
        assert await left(".composer .send") < await left(".under")
        assert await ann.evaluate("document.documentElement.scrollWidth") == 1200


@pytest.mark.long
@browser_test
async def test_the_way_to_the_first_unread_lies_under_no_day(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        ben = await browsers.client("Ben", lines=["line 0"])
        await read(ann, "line 0")
        await becomes("1", lambda: ann.evaluate("localStorage['tornado_chat.read/general']"))
        await ann.goto("about:blank")
        for number in range(90):
            await ben.call("send-message", target="general", message=f"missed {number}")
        await ann.goto(browsers.base)
        await read(ann, "missed 89")
        await ann.locator(".jump.up").wait_for()
        assert await ann.evaluate(APART)


@pytest.mark.long
@browser_test
async def test_where_the_scripts_do_not_start_words_say_what_to_do(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.open()
        await ann.locator("#name").wait_for()
        assert await ann.locator(".starting").count() == 0
        for page in ("/", "/admin"):
            old = await browsers.browser.new_context()
            await old.route("**/*.js", lambda route: route.abort())
            tab = await old.new_page()
            await tab.goto(browsers.base + page)
            await tab.get_by_text("It needs a browser of").wait_for()
            await old.close()
