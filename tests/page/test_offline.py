"""The worker beside the page: the page without a server, and notifications where a page may show none itself."""

import shutil
from pathlib import Path

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler

from tests.page.browsing import Opened, becomes, browser_test, lose_all, read, whole, write
from tornado_chat.config.settings import Settings, find_folder
from tornado_chat.web.app import Chat, make_app
from tornado_chat.web.assets import Assets

STARTED = """async () => {
  const {active} = await navigator.serviceWorker.ready;
  while (active.state !== "activated") await new Promise((done) => setTimeout(done, 20));
}"""
WATCH_LOADING = """() => {
  window.loading = false;
  const watch = new MutationObserver(() => (loading ||= document.querySelector(".bones, .loading") !== null));
  watch.observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
# As on Android: a page's notifications are its worker's.
WORKERS_ALONE = """
window.Notification = class {
  static permission = "granted";
  static async requestPermission() { return "granted"; }
  constructor() { throw new TypeError("Illegal constructor"); }
};
ServiceWorkerRegistration.prototype.showNotification = async (title, {body, data}) => {
  window.told = [title, body, data];
};
window.told = null;
"""


@browser_test
async def test_33_the_page_starts_without_its_server_and_is_never_an_old_one_with_it(
    people: Opened, app: Chat, http_server: HTTPServer, http_port: int, tmp_path: Path
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.evaluate(STARTED)
        await ann.reload()
        await ann.locator("textarea").wait_for()
        await stop(http_server, app)
        await ann.reload()
        await ann.get_by_text("The server doesn’t answer").or_(ann.get_by_text("No connection")).wait_for()
        await write(ann, "written meanwhile")

        changed = shutil.copytree(find_folder("public"), tmp_path / "public") / "index.html"
        changed.write_text(changed.read_text().replace("<body>", "<body class=changed>"))
        vars(app.assets).update(vars(Assets(changed.parent)))
        http_server.listen(http_port, "127.0.0.1")
        await read(ann, "written meanwhile")
        await ann.reload()
        await ann.locator("body.changed textarea").wait_for()
        browsers.complaints.clear()  # the browser's own lines about a server that is not there


@browser_test
async def test_a_page_from_before_an_update_reloads_when_a_module_has_moved(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.fill("textarea", "half a sen")
        old = await ann.evaluate("document.querySelector('script').src.replace(/v-.*/, 'v-0123456789ab/slash.js')")
        async with ann.expect_navigation():
            await ann.evaluate("(url) => void import(url)", old)
        await ann.locator("textarea").wait_for()
        assert await ann.input_value("textarea") == "half a sen"


async def stop(http_server: HTTPServer, app: Chat) -> None:
    """Take the server away."""
    http_server.stop()
    await lose_all(app)
    await http_server.close_all_connections()


@pytest.mark.long
@browser_test
async def test_without_a_server_nobody_is_here_now_and_nothing_is_loading(
    people: Opened, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        here = ann.locator(".members h2", has_text="Members 1")
        await here.wait_for()
        await becomes(1, ann.locator(".members .dot").count)
        await ann.evaluate(STARTED)
        await ann.reload()
        await here.wait_for()
        await whole(ann)
        await stop(http_server, app)
        await here.wait_for(state="detached")
        await becomes(0, ann.locator(".members .dot").count)
        assert "1" not in await ann.locator("main header .members-button").inner_text()
        await ann.keyboard.press("Control+k")
        await ann.locator("dialog [role=option]", has_text="general").wait_for()
        assert "1 here" not in await ann.locator("dialog").inner_text()
        await ann.keyboard.press("Escape")
        await ann.locator("dialog").wait_for(state="hidden")  # else the key may stop the reload
        await becomes(0, lambda: ann.evaluate("history.state?.over ?? 0"))  # else going back stops the reload
        await ann.reload()
        await ann.get_by_text("You’re offline").wait_for()
        await ann.evaluate(WATCH_LOADING)
        for _ in range(2):
            await ann.get_by_role("button", name="Now").click()
        await ann.get_by_text("No connection").wait_for()
        assert not await ann.evaluate("loading")
        assert await here.count() == 0
        http_server.listen(http_port, "127.0.0.1")
        await ann.get_by_text("No messages yet").wait_for()
        await here.wait_for()
        await becomes(1, ann.locator(".members .dot").count)
        browsers.complaints.clear()


class TestAccounts:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        return make_app(Settings(data_dir=tmp_path, history="memory", limits="off", auth=("password",)))

    @pytest.mark.long
    @browser_test
    async def test_whoever_is_signed_in_to_an_account_is_in_without_the_server_too(
        self, people: Opened, app: Chat, http_server: HTTPServer, http_port: int
    ) -> None:
        async with people() as browsers:
            ann, bea = await browsers.open(), await browsers.open()
            for page, name in ((ann, "Ann"), (bea, "Bea")):
                await page.get_by_role("button", name="Create an account").click()
                await page.fill("#name", name)
                await page.fill("#password", "correct horse")
                await page.keyboard.press("Enter")
                await page.locator("textarea").wait_for()
                await page.evaluate(STARTED)
                await page.reload()
                await page.locator("textarea").wait_for()
            await stop(http_server, app)
            await bea.context.clear_cookies()  # hers is over meanwhile
            for page in (ann, bea):
                await page.reload()
                await page.get_by_text("No connection").wait_for()
            await write(ann, "written meanwhile")
            await ann.locator(".pending", has_text="written meanwhile").wait_for()
            http_server.listen(http_port, "127.0.0.1")
            await read(ann, "written meanwhile")
            await bea.locator("#password").wait_for()
            browsers.complaints.clear()


class Gateway(RequestHandler):
    """A proxy with nobody behind it."""

    def prepare(self) -> None:
        self.send_error(502)


@pytest.mark.long
@browser_test
async def test_the_page_opens_behind_a_proxy_whose_server_is_away_and_asks_over_http_whether_it_is_back(
    people: Opened, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.evaluate(STARTED)
        await ann.reload()
        await ann.locator("textarea").wait_for()
        await stop(http_server, app)
        asked: list[str] = []

        def log(handler: RequestHandler) -> None:
            asked.append(handler.request.headers.get("Upgrade", handler.request.path))

        away = Application([(".*", Gateway)], log_function=log)
        proxy = away.listen(http_port, "127.0.0.1")
        await ann.reload()
        await ann.get_by_text("No connection").wait_for()
        await ann.get_by_role("button", name="Now").click()
        await write(ann, "written meanwhile")
        await ann.locator(".pending", has_text="written meanwhile").wait_for()
        assert "/healthz" in asked
        assert asked.count("websocket") <= 1  # the first try, when one cannot know
        proxy.stop()
        await proxy.close_all_connections()
        http_server.listen(http_port, "127.0.0.1")
        await read(ann, "written meanwhile")
        browsers.complaints.clear()  # the browser's own lines about the 502


@browser_test
@pytest.mark.long
async def test_35_where_a_page_may_show_no_notification_its_worker_does_and_opens_the_channel(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.evaluate(STARTED)
        await ann.evaluate(WORKERS_ALONE)
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("radio", name="Everything").check()
        await ann.keyboard.press("Escape")
        await becomes(0, lambda: ann.evaluate("history.state?.over ?? 0"))  # it is back from the dialog's entry
        await ann.goto(f"{browsers.base}/#/tea")
        await ann.locator("h1", has_text="tea").wait_for()
        await browsers.client("Ben", lines=["hello"])
        await becomes(["Ben · #general", "hello", "#/general"], lambda: ann.evaluate("window.told"))
        # A click on it: what the worker then says to the page
        said = "new MessageEvent('message', {data: window.told[2]})"
        await ann.evaluate(f"navigator.serviceWorker.dispatchEvent({said})")
        await ann.locator("h1", has_text="general").wait_for()
