"""The squares that are cut out of pictures."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from tests.images.making import KINDS, Image, animated, huge_png, opened, picture
from tests.images.test_pictures import Kept
from tornado_chat.chat.blobs import Blobs
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import Blob
from tornado_chat.images.drawing import TooMuch, cut
from tornado_chat.images.pictures import Pictures
from tornado_chat.images.stripping import Broken


def framed(size: tuple[int, int], kind: str = "PNG", **how: Any) -> bytes:
    """Return a picture whose middle square is blue, and whose rest is red."""
    image = Image.new("RGB", size, (255, 0, 0))
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    image.paste((0, 0, 255), (left, top, left + side, top + side))
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(900, 600), (600, 900), (4000, 300)])
def test_the_square_in_the_middle_is_cut_out(kind: str, size: tuple[int, int], tmp_path: Path) -> None:
    assert cut(f"image/{kind.lower()}", io.BytesIO(framed(size, kind)), tmp_path) == {"sizes": [64, 256]}
    for side in (64, 256):
        square = opened((tmp_path / str(side)).read_bytes())
        assert (square.format, square.size) == ("WEBP", (side, side))
        for place in ((2, 2), (side - 3, side - 3), (side // 2, side // 2)):
            red, _, blue = square.convert("RGB").getpixel(place)
            assert (red < 60, blue > 200) == (True, True)


@pytest.mark.parametrize(("size", "sizes"), [((256, 300), [64, 256]), ((100, 90), [64, 90]), ((3, 1), [1])])
def test_no_square_is_larger_than_the_picture(size: tuple[int, int], sizes: list[int], tmp_path: Path) -> None:
    assert cut("image/png", io.BytesIO(picture("PNG", size)), tmp_path)["sizes"] == sizes


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animated_picture_it_is_the_first_frame(kind: str, tmp_path: Path) -> None:
    cut(f"image/{kind.lower()}", io.BytesIO(animated(kind, size=(300, 300))), tmp_path)
    assert opened((tmp_path / "64").read_bytes()).convert("RGB").getpixel((9, 9))[0] < 20


def test_a_bomb_and_what_is_no_picture_are_not_cut(tmp_path: Path) -> None:
    with pytest.raises(TooMuch):
        cut("image/png", io.BytesIO(huge_png(20_000, 20_000)), tmp_path)
    for data in (b"", picture("JPEG"), picture("PNG")[:200]):
        with pytest.raises((Broken, OSError)):
            cut("image/png", io.BytesIO(data), tmp_path)


class Shelf(Kept):
    """Keeps bytes, and gives them back in two pieces."""

    async def read(self, blob: str) -> AsyncIterator[bytes]:
        data = self.bytes[blob]
        for piece in (data[:100], data[100:]):
            yield piece


def squares(data: bytes) -> tuple[Mapping[int, Blob], dict[str, bytes]]:
    async def main() -> Mapping[int, Blob]:
        looking = Pictures(cast(Blobs, shelf))
        try:
            return await looking.cut(await shelf.put(data), "image/png")
        finally:
            await looking.close()

    shelf = Shelf()
    return asyncio.run(main()), shelf.bytes


def test_squares_are_made_in_a_process_of_their_own_and_kept() -> None:
    found, kept = squares(framed((500, 300)))
    assert [opened(kept[found[side].name]).size for side in (64, 256)] == [(64, 64), (256, 256)]
    for data in (huge_png(20_000, 20_000), b"no picture"):
        with pytest.raises(Refused, match="no picture") as caught:
            squares(data)
        assert caught.value.code == "invalid-field"
