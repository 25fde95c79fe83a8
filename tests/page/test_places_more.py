"""What one may, settings of plugins, commands for channels, and words that could not be sent."""

from pathlib import Path
from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, join, lose_all, read, write
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

GREETS = """
from dataclasses import dataclass, field

from tornado_chat import Context, action

@dataclass
class Settings:
    greeting: str = field(default="Hello", metadata={"channel": True})
    loud: bool = field(default=False, metadata={"channel": True})

@action("greet")
async def greet(ctx: Context) -> None:
    await ctx.channel.post(ctx.settings.greeting + "!" * ctx.settings.loud, sender=ctx.user)
"""


@pytest.fixture
def app(tmp_path: Path, request: pytest.FixtureRequest) -> Chat:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "greet.py").write_text(GREETS)
    settings = {"history": "memory", "limits": "off", "plugins_dir": (tmp_path / "plugins",)}
    return make_app(Settings(data_dir=tmp_path, **{**settings, **getattr(request, "param", {})}))


async def settings_of(page: Any, name: str) -> Any:
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("button", name="Channel settings").click()
    return page.get_by_role("dialog", name=f"Settings of #{name}")


@pytest.mark.long
@browser_test
async def test_an_owner_sets_what_plugins_do_in_a_channel_and_keeps_what_others_changed_meanwhile(
    people: Opened,
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await join(ann, "news")
        ben = await browsers.client("Ben", "news")
        await ann.locator(".members li", has_text="Ben").wait_for()
        await write(ann, "/role @Ben moderator")
        await ann.locator(".members h3", has_text="Moderators").wait_for()
        window = await settings_of(ann, "news")
        await window.get_by_label("Greeting").fill("Moin")
        await window.get_by_label("Loud").select_option(label="On")
        await ben.call("set-channel", target="news", topic="From Ben")
        await ann.locator(".topic", has_text="From Ben").wait_for()
        await window.get_by_role("button", name="Save").click()
        await window.wait_for(state="detached")
        await write(ann, "/greet")
        await read(ann, "Moin!")
        assert await ann.locator(".topic").inner_text() == "From Ben"
        window = await settings_of(ann, "news")
        await becomes("Moin", window.get_by_label("Greeting").input_value)
        await window.get_by_label("Greeting").fill("")
        await window.get_by_role("button", name="Save").click()
        await window.wait_for(state="detached")
        await write(ann, "/greet")
        await read(ann, "Hello!")


@pytest.mark.long
@browser_test
async def test_commands_name_people_as_mentions_do_and_say_what_the_server_refuses(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann Becker")
        ben = await browsers.enter("Ben")
        await write(ann, "/create tea")
        await ann.locator("h1", has_text="tea").wait_for()
        await write(ann, "/topic What is *brewing*")
        await ann.locator(".topic", has_text="What is *brewing*").wait_for()
        await write(ann, "/invite @Ben")
        await ben.get_by_role("link", name="tea").click()
        await ben.locator("h1", has_text="tea").wait_for()
        await write(ben, "/silence @Ann Becker 5 noise")
        await ben.locator(".refusal").get_by_text("Only moderators of #tea").wait_for()
        await ben.fill("textarea", "/invite @Nobody there")
        await ben.keyboard.press("Enter")
        await ben.locator(".refusal").get_by_text("Nobody here is called").wait_for()
        await write(ann, "/silence @Ben 5 noise")
        await ben.get_by_text("a moderator has silenced you").wait_for()
        await write(ann, "/silence @Ben 0")
        await ben.locator(".composer textarea").wait_for()
        await write(ann, "/mute 30")
        await ann.locator(".sidebar li.hushed", has_text="tea").wait_for()
        await write(ann, "/unmute")
        await ann.locator(".sidebar li.hushed").wait_for(state="detached")
        await write(ann, "/remove @ben noise")
        await ben.get_by_text("“noise”").wait_for()
        await write(ann, "/msg @Ben sorry")
        await ann.locator("h1", has_text="Ben").wait_for()
        await ben.get_by_role("link", name="Ann Becker").click()
        await read(ben, "sorry")


@pytest.mark.long
@browser_test
async def test_what_was_written_where_one_is_removed_is_kept_to_be_copied(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        cem = await browsers.client("Cem")
        ben = await browsers.enter("Ben")
        (his,) = [user["id"] for user in (await cem.call("who"))["users"] if user["name"] == "Ben"]
        await cem.call("create-channel", kind="public", name="crew", users=[his])
        await ben.get_by_role("link", name="crew").click()
        await ben.locator("h1", has_text="crew").wait_for()
        await ben.evaluate("() => { window.WebSocket = class extends EventTarget { close() {} }; }")
        await lose_all(app, "Ben")
        await write(ben, "I am late")
        await ben.locator(".pending").wait_for()
        await cem.call("remove-member", target="crew", user=his)
        await ben.reload()
        await ben.get_by_text("You’re not in #crew anymore").wait_for()
        await ben.get_by_text("I am late").wait_for()
        await ben.get_by_role("button", name="Go to #general").click()
        card = ben.locator(".card", has_text="Not sent in #crew")
        await card.get_by_text("I am late").wait_for()
        await ben.reload()
        await card.get_by_role("button", name="Discard").click()
        await card.wait_for(state="detached")
        await ben.reload()
        await ben.locator("textarea").wait_for()
        assert await card.count() == 0


@browser_test
@pytest.mark.parametrize(
    "app", [{"create_channels": "admins", "direct": "off", "welcome_text": "Ask Ida"}], indirect=True
)
async def test_who_may_make_nothing_is_welcomed_and_offered_nothing(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.open()
        await ann.fill("#name", "Ann")
        await ann.keyboard.press("Enter")
        await ann.get_by_text("Ask Ida").wait_for()
        assert await ann.get_by_role("button", name="New message").count() == 0
        await ann.get_by_role("button", name="Add a channel").click()
        assert await ann.get_by_role("button", name="New channel").is_disabled()
        await ann.get_by_text("No channel that you can join yet.").wait_for()
        await ann.keyboard.press("Escape")
        await ann.keyboard.press("Control+k")
        await ann.get_by_role("combobox").fill("tea")
        await ann.get_by_role("option", name="Search messages for “tea”").wait_for()
        assert await ann.get_by_role("option").count() == 1


@pytest.mark.long
@browser_test
async def test_visitors_are_told_from_members_and_everybody_is_counted_once(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await join(ann, "news")
        await browsers.client("Ben", "news")
        await ann.locator(".members h3", has_text="Visitors").wait_for()
        await becomes("Members 2", ann.locator(".members header h2").inner_text)
        await becomes(
            "2", lambda: ann.locator("main .members-button").evaluate("one => one.lastChild.textContent.trim()")
        )


@browser_test
async def test_reactions_name_people_who_are_away(people: Opened) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben", "general", ["tea?"])
        await ben.call("react", target="general", seq=1, key="👍")
        await ben.close()
        browsers.clients.remove(ben)
        ann = await browsers.enter("Ann")
        await ann.locator(".reaction").first.hover()
        await ann.get_by_role("tooltip").get_by_text("Ben with 👍").wait_for()
