"""A browser for the page's tests: Debian's Chromium, driven by Playwright's async API."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]


class People:
    """Browsers of their own, each on the chat; whatever one complains about fails the test."""

    def __init__(self, browser: Any, base: str) -> None:
        self.browser = browser
        self.base = base
        self.complaints: list[str] = []
        self.asked: list[str] = []

    async def open(self, address: str = "/", **context: Any) -> Any:
        """Open the page as someone who was never here."""
        page = await (await self.browser.new_context(**context)).new_page()
        page.set_default_timeout(20_000)
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        await page.goto(self.base + address)
        return page

    async def enter(self, name: str, address: str = "/", **context: Any) -> Any:
        """Open the page and come in under a name."""
        page = await self.open(address, **context)
        await page.fill("#name", name)
        await page.keyboard.press("Enter")
        await page.locator("textarea").wait_for()
        await page.get_by_text("Loading…").wait_for(state="detached")
        return page


@pytest.fixture
def people(http_server: HTTPServer, base_url: str) -> Callable[[], AbstractAsyncContextManager[People]]:
    """Return what opens browsers on the chat; the tests are skipped where there is no Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt install chromium")
    playwright = pytest.importorskip("playwright.async_api", reason="pip install .[browser]")

    @asynccontextmanager
    async def opened() -> AsyncIterator[People]:
        async with playwright.async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, timeout=90_000)
            found = People(browser, base_url)
            try:
                yield found
            except Exception:
                for context in browser.contexts:
                    for page in context.pages:
                        print(await page.locator("#app").inner_text())  # noqa: T201
                raise
            await browser.close()
            assert found.complaints == []

    return opened
