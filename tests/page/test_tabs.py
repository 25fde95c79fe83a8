"""Several tabs of one browser: one socket, one of everything."""

from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, join, leave, lose_all, read, stay_away, texts, write
from tornado_chat.testing import connect
from tornado_chat.web.app import Chat

LOSE = """reached => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    if (!text.includes("in the middle")) return send.call(this, text);
    if (reached) send.call(this, text);
    this.onmessage = null; // no answer is heard
  };
}"""

# Notifications of the system cannot be seen by a test, and a tab that is not in front stays visible without a head.
WATCH = """
window.told = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { window.told.push("asked"); return (Notification.permission = "granted"); }
  constructor(title, words) { window.told.push(`${title}: ${words.body}`); window.lastTold = this; }
  close() {}
};
window.away = (hidden) => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
};
"""


async def sockets(app: Chat) -> int:
    return len(app.hub.connections)


async def notify(page: Any, choice: str) -> None:
    """Choose what the system tells of."""
    await page.click("[aria-label=Settings]")
    group = page.get_by_role("radiogroup", name="Notifications")
    await group.get_by_role("radio", name={"off": "Off", "mentions": "Mentions", "all": "Everything"}[choice]).check()
    await page.keyboard.press("Escape")


def pending(page: Any) -> Any:
    return page.locator(".message.pending").count


@browser_test
async def test_the_tabs_of_a_browser_share_a_socket_the_channels_the_drafts_and_what_is_read(
    people: Opened, app: Chat, base_url: str
) -> None:
    async with people() as browsers:
        one = await browsers.open()
        two = await browsers.tab(one.context)
        await one.fill("#name", "Ann")
        await one.keyboard.press("Enter")
        await two.locator("textarea").wait_for()  # who comes in is in, in all tabs
        await write(two, "from the second")
        await read(one, "from the second")
        await read(two, "from the second")
        await write(one, "from the first")
        await read(two, "from the first")

        await join(two, "tea")
        await one.locator(".sidebar a", has_text="tea").wait_for()
        await one.fill("textarea", "half a thou")
        await two.click(".sidebar a:has-text('general')")
        await becomes("half a thou", lambda: two.input_value("textarea"))
        ben = await connect(base_url, "Ben")
        await ben.call("join-channel", target="tea")
        await ben.call("send-message", target="tea", message="@Ann tea?")
        await one.locator(".sidebar li.unread .count.mention").wait_for()
        await two.locator(".sidebar li.unread .count.mention").wait_for()
        await two.click(".sidebar a:has-text('tea')")
        await becomes(0, one.locator(".sidebar li.unread").count)
        await leave(two, "tea")
        await becomes(1, one.locator(".sidebar li").count)
        assert await sockets(app) == 2  # Ann's and Ben's
        await ben.close()

        await two.click("[aria-label=Settings]")
        await two.get_by_role("button", name="Sign out").click()
        await two.get_by_text("you come back as someone else, even as Ann").wait_for()
        await two.get_by_role("button", name="Sign out anyway").click()
        await one.locator("#name").wait_for()
        await becomes(0, lambda: sockets(app))


@pytest.mark.long
@pytest.mark.parametrize("reached", [False, True], ids=["lost on the way", "stored, but not answered"])
@browser_test
async def test_the_tab_with_the_socket_is_closed_in_the_middle_of_a_send_one_message_one_notification(
    people: Opened, app: Chat, base_url: str, reached: bool
) -> None:
    async with people() as browsers:
        ben = await browsers.open(script=WATCH)
        await ben.fill("#name", "Ben")
        await ben.keyboard.press("Enter")
        await ben.locator("textarea").wait_for()
        await notify(ben, "mentions")
        bens = [ben, await browsers.tab(ben.context)]
        await bens[1].locator("textarea").wait_for()
        for tab in bens:
            await tab.evaluate("away(true)")

        first = await browsers.enter("Ann")
        second = await browsers.tab(first.context)
        await second.locator("textarea").wait_for()
        assert await sockets(app) == 2
        await first.evaluate(LOSE, reached)
        await write(first, "@Ben in the middle")
        if reached:
            await read(ben, "@Ben in the middle")
        await second.locator(".message.pending").wait_for()
        await first.close()
        await read(second, "@Ben in the middle")
        await becomes(0, pending(second))
        await becomes(["@Ben in the middle"], lambda: texts(second))

        async def told() -> list[str]:
            return sorted([line for tab in bens for line in await tab.evaluate("told")])

        await becomes(["Ann · #general: @Ben in the middle", "asked"], told)
        await becomes(["@Ben in the middle"], lambda: texts(ben))
        await write(second, "goes on")
        await read(ben, "goes on")
        assert await told() == ["Ann · #general: @Ben in the middle", "asked"]
        history, _ = await app.hub.history.read("general", limit=10)
        assert [message.text for message in history] == ["@Ben in the middle", "goes on"]


@pytest.mark.long
@browser_test
async def test_a_tab_with_the_socket_that_does_not_answer_is_one_no_more(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        first = await browsers.enter("Ann")
        devtools = await first.context.new_cdp_session(first)
        await devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
        second = await browsers.tab(first.context)
        await write(second, "the other one sleeps")
        await read(second, "the other one sleeps")
        await devtools.send("Page.setWebLifecycleState", {"state": "active"})
        await read(first, "the other one sleeps")
        await write(first, "awake")
        await read(second, "awake")
        await becomes(1, lambda: sockets(app))


@pytest.mark.long
@browser_test
async def test_17_one_can_write_while_offline_it_is_marked_in_all_tabs_and_goes_out_once(
    people: Opened, app: Chat
) -> None:
    async with people() as browsers:
        first = await browsers.enter("Ann")
        second = await browsers.tab(first.context)
        await second.locator("textarea").wait_for()
        await stay_away(first)
        await lose_all(app)
        await second.locator(".banner", has_text="retrying in").wait_for()
        await write(second, "from the one without a socket")
        await write(first, "from the one with it")
        for page in (first, second):
            await becomes(2, pending(page))
        await second.get_by_role("button", name="Now").click()
        for page in (first, second):
            await becomes(0, pending(page))
            await becomes(["from the one without a socket", "from the one with it"], lambda page=page: texts(page))
        assert await app.hub.history.last("general") == 2


@pytest.mark.long
@browser_test
async def test_where_tabs_cannot_find_each_other_each_has_a_socket_and_all_is_the_same(
    people: Opened, app: Chat
) -> None:
    async with people() as browsers:
        first = await browsers.open(script="delete Navigator.prototype.locks")
        await first.fill("#name", "Ann")
        await first.keyboard.press("Enter")
        await first.locator("textarea").wait_for()
        second = await browsers.tab(first.context)
        await write(second, "hello")
        await read(first, "hello")
        await read(second, "hello")
        assert await sockets(app) == 2
        await lose_all(app)
        await write(first, "one")
        await read(second, "one")
        await write(second, "two")
        for page in (first, second):
            await becomes(["hello", "one", "two"], lambda page=page: texts(page))
        assert await app.hub.history.last("general") == 3


@pytest.mark.long
@browser_test
async def test_another_name_is_ones_name_in_all_tabs_those_that_come_later_too(people: Opened) -> None:
    async with people() as browsers:
        one = await browsers.enter("Ann")
        two = await browsers.tab(one.context)
        await write(two, "/rename Zoe")
        three = await browsers.tab(one.context)
        for tab in (one, two, three):
            await becomes("Zoe", tab.locator(".sidebar footer .name").inner_text)
        await write(three, "still one person")
        await read(one, "still one person")
        await one.close()
        await becomes("Zoe", three.locator(".sidebar footer .name").inner_text)
        await becomes(1, three.locator(".members li").count)
