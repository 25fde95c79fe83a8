"""The last known conversation, which the page shows before the server has answered, to the same user only."""

from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, read, say, texts, whole, write
from tests.page.test_offline import STARTED, stop
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

EVERYTHING = "JSON.stringify([localStorage, sessionStorage].map(Object.entries))"
WATCH = """
window.seen = "";
const look = () => (seen += document.body?.innerText ?? "");
new MutationObserver(look).observe(document, {childList: true, subtree: true});
"""


async def install(page: Any) -> None:
    """Let the service worker have the page, and the page keep its conversation."""
    await page.evaluate(STARTED)
    await page.reload()
    await page.locator("textarea").wait_for()
    await whole(page)


@pytest.mark.long
@browser_test
async def test_without_a_server_the_last_conversation_is_shown_and_goes_on_when_it_is_back(
    people: Opened, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["one", "two"])
        ann = await browsers.enter("Ann")
        await install(ann)
        await read(ann, "two")
        await stop(http_server, app)
        await ann.reload()
        await read(ann, "two")
        assert await texts(ann) == ["one", "two"]
        assert await ann.locator(".bones, .loading").count() == 0
        http_server.listen(http_port, "127.0.0.1")
        ben = await browsers.client("Ben")
        await say(ben, "three")
        await read(ann, "three")
        assert await texts(ann) == ["one", "two", "three"]
        browsers.complaints.clear()  # the browser's own lines about a server that is not there


@pytest.mark.long
@browser_test
async def test_it_goes_with_signing_out_and_with_another_guest(people: Opened) -> None:
    async with people() as browsers:
        await browsers.client("Ben", lines=["a secret"])
        ann = await browsers.enter("Ann")
        await read(ann, "a secret")
        await whole(ann)
        await ann.reload()
        await read(ann, "a secret")
        assert "a secret" in await ann.evaluate(EVERYTHING)
        await ann.evaluate("localStorage.setItem('tornado_chat.token', JSON.stringify('g:of.another'))")
        await ann.context.add_init_script(WATCH)
        await ann.goto("about:blank")
        await ann.goto(browsers.base + "/#other")
        await ann.get_by_text("This is #other").wait_for()  # the server has said who it is
        assert "a secret" not in await ann.evaluate("seen")
        await ann.goto(browsers.base + "/#general")
        await read(ann, "a secret")
        await whole(ann)
        await ann.reload()
        await read(ann, "a secret")
        assert "a secret" in await ann.evaluate(EVERYTHING)
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("button", name="Sign out").click()
        await ann.get_by_role("button", name="Sign out anyway").click()
        await ann.locator("#name").wait_for()
        await ann.reload()
        await ann.locator("#name").wait_for()
        assert "a secret" not in await ann.evaluate(EVERYTHING) + await ann.evaluate("seen")


@browser_test
@pytest.mark.long
async def test_no_channel_and_no_person_is_named_once_signed_out(people: Opened) -> None:
    asked = "Object.defineProperty(Notification, 'permission', {get: () => 'default'})"
    hide = "Object.defineProperty(document, 'hidden', {value: true, configurable: true})"
    async with people() as browsers:
        await browsers.client("Dan")
        ben = await browsers.client("Ben", channel="plans")
        ann = await browsers.open("/#/plans", script=asked)
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await ann.locator("h1", has_text="plans").wait_for()
        await ann.reload()  # from now on the tab has places
        await becomes(2, ann.locator(".members li").count)
        await ann.evaluate(f"{hide}; document.dispatchEvent(new Event('visibilitychange'))")
        await say(ben, "hello @Ann", channel="plans")
        await ann.locator(".card", has_text="Ben").wait_for()
        await ann.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("button", name="Sign out").click()
        await ann.get_by_role("button", name="Sign out anyway").click()
        await ann.locator("#name").wait_for()
        await becomes("", lambda: ann.evaluate("location.hash"))
        assert "plans" not in await ann.evaluate(EVERYTHING)
        await ann.fill("#name", "Cat")
        await ann.keyboard.press("Enter")
        await ann.locator("h1", has_text="general").wait_for()
        await becomes(2, ann.locator(".members li").count)
        assert "Ben" not in await ann.locator("#app").inner_text()


class TestAccounts:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        return make_app(Settings(data_dir=tmp_path, history="memory", limits="off", auth=("password",)))

    @pytest.mark.long
    @browser_test
    async def test_it_is_shown_only_when_the_server_knows_the_session_and_goes_with_it(
        self, people: Opened, app: Chat
    ) -> None:
        async with people() as browsers:
            ann = await browsers.open(script=WATCH)
            await ann.get_by_role("button", name="Create an account").click()
            await ann.fill("#name", "Ann")
            await ann.fill("#password", "correct horse")
            await ann.keyboard.press("Enter")
            await ann.locator("textarea").wait_for()
            await write(ann, "a secret")
            await read(ann, "a secret")
            await whole(ann)
            await ann.reload()
            await read(ann, "a secret")
            await ann.context.clear_cookies()  # the session is over
            await ann.reload()
            await ann.locator("#password").wait_for()
            assert "a secret" not in await ann.evaluate("seen")
            await becomes(False, lambda: ann.evaluate(f"{EVERYTHING}.includes('a secret')"))
