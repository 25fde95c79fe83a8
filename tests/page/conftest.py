"""A browser for the page's tests: Chromium, driven by Playwright's async API."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop

from tests.browser import CHROMIUM, FLAGS, WHY_NOT
from tests.page.browsing import PATIENCE, say, whole
from tornado_chat.server.loop import new_loop
from tornado_chat.testing import Client, connect
from tornado_chat.web import app as application
from tornado_chat.web.app import Chat

ROOT = Path(__file__).parents[2]
AXE = "4.14.1"
QUIET = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# Another test may listen on the same port of [::1], where a browser looks for localhost first.
QUIET += ["--host-resolver-rules=MAP localhost 127.0.0.1"]


class People:
    """Browsers of their own, each on the chat; whatever one complains about fails the test."""

    def __init__(self, browser: Any, base: str) -> None:
        self.browser = browser
        self.base = base
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.pages: list[Any] = []
        self.clients: list[Client] = []

    async def open(self, address: str = "/", script: str = "", **context: Any) -> Any:
        """Open the page as someone who was never here; a script runs before the page's own."""
        opened = await self.browser.new_context(**context)
        if script:
            await opened.add_init_script(script)
        return await self.tab(opened, address)

    async def tab(self, context: Any, address: str = "/") -> Any:
        """Open one more tab in a browser that is there."""
        page = await context.new_page()
        self.pages.append(page)
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        await page.goto(self.base + address)
        return page

    def _hear(self, said: Any) -> None:
        # Where its socket does not open in time, a page asks why; that is 405 if nothing is wrong.
        asks_why = "status of 405" in said.text and urlsplit(said.location["url"]).path == "/ws"
        if said.type in ("error", "warning") and not asks_why:
            self.complaints.append(said.text)

    async def client(self, name: str, channel: str = "general", lines: Iterable[str] = ()) -> Client:
        """Connect someone without a browser, who joins a channel and says some lines."""
        client = await connect(self.base, name)
        self.clients.append(client)
        await client.call("join-channel", target=channel)
        await say(client, *lines, channel=channel)
        return client

    async def enter(self, name: str, address: str = "/", **context: Any) -> Any:
        """Open the page and come in under a name; a click or key before all is loaded would open nothing."""
        page = await self.open(address, **context)
        await page.fill("#name", name)
        await page.keyboard.press("Enter")
        await page.locator("textarea").first.wait_for()
        await page.locator(".bones, .loading").wait_for(state="detached")
        await whole(page)
        return page


@contextmanager
def started_chromium(profile: Path, **environment: str) -> Iterator[str]:
    """Start a Chromium, with more in its environment; the address of its DevTools."""
    pytest.importorskip("playwright", reason="pip install .[browser]")
    if CHROMIUM is None:
        pytest.skip(WHY_NOT)
    command = [str(CHROMIUM), *FLAGS, *QUIET, "--remote-debugging-port=0", f"--user-data-dir={profile}"]
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=os.environ | environment, **quiet) as process:
        told = profile / "DevToolsActivePort"
        deadline = time.monotonic() + 120
        while not (told.exists() and told.read_text().count("\n")):
            assert process.poll() is None, "chromium ended"
            assert time.monotonic() < deadline, "chromium does not listen"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{told.read_text().splitlines()[0]}"
        process.terminate()


@contextmanager
def driven(chromium: str, loop: IOLoop) -> Iterator[Any]:
    """Drive a Chromium that was started: Playwright's Browser."""
    from playwright.async_api import async_playwright

    async def start() -> Any:
        driver = await async_playwright().start()
        return driver, await driver.chromium.connect_over_cdp(chromium, timeout=90_000)

    driver, browser = loop.run_sync(start)
    yield browser
    loop.run_sync(driver.stop)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start one Chromium for all tests, as launching is what takes long; return the address of its DevTools."""
    with started_chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> str:
    """Return axe-core's source, which npm fetches once; the tests are skipped where it cannot."""
    cache = pytestconfig.cache
    assert cache is not None
    folder = cache.mkdir(f"axe-core-{AXE}")
    packed = folder / f"axe-core-{AXE}.tgz"
    if not packed.exists():
        npm = shutil.which("npm") or pytest.skip("there is no npm: apt install npm")
        got = subprocess.run(
            [npm, "pack", f"axe-core@{AXE}"], cwd=folder, capture_output=True, timeout=60, check=False
        )
        if got.returncode:
            pytest.skip(f"npm pack axe-core@{AXE} failed")
    with tarfile.open(packed) as files:
        source = files.extractfile("package/axe.min.js")
        assert source is not None
        return source.read().decode()


@pytest.fixture(scope="session")
def bundle(pytestconfig: pytest.Config) -> Path:
    """Return the folder of the page, bundled and minified; skip where npm cannot bring what bundles it.

    It is kept for further runs and processes until a source changes.
    """
    if not shutil.which("npm"):
        pytest.skip("there is no npm to bundle the page: apt install npm, or test its modules with --modules")
    with (ROOT / "package.json").open() as lock:  # several processes may run tests
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (ROOT / "node_modules" / "esbuild").exists():
            install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            if subprocess.run(install, cwd=ROOT, capture_output=True, timeout=120, check=False).returncode:
                pytest.skip("npm ci failed; --modules tests the page's modules without a bundle")
        return _bundled(pytestconfig)


def _bundled(config: pytest.Config) -> Path:
    """Return the bundle of the page as it is on the disk now, built if there is none. The caller holds the lock."""
    assert config.cache is not None
    kept = config.cache.mkdir("bundle")
    sources = [ROOT / "scripts" / "bundle.mjs", ROOT / "package-lock.json", *(ROOT / "public").rglob("*")]
    digest = hashlib.sha256()
    for path in sorted(path for path in sources if path.is_file()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    folder = kept / digest.hexdigest()[:16]
    if not folder.exists():
        for old in kept.iterdir():
            if old.stat().st_mtime < time.time() - 24 * 3600:  # no run still serves it
                shutil.rmtree(old)
        made = folder.with_suffix(".part")
        subprocess.run(["node", ROOT / "scripts" / "bundle.mjs", made], check=True, timeout=60)
        made.rename(folder)
    os.utime(folder)
    return folder


@pytest.fixture(autouse=True)
def served(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server serve the bundle, which takes a browser a third less work than the modules of a checkout.

    With --modules, and for a test that is marked so, it serves those.
    """
    asked = request.config.getoption("--modules") or request.node.get_closest_marker("modules")
    if "app" in request.fixturenames and not asked:
        folder = request.getfixturevalue("bundle")
        monkeypatch.setattr(application, "find_folder", lambda name: folder)


@pytest.fixture(scope="session")
def page_loop() -> Iterator[IOLoop]:
    """The loop of all tests of the page, on which the browser's driver stays."""
    loop = new_loop()
    yield loop
    loop.close(all_fds=True)


@pytest.fixture
def io_loop(page_loop: IOLoop) -> Iterator[IOLoop]:
    asyncio.set_event_loop(page_loop.asyncio_loop)  # type: ignore[attr-defined]
    yield page_loop
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def browser(chromium: str, page_loop: IOLoop) -> Iterator[Any]:
    """Drive the one Chromium, which takes a driver's start too."""
    with driven(chromium, page_loop) as browser:
        yield browser


@pytest.fixture
def people(
    app: Chat, http_server: HTTPServer, base_url: str, browser: Any
) -> Callable[[], AbstractAsyncContextManager[People]]:
    """Return what opens browsers on the chat; the tests are skipped where there is no Chromium."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[People]:
        assert browser.is_connected(), "the browser has ended"
        found = People(browser, base_url)
        try:
            yield found
        except Exception:
            print(found.complaints)  # noqa: T201
            for page in [page for page in found.pages if not page.is_closed()]:
                print(await page.locator("#app").inner_text())  # noqa: T201
            raise
        finally:
            async with asyncio.timeout(PATIENCE):  # a browser that has ended answers nothing
                for page in found.pages:
                    await page.context.close()
                for client in found.clients:
                    await client.close()
                while app.hub.connections:  # the server is stopped next
                    await asyncio.sleep(0.005)
            for plugin in app.plugins.registry.plugins.values():
                plugin.stop()  # the loop goes on; a reload has begun its timers
        assert found.complaints == []
        assert {url.split("/")[2] for url in found.asked} <= {found.base.split("/")[2]}, "asked elsewhere"

    return opened
