"""The page over a day: losses, floods, what waits, what the system is told."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, join, lose_all, read, stay_away, texts, write
from tests.page.test_tabs import WATCH, notify, pending
from tornado_chat.chat.errors import Close, Error, Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

BEN = User("b" * 36, "Ben")


def post(app: Chat, *texts: str, channel: str = "general") -> None:
    """Have Ben say something, without the way up the wire."""
    for text in texts:
        app.hub.history.append(Message(channel, text, BEN, int(time.time() * 1000)))


def cut(app: Chat) -> None:
    """Have the server end every connection: nothing that it would still say is heard."""
    for connection in list(app.hub.connections):
        connection.close(Close.RESTART)


async def enter_watched(browsers: Any, name: str) -> Any:
    """Come in with what a test watches in place of the system."""
    page = await browsers.open(script=WATCH)
    await page.fill("#name", name)
    await page.keyboard.press("Enter")
    await page.locator("textarea").wait_for()
    await page.locator(".bones, .loading").wait_for(state="detached")
    return page


@browser_test
async def test_14_title_and_icon_show_what_is_unread_while_the_tab_is_hidden(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ann = await enter_watched(browsers, "Ann")
        icon = "document.querySelector('link[rel=icon]').href.split('/').pop()"
        await becomes("#general · tornado_chat", ann.title)
        await ann.evaluate("away(true)")
        post(app, "one", "two")
        await becomes("(2) #general · tornado_chat", ann.title)
        assert await ann.evaluate(icon) == "icon-unread.svg"
        await ann.evaluate("away(false)")
        await becomes("#general · tornado_chat", ann.title)
        assert await ann.evaluate(icon) == "icon.svg"
        await ann.locator(".new").wait_for()  # the line stays while one reads


@pytest.mark.long
@browser_test
async def test_16_after_a_loss_nothing_is_missing_and_nothing_is_twice(people: Opened, app: Chat) -> None:
    """450 messages are missed, three pages; while they come one is said, and the connection is lost again."""
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        post(app, "first")
        await read(ann, "first")
        page = app.hub.history.changes
        asked, go = asyncio.Event(), asyncio.Event()

        async def hold(name: str, since: int, limit: int) -> Any:
            if since > 100:
                asked.set()
                await go.wait()
            return await page(name, since, limit)

        app.hub.history.changes = hold  # type: ignore[method-assign]
        await stay_away(ann)
        await lose_all(app)
        post(app, *(f"missed {number}" for number in range(450)))
        await ann.get_by_role("button", name="Now").click()
        await ann.evaluate("() => { Math.random = () => 0; }")  # after the next loss it tries again by itself
        await asked.wait()
        post(app, "meanwhile")
        await read(ann, "meanwhile")
        cut(app)
        go.set()
        await becomes(["missed 449", "meanwhile"], lambda: last(ann, 2))
        post(app, "last")
        await read(ann, "last")
        await ann.mouse.move(1, 1)
        shown: set[str] = set()
        for _ in range(60):
            now = await texts(ann)
            assert len(set(now)) == len(now)
            shown |= set(now)
            if "first" in shown:
                break
            await ann.locator(".messages").evaluate("box => { box.scrollTop = 0; }")
            await asyncio.sleep(0.1)
        assert shown == {"first", "meanwhile", "last", *(f"missed {number}" for number in range(450))}


async def last(page: Any, count: int) -> list[str]:
    return (await texts(page))[-count:]


class TestOrder:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        return make_app(Settings(data_dir=tmp_path, history="memory", message_rate=(2, 200, 20000)))

    @pytest.mark.long
    @browser_test
    async def test_what_is_written_faster_than_allowed_goes_out_in_order(self, people: Opened, app: Chat) -> None:
        async with people() as browsers:
            ann = await browsers.enter("Ann")
            wanted = [str(number) for number in range(24)]  # 20 may come at once
            for text in wanted:
                await write(ann, text)
            await becomes(wanted, lambda: texts(ann))
            await becomes(0, ann.locator(".pending").count)
            messages, _ = await app.hub.history.read("general", limit=50)
            assert [message.text for message in messages] == wanted


@pytest.mark.long
@browser_test
async def test_a_channel_whose_history_cannot_be_read_is_joined_when_it_can(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        page = app.hub.history.read

        async def unreadable(name: str, **how: Any) -> Any:
            raise Refused("the history cannot be read", Error.HISTORY_UNAVAILABLE)

        app.hub.history.read = unreadable  # type: ignore[method-assign]
        ann = await browsers.open(script="const later = setTimeout; setTimeout = (f, ms) => later(f, ms / 10);")
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        refused = ann.get_by_role("alert").get_by_text("can’t store")
        await refused.wait_for()
        app.hub.history.read = page  # type: ignore[method-assign]
        await refused.wait_for(state="detached")
        await write(ann, "at last")
        await read(ann, "at last")


@browser_test
async def test_18_a_message_is_on_its_way_then_sent_or_failed_and_again_never_posts_twice(
    people: Opened, app: Chat
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        append = app.hub.history.append
        go = asyncio.Event()

        def slow(message: Message) -> Any:
            async def later() -> Message:
                await go.wait()
                return await append(message)

            return asyncio.ensure_future(later())

        app.hub.history.append = slow  # type: ignore[method-assign]
        await write(ann, "slowly")
        await ann.locator(".message.pending", has_text="On its way").wait_for()
        go.set()
        await read(ann, "slowly")

        def refuse(message: Message) -> Any:
            raise Refused("not on a Sunday")

        def store_and_cut(message: Message) -> Any:
            kept = append(message)
            cut(app)
            return kept

        app.hub.history.append = refuse  # type: ignore[method-assign]
        await write(ann, "hello")
        await ann.locator(".failed", has_text="not on a Sunday").wait_for()
        app.hub.history.append = store_and_cut  # type: ignore[method-assign]
        await ann.get_by_role("button", name="Try again").click()
        await becomes(0, lambda: connections(app))
        app.hub.history.append = append  # type: ignore[method-assign]
        await becomes(["slowly", "hello"], lambda: texts(ann))
        await becomes(0, pending(ann))
        await write(ann, "after")
        await becomes(["slowly", "hello", "after"], lambda: texts(ann))
        assert await app.hub.history.last("general") == 3
        await ann.reload()
        await becomes(["slowly", "hello", "after"], lambda: texts(ann))


async def connections(app: Chat) -> int:
    return len(app.hub.connections)


@browser_test
async def test_29_a_first_visit_lands_where_something_can_be_seen(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Ben", "empty")
        await browsers.client("Carl", "lively", ["see?"])
        await browsers.client("Dora", "lively")
        ann = await browsers.enter("Ann")
        await read(ann, "see?")
        assert ann.url.endswith("/#/lively")


@browser_test
async def test_33_it_works_without_a_network_beyond_the_server_34_and_can_be_installed(people: Opened) -> None:
    async with people() as browsers:  # which fails where anything is asked of another host
        ann = await browsers.open()
        await ann.context.add_init_script("Object.defineProperty(navigator, 'onLine', {get: () => false})")
        await ann.reload()
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await write(ann, "alone")
        await read(ann, "alone")
        devtools = await ann.context.new_cdp_session(ann)
        manifest = await devtools.send("Page.getAppManifest")
        assert manifest["errors"] == []
        told = json.loads(manifest["data"])
        for key in ("start_url", "id", "scope"):
            assert urljoin(manifest["url"], told[key]) == browsers.base + "/"
        for icon in told["icons"]:
            size = await ann.evaluate(
                """async (url) => {
                  const image = new Image();
                  image.src = url;
                  await image.decode();
                  return `${image.naturalWidth}x${image.naturalHeight}`;
                }""",
                urljoin(manifest["url"], icon["src"]),
            )
            assert icon["sizes"] in (size, "any")
        # What Chromium asks of a page before it offers to install it.
        assert told["display"] == "standalone"
        assert told["name"]
        plain = {icon["sizes"] for icon in told["icons"] if icon["type"] == "image/png" and "purpose" not in icon}
        assert {"192x192", "512x512"} <= plain


@pytest.mark.long
@browser_test
async def test_35_notifications_are_asked_for_when_turned_on_and_are_for_mentions_by_default(
    people: Opened, app: Chat
) -> None:
    async with people() as browsers:
        ann = await enter_watched(browsers, "Ann")
        await ann.evaluate("away(true)")
        post(app, "@Ann one")
        await becomes("(1) #general · tornado_chat", ann.title)
        assert await ann.evaluate("told") == []
        await ann.evaluate("away(false)")
        await ann.locator(".card", has_text="Ben mentioned you").get_by_role("button", name="Turn on").click()
        await ann.locator("textarea:focus").wait_for()
        assert await ann.locator(".card").count() == 0
        await ann.evaluate("away(true)")
        await becomes(["asked"], lambda: ann.evaluate("told"))
        post(app, "nothing", "@Ann two")
        await becomes(["asked", "Ben · #general: @Ann two"], lambda: ann.evaluate("told"))
        await notify(ann, "all")
        post(app, "three")
        four = ["asked", "Ben · #general: @Ann two", "asked", "Ben · #general: three"]
        await becomes(four, lambda: ann.evaluate("told"))

        await ann.evaluate("away(false)")
        await join(ann, "tea")
        await ann.evaluate("lastTold.onclick()")
        await ann.locator("h1", has_text="general").wait_for()
        await notify(ann, "off")
        await ann.evaluate("away(true)")
        post(app, "@Ann four")
        await becomes("(1) #general · tornado_chat", ann.title)
        assert await ann.evaluate("told") == four

        bea = await enter_watched(browsers, "Bea")
        deny = "() => { Notification.requestPermission = async () => (Notification.permission = 'denied'); }"
        await bea.evaluate(deny)
        await bea.evaluate("away(true)")
        post(app, "@Bea")
        await bea.locator(".card").get_by_role("button", name="Turn on").click()
        await bea.locator(".card", has_text="Your browser blocks notifications").get_by_role("button").click()
        await bea.locator(".card").wait_for(state="detached")
        cid = await enter_watched(browsers, "Cid")
        await cid.evaluate("away(true)")
        post(app, "@Cid")
        await cid.locator(".card").get_by_role("button", name="Not now").click()
        post(app, "@Cid again")
        await read(cid, "@Cid again")
        assert await cid.locator(".card").count() == 0
        assert await cid.evaluate("told") == []


@pytest.mark.long
@browser_test
async def test_f2_shows_what_the_connection_is_doing(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        post(app, "one", "two")
        await read(ann, "two")
        await ann.keyboard.press("F2")
        await ann.locator(".inspector tr", has_text="general").get_by_text("2", exact=True).first.wait_for()
        await ann.locator("[data-fact=trip]", has_text=" ms").wait_for()
        await becomes("open", ann.locator("[data-fact=state]").inner_text)
        await stay_away(ann)
        await lose_all(app)
        await ann.locator("[data-fact=state]", has_text="waiting 1012").wait_for()
        await write(ann, "later")
        await ann.locator("[data-fact=outbox]", has_text="#general").wait_for()
        # It leaves the focus where it was; Escape closes it as well, and only it.
        await ann.locator("textarea:focus").wait_for()
        await ann.fill("textarea", "/ro")
        await ann.get_by_role("listbox").wait_for()
        await ann.keyboard.press("Escape")
        await becomes(0, ann.get_by_role("listbox").count)
        await ann.locator(".inspector").get_by_role("button", name="Close").focus()
        await ann.keyboard.press("Escape")
        await becomes(0, ann.locator(".inspector").count)
        await ann.locator("textarea:focus").wait_for()
        for pressed in (1, 0):
            await ann.keyboard.press("F2")
            await becomes(pressed, ann.locator(".inspector").count)


# Under load

MEASURE = """() => {
  window.drawn = []; // ms that each frame's own work took, layout with it
  window.gaps = []; // ms between two looks at the clock
  const frame = window.requestAnimationFrame;
  window.requestAnimationFrame = (draw) => frame((now) => {
    const before = performance.now();
    draw(now);
    document.body.offsetHeight;
    drawn.push(performance.now() - before);
  });
  const {port1, port2} = new MessageChannel();
  let last = performance.now();
  port1.onmessage = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    setTimeout(() => port2.postMessage(0), 1);
  };
  port2.postMessage(0);
}"""


async def flood(app: Chat, page: Any, count: int, seconds: float) -> None:
    """Have Ben say so many things in that time, in 50 portions a second."""
    loop = asyncio.get_running_loop()
    begin, said = loop.time(), 0
    while said < count:
        await asyncio.sleep(0.02)
        due = min(count, int(count * (loop.time() - begin) / seconds))
        post(app, *(f"message {number} of a flood" for number in range(said, due)))
        said = due
    await read(page, f"message {count - 1} of a flood")


@pytest.mark.long
@browser_test
async def test_32_a_thousand_messages_in_a_second_are_drawn_once_a_frame_in_a_bounded_page(
    people: Opened, app: Chat
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.evaluate(MEASURE)
        await flood(app, ann, 1000, 1.0)
        assert len(await ann.evaluate("drawn")) < 250
        assert await ann.locator(".message").count() <= 100
        await flood(app, ann, 4000, 1.0)
        await ann.keyboard.press("F2")
        lines = ann.locator(".inspector tbody td").nth(2)
        await becomes(True, lambda: at_most(lines, 2500))
        assert await ann.locator(".message").count() <= 100


async def at_most(cell: Any, limit: int) -> bool:
    return 0 < int(await cell.inner_text()) <= limit


@pytest.mark.long
@browser_test
async def test_whoever_reads_further_up_in_a_flood_is_not_moved_and_finds_all_of_it_below(
    people: Opened, app: Chat
) -> None:
    async with people() as browsers:
        app.hub.history._keep = 5000  # type: ignore[attr-defined]  # in memory it would have let them go, too
        ann = await browsers.enter("Ann")
        await flood(app, ann, 300, 0.3)
        box = ann.locator(".messages")
        await becomes(100, ann.locator(".message").count)  # the first row that is drawn bears a name above it
        await box.evaluate("box => { box.scrollTop -= 500; }")
        top = "box => [...box.querySelectorAll('.text')].find((row) => row.getBoundingClientRect().y > 60).innerText"
        seen = await box.evaluate(top)
        post(app, *(f"later {number}" for number in range(3000)))
        await ann.locator(".jump", has_text="3,000 new").wait_for()
        assert await box.evaluate(top) == seen
        assert await ann.locator(".message").count() <= 400
        await ann.keyboard.press("F2")
        await becomes(True, lambda: at_most(ann.locator(".inspector tbody td").nth(2), 2500))
        await ann.keyboard.press("F2")
        found: set[str] = set()
        deadline = asyncio.get_running_loop().time() + 60
        while wanted := {f"later {number}" for number in range(3000)} - found:
            assert asyncio.get_running_loop().time() < deadline, sorted(wanted)
            await box.evaluate("box => { box.scrollTop = box.scrollHeight; }")
            await asyncio.sleep(0.02)
            found |= set(await texts(ann))

        async def jumps() -> int:
            await box.evaluate("box => { box.scrollTop = box.scrollHeight; }")
            return int(await ann.locator(".jump").count())

        await becomes(0, jumps)  # rows that are drawn in portions may appear below what was scrolled to
        post(app, "after")
        await read(ann, "after")


@pytest.mark.long
@browser_test
async def test_32_in_10000_messages_one_more_costs_less_than_a_frame_and_a_flood_freezes_nothing(
    people: Opened, app: Chat
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await flood(app, ann, 10_000, 10.0)
        await ann.evaluate(MEASURE)
        for number in range(50):
            post(app, f"one more {number}")
            await read(ann, f"one more {number}")
        drawn = sorted(await ann.evaluate("drawn"))
        print(f"a message: median {drawn[len(drawn) // 2]:.1f} ms, worst {drawn[-1]:.1f} ms of {len(drawn)}")  # noqa: T201
        assert drawn[len(drawn) // 2] <= 16
        await ann.evaluate("gaps.length = drawn.length = 0")
        await flood(app, ann, 1000, 1.0)
        gaps = sorted(await ann.evaluate("gaps"))
        frames = await ann.evaluate("drawn")
        print(f"a flood: longest freeze {gaps[-1]:.1f} ms; {len(frames)} frames, worst {max(frames):.1f} ms")  # noqa: T201
        assert gaps[-1] <= 50


@pytest.mark.long
@pytest.mark.gen_test(timeout=300)
async def test_memory_is_steady_over_100000_messages(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        devtools = await ann.context.new_cdp_session(ann)

        async def heap() -> float:
            await devtools.send("HeapProfiler.collectGarbage")
            return float((await devtools.send("Runtime.getHeapUsage"))["usedSize"]) / 1e6

        sizes = []
        for _ in range(5):
            await flood(app, ann, 20_000, 10.0)
            sizes.append(await heap())
        print("heap after each 20,000 messages, MB:", *(f"{size:.1f}" for size in sizes))  # noqa: T201
        assert sizes[-1] <= sizes[0] + 3


@pytest.mark.long
@browser_test
async def test_the_page_is_ready_to_type_at_once(people: Opened, request: pytest.FixtureRequest) -> None:
    """300 ms after the request on this machine, where nobody else works on it; ten times that otherwise."""
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.context.add_init_script(
            """new MutationObserver((_, watch) => {
              if (!document.activeElement?.matches("textarea, input")) return;
              window.ready = performance.now();
              watch.disconnect();
            }).observe(document, {subtree: true, childList: true, attributes: true});"""
        )
        times = []
        for _ in range(3):
            await ann.reload()
            await becomes(True, lambda: ann.evaluate("'ready' in window"))
            times.append(await ann.evaluate("ready"))
        stranger = await browsers.open()
        await stranger.locator("#name:focus").wait_for()
        print(f"ready to type after {min(times):.0f} ms, best of 3")  # noqa: T201
        assert min(times) <= (300 if request.config.getoption("--long") else 3000)
