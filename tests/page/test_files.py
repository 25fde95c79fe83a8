"""Files in messages: pictures and their viewer, sounds, films, cards; nothing moves, and what is deleted is gone."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, complaints_in_both_themes, read, texts
from tests.page.filing import app_for, are_drawn, choose, picture, uploaded
from tests.page.freezing import never_freezes
from tornado_chat.testing import Client
from tornado_chat.web.app import Chat

STILL = {"reduced_motion": "reduce"}  # colours change at once
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
COLOURS = ["teal", "plum", "orange"]
SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const {value, sources} of list.getEntries()) {
      shifts.push([value, sources.map(({node}) => node?.className ?? "")]);
    }
  }).observe({type: "layout-shift", buffered: true});
}"""
# A film: what a canvas shows, recorded by the browser.
RECORD = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 64, height: 36});
  const pen = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(25), {mimeType: "video/webm"});
  const parts = [];
  recorder.ondataavailable = ({data}) => parts.push(data);
  recorder.start();
  for (let at = 0; at < 20; at++) {
    pen.fillRect(at, 0, 5, 36);
    await new Promise((go) => setTimeout(go, 50));
  }
  await new Promise((done) => ((recorder.onstop = done), recorder.stop()));
  return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
}"""


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path) -> Chat:
    return app_for(io_loop, tmp_path)


async def show(client: Client, *files: tuple[str, bytes], text: str = "") -> dict[str, Any]:
    """Send a message with files; return its answer."""
    given = [await client.upload(name, data) for name, data in files]
    return await client.call("send-message", target="general", message=text, files=[one["id"] for one in given])


def heading(page: Any) -> Any:
    return page.locator(".viewer h2").inner_text


@pytest.mark.long
@browser_test
async def test_41_pictures_have_their_place_before_they_are_there(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        for number in range(8):
            await show(ben, ("harbour.png", picture("teal", (900, 300 + 200 * number))))
        await show(ben, *((f"{colour}.png", picture(colour)) for colour in COLOURS), text="three")
        ann = await browsers.open()
        await ann.evaluate(SHIFTS)
        held = asyncio.Event()

        async def hold(route: Any) -> None:
            await held.wait()
            await route.continue_()

        await ann.route("**/files/*?size=*", hold)
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await read(ann, "three")
        last = ann.locator("a.picture").last
        await last.wait_for()
        await becomes(
            True,
            lambda: ann.evaluate(
                "document.querySelector('a.picture').style.backgroundImage.startsWith('url(\"data:')"
            ),
        )
        before = await ann.evaluate(
            "[...document.querySelectorAll('article')].map((one) => one.getBoundingClientRect().top)"
        )
        held.set()
        await becomes(True, lambda: last.evaluate("(one) => one.querySelector('img').complete"))
        after = await ann.evaluate(
            "[...document.querySelectorAll('article')].map((one) => one.getBoundingClientRect().top)"
        )
        assert before == after
        moved = [
            one
            for one in await ann.evaluate("shifts")
            if any("message" in kind or "picture" in kind for kind in one[1])
        ]
        assert moved == []


@pytest.mark.long
@browser_test
async def test_pictures_are_looked_at_in_the_whole_window_and_keys_lead_from_one_to_the_next(
    people: Opened, axe: str
) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        await show(
            ben,
            ("one.png", picture("teal")),
            ("two.png", picture("plum", (400, 900))),
            ("notes.txt", b"tea"),
            text="look",
        )
        await show(ben, ("three.png", picture("orange")))
        ann = await browsers.enter("Ann", **STILL)
        await are_drawn(ann, 3)
        await ann.locator("a.picture").first.click()
        await becomes("one.png", heading(ann))
        assert "1 of 3" in await ann.locator(".viewer header p").inner_text()
        assert await complaints_in_both_themes(ann, axe) == []
        for key, name in (
            ("ArrowRight", "two.png"),
            ("ArrowRight", "three.png"),
            ("ArrowRight", "three.png"),
            ("ArrowLeft", "two.png"),
            ("Home", "one.png"),
            ("End", "three.png"),
        ):
            await ann.keyboard.press(key)
            await becomes(name, heading(ann))
        drawn = ann.locator(".stage img")
        await becomes(True, lambda: drawn.evaluate("(one) => one.complete"))
        fits = await drawn.evaluate("(one) => one.clientWidth")
        await ann.keyboard.press("+")
        await ann.wait_for_function(
            "(fits) => document.querySelector('.stage img').clientWidth > fits * 1.4", arg=fits
        )
        await ann.keyboard.press("1")
        await ann.wait_for_function("() => document.querySelector('.stage img').clientWidth === 1200")
        await ann.keyboard.press("0")
        await ann.wait_for_function("(fits) => document.querySelector('.stage img').clientWidth === fits", arg=fits)
        save = ann.get_by_role("link", name="Download three.png")
        async with ann.expect_download() as saved:
            await save.click()
        assert (await saved.value).suggested_filename == "three.png"
        await ann.keyboard.press("Escape")
        await ann.locator(".viewer").wait_for(state="detached")
        assert await ann.evaluate("document.activeElement.matches('a.picture')")
        await ann.keyboard.press("Enter")
        await becomes("one.png", heading(ann))
        await ann.get_by_role("button", name="Next picture").click()
        await ann.get_by_role("button", name="Show in the conversation").click()
        await ann.locator("article.marked", has_text="look").wait_for()
        assert await ann.locator("a.picture img").first.get_attribute("alt") == "one.png"


@browser_test
async def test_what_is_deleted_loses_its_files_at_once_also_in_an_open_viewer_and_in_what_is_stored(
    people: Opened,
) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        await show(ben, ("one.png", picture("teal")))
        answer = await show(ben, ("two.png", picture("plum")), text="secret")
        await show(ben, ("three.png", picture("orange")))
        ann = await browsers.enter("Ann")
        await are_drawn(ann, 3)
        await ann.evaluate("dispatchEvent(new Event('pagehide'))")  # what is in view is kept
        assert "two.png" in await ann.evaluate("localStorage['tornado_chat.conversation']")
        await ann.locator("a.picture").nth(1).click()
        await becomes("two.png", heading(ann))
        await ben.call("delete-message", target="general", seq=answer["seq"])
        await ann.locator(".viewer .stage", has_text="This picture was deleted.").wait_for()
        assert await ann.locator(".viewer img").count() == 0
        await ann.keyboard.press("ArrowRight")
        await becomes("three.png", heading(ann))
        await ann.keyboard.press("ArrowLeft")
        await becomes("one.png", heading(ann))
        await ann.keyboard.press("Escape")
        await becomes(2, ann.locator("a.picture").count)
        assert "This message was deleted" in await texts(ann)
        await becomes(False, lambda: ann.evaluate("localStorage['tornado_chat.conversation'].includes('two.png')"))


@browser_test
async def test_a_name_cannot_deceive_nor_run(people: Opened, axe: str) -> None:
    hostile = ["<img src=x onerror=alert(1)>.txt", "invoice\u202efdp.exe", "a" * 180 + ".pdf", "محضر الاجتماع.pdf"]
    async with people() as browsers:
        ben = await browsers.client("Ben")
        await show(ben, *((name, b"1") for name in hostile))
        ann = await browsers.enter("Ann", **STILL)
        cards = ann.locator(".file b bdi")
        await becomes(4, cards.count)
        shown = await cards.all_inner_texts()
        assert "\u202e" not in "".join(shown)
        assert shown[2] == hostile[2]
        assert [await card.inner_text() for card in await ann.locator(".file small").all()][2] == "1 byte · PDF"
        assert await ann.locator(".messages img").count() == 0
        width = """document.documentElement.scrollWidth <= innerWidth
            && [...document.querySelectorAll('.messages')].every((one) => one.scrollWidth <= one.clientWidth)"""
        assert await ann.evaluate(width)
        assert await complaints_in_both_themes(ann, axe) == []
        await ann.set_viewport_size({"width": 320, "height": 700})
        assert await ann.evaluate(width)


@pytest.mark.long
@browser_test
async def test_sounds_and_films_load_nothing_before_they_are_played(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann", **STILL)
        film = bytes(await ann.evaluate(RECORD))
        await show(ben, ("film.webm", film), ("sound.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(500)))
        player = ann.locator(".player", has_text="sound.mp3")
        await player.wait_for()
        assert await complaints_in_both_themes(ann, axe) == []
        assert [url for url in browsers.asked if "film.webm" in url or "sound.mp3" in url] == []
        await ann.get_by_role("button", name="Play film.webm").click()
        await ann.wait_for_function("() => document.querySelector('video')?.currentTime > 0")
        await ann.get_by_role("button", name="Play sound.mp3").click()
        await player.get_by_text("Your browser can’t play this.").wait_for()
        await ann.wait_for_function("() => document.querySelector('video').paused")  # one at a time
        async with ann.expect_download() as saved:
            await player.get_by_role("link", name="Download sound.mp3").click()
        assert (await saved.value).suggested_filename == "sound.mp3"


@browser_test
@pytest.mark.long
async def test_quotes_pins_and_lists_name_the_files_and_a_text_can_be_added_by_an_edit(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann", **STILL)
        await choose(ann, ("one.png", picture("teal")), ("notes.txt", b"tea"))
        await uploaded(ann, 2)
        await ann.keyboard.press("Enter")
        event = await ben.until(lambda one: "files" in one)
        await are_drawn(ann, 1)
        await ben.call("send-message", target="general", message="fine", reply_to=event["seq"])
        quote = ann.locator(".quote")
        await quote.wait_for()
        assert (await quote.inner_text()).replace("\u2068", "").replace("\u2069", "").endswith("one.png, notes.txt")
        await ann.focus("textarea")
        await ann.keyboard.press("ArrowUp")  # edits the last own message
        await ann.locator(".about").wait_for()
        await ann.keyboard.type("the view")
        await ann.keyboard.press("Enter")
        await read(ann, "the view")
        await are_drawn(ann, 1)
        await ann.focus("article:has(a.picture)")
        await ann.keyboard.press("p")
        await ann.get_by_role("button", name="Pinned").click()
        assert "the view · " in await ann.locator(".pins .excerpt").inner_text()


@browser_test
@pytest.mark.long
async def test_on_a_phone_a_long_press_on_a_picture_offers_what_can_be_done_with_the_message(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        await show(ben, ("one.png", picture("teal")))
        ann = await browsers.enter("Ann", **PHONE)
        await are_drawn(ann, 1)
        await ann.locator("a.picture").tap()
        await becomes("one.png", heading(ann))
        await ann.go_back()
        await ann.locator(".viewer").wait_for(state="detached")
        box = await ann.locator("a.picture").bounding_box()
        point = {"clientX": box["x"] + 50, "clientY": box["y"] + 50, "pointerType": "touch", "bubbles": True}
        await ann.dispatch_event("a.picture", "pointerdown", point)
        await ann.get_by_role("dialog").get_by_role("button", name="Reply", exact=True).wait_for()


@pytest.mark.long
@pytest.mark.parametrize("count", [200, 1_000])
@browser_test
async def test_pictures_in_a_channel_scroll_without_a_freeze(people: Opened, count: int) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        given = [await ben.upload(f"{at}.png", picture((at, 255 - at, 90), (1200, 800))) for at in range(0, 250, 10)]  # type: ignore[arg-type]
        for number in range(count):
            await ben.call("send-message", target="general", message="", files=[given[number % len(given)]["id"]])
        ann = await browsers.enter("Ann")
        await ann.locator("a.picture img").last.wait_for()

        async def to_present() -> None:
            await ann.get_by_role("button", name="To the present").click()
            await ann.wait_for_function(AT_THE_END)

        await never_freezes(ann, lambda: scroll_up(ann), to_present)


AT_THE_END = """() => {
  const {scrollHeight, scrollTop, clientHeight} = document.querySelector(".messages");
  return scrollHeight - scrollTop - clientHeight < 40;
}"""


async def scroll_up(page: Any) -> None:
    """Scroll to the first picture, a window at a time."""
    await page.evaluate(
        """async () => {
            const box = document.querySelector(".messages");
            for (let turns = 0, rest = 0; rest < 20 && turns < 1500; turns++) {
                box.scrollTop -= box.clientHeight * 0.8;
                rest = box.scrollTop <= 0 ? rest + 1 : 0;
                await new Promise((go) => setTimeout(go, 50));
            }
        }"""
    )
