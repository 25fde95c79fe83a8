"""Pictures of people and of the server: chosen and cropped in the settings, shown wherever somebody is."""

from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, complaints_in_both_themes, read
from tests.page.filing import app_for, picture
from tornado_chat.chat import permissions
from tornado_chat.web.app import Chat

# The colour in the middle of the picture of somebody, once it is drawn.
COLOUR = """(which) => {
  const image = document.querySelector(`${which} img.portrait`);
  if (!image?.complete || !image.naturalWidth) return null;
  const pen = Object.assign(document.createElement("canvas"), {width: 9, height: 9}).getContext("2d");
  pen.drawImage(image, 0, 0, 9, 9);
  return [...pen.getImageData(4, 1, 1, 1).data].slice(0, 3).map((one) => Math.round(one / 32)).join(" ");
}"""
PLUM, TEAL = "7 5 7", "0 4 4"


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path) -> Chat:
    return app_for(io_loop, tmp_path)


async def choose_picture(page: Any, row: str, colour: str) -> Any:
    """Choose a picture in a row of the settings; return the dialog in which its square is chosen."""
    async with page.expect_file_chooser() as chooser:
        await page.locator(".setting", has_text=row).get_by_role("button", name="Choose…").click()
    given = {"name": "me.png", "mimeType": "image/png", "buffer": picture(colour, (900, 600))}
    await (await chooser.value).set_files(given)
    crop = page.locator(".crop")
    await crop.get_by_role("button", name="Use picture").and_(page.locator(":enabled")).wait_for()
    return crop


@pytest.mark.long
@browser_test
async def test_a_picture_is_cropped_and_shown_to_all_at_once_also_beside_older_messages(
    people: Opened, axe: str
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", reduced_motion="reduce")
        await ann.fill("textarea", "before")
        await ann.keyboard.press("Enter")
        await read(ann, "before")
        bo = await browsers.enter("Bo")
        await read(bo, "before")
        assert await bo.locator("img.portrait").count() == 0
        assert not [
            url for url in browsers.asked if "/files/" in url and "/i18n/" not in url
        ]  # nothing needs the cookie yet
        await ann.get_by_role("button", name="Settings").click()
        crop = await choose_picture(ann, "Shown beside your name", "plum")
        assert await complaints_in_both_themes(ann, axe) == []
        part = "document.querySelector('.crop canvas').toDataURL()"
        whole = await ann.evaluate(part)
        await crop.locator("canvas").focus()
        for key in ("+", "ArrowDown", "ArrowRight"):
            await ann.keyboard.press(key)
        await becomes(True, lambda: ann.evaluate(f"(whole) => {part} !== whole", whole))
        await crop.get_by_role("button", name="Use picture").click()
        await ann.get_by_role("button", name="Remove").wait_for()  # in the settings
        await ann.keyboard.press("Escape")
        for page, where in ((ann, ".sidebar footer"), (ann, "article"), (bo, "article"), (bo, ".members")):
            await becomes(PLUM, lambda page=page, where=where: page.evaluate(COLOUR, where))
        asked = {url for url in browsers.asked if "?size=" in url}
        assert len(asked) == 1  # one picture, however often it is drawn
        await bo.reload()
        await becomes(PLUM, lambda: bo.evaluate(COLOUR, "article"))

        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("button", name="Remove").click()
        for page in (ann, bo):
            await becomes(0, page.locator("img.portrait").count)


@pytest.mark.long
@browser_test
async def test_the_server_has_a_picture_in_the_place_of_its_mark(
    people: Opened, app: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(permissions._powers, "server-picture", frozenset({"guest", "member", "admin"}))
    app._use(app.router.registry)
    async with people() as browsers:
        bo = await browsers.enter("Bo")
        ann = await browsers.enter("Ann")
        await ann.get_by_role("button", name="Settings").click()
        crop = await choose_picture(ann, "Picture of the server", "teal")
        await crop.get_by_role("button", name="Use picture").click()
        for page in (ann, bo):
            await becomes(TEAL, lambda page=page: page.evaluate(COLOUR, ".sidebar header"))
        await bo.reload()
        await becomes(TEAL, lambda: bo.evaluate(COLOUR, ".sidebar header"))


@browser_test
async def test_nobody_is_offered_a_picture_where_the_server_reads_none(
    people: Opened, app: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app._named, "files", {**app._named["files"], "images": False})
    app._use(app.router.registry)
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.get_by_role("button", name="Settings").click()
        await ann.locator(".setting").first.wait_for()
        assert await ann.get_by_text("Shown beside your name").count() == 0
