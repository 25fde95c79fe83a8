"""What an upload is, in a process of its own: what happens there harms nobody."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from tests.images.making import KINDS, SECRET, huge_png, many_frames, opened, photograph, picture, with_chunk
from tornado_chat.chat.blobs import Blobs
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.file_types import PICTURES, sniff
from tornado_chat.chat.files import Blob, Looked
from tornado_chat.images import pictures
from tornado_chat.images.pictures import Pictures

HEAD = pictures._PROGRAM.partition("from tornado_chat")[0]


class Kept:
    """Keeps what is put, by its name."""

    def __init__(self) -> None:
        self.bytes: dict[str, bytes] = {}

    async def put(self, data: bytes | Path) -> Blob:
        kept = data if isinstance(data, bytes) else data.read_bytes()
        name = f"blob{len(self.bytes)}"
        self.bytes[name] = kept
        return Blob(name, len(kept))


@pytest.fixture(autouse=True)
def _workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "work"))


def looked(tmp_path: Path, data: bytes, then: Callable[[Pictures, Path], Awaitable[Any]] | None = None) -> Any:
    """Look at an upload; return what it is, and what is kept. Nothing is left in the folder for temporary files."""

    async def main() -> Any:
        kept, path = Kept(), tmp_path / "upload"
        path.write_bytes(data)
        looking = Pictures(cast(Blobs, kept))
        try:
            found = await (looking.look(path, "a.jpg") if then is None else then(looking, path))
        finally:
            await looking.close()
            assert not os.listdir(tmp_path / "work")
            assert path.read_bytes() == data
        return found, kept.bytes

    return asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_kept_without_metadata_with_thumbnails(kind: str, tmp_path: Path) -> None:
    sent = photograph(kind, 6, (600, 450)) if kind != "GIF" else picture(kind, (450, 600))
    found, kept = looked(tmp_path, sent)
    assert (found.type, found.width, found.height) == (f"image/{kind.lower()}", 450, 600)
    assert opened(kept[found.blob.name]).size == (450, 600)
    assert {size: opened(kept[blob.name]).size for size, blob in found.thumbnails.items()} == {400: (300, 400)}
    assert not [data for data in kept.values() if SECRET in data]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"hello", "text/plain"),
        (b"\0\1\2", "application/octet-stream"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"<svg onload='alert(1)'/>", "text/plain"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
    ],
)
def test_what_is_no_picture_is_what_its_bytes_say_and_stays_as_it_is(data: bytes, kind: str, tmp_path: Path) -> None:
    assert looked(tmp_path, data) == (Looked(kind), {})


@pytest.mark.parametrize(
    "data", [picture()[:3_000], b"\xff\xd8\xff\xe0/*<script>", b"GIF89a/*", b"\x89PNG\r\n\x1a\n"], ids=range(4)
)
def test_a_broken_picture_is_a_plain_file_as_it_is(data: bytes, tmp_path: Path) -> None:
    assert looked(tmp_path, data) == (Looked(), {})


@pytest.mark.parametrize("data", [huge_png(20_000, 20_000), many_frames(10_000)], ids=["pixels", "frames"])
def test_a_bomb_is_a_plain_file(data: bytes, tmp_path: Path) -> None:
    found, kept = looked(tmp_path, data)
    assert found == Looked(blob=found.blob)
    assert kept == {found.blob.name: data}


def test_a_photograph_that_is_too_large_to_be_shown_says_nothing_of_where_it_was_taken(tmp_path: Path) -> None:
    image = huge_png(8_000, 8_000)
    found, kept = looked(tmp_path, with_chunk(image, b"tEXt", SECRET))
    assert found == Looked(blob=found.blob)
    assert kept == {found.blob.name: image}


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.abort()",
        "raise SystemExit(3)",
        "from tornado_chat.images import child; child.CPU = 1; child._limit()\nwhile True: pass",
        "from tornado_chat.images import child; child._limit(); bytearray(child.MEMORY)",
        "from tornado_chat.images import child; child._limit(); open('x', 'wb').truncate(child.LARGEST + 1)",
    ],
    ids=["crashes", "fails", "computes", "takes memory", "writes"],
)
def test_a_process_that_goes_wrong_leaves_a_plain_file(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_PROGRAM", HEAD + program)
    assert looked(tmp_path, picture()) == (Looked(), {})


BUSY = ("import time; time.sleep(60)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")


@pytest.mark.parametrize("program", BUSY, ids=["sleeps", "is killed"])
def test_a_picture_waits_where_the_machine_has_no_time_or_memory(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_PROGRAM", HEAD + program)
    monkeypatch.setattr(pictures, "PATIENCE", 60.0 if "kill" in program else 0.3)
    with pytest.raises(Refused, match="later"):
        looked(tmp_path, photograph())


DIES = """
from tornado_chat.images import child, drawing
def draw(*given):
    {0}
drawing.{1} = draw
child.main()
"""


@pytest.mark.parametrize("when", ["_draw", "_turn"])
@pytest.mark.parametrize("program", [BUSY[1], "import os; os.abort()", "raise MemoryError"], ids=lambda it: it[-8:])
def test_whatever_ends_a_process_a_photograph_says_nothing_of_where_it_was_taken(
    when: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_PROGRAM", HEAD + DIES.format(program, when))
    says_nothing(*looked(tmp_path, photograph("JPEG", 6)))


def test_nor_does_one_that_is_given_up_once_its_metadata_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    communicate = subprocess.Popen.communicate

    def late(process: Any, *given: Any, **how: Any) -> Any:
        if not how.get("timeout"):
            return communicate(process, *given)
        while not list(tmp_path.glob("work/*/clean")):
            time.sleep(0.01)
        raise subprocess.TimeoutExpired("", 0)

    monkeypatch.setattr(pictures, "_PROGRAM", HEAD + DIES.format(BUSY[0], "_draw"))
    monkeypatch.setattr(subprocess.Popen, "communicate", late)
    says_nothing(*looked(tmp_path, photograph("JPEG", 6)))


def says_nothing(found: Looked, kept: dict[str, bytes]) -> None:
    """Check that a photograph is kept as a plain file without metadata."""
    assert found.blob is not None
    assert found == Looked(blob=found.blob)
    assert list(kept) == [found.blob.name]
    assert SECRET not in kept[found.blob.name]
    assert sniff(kept[found.blob.name]) in PICTURES


SHORT = """
from PIL import Image
from tornado_chat.images import child
save = Image.Image.save
def no_room(image, *given, **how):
    given[0].write_bytes(b"half")
    raise ValueError("encoding error 1")
Image.Image.save = no_room
child.main()
"""


def test_a_photograph_that_there_is_no_memory_to_turn_says_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_PROGRAM", HEAD + SHORT)
    says_nothing(*looked(tmp_path, photograph("WEBP", 6)))


FULL = """
import errno
from tornado_chat.images import child, drawing
def draw(*given):
    raise OSError(errno.ENOSPC, "full")
drawing.draw = draw
child.main()
"""


@pytest.mark.parametrize("lacks", ["disk", "processes", "folder"])
def test_a_picture_waits_where_the_machine_has_no_room(
    lacks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lacks == "disk":
        monkeypatch.setattr(pictures, "_PROGRAM", HEAD + FULL)
    elif lacks == "processes":
        monkeypatch.setattr(pictures.sys, "executable", "/nonexistent")
    else:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nonexistent"))
    with pytest.raises(Refused, match="later"):
        looked(tmp_path, picture())


TELLS = """
import json, os
print(json.dumps(dict(why=str(dict(os.environ)), clean=False, more=os.listdir("/proc/self/fd"))))
"""


def test_the_process_gets_nothing_of_what_the_server_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORNADO_CHAT_METRICS_TOKEN", "secret")
    monkeypatch.setattr(pictures, "_PROGRAM", HEAD + TELLS)
    said: list[Any] = []
    draw = Pictures._draw
    monkeypatch.setattr(Pictures, "_draw", lambda *given: said.append(draw(*given)) or said[-1])
    assert looked(tmp_path, picture())[0] == Looked()
    assert "secret" not in said[0]["why"]
    assert len(said[0]["more"]) <= 4


def test_at_most_two_pictures_are_drawn_at_once_and_all_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    draw = Pictures._draw

    def counting(self: Pictures, *given: Any) -> Any:
        nonlocal most
        most = max(most, len(self._running) + 1)
        return draw(self, *given)

    monkeypatch.setattr(Pictures, "_draw", counting)

    async def many(looking: Pictures, path: Path) -> Any:
        return await asyncio.gather(*(looking.look(path, "a.png") for _ in range(6)))

    found, _ = looked(tmp_path, picture("PNG", (50, 50)), many)
    assert [one.width for one in found] == [50] * 6
    assert most <= 2


def test_closing_ends_what_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_PROGRAM", "import time; time.sleep(60)")

    async def closed(looking: Pictures, path: Path) -> Any:
        looks = asyncio.ensure_future(looking.look(path, "a.png"))
        while not looking._running:
            await asyncio.sleep(0.001)
        await looking.close()
        with pytest.raises(Refused, match="later"):
            await looks

    looked(tmp_path, picture(), closed)


def test_what_a_killed_server_has_left_of_pictures_goes(tmp_path: Path) -> None:
    folder = tmp_path / "blobs" / "pictures"
    left = folder / "tornado_chat-left"
    left.mkdir(parents=True)
    (left / "clean").write_bytes(SECRET)
    kept, path = Kept(), tmp_path / "upload"
    path.write_bytes(picture("PNG", (50, 50)))

    async def main() -> None:
        looking = Pictures(cast(Blobs, kept), folder)
        assert not folder.exists()
        try:
            assert (await looking.look(path, "a.png")).width == 50
        finally:
            await looking.close()

    asyncio.run(main())
    assert not os.listdir(folder)
