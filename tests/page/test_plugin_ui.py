"""What plugins draw themselves: their boxes, their reload, their failures."""

import shutil
from pathlib import Path

import pytest

from tests.page.browsing import Opened, becomes, browser_test, lose_all, read, write
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
        await ann.locator(".notice.own", has_text="cheer up").wait_for()
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
        await late.get_by_text("Loading…").wait_for(state="detached")
        await becomes(True, lambda: late.evaluate("'late' in window"))
        await late.fill("textarea", "/moo")
        await late.get_by_role("option", name="/moodier").wait_for()
        await write(late, "/moodier here")
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
            on("mood", ({channel, how}) => show(channel, "x", () => { throw new Error("no " + how); }));""",
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
        drawing = "drawing failed on this page: no well"
        hearing = "hearing failed on this page: deaf"
        await becomes([at_import, drawing, hearing, in_setup, without], failed)
        await write(ann, "/mood fine")
        await ann.locator(".box").get_by_text("I am fine", exact=True).wait_for()
        await becomes([at_import, drawing.replace("well", "fine"), in_setup, without], failed)
        await write(ann, "still here")
        await read(ann, "still here")

        (plugins / "atimport.js").write_text(FACE.replace("ONE", "mended"))
        await app.plugins.reload()
        await write(ann, "/mood good")
        await ann.get_by_role("button", name="mended").wait_for()
        assert len(await failed()) == 3
        assert all(said.startswith("The UI of ") for said in browsers.complaints)
        browsers.complaints.clear()


@browser_test
async def test_a_poll_is_a_box_with_a_button_for_each_answer(people: Opened, app: Chat, plugins: Path) -> None:
    for name in ("poll.py", "poll.js"):
        shutil.copy(find_folder("plugins") / name, plugins)
    await app.plugins.reload()
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        box = ann.get_by_role("group", name="poll")
        await write(ann, "/poll Which? | Tea | <i>Milk</i>")
        await box.get_by_text("Which?", exact=True).wait_for()
        await box.get_by_role("button", name="Vote for <i>Milk</i>").click()
        milk = box.get_by_role("progressbar", name="<i>Milk</i>")
        await becomes(1, lambda: milk.evaluate("bar => bar.value"))
        await ann.reload()
        ben = await browsers.enter("Ben")
        for page in (ann, ben):
            vote = page.get_by_role("group", name="poll").get_by_role("button", name="Vote for Tea")
            await vote.wait_for()  # also for who comes, or comes back, while it is open
        await ben.get_by_role("status").get_by_text("poll: Which?").wait_for()
        await write(ann, "/close-poll")
        await box.get_by_text("The poll is closed.").wait_for()
        assert await box.get_by_role("button").count() == 0
        assert await box.count() == 1
        await ben.reload()
        await ben.get_by_text("The poll is closed: Which?").wait_for()
        assert await ben.locator(".box").count() == 0


@browser_test
async def test_a_box_shows_what_came_of_a_poll_while_one_was_away(people: Opened, app: Chat, plugins: Path) -> None:
    for name in ("poll.py", "poll.js"):
        shutil.copy(find_folder("plugins") / name, plugins)
    await app.plugins.reload()
    async with people() as browsers:
        ann, ben = await browsers.enter("Ann"), await browsers.client("Ben")
        await ben.call("poll", target="general", text="Which? | Tea | Milk")
        await ann.get_by_role("button", name="Vote for Tea").wait_for()
        await ann.evaluate("() => { Math.random = () => 1; }")  # the pause is a long one
        await lose_all(app, "Ann")
        await ann.locator(".banner button").wait_for()
        await ben.call("close-poll", target="general")
        await ann.locator(".banner button").click()
        await ann.locator(".box").get_by_text("The poll is closed.").wait_for()
