"""Takes a picture of each screen of the page, in several sizes, themes and languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.page.team.serving import NO_NAME, PASSWORD, PEOPLE

SIZES = {"wide": (1440, 900), "mid": (1024, 768), "phone": (390, 844)}
#: Name -> size, and more of the browser.
LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "wide-light": ("wide", {}),
    "wide-dark": ("wide", {"color_scheme": "dark"}),
    "mid-light": ("mid", {}),
    "phone-light": ("phone", {}),
    "phone-dark": ("phone", {"color_scheme": "dark"}),
    "wide-chinese": ("wide", {"locale": "zh-CN"}),
    "phone-chinese": ("phone", {"locale": "zh-CN"}),
    "wide-large": ("wide", {}),  # text of 200 %
    "phone-large": ("phone", {}),
    "wide-rtl": ("wide", {}),
    "wide-forced": ("wide", {"forced_colors": "active"}),
}
GO = "name => { location.hash = '#/' + encodeURIComponent(name); }"
FOLLOW = "link => { location.hash = link.hash; }"
STILL = 400  # ms until nothing moves


class Screens:
    """Takes the pictures of one look."""

    def __init__(self, browser: Any, base: str, folder: Path, look: str) -> None:
        self.browser, self.base, self.folder, self.look = browser, base, folder, look
        self.page: Any = None
        self.size = LOOKS[look][0]

    async def take_all(self) -> None:
        size, more = LOOKS[self.look]
        width, height = SIZES[size]
        touch = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
        defaults = {"locale": "en-GB", "reduced_motion": "reduce", "viewport": {"width": width, "height": height}}
        context = await self.browser.new_context(**{**defaults, **touch, **more})
        self.page = page = await context.new_page()
        page.set_default_timeout(15_000)
        await page.goto(f"{self.base}/#/general")
        await page.fill("#name", PEOPLE[0])
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await page.locator(".message").first.wait_for()
        await page.locator("main button.quiet").first.wait_for(state="attached")
        await page.wait_for_function("() => document.querySelector('.message .reaction')")
        if self.look.endswith("-rtl"):
            await page.evaluate("document.documentElement.dir = 'rtl'")
        if self.look.endswith("-large"):
            await page.evaluate("document.documentElement.style.fontSize = '200%'")
        await self.rooms()
        await self.over_the_room()
        await self.search()
        await self.windows()
        await context.close()

    async def shot(self, name: str) -> None:
        await self.page.wait_for_timeout(STILL)
        await self.page.screenshot(path=self.folder / f"{self.look}-{name}.png")

    async def go(self, name: str) -> None:
        """Open a channel by its name, or by what the sidebar calls it."""
        link = self.page.locator(".sidebar li a", has_text=name).first
        if await link.count():
            await self.page.evaluate(FOLLOW, await link.element_handle())
        else:
            await self.page.evaluate(GO, name)
        await self.page.wait_for_timeout(STILL)

    async def rooms(self) -> None:
        """See each kind of channel."""
        await self.shot("chat")
        names = {
            "design": "unread",
            "workshop": "empty",
            NO_NAME: "long",
            "announcements": "barred",
            "القراءة": "arabic",
        }
        for name, called in {**names, "Ann Becker": "direct", "Priya": "direct-many", "hiring": "private"}.items():
            await self.go(name)
            await self.shot(called)
        await self.page.evaluate("location.hash = '#/p:AAAAAAAAAAAAAAAAAAAAAA'")
        await self.shot("refused")
        await self.go("general")

    async def over_the_room(self) -> None:
        """See what lies over the room: panes, menus, suggestions."""
        header = self.page.locator("main > header")
        if self.size != "wide":
            await header.locator(".members-button").click()
            await self.shot("members")
            await self.page.keyboard.press("Escape")
        if self.size == "phone":
            await header.locator("button").first.click()
            await self.shot("drawer")
            await self.page.keyboard.press("Escape")
        for button in ("> button.bell", "> button:last-child"):
            if await header.locator(button).is_visible():
                await header.locator(button).click()
                await self.shot("bell" if "bell" in button else "menu")
                await self.page.keyboard.press("Escape")
        for typed, called in (("/", "commands"), ("@", "mentions"), ("", "")):
            await self.page.fill(".composer textarea", typed)
            if called:
                await self.shot(called)

    async def search(self) -> None:
        """See the search: what can be asked, what a filter may become, what was found."""
        await self.page.locator("main > header .seek[title]").wait_for(state="attached")
        await self.page.keyboard.press("Control+f")
        field = self.page.locator(".search input").first
        for typed, called in (("", "search"), ("from:", "search-filter"), ("the", "search-found")):
            await field.fill(typed)
            await self.shot(called)
        await self.page.locator(".found").first.click()
        await self.shot("search-opened")
        if await self.page.locator(".search").count():
            await self.page.locator(".search .find button").click()

    async def windows(self) -> None:
        """See each dialog."""
        page = self.page
        header = page.locator("main > header")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("de")
        await self.closed("jump")
        await page.locator(".message .avatar").first.click()
        await self.closed("person")
        await self.go("hiring")
        if self.size != "wide":
            await header.locator(".members-button").click()
        await page.locator(".members li button", has_text="Ann Becker").click()
        await self.closed("person-managed")
        await page.keyboard.press("Escape")
        for icon, called in ((0, "settings"), (1, "invite")):
            await header.locator("> button:last-child").click()
            await page.locator(".menu > button").nth(icon).click()
            await self.closed(called)
        await self.sidebar(".add")
        await self.shot("browse")
        await page.locator("dialog header button.small").click()
        await self.closed("create")
        await self.sidebar("> header button")
        await self.closed("message")

    async def sidebar(self, button: str) -> None:
        if self.size == "phone":
            await self.page.locator("main > header button").first.click()
        await self.page.locator(f".sidebar {button}").first.click()

    async def closed(self, name: str) -> None:
        await self.page.locator("dialog").wait_for()
        await self.shot(name)
        await self.page.keyboard.press("Escape")
        await self.page.locator("dialog").wait_for(state="detached")
