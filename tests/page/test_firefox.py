"""The page's main flows in Firefox, and what Firefox does otherwise than Chromium."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from browsing import browser_test, lose_all
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from tests.firefox import FIREFOX, WHY_NOT, Firefox, Tab, Visitor
from tests.serving import until
from tornado_chat.web import Chat

Visits = Callable[[], AbstractAsyncContextManager["Visitors"]]


@pytest.fixture(scope="session")
def firefox(page_loop: IOLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """One Firefox for all tests."""
    if FIREFOX is None:
        assert os.environ.get("CI") != "true", WHY_NOT
        pytest.skip(WHY_NOT)
    browser = Firefox(tmp_path_factory.mktemp("firefox"))
    page_loop.run_sync(browser.connect)
    yield browser
    page_loop.run_sync(browser.end)


class Visitors:
    def __init__(self, browser: Firefox, base: str) -> None:
        self.browser = browser
        self.base = base
        self.all: list[Visitor] = []

    async def visitor(self) -> Visitor:
        self.all.append(await self.browser.visitor(self.base))
        return self.all[-1]

    async def enter(self, name: str, address: str = "/", script: str = "") -> tuple[Visitor, Tab]:
        visitor = await self.visitor()
        tab = await visitor.open(address, script=script)
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
        assert firefox.complaints == []

    return opened


async def write(tab: Tab, text: str) -> None:
    await tab.fill("textarea", text)
    await tab.press("Enter")


async def read(tab: Tab, text: str) -> None:
    await tab.shows(".message:not(.pending):not(.failed) .text, .notice", text)


@browser_test
async def test_two_people_talk(visits: Visits) -> None:
    async with visits() as people:
        _, ann = await people.enter("Ann")
        _, ben = await people.enter("Ben")
        await write(ann, "Hello Ben")
        await read(ben, "Hello Ben")


class Download(RequestHandler):
    def get(self, what: str) -> None:
        if what == "nothing":
            self.set_status(204)
        else:
            self.set_header("Content-Disposition", "attachment; filename=notes.txt")
            self.write("notes")


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
        http_server.stop()
        await lose_all(app)
        await http_server.close_all_connections()
        await ann.reload()
        await ann.shows(".banner", "Not connected")
        await write(ann, "written meanwhile")
        await ann.shows(".message.pending", "written meanwhile")
        http_server.listen(http_port, "127.0.0.1")
        await read(ann, "written meanwhile")
        await ann.hides(".banner")
        people.browser.complaints.clear()  # the browser's own lines about a server that is not there


@browser_test
async def test_now_is_now_however_often_the_server_was_not_there(
    visits: Visits, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with visits() as people:
        _, ann = await people.enter("Ann")
        await ann.evaluate("void (Math.random = () => 0.99)")  # the pauses are long ones
        http_server.stop()
        await lose_all(app)
        await http_server.close_all_connections()
        for _ in range(15):
            await ann.click(".banner button", "Now")
        http_server.listen(http_port, "127.0.0.1")
        await ann.click(".banner button", "Now")
        await ann.hides(".banner")
        await write(ann, "back")
        await read(ann, "back")
        people.browser.complaints.clear()
