"""Changes that are made without a connection, by someone with two devices, beside someone else."""

from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, read, whole, write
from tests.page.test_last_conversation import install
from tests.page.test_living import focus, row
from tests.page.test_offline import stop
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

SHOWN = """() => [...document.querySelectorAll(".messages article[data-id]")].map((one) => [
  one.querySelector(".text")?.innerText, one.querySelector(".reactions")?.innerText ?? "",
].join(" ").trim())"""
OUTBOX = (
    """() => Object.entries(localStorage).filter(([key]) => /outbox|changes/.test(key)).map(([, item]) => item)"""
)


async def enter(page: Any, name: str, how: str) -> None:
    if how == "Create an account":
        await page.get_by_role("button", name=how).click()
    await page.fill("#name", name)
    await page.fill("#password", "correct horse")
    await page.keyboard.press("Enter")
    await page.locator("textarea").wait_for()


class TestDevices:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        return make_app(Settings(data_dir=tmp_path, history="sqlite", limits="off", auth=("password",)))

    @pytest.mark.long
    @browser_test
    async def test_what_one_does_offline_is_there_after_a_reload_goes_out_once_and_is_the_same_everywhere(
        self, people: Opened, app: Chat, http_server: HTTPServer, http_port: int
    ) -> None:
        async with people() as browsers:
            laptop, phone, ben = [await browsers.open() for _ in range(3)]
            await enter(laptop, "Ann", "Create an account")
            await enter(phone, "Ann", "Sign in")
            await enter(ben, "Ben", "Create an account")
            for page, text in ((laptop, "one"), (laptop, "two"), (phone, "three"), (ben, "from Ben")):
                await write(page, text)
                await read(laptop, text)
            await install(laptop)
            await read(laptop, "from Ben")
            await whole(laptop)

            await stop(http_server, app)
            await laptop.get_by_text("retrying").or_(laptop.get_by_text("No connection")).first.wait_for()
            await focus(laptop, "one")
            await laptop.keyboard.press("e")
            await becomes("one", lambda: laptop.input_value("textarea"))
            await write(laptop, "one, edited")
            await laptop.locator(".pending", has_text="one, edited").wait_for()
            await focus(laptop, "two")
            await laptop.keyboard.press("Delete")
            await row(laptop, "from Ben").hover()
            await row(laptop, "from Ben").locator(".bar").get_by_text("👍").dispatch_event("click")
            await focus(laptop, "from Ben")
            await laptop.keyboard.press("r")
            await write(laptop, "an answer")
            wanted = ["one, edited", "You deleted this message", "three", "from Ben 👍", "an answer"]
            shown = lambda page: page.evaluate(SHOWN)  # noqa: E731
            await becomes([line.split()[0] for line in wanted], lambda: firsts(laptop))
            await laptop.reload()  # which makes the deletion, too
            await laptop.locator(
                ".pending", has_text="an answer"
            ).wait_for()  # the rest shows when it is known who asks

            http_server.listen(http_port, "127.0.0.1")
            for page in (laptop, phone, ben):
                await page.get_by_text("an answer", exact=True).first.wait_for()
                await page.locator(".reaction", has_text="👍").wait_for()
                await read(page, "one, edited")
                await becomes(0, page.locator(".pending").count)
                await becomes(5, lambda page=page: counted(page))
            await becomes([], lambda: laptop.evaluate(OUTBOX))
            history, _ = await app.hub.history.read("general", limit=10)
            assert [message.text for message in history] == ["one, edited", "", "three", "from Ben", "an answer"]
            assert await app.hub.history.last("general") == 8  # five messages, three changes
            assert len({str(await shown(page)) for page in (laptop, phone)}) == 1
            browsers.complaints.clear()  # the browser's own lines about a server that is not there


async def firsts(page: Any) -> list[str]:
    return [line.split()[0] for line in await page.evaluate(SHOWN)]


async def counted(page: Any) -> int:
    return len(await page.evaluate(SHOWN))
