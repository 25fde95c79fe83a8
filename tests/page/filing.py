"""What the tests of files on the page share: pictures, and choosing, dropping and pasting files."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tornado_chat.config.settings import Settings
from tornado_chat.web.app import Chat, make_app

Given = tuple[str, bytes]
TYPES = {"png": "image/png", "txt": "text/plain", "webm": "video/webm", "mp3": "audio/mpeg"}
TRANSFER = """(files) => {
  const transfer = new DataTransfer();
  for (const {name, type, bytes} of files) transfer.items.add(new File([new Uint8Array(bytes)], name, {type}));
  return transfer;
}"""
SENT = ".message:not(.pending):not(.failed)"


def picture(colour: str = "teal", size: tuple[int, int] = (1200, 800)) -> bytes:
    """Return a picture: a PNG of one colour with a stripe."""
    images = pytest.importorskip("PIL.Image", reason="pip install .[images]")
    drawn = images.new("RGB", size, colour)
    drawn.paste("white", (0, size[1] // 2, size[0], size[1] // 2 + 20))
    held = io.BytesIO()
    drawn.save(held, "PNG")
    return held.getvalue()


def type_of(name: str) -> str:
    return TYPES.get(name.rpartition(".")[2], "")


async def choose(page: Any, *files: Given, within: str = ".conversation") -> None:
    """Attach files with the button, and wait until they are above the box."""
    before = await page.locator(f"{within} .tray > li").count()
    async with page.expect_file_chooser() as chooser:
        await page.locator(f"{within} [data-tool=attach]").click()
    given = [{"name": name, "mimeType": type_of(name), "buffer": data} for name, data in files]
    await (await chooser.value).set_files(given)
    await page.locator(f"{within} .tray > li").nth(before + len(files) - 1).wait_for()


async def transfer(page: Any, files: Sequence[Given]) -> Any:
    """Return what a browser hands over with files that are dropped or pasted."""
    return await page.evaluate_handle(
        TRANSFER, [{"name": name, "type": type_of(name), "bytes": list(data)} for name, data in files]
    )


async def drop(page: Any, on: str, *files: Given) -> None:
    moved = await transfer(page, files)
    await page.dispatch_event(on, "dragover", {"dataTransfer": moved})
    await page.dispatch_event(on, "drop", {"dataTransfer": moved})


async def paste(page: Any, *files: Given) -> None:
    """Paste files where the focus is."""
    await page.evaluate(
        """(clipboardData) => document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}))""",
        await transfer(page, files),
    )


async def uploaded(page: Any, count: int) -> None:
    """Wait until so many files above the box are there, and none is on its way."""
    await page.wait_for_function(
        """(count) => document.querySelectorAll(".tray > li").length === count
            && !document.querySelector(".tray progress, .tray [role=alert]")
            && [...document.querySelectorAll(".tray small")].every((one) => !/wait/.test(one.textContent))""",
        arg=count,
    )


async def are_drawn(page: Any, count: int) -> None:
    """Wait until so many pictures of messages that were sent are drawn."""
    await page.wait_for_function(
        """([sent, count]) => {
            const all = [...document.querySelectorAll(`${sent} a.picture img`)];
            return all.length === count && all.every((one) => one.complete && one.naturalWidth);
        }""",
        arg=[SENT, count],
    )


def app_for(io_loop: IOLoop, folder: Any, **settings: Any) -> Chat:
    """Return a server for tests of files."""
    return make_app(Settings(data_dir=folder, limits="off", **({"history": "memory"} | settings)))
