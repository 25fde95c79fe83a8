"""The administrator's page: people come, are sent away and banned; nobody else sees anything."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, lose_all
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

PASSWORD = "correct horse"
# The page looks at the server ten times as often.
HASTE = "const every = window.setInterval; window.setInterval = (look, pause) => every(look, pause / 10);"


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path) -> Chat:
    return make_app(Settings(data_dir=tmp_path, history="memory", auth=("guest", "password")))


async def sign_in(page: Any, name: str) -> None:
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")


async def boss(app: Chat, people: Any) -> Any:
    """Open the page as an administrator."""
    user = await app.accounts.register("Boss", PASSWORD)
    await app.accounts.set_role(user.id, "admin")
    page = await people.open("/admin", script=HASTE)
    await sign_in(page, "Boss")
    await page.get_by_role("heading", name="Audit").wait_for()
    return page


def names(page: Any) -> Any:
    return page.locator(".people .name").all_inner_texts


@browser_test
async def test_without_a_connection_nobody_is_said_to_be_here_now(app: Chat, people: Opened) -> None:
    async with people() as friends:
        page = await boss(app, friends)
        here = page.locator("#people").get_by_text("Here now")
        await here.wait_for()
        await page.evaluate("Math.random = () => 0.99")  # the pause is a long one
        await lose_all(app)
        await here.wait_for(state="detached")
        await page.get_by_role("button", name="Now").click()
        await here.wait_for()


@browser_test
async def test_an_administrator_sees_who_comes_sends_away_bans_and_lifts(app: Chat, people: Opened) -> None:
    async with people() as friends:
        page = await boss(app, friends)
        await becomes(["Boss"], names(page))
        ann, bob = await friends.client("Ann", "den"), await friends.client("Bob", "den")
        await becomes(["Ann", "Bob", "Boss"], names(page))
        await becomes("3", page.locator("[data-figure=users]").inner_text)
        await becomes(["den"], page.locator("[aria-labelledby=channels] .name").all_inner_texts)
        await page.get_by_label("Find a person").fill("bo")
        await becomes(["Bob", "Boss"], names(page))
        await page.get_by_label("Find a person").fill("")
        # Send away, by keys
        await page.get_by_role("button", name="Send away: Ann").focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("Reason").fill("shouting")
        await page.keyboard.press("Enter")
        await page.get_by_text("1 connection ended.").wait_for()
        assert await ann.until_closed() == 4403
        await becomes(["Bob", "Boss"], names(page))
        await page.locator(".audit li").get_by_text("Boss sent Ann away: shouting").wait_for()
        # Ban
        await page.get_by_role("button", name="Send away: Bob").click()
        await page.get_by_label("What").select_option("Ban the address 127.0.0.1")
        await page.get_by_role("button", name="Keep out").click()
        await page.get_by_text("that would keep you out too").wait_for()
        await page.get_by_label("What").select_option("Ban the person")
        await page.get_by_label("For how long").select_option("A week")
        await page.get_by_role("button", name="Keep out").click()
        assert await bob.until_closed() == 4403
        await becomes(["Boss"], names(page))
        assert [ban["name"] for ban in await app.hub.moderation.bans()] == ["Bob"]
        await page.get_by_role("button", name="Lift the ban on Bob").click()
        await page.get_by_text("Nobody is banned.").wait_for()
        await page.locator(".audit li").get_by_text("Boss lifted the ban on Bob").wait_for()
        # A plugin
        await page.get_by_role("button", name="Reload dice").click()
        await page.get_by_text("dice was reloaded.").wait_for()
        await page.locator(".audit li").get_by_text("Boss reloaded the plugin dice").wait_for()
        # An address that is nobody's here
        await page.get_by_role("button", name="Ban an address").click()
        heading = await page.locator("dialog h2").bounding_box()
        cross = await page.get_by_role("button", name="Close").bounding_box()
        assert cross["y"] < heading["y"] + heading["height"] / 2 < cross["y"] + cross["height"], "on one line"
        assert cross["x"] >= heading["x"] + heading["width"], "the way out is at the right"
        await page.get_by_label("Address, or a range").fill("somewhere")
        await page.keyboard.press("Enter")
        await page.get_by_role("alert").get_by_text("give user").wait_for()
        await page.locator("[name=address]:focus").wait_for()
        await page.get_by_label("Address, or a range").fill("192.0.2.7/24")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Lift the ban on 192.0.2.0/24").wait_for()
        # Rates
        assert await page.locator("[data-figure=processor]").inner_text() != "–"
        assert (await page.locator(".chart .line").first.get_attribute("d")).startswith("M")
        # Signing out shows the form
        await page.get_by_role("button", name="Sign out").click()
        await page.locator("#password").wait_for()
        assert await page.locator(".desk").count() == 0


@browser_test
async def test_others_see_why_not_and_the_form_and_nothing_else(app: Chat, people: Opened) -> None:
    async with people() as friends:
        guest = await friends.enter("Ann")
        page = await friends.tab(guest.context, "/admin")
        await page.get_by_text("This page is for administrators; Ann is none.").wait_for()
        assert await page.locator(".desk").count() == 0
        assert await page.get_by_role("button", name="guest").count() == 0
        await page.get_by_role("link", name="To the chat").click()
        await page.locator("textarea").wait_for()
        await page.goto(f"{friends.base}/admin")
        await page.get_by_text("Ann is none.").wait_for()
        await app.accounts.register("Cat", PASSWORD)
        await sign_in(page, "Cat")
        await page.get_by_text("This page is for administrators; Cat is none.").wait_for()
        await page.reload()
        await page.get_by_text("This page is for administrators; Cat is none.").wait_for()
        user = await app.accounts.register("Boss", PASSWORD)
        await app.accounts.set_role(user.id, "admin")
        await sign_in(page, "Boss")
        await page.get_by_role("heading", name="Audit").wait_for()
        await page.get_by_label("Language").select_option("zh")
        await page.get_by_role("heading", name="操作记录").wait_for()
        # Who is one no more sees nothing any more
        await app.accounts.set_role(user.id, "member")
        app.hub.end(app.hub.connections_of(user.id), "again", 1012)
        await page.locator(".desk").wait_for(state="detached")


class TestWithoutAccounts:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        return make_app(Settings(data_dir=tmp_path, history="memory"))

    @browser_test
    async def test_where_there_are_no_accounts_the_page_says_how_to_get_one(self, people: Opened) -> None:
        async with people() as friends:
            page = await friends.open("/admin")
            await page.get_by_role("alert").get_by_text("user add NAME --role admin").wait_for()
            guest = await friends.enter("Ann")
            page = await friends.tab(guest.context, "/admin")
            await page.get_by_role("alert").get_by_text("user add NAME --role admin").wait_for()
            chinese = await friends.open("/admin", locale="zh-CN")
            await chinese.get_by_role("alert").get_by_text("user add 名字 --role admin").wait_for()


class TestSignedInElsewhere:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        proxies = (ip_network("127.0.0.0/8"),)
        return make_app(
            Settings(data_dir=tmp_path, history="memory", auth=("header", "guest"), trusted_proxies=proxies)
        )

    @browser_test
    async def test_whom_a_proxy_signs_in_is_told_how_to_become_an_administrator(
        self, app: Chat, people: Opened
    ) -> None:
        async with people() as friends:
            page = await friends.open("/admin", extra_http_headers={"Remote-User": "Ann"})
            await page.get_by_role("alert").get_by_text("user role h:NAME admin").wait_for()
            await app.accounts.set_role("h:ann", "admin")
            await page.reload()
            await page.get_by_role("heading", name="Audit").wait_for()
