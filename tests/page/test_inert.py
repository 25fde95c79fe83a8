"""Script in whatever people and plugins write is inert in the page."""

from pathlib import Path
from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, join, read, write
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

HOSTILE = (
    "<img src=x onerror=window.hit=1>",
    "<script>window.hit=1</script>",
    "<svg/onload=window.hit=1>",
    '"><iframe srcdoc="<script>parent.hit=1</script>">',
    "[x](javascript:window.hit=1)",
    "javascript:window.hit=1",
    "![x](x onerror=window.hit=1)",
    "`<b onclick=window.hit=1>x</b>`",
    "```html\n<script>window.hit=1</script>\n```",
    "> <style>*{display:none}</style>",
    "**<a href=javascript:window.hit=1>x</a>**",
    'https://x.example/"onmouseover=window.hit=1//',
)
PLUGIN = '''
from tornado_chat import Context, Refused, action

@action("hostile")
def hostile(ctx: Context, words: str = "<img src=x onerror=window.hit=1>") -> None:
    """<img src=x onerror=window.hit=1> <script>window.hit=1</script>"""
    ctx.channel.post(words)
    ctx.channel.notice(words)
    ctx.channel.publish("drawn", words=words)
    raise Refused(words)
'''
FACE = """
export function setup(api) {
  api.on("drawn", ({channel, words}) => {
    api.show(channel, "text", () => api.html`<p title=${words}>${words}</p>`);
    api.show(channel, "html", () => api.html`<p dangerouslySetInnerHTML=${{__html: words}}></p>`);
  });
}
"""


@pytest.fixture
def app(io_loop: object, tmp_path: Path) -> Chat:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "hostile.py").write_text(PLUGIN)
    (folder / "hostile.js").write_text(FACE)
    return make_app(Settings(data_dir=tmp_path, history="memory", plugins_dir=(folder,)))


@browser_test
async def test_script_in_texts_names_markdown_and_plugins_output_is_inert(people: Opened) -> None:
    async with people() as browsers:
        page = await browsers.enter("Ann")
        for number, words in enumerate(HOSTILE):
            name = words.replace("\n", " ")[:64]
            client = await browsers.client(name, lines=[words, f"that was {number}"])
            client.send("typing", target="general")
            await read(page, f"that was {number}")
        channel = HOSTILE[0]
        await join(page, channel)
        await page.fill("textarea", "/host")
        await page.get_by_text("window.hit=1").first.wait_for()
        await write(page, "/hostile")
        await page.locator(".notice").get_by_text(channel, exact=True).first.wait_for()
        await page.locator(".box p[title]").get_by_text(channel, exact=True).wait_for()
        # Even where a plugin would have it
        await page.locator(".box.alert, .box .alert").filter(has_text="TrustedHTML").wait_for()

        async def hit() -> Any:
            return await page.evaluate("window.hit ?? null")

        await becomes(None, hit)
        made = "img:not([src*='icon']), iframe, script:not([src]), [onerror], [onload], [onclick], [onmouseover]"
        assert await page.locator(f"#app :is({made})").count() == 0
        assert await page.locator("a[href^='javascript' i]").count() == 0
        assert all("TrustedHTML" in said for said in browsers.complaints)
        browsers.complaints.clear()
