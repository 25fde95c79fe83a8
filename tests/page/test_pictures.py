"""How the page looks: the gallery and the screens of the page, beside stored pictures. axe-core looks at them too.

Without `--long` they look at one conversation only, wide and light, and dark on a phone. `--long --accept` stores all
pictures as they are now.
"""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, complaints, lose_all, read, write
from tests.page.comparing import Pictures
from tests.page.conftest import driven, started_chromium
from tests.page.gallery.server import with_gallery
from tornado_chat.auth import accounts, providers
from tornado_chat.chat.models import User
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat

FONTS = Path(__file__).parent / "fonts"
NOW = 1_773_136_800  # a Tuesday in March, 10:00
# The page's clock stands still. The pauses between its attempts are long; once `slow` is set they never end.
STILL = f"""
  const Real = Date;
  window.Date = class extends Real {{
    constructor(...given) {{ given.length ? super(...given) : super({NOW * 1000}); }}
    static now() {{ return {NOW * 1000}; }}
  }};
  Math.random = () => 1;
  for (const name of ["setTimeout", "setInterval"]) {{
    const start = window[name];
    window[name] = (run, pause, ...given) => start(run, window.slow && pause > 200 ? 1e9 : pause, ...given);
  }}
"""
CONTEXT = {"locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce"}
patient = pytest.mark.gen_test(timeout=300)  # to store a hundred pictures takes its time
SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835  # ids that differ much, for hues that do
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
ALL = [(size, theme) for size in SIZES for theme in ("light", "dark")]
USUAL = [("wide", "light"), ("phone", "dark")]  # each size and each theme: half the work of all four


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, page_loop: IOLoop) -> Iterator[Any]:
    """Drive a Chromium that has the fonts of the pictures and no others."""
    folder = tmp_path_factory.mktemp("fonts")
    told = (FONTS / "fonts.conf").read_text().replace("FOLDER", str(FONTS)).replace("CACHE", str(folder / "cache"))
    (folder / "fonts.conf").write_text(told)
    chromium = started_chromium(folder / "chromium", FONTCONFIG_FILE=str(folder / "fonts.conf"))
    with chromium as address, driven(address, page_loop) as browser:
        yield browser


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path, request: pytest.FixtureRequest) -> Chat:
    auth = getattr(request, "param", ("guest",))
    settings = Settings(data_dir=tmp_path, history="memory", limits="off", auth=auth, server_name="Fernhill")
    return with_gallery(settings)


@pytest.fixture(autouse=True)
def _same_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give people the same ids each time, as their colours depend on those."""
    numbers = iter(range(1, 1000))
    monkeypatch.setattr(providers, "guest_id", lambda: str(uuid.UUID(int=next(numbers) * SPREAD % 2**128)))
    monkeypatch.setattr(accounts, "User", lambda _, name, *role: User("a:ida", name, *role))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The server's clock, which stands still, too: `seconds` is what it shows."""
    shown = SimpleNamespace(seconds=NOW - 3600.0)
    monkeypatch.setattr(time, "time", lambda: shown.seconds)
    return shown


class Look:
    """Looks at each screen of a page, in each of `shown`: pictures, and axe-core where npm has it."""

    shown = ALL

    def __init__(self, pictures: Pictures, axe: str | None) -> None:
        self.pictures = pictures
        self.axe = axe

    async def at(self, page: Any, name: str, *sizes: str) -> None:
        """Look at what is in the window, at these sizes (all)."""
        for size, theme in self.shown:
            if size in (sizes or SIZES):
                await self.turn(page, size, theme)
                await self.pictures.take(page, f"{name}-{size}-{theme}")
                if self.axe:
                    assert await complaints(page, self.axe) == [], f"{name}, {size}, {theme}"
        await page.set_viewport_size({"width": SIZES["wide"][0], "height": SIZES["wide"][1]})

    async def turn(self, page: Any, size: str, theme: str) -> None:
        """Show a page in a size and a theme."""
        width, height = SIZES[size]
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=theme)
        await self.drawn(page)

    def end(self, kind: str) -> None:
        self.pictures.end(kind, ["-".join(one) for one in self.shown])

    async def drawn(self, page: Any) -> None:
        await page.mouse.move(-1, -1)  # whether what came under a pointer that rests is hovered, is up to chance
        await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        moving = "document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished)"
        await page.evaluate(f"async () => {{ await Promise.allSettled({moving}); }}")


@pytest.fixture
def look(request: pytest.FixtureRequest, browser: Any, pytestconfig: pytest.Config) -> Look:
    pytest.importorskip("PIL", reason="pip install .[browser]")
    assert pytestconfig.cache is not None
    made = pytestconfig.cache.mkdir("pictures")
    try:
        axe = request.getfixturevalue("axe")
    except pytest.skip.Exception:
        axe = None
    return Look(Pictures(made, browser.version, pytestconfig.getoption("--accept")), axe)


@pytest.mark.long
@patient
@pytest.mark.modules  # which the gallery draws with
@pytest.mark.parametrize(("size", "theme"), ALL)
async def test_every_room_of_the_gallery_looks_as_it_did(people: Opened, look: Look, size: str, theme: str) -> None:
    async with people() as browsers:
        page = await start(browsers, "/gallery/")
        await page.locator("html[data-ready]").wait_for(state="attached")
        await page.evaluate("document.documentElement.style.scrollbarWidth = 'none'")
        await look.turn(page, size, theme)
        rooms = page.locator(".room")
        names = await rooms.evaluate_all("(all) => all.map((one) => one.id)")
        await look.pictures.take_parts(page, [f"gallery-{name}-{size}-{theme}" for name in names], rooms)
        if look.axe:
            assert await complaints(page, look.axe, parts=True) == []
    look.pictures.end("gallery", [f"{size}-{theme}"])


async def start(browsers: Any, address: str = "/") -> Any:
    """Open a page whose clock stands still."""
    return await browsers.open(address, script=STILL, viewport={"width": 1440, "height": 900}, **CONTEXT)


async def come_in(page: Any) -> None:
    await page.fill("#name", "Ann Becker")
    await page.keyboard.press("Enter")
    await page.locator(".beginning").wait_for()
    await becomes(1, page.locator(".members li").count)


async def converse(browsers: Any, page: Any, clock: Any) -> tuple[Any, list[Any], list[int]]:
    """Have five people talk; return Ben, three others, and the numbers of what they said."""
    await browsers.client("Ida Holm", "harbour")
    ben = await browsers.client("Ben")
    seqs: list[int] = []
    others = [await browsers.client(name) for name in ("نور", "王伟", "Ciarán")]
    for at, (who, text) in enumerate(
        [
            (ben, "Good morning! The ferry is late today."),
            (ben, "Half an hour, they say; the tides are at https://example.org/tides."),
            (others[0], "صباح الخير! ساعة تقريبا."),
            (others[1], "早安。**半小时**左右。"),
            (others[2], "> Half an hour\n\nThat is *two* teas:\n\n- one\n- another"),
            (others[2], "```py\ndef tea(cups: int) -> int:\n    return cups + 1  # never enough\n```"),
            (ben, "@Ann Becker, are you coming?"),
            (others[0], "🎉"),
        ]
    ):
        clock.seconds = NOW - 1200 + 60 * at
        seqs.append((await who.call("send-message", target="general", message=text))["seq"])
    await page.locator(".code-comment").wait_for()
    await write(page, "I'll wait at the pier.")
    await read(page, "I'll wait at the pier.")
    await becomes(5, page.locator(".members li").count)
    return ben, others, seqs


@patient
async def test_a_conversation_looks_as_it_did(people: Opened, clock: Any, look: Look) -> None:
    look.shown = USUAL
    async with people() as browsers:
        page = await start(browsers)
        await come_in(page)
        await converse(browsers, page, clock)
        await look.at(page, "guest-conversation")
    look.pictures.end("guest", [])  # the others are taken with --long


@pytest.mark.long
@patient
async def test_the_screens_of_a_guest_look_as_they_did(people: Opened, app: Chat, clock: Any, look: Look) -> None:
    async with people() as browsers:
        page = await start(browsers)
        await page.locator("#name").wait_for()
        await look.at(page, "guest-first-visit")
        await come_in(page)
        await look.at(page, "guest-empty-channel")

        ben, others, seqs = await converse(browsers, page, clock)
        await look.at(page, "guest-conversation")

        for at, (who, text) in enumerate([(others[1], "早安。"), (ben, "Then *I* bring the tea.")]):
            clock.seconds = NOW - 300 + 60 * at
            await who.call("send-message", target="general", message=text, thread=seqs[1])
        await page.get_by_role("button", name="2 replies").click()
        await page.get_by_label("Reply in the thread").fill("Three cups, please.")
        await page.get_by_label("Also in #general").check()
        await page.get_by_label("Reply in the thread").press("Enter")
        await page.locator(".thread .also").wait_for()
        await look.at(page, "guest-thread")
        await page.locator(".thread").get_by_role("button", name="Close").last.click()
        await page.get_by_role("button", name="Threads").click()
        await page.locator(".threads .open").wait_for()
        await look.at(page, "guest-threads", "wide")
        await page.locator(".threads").get_by_role("button", name="Close").last.click()
        await page.keyboard.press("Control+f")
        await page.keyboard.type("tea")
        await becomes(3, page.locator(".search .found").count)
        await look.at(page, "guest-search", "wide")
        await page.locator(".search").get_by_role("button", name="Close").click()

        await write(page, "/poll What shall we have? | Tea | Coffee | شاي بالنعناع")
        await page.get_by_role("group", name="poll").wait_for()
        for at, client in enumerate([ben, *others]):
            await client.call("vote", target="general", option=1 + at % 2)
        await page.locator(".choice button").first.click()
        await page.get_by_text("5 votes").wait_for()
        await look.at(page, "guest-members-and-poll")
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.locator("main").get_by_role("button", name="Channels").click()
        await page.locator(".sidebar :focus").wait_for()
        await look.at(page, "guest-drawer", "phone")

        await page.keyboard.press("Control+k")
        await page.get_by_role("dialog").get_by_text("harbour").wait_for()
        await look.at(page, "guest-jump")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Settings").click()
        await page.get_by_role("dialog").wait_for()
        await look.at(page, "guest-settings")
        await page.keyboard.press("Escape")

        await page.evaluate("window.slow = true")
        await lose_all(app, "Ann Becker")
        await page.locator(".banner button").wait_for()
        await write(page, "Is anyone there?")
        await page.locator(".pending").wait_for()
        await look.at(page, "guest-disconnected")
    look.end("guest")


@pytest.mark.long
@patient
@pytest.mark.parametrize("app", [("password",)], indirect=True)
async def test_the_screens_of_an_account_look_as_they_did(people: Opened, app: Chat, look: Look) -> None:
    totals = dict.fromkeys(app.hub.metrics.totals(), 0.0) | {"memory": 42.0 * 2**20}
    app.hub.metrics.totals = lambda: totals  # type: ignore[method-assign]
    user = await app.accounts.register("Ida Holm", "correct horse")
    await app.accounts.set_role(user.id, "admin")
    async with people() as browsers:
        page = await start(browsers)
        await page.locator("#password").wait_for()
        await look.at(page, "account-sign-in")
        await page.fill("#name", "Ida Holm")
        await page.fill("#password", "correct horse")
        await page.keyboard.press("Enter")
        await page.locator(".beginning").wait_for()
        await page.context.add_init_script("window.slow = true")  # nothing is looked at twice
        admin = await browsers.tab(page.context, "/admin")
        await admin.get_by_role("heading", name="Audit").wait_for()
        await look.at(admin, "account-admin")
    look.end("account")
