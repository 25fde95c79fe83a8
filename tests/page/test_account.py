"""Signing in with the page: register, sign out, sign in, and what is said when it does not work."""

import time
from pathlib import Path
from typing import Any

import pytest
from browsing import Opened, becomes, browser_test, lose_all, read, write
from tornado.ioloop import IOLoop

from tornado_chat.settings import Settings
from tornado_chat.signing import look_again
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
        assert await ann.get_by_text("At least 8 characters").count() == 0
        await ann.get_by_role("button", name="Make an account").click()
        await ann.get_by_text("At least 8 characters").wait_for()
        await fill(ann, "Ann", "correct horse")
        await ann.locator("textarea").wait_for()
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_text("Change the password").first.click()
        await ann.get_by_text("At least 8 characters").wait_for()
        for present, said in (("wrong horse", "That is not your password."), ("correct horse", "is changed")):
            await ann.get_by_label("Your password").fill(present)
            await ann.get_by_label("New password").fill("another word")
            await ann.keyboard.press("Enter")
            await ann.get_by_text(said).wait_for()
            if said.startswith("That"):
                await ann.get_by_label("New password").fill("x")
                await ann.get_by_text(said).wait_for(state="detached")
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
        await app.accounts.set_password(user, "correct horse")
        await look_again(app, user.id)
        await ann.get_by_text("You are signed out").wait_for()
        assert await ann.locator("#name").input_value() == "Ann"
        await ann.get_by_role("button", name="Sign in", exact=True).wait_for()  # Enter makes no guest of this name
        await ann.reload()
        await ann.get_by_role("button", name="Sign in", exact=True).wait_for()
        await fill(ann, "ANN", "wrong horse")
        await ann.get_by_text("Name and password do not fit.").wait_for()
        assert len([said for said in friends.complaints if "401" in said]) == 1  # the browser's own
        friends.complaints.clear()
        await fill(ann, "ANN", "correct horse")
        await ann.locator("textarea").wait_for()
        assert user in app.hub.present()
        await write(ann, "/rename Zoe")
        await ann.get_by_text("Ann is now Zoe").wait_for()


@browser_test
async def test_who_is_banned_is_told_so_and_promised_nothing(app: Chat, people: Opened) -> None:
    async with people() as friends:
        ann = await friends.enter("Ann")
        (user,) = app.hub.present()
        moderation, until = app.hub.moderation, time.time() + 3600
        await moderation.ban(user.id, until, "Spam", user)
        app.hub.end(app.hub.connections_of(user.id), "Spam")
        banner = ann.locator(".banner span")
        await becomes("The server ended the connection: Spam.", banner.inner_text)
        await ann.reload()
        await becomes("You are banned: Spam.", banner.inner_text)
        assert await ann.get_by_text("Loading…").or_(ann.get_by_text("Here now")).count() == 0
        await moderation.ban("127.0.0.0/8", until, "No bots", user)
        bob = await friends.open()
        await bob.fill("#name", "Bob")
        await bob.keyboard.press("Enter")
        await bob.get_by_role("alert").get_by_text("You are banned: No bots.").wait_for()
        for whom in (user.id, "127.0.0.0/8"):
            await moderation.lift(whom)
        await ann.get_by_role("button", name="Connect again").click()
        await write(ann, "I am sorry")
        await read(ann, "I am sorry")


class TestTokens:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        pytest.importorskip("jwt", reason="needs the extra [jwt]")
        (tmp_path / "key").write_text("s" * 64)
        return make_app(Settings(data_dir=tmp_path, history="memory", auth=("token",), jwt_key=tmp_path / "key"))

    @browser_test
    async def test_an_application_sends_people_into_the_page_with_a_token_in_its_address(
        self, app: Chat, people: Opened
    ) -> None:
        import jwt

        claims = {"aud": "tornado_chat", "sub": "42", "name": "Ann", "exp": int(time.time()) + 3600}
        token = jwt.encode(claims, "s" * 64, "HS256")
        async with people() as friends:
            ann = await friends.open(f"/?token={token}#/tea")
            await write(ann, "hello")
            await read(ann, "hello")
            assert ann.url == f"{friends.base}/#/tea"
            for again in ("reload", "loss"):
                await (ann.reload() if again == "reload" else lose_all(app))
                await write(ann, f"after a {again}")
                await read(ann, f"after a {again}")
            assert {user.id for user in app.hub.present()} == {"t:42"}
            late = await friends.open("/?token=e30.e30.e30")
            await (
                late.get_by_text("You sign in to this chat from another site")
                .or_(late.get_by_text("not signed in"))
                .wait_for()
            )
            friends.complaints.clear()
