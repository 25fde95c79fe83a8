"""The worker beside the page: the page without a server, and notifications where a page may show none itself."""

import shutil
from pathlib import Path

from browsing import Opened, becomes, browser_test, lose_all, read, write
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from tornado_chat.assets import Assets
from tornado_chat.settings import find_folder
from tornado_chat.web import Chat

STARTED = """async () => {
  const {active} = await navigator.serviceWorker.ready;
  while (active.state !== "activated") await new Promise((done) => setTimeout(done, 20));
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
        http_server.stop()
        await lose_all(app)
        await http_server.close_all_connections()
        await ann.reload()
        await ann.get_by_text("The server does not answer").or_(ann.get_by_text("Not connected")).wait_for()
        await write(ann, "written meanwhile")

        changed = shutil.copytree(find_folder("public"), tmp_path / "public") / "index.html"
        changed.write_text(changed.read_text().replace("<body>", "<body class=changed>"))
        app.assets = Assets(changed.parent)
        http_server.listen(http_port, "127.0.0.1")
        await read(ann, "written meanwhile")
        await ann.reload()
        await ann.locator("body.changed textarea").wait_for()
        browsers.complaints.clear()  # the browser's own lines about a server that is not there


class Gateway(RequestHandler):
    """A proxy with nobody behind it."""

    def prepare(self) -> None:
        self.send_error(502)


@browser_test
async def test_the_page_opens_behind_a_proxy_whose_server_is_away_and_asks_over_http_whether_it_is_back(
    people: Opened, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.evaluate(STARTED)
        await ann.reload()
        await ann.locator("textarea").wait_for()
        http_server.stop()
        await lose_all(app)
        await http_server.close_all_connections()
        asked: list[str] = []

        def log(handler: RequestHandler) -> None:
            asked.append(handler.request.headers.get("Upgrade", handler.request.path))

        away = Application([(".*", Gateway)], log_function=log)
        proxy = away.listen(http_port, "127.0.0.1")
        await ann.reload()
        await ann.get_by_text("Not connected").wait_for()
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
async def test_35_where_a_page_may_show_no_notification_its_worker_does_and_opens_the_channel(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.evaluate(STARTED)
        await ann.evaluate(WORKERS_ALONE)
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_label("Notifications").select_option("all")
        await ann.keyboard.press("Escape")
        await ann.goto(f"{browsers.base}/#/tea")
        await ann.locator("h1", has_text="tea").wait_for()
        await browsers.client("Ben", lines=["hello"])
        await becomes(["Ben · #general", "hello", "#/general"], lambda: ann.evaluate("window.told"))
        # A click on it: what the worker then says to the page
        said = "new MessageEvent('message', {data: window.told[2]})"
        await ann.evaluate(f"navigator.serviceWorker.dispatchEvent({said})")
        await ann.locator("h1", has_text="general").wait_for()
