"""Signing in with the page: register, sign out, sign in, and what is said when it does not work."""

import contextlib
import re
import time
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, lose_all, read, write
from tornado_chat.chat.errors import Close, Refused
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path) -> Chat:
    return make_app(Settings(data_dir=tmp_path, history="memory", auth=("guest", "password")))


async def fill(page: Any, name: str, password: str) -> None:
    await page.fill("#name", name)
    await page.fill("#password", password)
    await page.keyboard.press("Enter")


@pytest.mark.long
@browser_test
async def test_one_changes_ones_password_in_the_settings(app: Chat, people: Opened) -> None:
    async with people() as friends:
        ann = await friends.open()
        assert await ann.get_by_text("At least 8 characters").count() == 0
        await ann.get_by_role("button", name="Create an account").click()
        await ann.get_by_text("At least 8 characters").wait_for()
        await fill(ann, "Ann", "correct horse")
        await ann.locator("textarea").wait_for()
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("button", name="Change…").click()
        await ann.get_by_text("At least 8 characters").wait_for()
        for present, said in (("wrong horse", "That’s not your password."), ("correct horse", "Password changed")):
            await ann.get_by_label("Your password").fill(present)
            await ann.get_by_label("New password").fill("another word")
            await ann.keyboard.press("Enter")
            await ann.get_by_text(said).wait_for()
            if said.startswith("That"):
                await ann.locator("[name=present]:focus").wait_for()
                await ann.get_by_label("New password").fill("x")
                await ann.get_by_text(said).wait_for(state="detached")
        friends.complaints.clear()  # the browser's own, of the 401
        assert await app.accounts.check("Ann", "another word")


@browser_test
async def test_one_registers_signs_out_and_in_again_and_is_the_same(app: Chat, people: Opened) -> None:
    async with people() as friends:
        ann = await friends.open()
        await ann.get_by_role("button", name="Create an account").click()
        await fill(ann, "Ann", "correct horse")
        await ann.locator("textarea").wait_for()
        guest = await friends.enter("Ann")
        await write(guest, "it is me")
        await read(ann, "it is me")
        await becomes(["guest"], ann.locator(".message .role").all_inner_texts)
        await becomes(["Owners", "Visitors"], ann.locator(".members h3").all_inner_texts)
        await becomes(["guest"], ann.locator(".members .role").all_inner_texts)
        await ann.reload()
        await ann.locator("textarea").wait_for()  # the cookie is enough
        (user,) = {one for one in app.hub.present() if one.role == "member"}
        await app.accounts.set_password(user, "correct horse")
        await app.following.user_changed(user.id)
        await ann.get_by_text("You’ve been signed out").wait_for()
        assert await ann.locator("#name").input_value() == "Ann"
        await ann.get_by_role("button", name="Sign in", exact=True).wait_for()  # Enter makes no guest of this name
        await ann.reload()
        await ann.get_by_role("button", name="Sign in", exact=True).wait_for()
        await fill(ann, "ANN", "wrong horse")
        await ann.get_by_text("Wrong name or password.").wait_for()
        assert len([said for said in friends.complaints if "401" in said]) == 1  # the browser's own
        friends.complaints.clear()
        await fill(ann, "ANN", "correct horse")
        await ann.locator("textarea").wait_for()
        assert user in app.hub.present()
        await write(ann, "/rename Zoe")
        await ann.get_by_text("Ann is now Zoe").wait_for()


@pytest.mark.long
@browser_test
async def test_each_form_has_its_heading_and_what_is_wrong_gets_the_focus_and_is_forgotten_with_the_form(
    app: Chat, people: Opened
) -> None:
    async with people() as friends:
        await app.accounts.register("Ann", "correct horse")
        page = await friends.open()
        heading, said = page.get_by_role("heading", level=1), page.locator("#password-words")
        await becomes("Welcome to tornado_chat", heading.inner_text)
        await page.get_by_role("radio", name="Password").click()
        await becomes("Sign in to tornado_chat", heading.inner_text)
        await page.locator("#name:focus").wait_for()
        button = page.get_by_role("button", name="Sign in", exact=True)
        for press in (lambda: page.keyboard.press("Enter"), button.click):
            await page.fill("#name", "Ann")
            await page.fill("#password", "wrong horse")
            await press()
            await said.get_by_text("Wrong name or password.").wait_for()
            await page.locator("#password:focus[aria-invalid=true]").wait_for()
            assert await page.locator("#name[aria-invalid=true]").count() == 0
            await page.keyboard.type("x")  # over the wrong one
            await becomes("", said.text_content)
            assert await page.input_value("#password") == "x"
        await page.fill("#password", "wrong horse")
        await page.keyboard.press("Enter")
        await said.get_by_text("Wrong name or password.").wait_for()
        await page.get_by_role("button", name="Create an account").click()
        await becomes("Create an account", heading.inner_text)
        assert await said.text_content() == ""
        await page.locator("#password:focus").wait_for()
        await page.keyboard.press("Enter")  # the name is taken
        await page.locator("#name:focus[aria-invalid=true]").wait_for()
        await page.locator("#name-words").get_by_text("that name is taken").wait_for()
        await page.fill("#name", "Bob")
        await page.fill("#password", "short")
        await page.keyboard.press("Enter")
        await said.get_by_text("At least 8 characters").wait_for()
        for _ in range(10):  # wrong ones, which are counted
            with contextlib.suppress(Refused):
                await app.auth.throttle.guess("127.0.0.1", "ann", _nobody)
        await page.get_by_role("button", name="Sign in").click()
        await page.fill("#password", "wrong horse")
        await page.keyboard.press("Enter")
        await page.locator("#login-words").get_by_text(re.compile(r"^Too many tries\. Try again in \d")).wait_for()
        await page.locator("#name").press("Shift+Tab")
        await page.keyboard.press("ArrowLeft")  # whoever chooses by keys stays there
        await becomes("Welcome to tornado_chat", heading.inner_text)
        await page.get_by_role("radio", name="Guest").and_(page.locator(":focus")).wait_for()
        assert await page.locator(".wrong svg").count() == 0
        friends.complaints.clear()  # the browser's own, of the 401s
        office = await friends.open("/admin")
        await becomes("Sign in as an administrator", office.get_by_role("heading", level=1).inner_text)


@pytest.mark.long
@browser_test
async def test_who_is_banned_is_told_so_and_promised_nothing(app: Chat, people: Opened) -> None:
    async with people() as friends:
        ann = await friends.enter("Ann")
        (user,) = app.hub.present()
        moderation, until = app.hub.moderation, time.time() + 3600
        await moderation.ban(user.id, until, "Spam", user)
        app.hub.end(app.hub.connections_of(user.id), "Spam")
        await ann.locator(".banner").get_by_text("The server ended the connection: Spam").wait_for()
        await ann.reload()
        heading = ann.get_by_role("heading", name="You’re banned until")
        await heading.wait_for()
        await ann.get_by_text("The reason given is “Spam”.").wait_for()
        await ann.get_by_text(re.compile(r"^You can come back on .*\d")).wait_for()
        assert await ann.locator(".messages, .members, .composer").count() == 0
        await moderation.ban("127.0.0.0/8", until, "No bots", user)
        bob = await friends.open()
        await bob.fill("#name", "Bob")
        await bob.keyboard.press("Enter")
        await bob.get_by_role("heading", name="You’re banned until", level=1).wait_for()
        await bob.get_by_text("The reason given is “No bots”.").wait_for()
        for whom in (user.id, "127.0.0.0/8"):
            await moderation.lift(whom)
        await ann.get_by_role("button", name="Connect again").click()
        await write(ann, "I am sorry")
        await read(ann, "I am sorry")
        await moderation.ban(user.id, time.time() + 3, "", user)
        app.hub.end(app.hub.connections_of(user.id), moderation.notice(time.time() - 59, "banned"))
        await ann.get_by_role("heading", name="You can come back now").wait_for()  # though it was in the conversation
        await moderation.lift(user.id)
        await ann.get_by_role("button", name="Connect again").click()
        await read(ann, "I am sorry")


async def _nobody() -> None:
    """Compare a wrong password."""


class TestTokens:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        pytest.importorskip("jwt", reason="needs the extra [jwt]")
        (tmp_path / "key").write_text("s" * 64)
        return make_app(Settings(data_dir=tmp_path, history="memory", auth=("token",), jwt_key=tmp_path / "key"))

    @pytest.mark.long
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

    @pytest.mark.long
    @browser_test
    async def test_an_application_that_sends_one_again_is_not_asked_about(self, app: Chat, people: Opened) -> None:
        async with people() as friends:
            ann = await friends.open(f"/?token={signed()}#/tea")
            await write(ann, "hello")
            other = await friends.tab(ann.context, f"/?token={signed(exp=int(time.time()) + 7200)}")
            await read(other, "hello")
            await write(other, "again")
            await read(ann, "again")
            assert {user.id for user in app.hub.present()} == {"t:42"}


def signed(**claims: Any) -> str:
    import jwt

    whole = {"aud": "tornado_chat", "sub": "42", "name": "Ann", "exp": int(time.time()) + 3600, **claims}
    return str(jwt.encode(whole, "s" * 64, "HS256"))


class TestGuestsAndTokens:
    """A link must not make somebody else of who is here."""

    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        pytest.importorskip("jwt", reason="needs the extra [jwt]")
        (tmp_path / "key").write_text("s" * 64)
        return make_app(
            Settings(data_dir=tmp_path, history="memory", auth=("guest", "token"), jwt_key=tmp_path / "key")
        )

    @pytest.mark.long
    @browser_test
    async def test_a_guests_token_in_a_link_changes_nothing(self, app: Chat, people: Opened) -> None:
        async with people() as friends:
            eve = (await friends.client("Eve")).hello["token"]
            ann = await friends.enter("Ann")
            mine = await ann.evaluate(TOKEN)
            for token in (eve, "e30.e30.e30", "x", signed(exp=1)):
                await ann.goto(f"{friends.base}/?token={token}")
                await ann.locator("textarea").wait_for()
                await becomes(f"{friends.base}/#/general", lambda: ann.evaluate("location.href"))
                assert await ann.evaluate(TOKEN) == mine
            assert sorted(user.name for user in app.hub.present()) == ["Ann", "Eve"]
            new = await friends.open(f"/?token={eve}")
            await new.locator("#name").wait_for()

    @browser_test
    async def test_who_is_here_is_asked_and_may_stay(self, app: Chat, people: Opened) -> None:
        async with people() as friends:
            ann = await friends.enter("Ann")
            mine = await ann.evaluate(TOKEN)
            link = await friends.tab(ann.context, f"/?token={signed(name='Mallory')}")
            await link.get_by_role("heading", name="Come in as Mallory?").wait_for()
            assert await link.evaluate(TOKEN) == mine
            await link.keyboard.press("Enter")  # what is at hand is to stay
            await write(link, "still me")
            await read(ann, "still me")
            assert await link.evaluate(TOKEN) == mine
            assert {user.name for user in app.hub.present()} == {"Ann"}
            assert "token" not in link.url

    @pytest.mark.long
    @browser_test
    async def test_who_agrees_is_the_other_in_all_tabs_and_oneself_again_after_signing_out(
        self, app: Chat, people: Opened
    ) -> None:
        async with people() as friends:
            first = await friends.enter("Ann")
            mine = await first.evaluate(TOKEN)
            (me,) = app.hub.present()
            link = await friends.tab(first.context, f"/?token={signed(name='Bob')}")
            await link.get_by_role("button", name="Come in as Bob").click()
            await write(link, "I am Bob")
            await write(first, "here, too")
            for page in (first, link):
                await read(page, "I am Bob")
                await read(page, "here, too")
            assert [user.name for user in app.hub.present()] == ["Bob"]
            await link.reload()
            await write(link, "still Bob")
            await read(first, "still Bob")
            assert [user.name for user in app.hub.present()] == ["Bob"]
            await first.get_by_role("button", name="Settings").click()
            await first.get_by_role("button", name="Sign out").click()
            await write(link, "Ann again")
            await read(first, "Ann again")
            await becomes([me], lambda: _now(app))
            assert await link.evaluate(TOKEN) == mine

    @pytest.mark.long
    @browser_test
    async def test_tabs_with_a_socket_of_their_own_go_along(self, app: Chat, people: Opened) -> None:
        async with people() as friends:
            alone = "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined});"  # as on plain http
            first = await friends.open("/", script=alone)
            await first.fill("#name", "Ann")
            await first.keyboard.press("Enter")
            await first.locator("textarea").wait_for()
            (me,) = app.hub.present()
            link = await friends.tab(first.context, f"/?token={signed(name='Bob')}")
            await link.get_by_role("button", name="Come in as Bob").click()
            for page in (first, link):
                await becomes("Bob", page.locator(".me .name, .sidebar .name").last.inner_text)
            await becomes(["Bob"], lambda: _names(app))
            await first.get_by_role("button", name="Settings").click()
            await first.get_by_role("button", name="Sign out").click()
            await becomes([me], lambda: _now(app))
            await becomes(2, lambda: _count(app))

    @pytest.mark.long
    @browser_test
    async def test_when_a_token_is_over_one_is_oneself_again_and_no_guest_of_that_name(
        self, app: Chat, people: Opened
    ) -> None:
        async with people() as friends:
            ann = await friends.enter("Ann")
            (me,) = app.hub.present()
            await ann.goto(f"{friends.base}/?token={signed(name='Bob')}")
            await ann.get_by_role("button", name="Come in as Bob").click()
            await becomes(["Bob"], lambda: _names(app))
            for connection in list(app.hub.connections):
                connection.close(Close.NOT_SIGNED_IN, "over")
            await becomes([me], lambda: _now(app))
            bob = await friends.open(f"/?token={signed(name='Bob')}")
            await bob.locator("textarea").wait_for()
            for connection in app.hub.connections_of("t:42"):
                connection.close(Close.NOT_SIGNED_IN, "over")
            await bob.get_by_text("You’ve been signed out").wait_for()
            assert await _names(app) == ["Ann"]


class TestAccountsAndTokens:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        pytest.importorskip("jwt", reason="needs the extra [jwt]")
        (tmp_path / "key").write_text("s" * 64)
        auth = ("token", "password")
        return make_app(Settings(data_dir=tmp_path, history="memory", auth=auth, jwt_key=tmp_path / "key"))

    @pytest.mark.long
    @browser_test
    async def test_who_is_signed_in_is_asked_and_is_signed_in_again_afterwards(
        self, app: Chat, people: Opened
    ) -> None:
        async with people() as friends:
            ann = await friends.open()
            await ann.get_by_role("button", name="Create an account").click()
            await fill(ann, "Ann", "correct horse")
            await ann.locator("textarea").wait_for()
            (me,) = app.hub.present()
            await ann.goto(f"{friends.base}/?token={signed(name='Mallory')}")
            await ann.get_by_role("button", name="Stay Ann").click()
            await ann.locator("textarea").wait_for()
            await becomes([me], lambda: _now(app))
            await ann.goto(f"{friends.base}/?token={signed(name='Bob')}")
            await ann.get_by_role("button", name="Come in as Bob").click()
            await becomes(["Bob"], lambda: _names(app))
            await ann.get_by_role("button", name="Settings").click()
            await ann.get_by_role("button", name="Sign out").click()
            await becomes([me], lambda: _now(app))
            await ann.reload()
            await ann.locator("textarea").wait_for()
            await becomes([me], lambda: _now(app))


TOKEN = "JSON.parse(localStorage['tornado_chat.token'])"


async def _now(app: Chat) -> Any:
    return list(app.hub.present())


async def _names(app: Chat) -> Any:
    return [user.name for user in app.hub.present()]


async def _count(app: Chat) -> Any:
    return len(app.hub.connections)
