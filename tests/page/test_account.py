"""Signing in with the page: register, sign out, sign in, and what is said when it does not work."""

from pathlib import Path
from typing import Any

import pytest
from browsing import Opened, browser_test, read, write
from tornado.ioloop import IOLoop

from tornado_chat.settings import Settings
from tornado_chat.web import Chat, make_app


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path) -> Chat:
    return make_app(Settings(data_dir=tmp_path, history="memory", auth=("guest", "password")))


async def fill(page: Any, name: str, password: str) -> None:
    await page.fill("#name", name)
    await page.fill("#password", password)
    await page.keyboard.press("Enter")


@browser_test
async def test_one_changes_ones_password_in_the_settings(app: Chat, people: Opened) -> None:
    async with people() as friends:
        ann = await friends.open()
        await ann.get_by_role("button", name="Make an account").click()
        await fill(ann, "Ann", "correct horse")
        await ann.locator("textarea").wait_for()
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_text("Change the password").first.click()
        for present, said in (("wrong horse", "That is not your password."), ("correct horse", "is changed")):
            await ann.get_by_label("Your password").fill(present)
            await ann.get_by_label("New password").fill("another word")
            await ann.keyboard.press("Enter")
            await ann.get_by_text(said).wait_for()
        friends.complaints.clear()  # the browser's own, of the 401
        assert await app.accounts.check("Ann", "another word")


@browser_test
async def test_one_registers_signs_out_and_in_again_and_is_the_same(app: Chat, people: Opened) -> None:
    async with people() as friends:
        ann = await friends.open()
        await ann.get_by_role("button", name="Make an account").click()
        await fill(ann, "Ann", "correct horse")
        await ann.locator("textarea").wait_for()
        guest = await friends.enter("Ann")
        await write(guest, "it is me")
        await read(ann, "it is me")
        assert await ann.locator(".message .role").all_inner_texts() == ["guest"]
        await ann.reload()
        await ann.locator("textarea").wait_for()  # the cookie is enough
        (user,) = {one for one in app.hub.present() if one.role == "member"}
        app.hub.end(app.hub.connections_of(user.id), "signed out", 4401)
        await ann.get_by_text("You are signed out").wait_for()
        await ann.get_by_role("button", name="Sign in to an account").click()
        await fill(ann, "ANN", "wrong horse")
        await ann.get_by_text("Name and password do not fit.").wait_for()
        assert len([said for said in friends.complaints if "401" in said]) == 1  # the browser's own
        friends.complaints.clear()
        await fill(ann, "ANN", "correct horse")
        await ann.locator("textarea").wait_for()
        assert user in app.hub.present()
        await write(ann, "/rename Zoe")
        await ann.get_by_text("Ann is now Zoe").wait_for()
