"""Compares what the page looks like with stored pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

STORED = Path(__file__).parent / "pictures"
TAKEN_WITH = STORED / "chromium.txt"  # its major version
BITS = 6  # of each channel that are kept: the pictures are a third smaller, and no eye sees it
FAINT, CLEAR = 4, 40  # levels of 255 by which a pixel differs, in the channel where it does so most
MOST_FAINT, MOST_CLEAR = 400, 20  # pixels that may; an element of one line that has moved by a pixel makes hundreds


class Pictures:
    """Takes pictures, and compares each with the stored one of its name, or with `accept` replaces that.

    `made` is the folder for those that differ. `known` is whether the browser is the one that the stored ones are
    from: another draws letters a little differently, so nothing can be compared.
    """

    def __init__(self, made: Path, version: str, accept: bool) -> None:
        self.made = made
        self.major = version.split(".")[0]
        self.accept = accept
        self.known = accept or (TAKEN_WITH.exists() and TAKEN_WITH.read_text().strip() == self.major)
        self.wrong: list[str] = []
        self.taken: list[str] = []

    async def take(self, page: Any, name: str) -> None:
        """Take one picture of what is in the window."""
        if self.known:
            self.compare(name, await self._shot(page))

    async def take_parts(self, page: Any, names: Sequence[str], parts: Any) -> None:
        """Take a picture of each of these elements, which may lie below the window.

        They are cut out of one picture of the whole page, which takes as long as one of a part.
        """
        if not self.known:
            return
        boxes = [await part.bounding_box() for part in await parts.all()]
        whole = await self._shot(page, full_page=True)
        for name, box in zip(names, boxes, strict=True):
            left, top = math.floor(box["x"]), math.floor(box["y"])
            right, bottom = math.ceil(box["x"] + box["width"]), math.ceil(box["y"] + box["height"])
            self.compare(name, whole.crop((left, top, right, bottom)))

    async def _shot(self, page: Any, **options: Any) -> Any:
        from PIL import Image

        taken = io.BytesIO(await page.screenshot(animations="disabled", **options))
        with patch.object(Image, "MAX_IMAGE_PIXELS", None):  # which tests of images/ set
            return Image.open(taken).convert("RGB")

    def compare(self, name: str, picture: Any) -> None:
        from PIL import Image, ImageOps

        self.taken.append(name)
        actual = ImageOps.posterize(picture, BITS)
        stored = STORED / f"{name}.webp"
        before = Image.open(stored).convert("RGB") if stored.exists() else None
        wrong = how_different(actual, before) if before else "there is no stored one"
        if not wrong:
            return
        if self.accept:
            STORED.mkdir(exist_ok=True)
            TAKEN_WITH.write_text(f"{self.major}\n")
            actual.save(stored, lossless=True, quality=100, method=4)
            return
        actual.save(self.made / f"{name}.png")
        files = {"actual": self.made / f"{name}.png", "expected": stored}
        if before and before.size == actual.size:
            difference(actual, before).point(lambda level: 255 if level > FAINT else 0).save(
                self.made / f"{name}-difference.png"
            )
            files["difference"] = self.made / f"{name}-difference.png"
        self.wrong.append(f"{name}: {wrong}\n" + "\n".join(f"  {kind}: {file}" for kind, file in files.items()))

    def end(self, kind: str, endings: Sequence[str]) -> None:
        """Fail with all that differ, and stored ones of this kind and these endings that nothing takes now."""
        if not self.known:
            pytest.skip(
                f"The pictures were taken with Chromium {TAKEN_WITH.read_text().strip()}, this is {self.major}: "
                "nothing was compared. Store new ones, and look at them: "
                "./scripts/test --long --accept tests/page/test_pictures.py"
            )
        stored = {file.stem for ending in endings for file in STORED.glob(f"{kind}-*-{ending}.webp")}
        left = stored.difference(self.taken)
        if self.accept:
            for name in left:
                (STORED / f"{name}.webp").unlink()
            return
        self.wrong += [f"{name}: nothing takes this picture any more" for name in sorted(left)]
        if self.wrong:
            pytest.fail(
                "The page looks different. If it should:\n"
                "./scripts/test --long --accept tests/page/test_pictures.py\n\n" + "\n".join(self.wrong),
                pytrace=False,
            )


def difference(one: Any, other: Any) -> Any:
    """How much each pixel differs, in the channel where it does so most."""
    from PIL import ImageChops

    red, green, blue = ImageChops.difference(one, other).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def how_different(one: Any, other: Any) -> str:
    """In words how two pictures differ; "" if no more than drawing them twice explains."""
    if one.size != other.size:
        return "{}×{} pixels instead of {}×{}".format(*one.size, *other.size)
    levels = difference(one, other).histogram()
    faint, clear = sum(levels[FAINT + 1 :]), sum(levels[CLEAR + 1 :])
    if faint <= MOST_FAINT and clear <= MOST_CLEAR:
        return ""
    return f"{faint} pixels differ, {clear} of them clearly"
