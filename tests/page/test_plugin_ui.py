"""What plugins draw themselves: their boxes, their reload, their failures."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.page.browsing import Opened, becomes, browser_test, lose_all, read, stay_away, write
from tornado_chat import User
from tornado_chat.config.settings import Settings, find_folder
from tornado_chat.web.app import Chat, make_app

MOOD = '''
from tornado_chat import Context, Refused, action

@action("mood")
def mood(ctx: Context, how: str) -> dict[str, str]:
    """Say how you are."""
    if how == "bad":
        raise Refused("cheer up")
    ctx.channel.publish("mood", how=how, by=ctx.user)
    return {"said": how}
'''
FACE = """
import {useState} from "../html.js"; // the page's own

export function setup(api) {
  const say = async (target, how) => (window.answer = await api.call("mood", {target, how}));
  const Count = () => {
    const [count, setCount] = useState(0);
    return api.html`<button onClick=${() => setCount(count + 1)}>ONE ${count}</button>`;
  };
  api.on("mood", ({channel, how, by}) => api.show(channel, "mood", () => api.html`
    <p>${by.name === api.user.name ? "I am" : "they are"} ${how}</p>
    <${Count} />
    <button onClick=${() => say(channel, "better")}>Better</button>
    <button onClick=${() => say(channel, "bad")}>Bad</button>`));
  window.late = () => api.show("general", "late", () => "too late");
}
"""


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "mood.py").write_text(MOOD)
    (folder / "mood.js").write_text(FACE)
    return folder


@pytest.fixture
def app(io_loop: object, tmp_path: Path, plugins: Path) -> Chat:
    """A chat with a folder of plugins of the test's own."""
    return make_app(Settings(data_dir=tmp_path, history="memory", plugins_dir=(plugins,)))


@pytest.mark.long
@browser_test
async def test_a_plugin_draws_its_events_and_buttons_and_goes_when_its_plugin_is_reloaded(
    people: Opened, app: Chat, plugins: Path
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        box = ann.locator(".box")
        await write(ann, "/mood <b>well</b>")
        await box.get_by_text("I am <b>well</b>", exact=True).wait_for()
        await box.get_by_role("button", name="ONE 0").click()
        await box.get_by_role("button", name="Better").click()
        await box.get_by_text("I am better", exact=True).wait_for()  # in its place, with what it knew
        await box.get_by_role("button", name="ONE 1").wait_for()
        await becomes("better", lambda: ann.evaluate("window.answer?.said"))
        await box.get_by_role("button", name="Bad").click()
        await ann.locator(".message.own", has_text="cheer up").wait_for()
        assert await ann.evaluate("window.answer") is None
        assert await box.count() == 1

        await lose_all(app)
        await write(ann, "back")
        await read(ann, "back")
        await box.get_by_role("button", name="ONE 1").wait_for()

        # A reload of the plugin, and none of the page.
        await ann.evaluate("window.old = window.late")
        (plugins / "mood.py").write_text(MOOD.replace('@action("mood")', '@action("mood")\n@action("moodier")'))
        (plugins / "mood.js").write_text(FACE.replace("ONE", "TWO"))
        assert await app.plugins.reload() == {"mood": ""}
        await becomes(0, box.count)
        await becomes(True, lambda: ann.evaluate("window.late !== window.old"))
        await ann.evaluate("window.old()")
        await ann.fill("textarea", "/moo")
        await ann.get_by_role("option", name="/moodier").wait_for()
        await write(ann, "/moodier fine")
        await box.get_by_role("button", name="TWO 0").wait_for()
        assert await box.count() == 1

        # A tab that comes later begins with what there is now, though it shares the socket.
        late = await browsers.tab(ann.context)
        await late.locator(".bones, .loading").wait_for(state="detached")
        await becomes(True, lambda: late.evaluate("'late' in window"))
        await late.fill("textarea", "/moo")
        await late.get_by_role("option", name="/moodier").wait_for()
        await write(late, "/moodier here")
        await late.get_by_role("status").get_by_text("mood: I am here").wait_for()
        for page in (ann, late):
            await page.locator(".box").get_by_text("I am here", exact=True).wait_for()
            await page.locator(".box").get_by_role("button", name="TWO 0").wait_for()

        # Without its UI there is no box, and the action stays.
        (plugins / "mood.js").unlink()
        await app.plugins.reload()
        await becomes(0, box.count)
        await write(ann, "/mood plain")
        await write(ann, "done")
        await read(ann, "done")
        assert await box.count() == 0


@browser_test
async def test_a_ui_that_fails_says_so_in_its_own_box_and_the_page_goes_on(
    people: Opened, app: Chat, plugins: Path
) -> None:
    for name, face in {
        "atimport": 'throw new Error("no import");',
        "insetup": 'export function setup(api) { throw new Error("no setup"); }',
        "without": "export const nothing = 1;",
        "drawing": """export const setup = ({on, show}) =>
            on("mood", ({channel, how}) =>
                show(channel, "x", () => { throw new Error("no " + how + "!".repeat(400)); }));""",
        "covering": """export const setup = ({html, on, show}) =>
            on("mood", ({channel}) =>
                show(channel, "x", () => html`<p id="cover" style="position: fixed; inset: 0">all</p>`));""",
        "hearing": """export const setup = ({on}) =>
            on("mood", async ({how}) => { if (how === "well") throw new Error("deaf"); });""",
    }.items():
        (plugins / f"{name}.py").write_text("")
        (plugins / f"{name}.js").write_text(face)
    await app.plugins.reload()
    async with people() as browsers:
        ann = await browsers.enter("Ann")

        async def failed() -> list[str]:
            words = await ann.locator(".box.alert, .box .alert").all_inner_texts()
            return sorted(word.removeprefix("The plugin ") for word in words)

        await becomes(3, ann.locator(".box.alert").count)
        at_import, in_setup, without = await failed()
        assert at_import == "atimport failed on this page: no import"
        assert in_setup == "insetup failed on this page: no setup"
        assert without.startswith("without failed on this page: ")
        await write(ann, "/mood well")
        await ann.locator(".box").get_by_text("I am well", exact=True).wait_for()
        drawing = f"drawing failed on this page: {('no well' + '!' * 400)[:300]}"
        hearing = "hearing failed on this page: deaf"
        await becomes([at_import, drawing, hearing, in_setup, without], failed)
        await write(ann, "/mood fine")
        await ann.locator(".box").get_by_text("I am fine", exact=True).wait_for()
        await becomes([at_import, drawing.replace("well", "fine"), in_setup, without], failed)
        await write(ann, "still here")
        await read(ann, "still here")
        assert await ann.locator("#cover").evaluate("one => one.offsetWidth") < 500

        (plugins / "atimport.js").write_text(FACE.replace("ONE", "mended"))
        await app.plugins.reload()
        await write(ann, "/mood good")
        await ann.get_by_role("button", name="mended").wait_for()
        assert len(await failed()) == 3
        assert all(said.startswith("The UI of ") for said in browsers.complaints)
        browsers.complaints.clear()


LISTS = '''
from tornado_chat import Context, User, action

@action("list")
async def make(ctx: Context, title: str) -> None:
    """Begin a list."""
    message = await ctx.channel.post(title, sender=ctx.user)
    notice = await ctx.channel.post(f"{ctx.user.name} began {title}")
    new = [[message.id, title], [notice.id, ""]]
    known = await ctx.store.update(ctx.channel.name, lambda known: [*(known or []), *new])
    ctx.channel.publish("lists", lists=known)
    ctx.channel.post("noted", sender=User("plugin:list", "Clerk"))

@action("lists", command=False)
async def lists(ctx: Context) -> None:
    known = await ctx.store.get(ctx.channel.name)
    ctx.connection.send({"action": "lists", "channel": ctx.channel.name, "lists": known})
'''
LIST = """
export function setup({html, on, show, call, clock, language}) {
  on("joined", ({channel}) => call("lists", {target: channel}));
  on("lists", ({channel, lists}) => lists?.forEach(([message, title]) => show(channel, message, () => {
    if (title === "broken") throw new Error("no list");
    return html`<p>List: ${title}, ${language}, ${clock(0)}</p>`;
  }, {message})));
}
"""


@pytest.mark.long
@browser_test
async def test_what_a_plugin_draws_for_a_message_stands_in_the_place_of_its_text_also_after_a_reload(
    people: Opened, app: Chat, plugins: Path
) -> None:
    (plugins / "list.py").write_text(LISTS)
    (plugins / "list.js").write_text(LIST)
    await app.plugins.reload()
    async with people() as browsers:
        ann = await browsers.enter("Ann", timezone_id="UTC")
        for count, title in enumerate(("bread", "broken")):
            await write(ann, f"/list {title}")
            await ann.get_by_text("noted", exact=True).nth(count).wait_for()
        await write(ann, "later")
        await read(ann, "later")
        for _ in range(2):
            box = ann.locator("article", has_text="Ann").first.locator(".box")
            await box.get_by_text("List: bread, en, 12:00 AM", exact=True).wait_for()
            assert await ann.get_by_text("bread", exact=True).count() == 0
            # The server's own message has a row, with the plugin's name.
            await ann.locator(".plugin", has_text="plugin").get_by_text("List: , en").first.wait_for()
            # What speaks under the id of a plugin is marked as one.
            clerk = ann.locator("article", has_text="noted").first
            assert await clerk.locator(".tile, .name, .role").all_inner_texts() == ["C", "Clerk", "plugin"]
            # What fails leaves the text, and says so below it.
            broken = ann.locator("article", has_text="no list")
            await broken.locator(".text").get_by_text("broken", exact=True).wait_for()
            await broken.get_by_text("The plugin list failed on this page: no list", exact=True).wait_for()
            assert (await ann.locator("article").last.inner_text()).endswith("later")  # and no box after it
            assert await ann.locator(".rows .box:not(.alert)").count() == 3
            await ann.reload()
        (plugins / "list.js").unlink()
        await app.plugins.reload()
        await read(ann, "bread")
        assert await ann.locator(".box").count() == 0
        assert all(said.startswith("The UI of ") for said in browsers.complaints)
        browsers.complaints.clear()


CORNER = "(one) => { const {x, y} = one.getBoundingClientRect(); return [x, y]; }"


@pytest.mark.long
@browser_test
async def test_a_poll_is_a_card_with_a_button_for_each_answer_and_ones_own_vote_is_seen_on_all_devices(
    people: Opened, app: Chat, plugins: Path
) -> None:
    for name in ("poll.py", "poll.js"):
        shutil.copy(find_folder("plugins") / name, plugins)
    await app.plugins.reload()
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        box = ann.get_by_role("group", name="poll")
        await write(ann, "/poll Which? | Tea | <i>Milk</i>")
        await box.get_by_text("Which?", exact=True).wait_for()
        ben = await browsers.enter("Ben")
        await box.get_by_text("Results once you vote").wait_for()
        assert await box.get_by_role("progressbar").count() == 0
        milk = box.get_by_role("button", name="<i>Milk</i>")
        place = await milk.locator("bdi").evaluate(CORNER)
        await milk.click()
        await becomes(1, lambda: box.get_by_role("progressbar", name="<i>Milk</i>").evaluate("bar => bar.value"))
        await becomes("true", lambda: milk.get_attribute("aria-pressed"))
        assert await milk.locator("bdi").evaluate(CORNER) == place  # the share beside it may take of its width
        assert await milk.locator("span").inner_text() == "100\u00a0%"

        # Others see the count alone, and only once they have voted; one's own device sees the vote as well.
        phone = await browsers.tab(ann.context)
        theirs = ben.get_by_role("group", name="poll")
        await theirs.get_by_text("1 vote · closes ").wait_for()
        assert await theirs.locator("[aria-pressed=true], progress").count() == 0
        await write(ann, "newer")
        await ann.reload()
        for page in (ann, phone):
            await page.get_by_role("button", name="Milk", pressed=True).wait_for()
            await page.get_by_role("button", name="Tea", pressed=False).wait_for()
        assert await ann.locator("article").last.locator(".box").count() == 0  # it stays above what is newer
        assert await ann.get_by_text("Which?").count() == 1
        await phone.get_by_role("button", name="Take back").click()
        await box.get_by_text("Results once you vote").wait_for()
        await milk.click()
        await theirs.get_by_role("button", name="Tea").click()
        await box.get_by_text("2 votes · closes ").wait_for()

        await write(ann, "/close-poll")
        for _ in range(2):
            await box.get_by_text("2 votes · closed at").wait_for()
            assert await box.get_by_role("button").count() == 0
            assert await box.locator(".choice.own bdi").all_inner_texts() == ["<i>Milk</i>"]
            assert await box.locator(".choice.won").count() == 2
            assert await box.count() == 1
            await ann.reload()


@browser_test
async def test_a_card_shows_what_came_of_a_poll_while_one_was_away(people: Opened, app: Chat, plugins: Path) -> None:
    for name in ("poll.py", "poll.js"):
        shutil.copy(find_folder("plugins") / name, plugins)
    await app.plugins.reload()
    async with people() as browsers:
        ann, ben = await browsers.enter("Ann"), await browsers.client("Ben")
        await ben.call("poll", target="general", text="Which? | Tea | Milk")
        await ann.get_by_role("button", name="Tea").wait_for()
        await stay_away(ann)
        await lose_all(app, "Ann")
        await ann.locator(".banner button").wait_for()
        await ben.call("close-poll", target="general")
        await ann.locator(".banner button").click()
        await ann.locator(".box").get_by_text("0 votes · closed at").wait_for()


MARKS = """
export function setup({html, decorate, menu, on}) {
  const marked = new Set();
  const redraw = decorate((message) => {
    if (message.message === "spoil") throw new Error("spoilt");
    message.sender.name = "changed"; // a copy
    return marked.has(message.id) && html`<span>marked ${message.message} ${message.reactions?.length ?? 0}</span>`;
  });
  menu({
    label: () => "Mark it",
    when: ({id, message}) => message !== "not this" && !marked.has(id),
    run: ({id}) => { marked.add(id); redraw(); },
  });
  menu({label: "Break", run: async ({channel}) => { throw new Error("broken in " + channel); }});
}
"""


async def offered(page: Any, text: str) -> list[str]:
    """Open the menu of a message; return the plugin's items."""
    await page.locator(".message", has_text=text).last.hover()
    await page.locator(".message", has_text=text).last.get_by_role("button", name="More").click()
    words = await page.locator("dialog .actions > button .name").all_inner_texts()
    return [word for word in words if word in ("Mark it", "Break")]


@pytest.mark.long
@browser_test
async def test_a_ui_draws_below_messages_and_adds_to_their_menu(people: Opened, app: Chat, plugins: Path) -> None:
    (plugins / "marks.py").write_text("")
    (plugins / "marks.js").write_text(MARKS)
    await app.plugins.reload()
    async with people() as browsers:
        ann, bob = await browsers.enter("Ann"), await browsers.enter("Bob")
        for text in ("one", "not this", "spoil"):
            await write(ann, text)
            await read(bob, text)
        row = bob.locator(".message", has_text="one").first
        await bob.get_by_text("The plugin marks failed on this page: spoilt").wait_for()
        assert await bob.get_by_text("spoil", exact=True).count() == 1  # the message itself is there
        assert await offered(bob, "not this") == ["Break"]
        await bob.keyboard.press("Escape")
        assert await offered(bob, "one") == ["Mark it", "Break"]
        await bob.get_by_role("button", name="Mark it").click()
        await row.get_by_text("marked one 0").wait_for()
        assert await row.get_by_role("group", name="marks").count() == 1
        channel = app.hub.channel("general")
        messages, _ = await channel.read()
        [one] = [message for message in messages if message.text == "one"]
        await channel.react(one.seq, "👍", by=User("x", "X"))
        await row.get_by_text("marked one 1").wait_for()  # it is drawn again when the message changes
        await channel.edit(one.seq, "two")
        await bob.get_by_text("marked two 1").wait_for()
        assert await offered(bob, "two") == ["Break"]
        await bob.get_by_role("button", name="Break").click()
        await bob.get_by_text("The plugin marks failed on this page: broken in general").wait_for()
        for name in ("marks.js", "marks.py"):
            (plugins / name).unlink()
        await app.plugins.reload()
        await becomes(0, bob.locator(".decoration").count)
        assert await offered(bob, "two") == []
        assert await bob.locator(".message header").first.inner_text() != "changed"
        assert all(said.startswith("The UI of marks") for said in browsers.complaints)
        browsers.complaints.clear()
