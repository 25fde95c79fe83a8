"""The page's main flows in Firefox, and what Firefox does otherwise than Chromium."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from tests.firefox import FIREFOX, WHY_NOT, Firefox, Tab, Visitor
from tests.page.browsing import browser_test, lose_all
from tests.serving import until
from tornado_chat.web.app import Chat

Visits = Callable[[], AbstractAsyncContextManager["Visitors"]]


@pytest.fixture(scope="module")
def firefox(page_loop: IOLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """One Firefox for all tests here, which works while it waits, too: so it is gone afterwards."""
    pytest.importorskip("playwright", reason="no browsers in this run, as in Chromium: pip install .[browser]")
    if FIREFOX is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(WHY_NOT)
    browser = Firefox(tmp_path_factory.mktemp("firefox"))
    try:
        page_loop.run_sync(browser.connect)
        yield browser
        page_loop.run_sync(browser.end)
    finally:
        browser.kill()


class Visitors:
    def __init__(self, browser: Firefox, base: str) -> None:
        self.browser = browser
        self.base = base
        self.all: list[Visitor] = []

    async def visitor(self) -> Visitor:
        self.all.append(await self.browser.visitor(self.base))
        return self.all[-1]

    async def enter(self, name: str) -> tuple[Visitor, Tab]:
        visitor = await self.visitor()
        tab = await visitor.open()
        await tab.fill("#name", name)
        await tab.press("Enter")
        await tab.shows("textarea")
        return visitor, tab


@pytest.fixture
def visits(app: Chat, http_server: HTTPServer, base_url: str, firefox: Firefox) -> Visits:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Visitors]:
        visitors = Visitors(firefox, base_url)
        firefox.complaints.clear()
        try:
            yield visitors
        finally:
            for visitor in visitors.all:
                await visitor.leave()
            await until(lambda: not app.hub.connections)
            await http_server.close_all_connections()
        assert firefox.complaints == []

    return opened


async def away(http_server: HTTPServer, app: Chat) -> None:
    """Take the server away."""
    http_server.stop()
    await lose_all(app)
    await http_server.close_all_connections()


async def write(tab: Tab, text: str) -> None:
    await tab.fill("textarea", text)
    await tab.press("Enter")


async def read(tab: Tab, text: str) -> None:
    await tab.shows(".message:not(.pending):not(.failed) .text, .notice", text)


@pytest.mark.long
@browser_test
async def test_two_people_talk_roll_by_a_form_and_vote(visits: Visits) -> None:
    async with visits() as people:
        _, ann = await people.enter("Ann")
        _, ben = await people.enter("Ben")
        await read(ann, "Ben joined the channel")
        await write(ann, "Hello *Ben*, see https://example.com/a。")
        await ben.shows(".text em", "Ben")
        assert await ben.evaluate("document.querySelector('.text a').href") == "https://example.com/a"
        await ben.fill("textarea", "/roll ")
        await ben.click("button", "As a form")
        await ben.fill("dialog input", "2")
        await ben.press("Enter")
        await read(ann, "Ben rolled ")
        await ben.hides("dialog")

        await write(ann, "/poll Which? | Tea | Milk")
        for tab in (ann, ben):
            await tab.click(".choice button", "Tea")
        await ann.wait_for("document.querySelector('progress').value === 2")
        await write(ann, "/close-poll")
        await ben.shows(".box", "2 votes · closed at ")


@pytest.mark.long
@browser_test
async def test_messages_are_searched_by_the_key_of_the_browser_s_own_search(visits: Visits) -> None:
    async with visits() as people:
        _, ann = await people.enter("Ann")
        await write(ann, "The ferry is *late*")
        await read(ann, "The ferry is late")
        await ann.shows("main .seek[title=Search]")
        await ann.press("Control+f")
        await ann.shows(".search input:focus")
        await ann.press(*"late from:me", " ")
        await ann.shows(".filter[aria-pressed=true]", "from me")
        await ann.shows(".found mark", "late")
        await ann.press("ArrowDown", "Enter")
        await ann.shows(".message.marked", "The ferry is late")
        await ann.press("Escape")
        await ann.hides(".search")
        await ann.wait_for("document.activeElement.matches('.composer textarea')")


# A picture that a canvas has drawn, dropped into the conversation.
DROP = """(async () => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 300, height: 200});
  canvas.getContext("2d").fillRect(10, 10, 200, 100);
  const blob = await new Promise((made) => canvas.toBlob(made));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([blob], "pier.png", {type: "image/png"}));
  dataTransfer.items.add(new File(["tea"], "notes.txt"));
  for (const kind of ["dragover", "drop"]) {
    const event = new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer});
    document.querySelector(".messages").dispatchEvent(event);
  }
})()"""


@pytest.mark.long
@browser_test
async def test_files_are_dropped_outlive_a_reload_and_are_looked_at(visits: Visits) -> None:
    async with visits() as people:
        _, ann = await people.enter("Ann")
        await ann.wait_for("document.querySelector('link[href*=\"files.css\"]') !== null")
        await ann.evaluate(DROP)
        await ann.shows(".tray b", "notes.txt")
        await ann.wait_for("!document.querySelector('.tray progress')")
        await ann.reload()
        await ann.shows(".tray b", "pier.png")
        await ann.press("Enter")
        await ann.shows(".message:not(.pending) .file", "notes.txt")
        await ann.wait_for("document.querySelector('a.picture img')?.naturalWidth > 0")
        await ann.click("a.picture")
        await ann.shows(".viewer h2", "pier.png")
        await ann.press("Escape")
        await ann.hides(".viewer")


@pytest.mark.long
@browser_test
async def test_keys_lead_from_channel_to_channel_and_drafts_wait_where_they_were_left(visits: Visits) -> None:
    async with visits() as people:
        _, ann = await people.enter("Ann")
        await ann.press(*"half a thought")
        await ann.press("Control+k")
        await ann.shows("dialog input:focus")
        await ann.press(*"tea", "Enter")
        await ann.shows("h1", "tea")
        await ann.wait_for("document.activeElement.matches('textarea') && !document.activeElement.value")
        await ann.press(*"one", "Shift+Enter", *"two :smil")
        await ann.shows("[role=option]", "😄")
        await ann.press("Tab", "Enter")
        await read(ann, "one\ntwo 😄")
        await ann.press("Alt+ArrowUp")
        await ann.shows("h1", "general")
        await ann.wait_for("document.querySelector('textarea').value === 'half a thought'")
        await ann.reload()
        await ann.wait_for("document.querySelector('textarea')?.value === 'half a thought'")
        await ann.wait_for("document.activeElement.matches('textarea')")
        await ann.press("Control+/")
        await ann.shows("dialog", "New line")
        await ann.press("Escape")
        await ann.hides("dialog")
        await ann.wait_for("!history.state?.over")  # the window's place in the history is given up
        await ann.evaluate("history.back()")
        await ann.shows("h1", "tea")


@pytest.mark.long
@browser_test
async def test_over_a_restart_two_tabs_lose_nothing_and_send_what_was_written_once(
    visits: Visits, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with visits() as people:
        visitor, first = await people.enter("Ann")
        second = await visitor.open()
        await second.shows("textarea")
        await until(lambda: len(app.hub.connections) == 1)  # one for both
        await away(http_server, app)
        await first.shows(".banner", "No connection")
        await write(first, "from the one")
        await write(second, "from the other")
        for tab in (first, second):
            await tab.wait_for("document.querySelectorAll('.message.pending').length === 2")
        await first.close()
        http_server.listen(http_port, "127.0.0.1")
        for text in ("from the one", "from the other"):
            await read(second, text)
        await second.hides(".message.pending")
        await second.hides(".banner")
        assert await app.hub.history.last("general") == 2
        people.browser.complaints.clear()


@browser_test
@pytest.mark.long
async def test_it_speaks_chinese_and_is_dark_where_the_browser_is(visits: Visits) -> None:
    async with visits() as people:
        visitor = await people.visitor()
        tab = await visitor.open(language="zh-CN")
        await tab.shows("h1", "欢迎来到")
        await tab.fill("#name", "小明")
        await tab.press("Enter")
        await tab.shows(".members h2", "成员 1")
        await write(tab, "**你好。**再见")
        await tab.shows(".text strong", "你好。")
        colours = []
        for dark in (False, True):
            await people.browser.prefer(dark)
            await tab.wait_for(f"matchMedia('(prefers-color-scheme: dark)').matches === {str(dark).lower()}")
            colours.append(await tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        await people.browser.prefer(False)
        assert colours == ["oklch(0.996 0.002 95)", "oklch(0.213 0.014 225)"]


class Download(RequestHandler):
    def get(self, what: str) -> None:
        if what == "nothing":
            self.set_status(204)
        else:
            self.set_header("Content-Disposition", "attachment; filename=notes.txt")
            self.write("notes")


@pytest.mark.long
@browser_test
async def test_a_visit_that_leaves_the_page_in_place_costs_the_connection_and_no_more(
    visits: Visits, app: Chat
) -> None:
    app.add_handlers(".*", [("/(file|nothing)", Download)])
    async with visits() as people:
        visitor, first = await people.enter("Ann")
        second = await visitor.open()
        await second.shows("textarea")
        for what in ("location = '/file'", "location = '/nothing'", "window.stop()"):
            lost = set(app.hub.connections)
            await first.evaluate(f"void ({what})")
            await until(lambda lost=lost: lost.isdisjoint(app.hub.connections))
            await write(second, f"after {what}")
            for tab in (first, second):
                await read(tab, f"after {what}")
                await tab.hides(".banner")


WORKER = """(async () => {
  const {active} = await navigator.serviceWorker.ready;
  while (active.state !== "activated") await new Promise((done) => setTimeout(done, 20));
  return true;
})()"""


@pytest.mark.long
@browser_test
async def test_the_page_opens_without_its_server_and_what_is_written_there_goes_out_later(
    visits: Visits, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with visits() as people:
        _, ann = await people.enter("Ann")
        await write(ann, "before")
        await read(ann, "before")
        await ann.evaluate(WORKER)
        await ann.reload()
        await ann.shows("textarea")
        await away(http_server, app)
        await ann.reload()
        await ann.shows(".banner", "No connection")
        await write(ann, "written meanwhile")
        await ann.shows(".message.pending", "written meanwhile")
        http_server.listen(http_port, "127.0.0.1")
        await read(ann, "written meanwhile")
        await ann.hides(".banner")
        people.browser.complaints.clear()  # the browser's own lines about a server that is not there


@pytest.mark.long
@browser_test
async def test_now_is_now_however_often_the_server_was_not_there(
    visits: Visits, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with visits() as people:
        _, ann = await people.enter("Ann")
        await ann.evaluate("void (Math.random = () => 1e5)")  # it never tries by itself
        await away(http_server, app)
        for _ in range(15):
            await ann.click(".banner button", "Try now")
        http_server.listen(http_port, "127.0.0.1")
        await ann.wait_for("!document.querySelector('.banner') || document.querySelector('.banner button')?.click()")
        await write(ann, "back")
        await read(ann, "back")
        people.browser.complaints.clear()


@pytest.mark.long
@browser_test
async def test_the_box_grows_undoes_and_takes_what_is_typed_and_back_closes_a_window(visits: Visits) -> None:
    async with visits() as visitors:
        _, tab = await visitors.enter("Ann")
        box = "document.querySelector('textarea')"
        told = "dispatchEvent(new Event('input', {bubbles: true}))"
        await tab.evaluate(f"void ({box}.value = 'a\\nb\\nc', {box}.{told})")
        await tab.wait_for(f"{box}.clientHeight > 60 && {box}.scrollHeight === {box}.clientHeight", "three lines")
        await tab.fill("textarea", "see #gen")
        await tab.shows("[role=option]")
        await tab.press("Tab")
        await tab.wait_for(f"{box}.value === 'see #general '", "a completion")
        await tab.press("Control+z")
        await tab.wait_for(f"{box}.value === 'see #gen'", "what was written before it")
        await tab.fill("textarea", "hello")
        await tab.press("Control+Enter")
        await read(tab, "hello")
        await tab.click(".message .text")
        await tab.press(*"can/ you")
        await tab.wait_for(f"{box}.value === 'can/ you'", "what was typed after a click on a message")
        for leave in ("history.back()", "document.querySelector('dialog').close()"):
            await tab.press("Control+k")
            await tab.shows("dialog input")
            await tab.evaluate(f"void {leave}")
            await tab.hides("dialog")
            await tab.wait_for("history.state === null", "the place in the history from before")
