"""Files above the box: chosen, pasted, dropped; how far they are, what cannot be sent, and without a connection."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop

from tests.page.browsing import (
    Opened,
    becomes,
    browser_test,
    complaints_in_both_themes,
    leave,
    lose_all,
    read,
    stay_away,
)
from tests.page.filing import SENT, app_for, are_drawn, choose, drop, paste, picture, uploaded
from tests.page.test_living import focus
from tests.page.test_offline import STARTED, stop
from tornado_chat.web.app import Chat

LONG = b"0123456789" * 500_000
NOTES = ("notes.txt", b"tea, rope, a coat")
CACHED = """async () => {
  const kept = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  return (await Promise.all(kept.map((one) => one.keys()))).flat().map(({url}) => url);
}"""
KEPT = """() => new Promise((done) => {
  const asked = indexedDB.open("tornado_chat.files", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("files");
  asked.onsuccess = () => {
    const all = asked.result.transaction("files").objectStore("files").getAll();
    all.onsuccess = () => (asked.result.close(), done(all.result.length));
  };
})"""


PLUGIN = '''
from tornado_chat import Context, Upload, action


@action("measure")
async def measure(ctx: Context, table: Upload) -> None:
    """Say how large a table is."""
    ctx.channel.post(f"{table.name}: {table.size} bytes")
'''


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path, request: pytest.FixtureRequest) -> Chat:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "measure.py").write_text(PLUGIN)
    return app_for(io_loop, tmp_path, plugins_dir=(plugins,), **getattr(request, "param", {}))


def names(page: Any) -> Any:
    return page.locator(".tray b").all_inner_texts


def said(page: Any) -> Any:
    """What is told of each file of the last message."""
    return page.locator(f"{SENT} .file b").all_inner_texts


@pytest.mark.long
@browser_test
async def test_19_files_are_chosen_pasted_and_dropped_and_a_message_may_be_files_alone(
    people: Opened, axe: str
) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann", reduced_motion="reduce")
        await choose(ann, NOTES, ("harbour.png", picture()))
        await ann.focus(".composer textarea")
        await paste(ann, ("image.png", picture("plum", (300, 500))))
        await drop(ann, ".messages", ("dropped.txt", b"1"))
        await uploaded(ann, 4)
        assert (await names(ann)())[:2] == ["notes.txt", "harbour.png"]
        assert (await names(ann)())[2].startswith("Picture 20")  # as "image.png" says nothing
        assert await complaints_in_both_themes(ann, axe) == []
        await ann.keyboard.press("Enter")
        event = await ben.until(lambda one: "files" in one)
        assert [file["name"] for file in event["files"]][::3] == ["notes.txt", "dropped.txt"]
        assert event["message"] == ""
        await are_drawn(ann, 2)
        assert await said(ann)() == ["notes.txt", "dropped.txt"]
        assert await ann.locator(".tray").count() == 0
        assert await complaints_in_both_themes(ann, axe) == []
        cleo = await browsers.enter("Cleo")
        await are_drawn(cleo, 2)
        assert [url for url in await cleo.evaluate(CACHED) if "files/" in url] == []


@browser_test
async def test_a_file_dragged_over_a_room_shows_where_it_goes_and_a_thread_has_files_of_its_own(
    people: Opened,
) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        answer = await ben.call("send-message", target="general", message="the rules")
        ann = await browsers.enter("Ann")
        await read(ann, "the rules")
        moved = await ann.evaluate_handle(
            "() => { const data = new DataTransfer(); data.items.add(new File(['1'], 'a.txt')); return data; }"
        )
        await drag(ann, ".messages", moved, "A file for #general.")
        await ann.locator(".drop").wait_for(state="detached")  # nothing was moved for a while
        await focus(ann, "the rules")
        await ann.keyboard.press("t")
        await ann.locator(".thread textarea").wait_for()
        await drag(ann, ".thread .messages", moved, "A file for the thread in #general.")
        await ann.dispatch_event(".thread .messages", "drop", {"dataTransfer": moved})
        await ann.locator(".thread .tray > li").wait_for()
        assert await ann.locator(".conversation .tray").count() == 0
        await uploaded(ann, 1)
        await ann.locator(".thread textarea").press("Enter")
        event = await ben.until(lambda one: "files" in one)
        assert (event["thread"], event["files"][0]["name"]) == (answer["seq"], "a.txt")


async def drag(page: Any, on: str, moved: Any, words: str) -> None:
    """Drag something over a part of the page, which a browser tells again and again, until there are these words."""

    async def shown() -> bool:
        await page.dispatch_event(on, "dragover", {"dataTransfer": moved})
        return bool(await page.get_by_text(words).count())

    await becomes(True, shown)


@pytest.mark.long
@browser_test
@pytest.mark.parametrize("app", [{"max_file_size": 1_000}], indirect=True)
async def test_what_cannot_be_sent_says_why_at_the_file_before_a_byte_is_sent(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await choose(ann, ("film.webm", b"x" * 1001), ("empty.txt", b""), NOTES)
        await ann.get_by_text("Too large: 1 kB, at most 1 kB").wait_for()
        await ann.get_by_text("This file is empty.").wait_for()
        await ann.locator(".tray > li:not(.bad) small", has_text="17 bytes").wait_for()
        assert sum(url.endswith("/files") or "/files?" in url for url in browsers.asked) == 1
        await ann.locator("textarea").press("Enter")
        await ann.get_by_text("film.webm can’t be sent.").wait_for()
        for name in ("film.webm", "empty.txt"):
            await ann.get_by_role("button", name=f"Remove {name}").click()
        await becomes(["notes.txt"], names(ann))
        assert await ann.evaluate("document.activeElement.ariaLabel") == "Remove notes.txt"
        await choose(ann, *((f"{at}.txt", b"1") for at in range(9)))
        await choose_more(ann)
        await ann.get_by_text("A message has at most 10 files.").wait_for()
        await ann.reload()
        await uploaded(ann, 10)
        await ann.locator("textarea").press("Enter")
        await becomes(10, ann.locator(f"{SENT} .file").count)


async def choose_more(page: Any) -> None:
    async with page.expect_file_chooser() as chooser:
        await page.locator("[data-tool=attach]").click()
    await (await chooser.value).set_files({"name": "one too many.txt", "mimeType": "text/plain", "buffer": b"1"})


@browser_test
@pytest.mark.parametrize("app", [{"file_space": (10_000, 1_000_000)}], indirect=True)
async def test_where_there_is_no_room_the_file_says_so_and_is_tried_again(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await choose(ann, ("plan.txt", b"x" * 20_000))
        await ann.get_by_text("No room left for files.").wait_for()
        app.hub.files.space = app.hub.files.space._replace(of_user=100_000)
        await ann.get_by_role("button", name="Try again").click()
        await uploaded(ann, 1)
        browsers.complaints.clear()  # the browser's own line about the 507


@pytest.mark.long
@browser_test
async def test_an_upload_shows_how_far_it_is_goes_on_after_it_was_cut_and_can_be_cancelled(people: Opened) -> None:
    from playwright.async_api import Error

    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann")
        cut: list[str] = []

        async def once(route: Any) -> None:
            if route.request.method == "PATCH" and len(cut) < 1:
                cut.append(route.request.headers["upload-offset"])
                await route.abort()
            else:
                await route.continue_()

        await ann.route("**/files/uploads/*", once)
        await choose(ann, ("long.txt", LONG))
        await uploaded(ann, 1)
        assert cut == ["0"]
        await ann.unroute("**/files/uploads/*")
        held = asyncio.Event()

        async def hold(route: Any) -> None:
            if route.request.method == "PATCH":
                await held.wait()
            with contextlib.suppress(Error):  # it was cancelled
                await route.continue_()

        await ann.route("**/files/uploads/*", hold)
        await choose(ann, ("another.txt", b"0123456789"))
        await ann.locator(".tray progress").wait_for()
        await ann.locator(".tray small", has_text="of 10 bytes").wait_for()
        await ann.get_by_role("button", name="Cancel another.txt").click()
        await becomes(["long.txt"], names(ann))
        held.set()
        await ann.unroute("**/files/uploads/*")
        await ann.locator("textarea").press("Enter")
        event = await ben.until(lambda one: "files" in one)
        assert await ben.download(event["files"][0]) == LONG
        browsers.complaints.clear()  # the browser's own lines about what was cut


@browser_test
async def test_files_wait_for_a_connection_outlive_a_reload_and_go_when_it_is_back(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ben = await browsers.client("Ben")
        ann = await browsers.enter("Ann")
        await ann.locator("link[href*='files.css']").wait_for(state="attached")
        await stay_away(ann)
        await lose_all(app, "Ann")
        await ann.get_by_role("button", name="Try now").wait_for()
        await choose(ann, NOTES)
        await ann.locator("textarea").fill("written offline")
        await ann.keyboard.press("Enter")
        await ann.locator(".pending", has_text="waiting for a connection").wait_for()
        assert await ann.evaluate(KEPT) == 1
        await ann.reload()
        event = await ben.until_text("written offline")
        assert [file["name"] for file in event["files"]] == ["notes.txt"]
        await becomes(["notes.txt"], said(ann))


@pytest.mark.long
@browser_test
async def test_files_are_attached_on_a_page_that_starts_without_its_server(
    people: Opened, app: Chat, http_server: HTTPServer, http_port: int
) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await ann.evaluate(STARTED)
        await ann.reload()
        await ann.locator("link[href*='files.css']").wait_for(state="attached")
        await stop(http_server, app)
        await ann.reload()
        await ann.get_by_text("No connection").or_(ann.get_by_text("doesn’t answer")).first.wait_for()
        await choose(ann, NOTES)
        await ann.get_by_text("waiting for a connection").wait_for()
        await ann.locator("textarea").press("Enter")
        await ann.locator(".pending .file").wait_for()
        http_server.listen(http_port, "127.0.0.1")
        await becomes(["notes.txt"], said(ann))
        browsers.complaints.clear()  # the browser's own lines about a server that is not there


@pytest.mark.long
@browser_test
async def test_files_that_wait_are_gone_once_signed_out(people: Opened, app: Chat) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await choose(ann, NOTES)
        await uploaded(ann, 1)
        assert await ann.evaluate(KEPT) == 1
        await ann.get_by_role("button", name="Settings").click()
        await ann.get_by_role("button", name="Sign out").click()
        await ann.get_by_role("button", name="Sign out anyway").click()
        await ann.locator("#name").wait_for()
        await becomes(0, lambda: ann.evaluate(KEPT))
        assert await ann.evaluate("Object.keys(localStorage).filter((key) => /attached|outbox/.test(key))") == []
        await ann.fill("#name", "Bo")
        await ann.keyboard.press("Enter")
        await ann.locator("textarea").wait_for()
        assert await ann.locator(".tray").count() == 0


@pytest.mark.long
@browser_test
async def test_a_channel_that_is_left_and_returned_to_has_its_files(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann")
        await choose(ann, NOTES)
        await uploaded(ann, 1)
        await leave(ann, "general")
        await ann.get_by_role("button", name="Undo").click()
        await uploaded(ann, 1)
        await ann.locator("textarea").press("Enter")
        await becomes(["notes.txt"], said(ann))


@pytest.mark.long
@browser_test
async def test_another_app_shares_into_a_channel_that_one_chooses(people: Opened) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", "/#/harbour")
        await ann.evaluate("navigator.serviceWorker.ready")
        await ann.reload()
        await ann.wait_for_function("() => navigator.serviceWorker.controller")
        shared = """async () => {
          const form = new FormData();
          form.append("title", "The ferry");
          form.append("text", "is late");
          form.append("url", "");
          form.append("files", new File(["tea"], "shared.txt", {type: "text/plain"}));
          return (await fetch("share", {method: "POST", body: form})).url;
        }"""
        assert await ann.evaluate(shared) == f"{browsers.base}/?shared"
        await ann.goto(f"{browsers.base}/?shared#/harbour")
        dialog = ann.get_by_role("dialog", name="Share in")
        await dialog.get_by_text("shared.txt").wait_for()
        await dialog.get_by_role("button", name="harbour").click()
        await uploaded(ann, 1)
        assert await ann.input_value("textarea") == "The ferry\nis late"
        assert "shared" not in await ann.evaluate("location.search")
        await ann.reload()
        await uploaded(ann, 1)
        assert await ann.locator("dialog").count() == 0


@pytest.mark.long
@browser_test
@pytest.mark.parametrize("app", [{"max_file_size": 1_000}], indirect=True)
async def test_an_action_that_takes_a_file_has_a_field_to_choose_one(people: Opened, axe: str) -> None:
    async with people() as browsers:
        ann = await browsers.enter("Ann", reduced_motion="reduce")
        await ann.locator("textarea").press_sequentially("/measure ")
        await ann.get_by_role("button", name="As a form").click()
        dialog = ann.get_by_role("dialog", name="Measure")
        assert await complaints_in_both_themes(ann, axe) == []
        field = dialog.get_by_label("Table")
        await dialog.get_by_role("button", name="Send").click()
        await dialog.get_by_text("This is required").wait_for()
        await field.set_input_files({"name": "large.csv", "mimeType": "text/csv", "buffer": b"x" * 1_001})
        await dialog.get_by_role("button", name="Send").click()
        await dialog.get_by_text("Too large: 1 kB, at most 1 kB").wait_for()
        await field.set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": b"name,age"})
        await dialog.get_by_role("button", name="Send").click()
        await read(ann, "people.csv: 8 bytes")
