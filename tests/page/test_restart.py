"""A server that restarts with other ways to sign in while the page is open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import becomes, browser_test, read, write
from tests.serving import Server


@asynccontextmanager
async def opened(browser: Any, server: Server) -> AsyncIterator[Any]:
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(20_000)
    await page.goto(server.base)
    yield page
    await context.close()


async def restart(server: Server, auth: str) -> None:
    await server.end()
    server.command[-1] = auth
    await server.start()


async def sign_out(page: Any) -> None:
    await page.get_by_role("button", name="Settings").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("button", name="Sign out anyway").click()


async def register(page: Any) -> None:
    await page.get_by_role("button", name="Create an account").click()
    await page.fill("#name", "Ann")
    await page.fill("#password", "correct horse")
    await page.keyboard.press("Enter")
    await page.locator("textarea").wait_for()


@pytest.mark.long
@browser_test
async def test_who_signs_out_after_accounts_were_turned_on_can_sign_in_to_one(
    io_loop: IOLoop, browser: Any, tmp_path: Path
) -> None:
    async with Server(tmp_path, "--auth", "guest") as server, opened(browser, server) as page:
        await page.fill("#name", "Ann")
        await page.keyboard.press("Enter")
        await write(page, "before")
        await read(page, "before")
        await restart(server, "guest,password")
        await write(page, "after")
        await read(page, "after")
        await sign_out(page)
        await page.get_by_role("radio", name="Password").wait_for()
        await register(page)


@pytest.mark.long
@browser_test
async def test_whose_account_is_gone_as_accounts_were_turned_off_comes_in_as_a_guest(
    io_loop: IOLoop, browser: Any, tmp_path: Path
) -> None:
    async with Server(tmp_path, "--auth", "guest,password") as server, opened(browser, server) as page:
        await register(page)
        await restart(server, "guest")
        await becomes("Welcome to tornado_chat", page.get_by_role("heading", level=1).inner_text)
        await page.locator("#password").wait_for(state="detached")
        assert await page.get_by_role("button", name="account").count() == 0
        await page.fill("#name", "Ann")
        await page.keyboard.press("Enter")
        await write(page, "hello")
        await read(page, "hello")


@pytest.mark.long
@browser_test
async def test_a_form_that_is_open_follows_when_the_server_refuses_its_way(
    io_loop: IOLoop, browser: Any, tmp_path: Path
) -> None:
    async with Server(tmp_path, "--auth", "guest") as server, opened(browser, server) as page:
        await page.locator("#name").wait_for()
        await restart(server, "password")
        await page.fill("#name", "Ann")
        await page.keyboard.press("Enter")
        await page.fill("#password", "correct horse")
        await restart(server, "guest")
        await page.keyboard.press("Enter")
        await page.locator("#password").wait_for(state="detached")
