"""The administrator's page: people come, are sent away and banned; nobody else sees anything."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.page.browsing import Opened, becomes, browser_test, complaints_in_both_themes, lose_all, stay_away
from tornado_chat.auth.admin_link import AdminLink
from tornado_chat.chat.questions import Answers
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

PASSWORD = "correct horse"
# The page looks at the server ten times as often.
HASTE = "const every = window.setInterval; window.setInterval = (look, pause) => every(look, pause / 10);"
WIDER = "[...document.querySelectorAll('html, .floor')].some((one) => one.scrollWidth > one.clientWidth)"


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path) -> Chat:
    return make_app(Settings(data_dir=tmp_path, history="memory", auth=("guest", "password")))


async def sign_in(page: Any, name: str) -> None:
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")


async def boss(app: Chat, people: Any, **context: Any) -> Any:
    """Open the page as an administrator."""
    user = await app.accounts.register("Boss", PASSWORD)
    await app.accounts.set_role(user.id, "admin")
    page = await people.open("/admin", script=HASTE, **context)
    await sign_in(page, "Boss")
    await page.get_by_role("heading", name="Audit").wait_for()
    return page


def names(page: Any) -> Any:
    return page.locator("[aria-labelledby=people] li .name").all_inner_texts


def done(page: Any) -> Any:
    """Return the line that says what was done."""
    return page.locator(".says [role=status]").inner_text


async def choose(page: Any, name: str, item: str) -> None:
    """Choose something from someone's menu, by keys."""
    await page.get_by_role("button", name=f"What to do about {name}").press("Enter")
    await page.get_by_role("menuitem").first.and_(page.locator(":focus")).wait_for()
    await page.get_by_role("menuitem", name=item).press("Enter")
    await page.get_by_role("dialog").wait_for()


@pytest.mark.long
@browser_test
async def test_without_a_connection_nobody_is_said_to_be_here_now(app: Chat, people: Opened) -> None:
    async with people() as friends:
        page = await boss(app, friends)
        here, stale = page.locator("#people").get_by_text("People here"), page.locator("main.stale")
        await here.wait_for()
        await stay_away(page)
        await lose_all(app)
        await stale.wait_for()
        assert await here.count() == 0
        await page.get_by_role("button", name="Try now").click()
        await here.wait_for()
        assert await stale.count() == 0


@browser_test
async def test_by_the_link_of_the_start_somebody_becomes_an_administrator(app: Chat, people: Opened) -> None:
    app.auth.link = link = AdminLink()
    async with people() as friends:
        page = await friends.open(f"/admin#link={link.token}")
        await page.get_by_role("heading", name="Create your administrator’s account").wait_for()
        assert "link" not in page.url
        await sign_in(page, "Boss")
        await page.get_by_role("heading", name="Audit").wait_for()
        other = await friends.open(f"/admin#link={link.token}")
        await sign_in(other, "Eve")
        await other.get_by_text("This link was used already").wait_for()
        await other.get_by_role("button", name="Sign in").wait_for()
        friends.complaints.clear()  # the browser's own, of the 403


@pytest.mark.long
@browser_test
async def test_an_administrator_looks_after_channels_that_nobody_is_in(app: Chat, people: Opened) -> None:
    async with people() as friends:
        places = app.hub.places
        ann = await friends.client("Ann")
        connection = next(iter(app.hub.connections_of(ann.hello["user"]["id"])))
        await places.create(connection, "public", name="attic")
        plans = await places.create(connection, "private", title="Plans")
        page = await boss(app, friends)
        await page.get_by_role("link", name="Channels", exact=True).click()
        rows = page.locator("[aria-labelledby=channels] li")
        await becomes(["general", "attic", "Plans"], rows.locator(".name").all_inner_texts)
        for item, said, tag in (
            ("Don’t list", "attic is no longer listed.", "not listed"),
            ("Archive", "attic is archived.", "archived"),
        ):
            await page.get_by_role("button", name="What to do about attic").press("Enter")
            await page.get_by_role("menuitem", name=item, exact=True).press("Enter")
            await becomes(said, done(page))
            await rows.filter(has_text="attic").get_by_text(tag).wait_for()
        record = await places.record("attic")
        assert record is not None
        assert (record.listed, record.archived) == (False, True)
        await page.get_by_label("Find a channel").fill("pla")
        await becomes(["Plans"], rows.locator(".name").all_inner_texts)
        await page.get_by_role("button", name="What to do about Plans").press("Enter")
        await page.get_by_role("menuitem", name="Join (its members see it)").press("Enter")
        await becomes(True, lambda: _is_in(app, plans.name, "Boss"))
        entries = await app.hub.moderation.recorded("", 10)
        assert [entry["power"] for entry in entries] == ["join", "set-channel", "set-channel"]


async def _is_in(app: Chat, name: str, user: str) -> bool:
    channel = app.hub.channels.get(name)
    return channel is not None and user in {one.name for one in channel.present}


@browser_test
async def test_an_administrator_sees_who_comes_disconnects_bans_and_lifts(app: Chat, people: Opened) -> None:
    async with people() as friends:
        page = await boss(app, friends)
        audit = page.locator("[aria-labelledby=audit] li")
        await becomes(["Boss"], names(page))
        ann, bob = await friends.client("Ann", "den"), await friends.client("Bob", "den")
        await becomes(["Ann", "Bob", "Boss"], names(page))
        await becomes("3", page.locator("[data-figure=users]").inner_text)
        await page.get_by_text("peak 3 today").wait_for()
        await becomes(["den"], page.locator("[aria-labelledby=channels] .name").all_inner_texts)
        await page.get_by_label("Find a person").fill("bo")
        await becomes(["Bob", "Boss"], names(page))
        await page.get_by_label("Find a person").fill("")
        # Disconnect
        more = page.get_by_role("button", name="What to do about Ann")
        await more.press("Enter")
        await page.get_by_role("menuitem", name="Disconnect…").press("Escape")
        await more.and_(page.locator(":focus")).wait_for()
        await choose(page, "Ann", "Disconnect…")
        await page.get_by_label("Reason").fill("shouting")
        await page.keyboard.press("Enter")
        await becomes("Ann was disconnected.", done(page))
        assert await ann.until_closed() == 4403
        await page.locator("#people:focus").wait_for()  # what had the focus has gone
        await becomes(["Bob", "Boss"], names(page))
        await audit.filter(has_text="Boss disconnected Ann").get_by_text("shouting").wait_for()
        # Ban
        await choose(page, "Bob", "Ban…")
        await page.get_by_label("Also ban the address 127.0.0.1").check()
        await page.get_by_label("For how long").select_option("A week")
        await page.get_by_role("button", name="Ban", exact=True).click()
        await page.get_by_text("that would keep you out too").wait_for()
        assert await app.hub.moderation.bans() == []
        await page.get_by_label("Also ban the address 127.0.0.1").uncheck()
        await page.get_by_role("button", name="Ban", exact=True).click()
        assert await bob.until_closed() == 4403
        await becomes(["Boss"], names(page))
        assert [ban["name"] for ban in await app.hub.moderation.bans()] == ["Bob"]
        await page.locator("[aria-labelledby=bans] li", has_text="Bob").get_by_text("by Boss").wait_for()
        await page.get_by_role("button", name="Lift the ban on Bob").click()
        await page.get_by_text("Nobody is banned.").wait_for()
        await audit.get_by_text("Boss lifted the ban on Bob").wait_for()
        # A plugin
        await page.get_by_role("link", name="Plugins").click()
        await page.locator("li", has_text="dice").get_by_text("/roll").wait_for()
        await page.get_by_role("button", name="Reload dice").click()
        await becomes("dice was reloaded.", done(page))
        # An address that is nobody's here
        await page.get_by_role("link", name="People").click()
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
        # The audit, narrowed
        await page.get_by_role("link", name="Audit").click()
        said = audit.locator(".told").all_inner_texts
        await page.get_by_label("Who, or about whom").fill("bob")
        await becomes(["Boss lifted the ban on Bob", "Boss banned Bob"], said)
        await page.get_by_label("Who, or about whom").fill("")
        await page.get_by_label("What", exact=True).select_option("Plugins")
        await becomes(["Boss reloaded the plugin dice"], said)
        # Rates
        await page.get_by_role("link", name="Overview").click()
        assert (await page.locator(".chart .line").first.get_attribute("d")).startswith("M")
        await page.get_by_role("img", name="Connected in the last minutes: 1 to 3").wait_for()
        # Signing out shows the form
        await page.get_by_role("button", name="You: Boss").click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await page.locator("#password").wait_for()
        assert await page.locator(".desk").count() == 0


@pytest.mark.long
@browser_test
async def test_long_lists_are_drawn_in_part_and_say_how_many_there_are(app: Chat, people: Opened) -> None:
    async with people() as friends:
        page = await boss(app, friends)
        boss_user = next(iter(app.hub.present()))
        for number in range(57):
            await app.hub.moderation.record(boss_user, "kick", {"name": f"Guest {number}", "reason": "sent away"})
        for power, about in (
            ("set-channel", {"channel": "news", "topic": "What is new", "slow": 5}),
            ("invite", {"channel": "news", "user": "a:ann", "name": "Ann"}),
            ("admin-link", {"user": "a:bob", "name": "Bob", "role": "admin", "address": "192.0.2.1"}),
        ):
            await app.hub.moderation.record(boss_user, power, about)
        for number in range(8):
            await friends.client(f"Guest {number}")
        people_here = page.locator("[aria-labelledby=people]")
        await becomes(6, people_here.locator("li").count)
        await people_here.get_by_role("link", name="Show all 9").click()
        await becomes(9, people_here.locator("li").count)
        await page.go_back()
        await becomes(6, people_here.locator("li").count)
        await page.get_by_role("link", name="Show more").click()
        rows = page.locator("[aria-labelledby=audit] li")
        await becomes(50, rows.count)
        changed = rows.filter(has_text="changed the settings of #news")
        await changed.get_by_text("topic: What is new, slow: 5").wait_for()
        await rows.get_by_text("invited Ann to #news").wait_for()
        await rows.get_by_text("Bob became an administrator by the link").wait_for()
        await page.get_by_role("button", name="Show older").click()
        await becomes(60, rows.count)
        await page.get_by_role("button", name="Show older").wait_for(state="detached")


@pytest.mark.long
@browser_test
async def test_everyone_can_use_it_and_nothing_lies_beside_a_narrow_window(
    app: Chat, people: Opened, axe: str
) -> None:
    async with people() as friends:
        page = await boss(
            app, friends, color_scheme="light", viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
        )
        for name in ("ليلى حداد", "陈晓明", "N" * 64):
            await friends.client(name, name)
        await becomes(4, page.locator("[aria-labelledby=people] li").count)

        async def check(state: str) -> None:
            assert await complaints_in_both_themes(page, axe) == [], state

        await check("overview")
        await page.get_by_role("button", name="What to do about 陈晓明").first.click()
        await check("a menu")
        await page.get_by_role("menuitem", name="Ban…").click()
        await check("a question")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="You: Boss").click()
        await check("one's own menu")
        await page.keyboard.press("Escape")
        await page.set_viewport_size({"width": 320, "height": 640})
        for view in ("Audit", "Plugins", "Channels", "People", "Overview"):
            await page.get_by_role("link", name=view, exact=True).click()
            await page.locator(f"nav [aria-current]:text('{view}')").wait_for()
            assert not await page.evaluate(WIDER), view
        await check("on a phone")
        await stay_away(page)
        await lose_all(app, "Boss")
        await page.locator(".stale").wait_for()
        await check("disconnected")


@pytest.mark.long
@browser_test
async def test_others_see_why_not_and_the_form_and_nothing_else(app: Chat, people: Opened) -> None:
    async with people() as friends:
        guest = await friends.enter("Ann")
        page = await friends.tab(guest.context, "/admin")
        await page.get_by_text("This page is for administrators, and Ann isn’t one of them.").wait_for()
        assert await page.locator(".desk").count() == 0
        assert await page.get_by_role("button", name="guest").count() == 0
        await page.get_by_text("No account yet?").click()
        await page.get_by_text("user add NAME --role admin").wait_for()
        await page.get_by_role("link", name="Open chat").click()
        await page.locator("textarea").wait_for()
        await page.goto(f"{friends.base}/admin")
        await page.get_by_text("Ann isn’t one of them.").wait_for()
        await app.accounts.register("Cat", PASSWORD)
        await sign_in(page, "Cat")
        await page.get_by_text("This page is for administrators, and Cat isn’t one of them.").wait_for()
        await page.reload()
        await page.get_by_text("This page is for administrators, and Cat isn’t one of them.").wait_for()
        user = await app.accounts.register("Boss", PASSWORD)
        await app.accounts.set_role(user.id, "admin")
        await sign_in(page, "Boss")
        await page.get_by_role("heading", name="Audit").wait_for()
        await page.get_by_role("button", name="You: Boss").click()
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

    @pytest.mark.long
    @browser_test
    async def test_where_there_are_no_accounts_the_page_says_how_to_get_one(self, people: Opened) -> None:
        async with people() as friends:
            page = await friends.open("/admin")
            await page.get_by_text("--auth guest,password --admin-link").wait_for()
            await page.get_by_role("button", name="Copy the command").wait_for()
            guest = await friends.enter("Ann")
            page = await friends.tab(guest.context, "/admin")
            await page.get_by_role("alert").get_by_text("Ann isn’t one of them.").wait_for()
            await page.get_by_text("--auth guest,password --admin-link").wait_for()
            chinese = await friends.open("/admin", locale="zh-CN")
            await chinese.get_by_role("heading", name="还没有账号").wait_for()


class TestSignedInElsewhere:
    @pytest.fixture
    def app(self, io_loop: IOLoop, tmp_path: Path) -> Chat:
        proxies = (ip_network("127.0.0.0/8"),)
        return make_app(
            Settings(data_dir=tmp_path, history="memory", auth=("header", "guest"), trusted_proxies=proxies)
        )

    @pytest.mark.long
    @browser_test
    async def test_whom_a_proxy_signs_in_is_told_how_to_become_an_administrator(
        self, app: Chat, people: Opened
    ) -> None:
        async with people() as friends:
            page = await friends.open("/admin", extra_http_headers={"Remote-User": "Ann"})
            await page.get_by_text("user role h:NAME admin").wait_for()
            await app.accounts.set_role("h:ann", "admin")
            await page.reload()
            await page.get_by_role("heading", name="Audit").wait_for()


@pytest.mark.long
@browser_test
async def test_the_nodes_of_a_cluster_are_listed_with_what_they_have_to_do(
    app: Chat, people: Opened, axe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals, versions = app.hub.metrics.totals(), {"berlin": "1.2.0", "paris": "1.2.0"}

    async def loads(past: bool = False) -> list[dict[str, Any]]:
        about = {"connections": 12, "users": 1, "late": 3.4, "totals": totals}
        answered = [{"name": name, "version": version, **about} for name, version in versions.items()]
        answered[1]["clock"] = -91.3
        return [*answered, {"name": "tokyo", "missing": True}]

    monkeypatch.setattr(app.hub.loads, "all", loads)
    async with people() as friends:
        page = await boss(
            app, friends, color_scheme="light", viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
        )
        rows = page.locator("[aria-labelledby=nodes] li")
        words = "1 person · 12 connections · 3 ms loop delay"
        shown = [f"berlin\n{words}", f"paris\nclock 1.5 minutes behind\n{words}", "tokyo\nno answer"]
        await becomes(shown, rows.all_inner_texts)
        assert await complaints_in_both_themes(page, axe) == []
        versions["paris"] = "1.3.0"
        await rows.get_by_text("1.3.0").wait_for()
        await page.set_viewport_size({"width": 320, "height": 640})
        assert not await page.evaluate(WIDER)
        await page.get_by_role("link", name="People", exact=True).click()
        await rows.first.wait_for(state="detached")


@pytest.mark.long
@browser_test
async def test_the_page_names_nodes_that_did_not_answer_or_could_not_reload(
    app: Chat, people: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask_all(kind: str, about: Any, seconds: float = 1) -> Answers:
        return Answers({"paris": {"poll": "SyntaxError"}} if kind == "reload" else {}, ["tokyo"])

    monkeypatch.setattr(app.hub.questions, "ask_all", ask_all)
    async with people() as friends:
        page = await boss(app, friends)
        await page.get_by_role("button", name="Reload poll").click()
        await becomes("poll couldn’t be reloaded on paris, tokyo.", done(page))
        await page.get_by_role("button", name="Ban an address").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("textbox").first.fill("192.0.2.7")
        await dialog.get_by_role("button", name="Ban").click()
        await page.get_by_text("No answer from tokyo.").wait_for()
