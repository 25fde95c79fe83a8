"""Decodes a picture (Pillow), and makes what is shown of it: upright, small, smaller, and tiny."""

from __future__ import annotations

import base64
import contextlib
import io
import math
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import get_sampling

from tornado_chat.images.reading import Broken, Stripped
from tornado_chat.images.stripping import strip

MAX_PIXELS = 50_000_000
MAX_SIDE = 32_767
MAX_FRAMES = 1_000
MAX_ALTOGETHER = 1_000_000_000  # pixels of all frames
THUMBNAILS = (400, 1600)  # px, of the longer side
SQUARES = (64, 256)  # px
QUALITY = 80
PREVIEW = ((32, 40), (32, 10), (24, 5), (16, 1), (8, 1))  # px and quality, until it is small enough
MAX_PREVIEW = 400  # characters of base64
PROFILE = ImageCms.createProfile("sRGB")
#: What brings a picture upright, by its Orientation.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
NAMES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}

_NO_PICTURE = (UnidentifiedImageError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error)

Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow warns of more, and refuses what has twice as many


class TooMuch(ValueError):
    """The picture may be one, but to decode it would take too long, or too much memory."""


def draw(kind: str, source: BinaryIO, folder: Path) -> dict[str, Any]:
    """Write a picture without metadata to `clean` in a folder, and thumbnails to files called by their size.

    Return its `width`, `height`, `preview`, and `sizes` of the thumbnails that there are. Raises Broken, or TooMuch
    if there is `clean`, and no more.
    """
    clean, begun = folder / "clean", folder / "begun"
    with begun.open("w+b") as out:
        seen = strip(NAMES[kind], source, out)
    begun.replace(clean)  # from now on it can be kept, whatever becomes of this process
    with _judged():
        return _draw(NAMES[kind], seen, clean, folder)


def cut(kind: str, source: BinaryIO, folder: Path) -> dict[str, Any]:
    """Write squares out of the middle of a picture without metadata to files called by their side.

    Return these `sizes`: SQUARES, but none is larger than the picture. Raises Broken or TooMuch.
    """
    with _judged(), Image.open(source, formats=[NAMES[kind]]) as image:
        _check(image, 1)
        side = min(image.size)
        if kind == "image/jpeg":
            part = max(SQUARES) / side
            image.draft(None, (math.ceil(image.width * part), math.ceil(image.height * part)))
        shown = _shown(image)
    square = ImageOps.fit(shown, (min(shown.size),) * 2)
    sizes = sorted({min(size, side) for size in SQUARES})
    for size in sizes:
        small = square.resize((size, size), Image.Resampling.LANCZOS)
        small.save(folder / str(size), "WEBP", quality=QUALITY, method=4)
    return {"sizes": sizes}


@contextlib.contextmanager
def _judged() -> Iterator[None]:
    """Raise TooMuch or Broken for whatever Pillow says of a picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except TooMuch:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise TooMuch(str(error) or "it takes too much memory") from None
    except _NO_PICTURE as error:
        raise Broken(str(error)) from None


def _draw(kind: str, seen: Stripped, clean: Path, folder: Path) -> dict[str, Any]:
    with Image.open(clean, formats=[kind]) as opened:
        image: Image.Image = opened
        _check(image, seen.frames)
        turned = seen.orientation in TURNS and seen.frames == 1
        if turned:
            image = _turn(image, seen.orientation, clean)
        width, height = image.size
        if kind == "JPEG" and not turned:
            part = max(THUMBNAILS) / max(width, height)
            image.draft(None, (math.ceil(width * part), math.ceil(height * part)))  # decodes it no larger than needed
        shown = _shown(image)
    sizes = [size for size in THUMBNAILS if size < max(width, height)]
    for size in sorted(sizes, reverse=True):
        shown.thumbnail((size, size), Image.Resampling.LANCZOS)
        shown.save(folder / str(size), "WEBP", quality=QUALITY, method=4)
    return {"width": width, "height": height, "preview": _preview(shown), "sizes": sizes}


def _check(image: Image.Image, frames: int) -> None:
    pixels = image.width * image.height
    if max(image.size) > MAX_SIDE or pixels > MAX_PIXELS:
        raise TooMuch("it has too many pixels")
    if frames > MAX_FRAMES or frames * pixels > MAX_ALTOGETHER:
        raise TooMuch("it has too many frames")


def _turn(image: Image.Image, orientation: int, clean: Path) -> Image.Image:
    """Write a picture as the camera was held, as much like it as its format allows; return it. Its own pixels go."""
    kind, profile = image.format, image.info.get("icc_profile")
    how: dict[str, Any] = {"icc_profile": profile} if profile else {}
    if kind == "JPEG":
        how |= {"qtables": image.quantization, "subsampling": get_sampling(image)}  # type: ignore[attr-defined]
    elif kind == "WEBP":
        how |= {"quality": 90, "lossless": b"VP8L" in clean.read_bytes()[:64]}
    turned, upright = image.transpose(TURNS[orientation]), clean.with_name("upright")
    image.close()
    try:
        turned.save(upright, kind, **how)
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        raise TooMuch(f"it cannot be turned: {error}") from None  # there is no memory for it
    upright.replace(clean)
    return turned


def _shown(image: Image.Image) -> Image.Image:
    """Return the first frame in sRGB, with transparency if it has any."""
    image.load()
    profile = image.info.get("icc_profile")
    clear = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
    if image.mode.startswith("I;16") or image.mode == "I":
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        image = _in_srgb(image, profile)
    mode = "RGBA" if clear else "RGB"
    return image if image.mode == mode else image.convert(mode)  # which copies it in any case


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        found = ImageCms.profileToProfile(image, io.BytesIO(profile), PROFILE, outputMode=mode)
    except (ImageCms.PyCMSError, ValueError, OSError):
        return image  # a profile of something else, or a broken one: browsers ignore it, too
    return found or image


def _preview(shown: Image.Image) -> str:
    """Return a tiny WebP, base64, to be shown blurred until more has come."""
    for size, quality in PREVIEW:
        tiny = shown.copy()
        tiny.thumbnail((size, size), Image.Resampling.BOX)
        out = io.BytesIO()
        tiny.save(out, "WEBP", quality=quality, method=6, alpha_quality=quality)
        text = base64.b64encode(out.getvalue()).decode()
        if len(text) < MAX_PREVIEW:
            return text
    return ""
