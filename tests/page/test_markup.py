"""What messages look like in the page: markup, links, code, names."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, read, write

MARKUP = """**bold** and *light*, `code`, ~~gone~~ :tada:
- one
- two

> quoted

```py
def f():
    return 1
```"""


@browser_test
async def test_markup_is_drawn_and_code_is_coloured_when_a_block_names_its_language(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        assert not [url for url in browsers.asked if "hljs" in url or "highlight" in url]
        await write(ann, MARKUP)
        await ann.locator("pre .code-keyword", has_text="def").wait_for()
        text = ann.locator(".message .text")
        for tag, inside in {"strong": "bold", "em": "light", "del": "gone", "blockquote": "quoted"}.items():
            assert await text.locator(tag).inner_text() == inside
        assert await text.locator("li").all_inner_texts() == ["one", "two"]
        await text.filter(has_text="🎉").wait_for()  # its table is loaded with the first of them
        assert await text.locator("pre").inner_text() == "def f():\n    return 1"
        grammars = {url.split("/")[-1] for url in browsers.asked if "hljs" in url}
        assert grammars - {"hljs-core.js"} == {"hljs-python.js"}  # in a release the core is in the worker


@browser_test
async def test_html_is_text_and_no_picture_is_fetched(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await write(
            ann, "<b>x</b> <script>alert(1)</script> &lt; ![a](https://example.com/a.png) [y](javascript:alert(1))"
        )
        text = ann.locator(".message .text")
        await text.wait_for()
        assert await text.inner_text() == "<b>x</b> <script>alert(1)</script> &lt; !a [y](javascript:alert(1))"
        assert await text.locator("b, script, img").count() == 0


@browser_test
async def test_20_links_are_links_and_open_in_a_new_tab_without_a_referrer(people: Opened, base_url: str) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await write(ann, f"see {base_url}/readyz?a=(1). Fine")
        link = ann.locator(".text a")
        assert await link.get_attribute("rel") == "noopener noreferrer"
        async with ann.context.expect_page() as opened:
            await link.click()
        other = await opened.value
        await other.wait_for_load_state()
        assert other.url == f"{base_url}/readyz?a=(1)"
        assert await other.evaluate("document.referrer + window.opener") == "null"


@pytest.mark.long
@browser_test
async def test_a_channel_that_is_named_opens_and_a_person_who_is_here_is_marked(
    people: Opened, base_url: str
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann de Vries")
        ben = await browsers.client("Ben")
        await ann.locator(".members .name", has_text="Ben").wait_for()
        await ben.call("send-message", target="general", message="@ann de vries and @Ben, see #cake; not @Nobody")
        await becomes(["@ann de vries", "@Ben"], ann.locator(".mention").all_inner_texts)
        assert await ann.locator(".mention.me").inner_text() == "@ann de vries"
        await ann.locator(".text a", has_text="#cake").click()
        await ann.locator("h1", has_text="cake").wait_for()
        assert ann.url.endswith("/#/cake")


@pytest.mark.long
@browser_test
async def test_right_to_left_texts_and_very_long_words_stay_in_their_place(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", viewport={"width": 390, "height": 844})
        await write(ann, "مرحبا بالعالم abc")
        await read(ann, "مرحبا بالعالم abc")
        await write(ann, "w" * 500 + "\n- " + "x" * 500 + "\n```\n" + "y" * 500 + "\n```")
        await ann.locator("pre").wait_for()

        async def sides(selector: str) -> Any:
            return await ann.locator(selector).first.evaluate(
                "element => { const range = document.createRange(); range.selectNodeContents(element);"
                "const [a, b] = [range, element].map(one => one.getBoundingClientRect());"
                "return a.right >= b.right - 1 && element.matches(':dir(rtl) *, :dir(rtl)'); }"
            )

        assert await sides(".words"), "what is written from the right stands at the right"
        await write(ann, "1. البناء\n2. البحث")
        stored = ann.locator(".message:not(.pending) ol")  # the row that is on its way goes
        await stored.wait_for()
        assert await stored.evaluate("list => getComputedStyle(list).direction") == "rtl"
        assert await ann.evaluate("document.documentElement.scrollWidth") == 390
        assert await ann.locator(".messages").evaluate("box => box.scrollWidth <= box.clientWidth")


@pytest.mark.long
@browser_test
async def test_26_names_that_look_alike_can_be_told_apart(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        other = await browsers.client("\u0410nn", lines=["hello"])  # a Cyrillic A
        ben = await browsers.client("Ben 👩‍👩‍👧", lines=["hello there"])
        for user in (other.hello["user"], ben.hello["user"]):
            message = ann.locator(".message:not(.follows)", has=ann.get_by_text(user["name"], exact=True)).first
            await message.wait_for()
            wanted = [user["id"][-4:]] if user["name"] == "\u0410nn" else []
            await becomes(wanted, message.locator(".twin").all_inner_texts)
        await becomes(2, ann.locator(".members .twin").count)
