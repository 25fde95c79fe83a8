"""What is shown of a picture; and pictures that are made to harm whoever opens them."""

import base64
import io
import re
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.images.making import (
    KINDS,
    SECRET,
    animated,
    huge_png,
    many_frames,
    noise,
    opened,
    photograph,
    picture,
    png,
    with_chunk,
)
from tornado_chat.images import drawing
from tornado_chat.images.drawing import MAX_FRAMES, MAX_PIXELS, MAX_PREVIEW, TooMuch, draw
from tornado_chat.images.reading import Broken

TYPES = {kind: f"image/{kind.lower()}" for kind in KINDS}


def drawn(kind: str, data: bytes, folder: Path) -> dict[str, Any]:
    return draw(TYPES[kind], io.BytesIO(data), folder)


def is_red(image: Any, x: float, y: float) -> bool:
    red, green, blue = image.convert("RGB").getpixel((int(image.width * x), int(image.height * y)))
    return bool(red > 200 and green < 60 and blue < 60)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_has_measures_a_preview_and_thumbnails_without_metadata(kind: str, tmp_path: Path) -> None:
    sent = photograph(kind, size=(2000, 1000)) if kind != "GIF" else picture(kind, (2000, 1000))
    about = drawn(kind, sent, tmp_path)
    assert (about["width"], about["height"], about["sizes"]) == (2000, 1000, [400, 1600])
    assert len(about["preview"]) < MAX_PREVIEW
    preview = opened(base64.b64decode(about["preview"]))
    assert (preview.format, max(preview.size) <= 32) == ("WEBP", True)
    for size in about["sizes"]:
        data = (tmp_path / str(size)).read_bytes()
        small = opened(data)
        assert (small.format, small.size) == ("WEBP", (size, size // 2))
        assert is_red(small, 0.1, 0.1)
        assert not is_red(small, 0.5, 0.5)
        assert not {"exif", "xmp"} & small.info.keys()
        assert SECRET not in data
    assert SECRET not in (tmp_path / "clean").read_bytes()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("orientation", "corner"), [*enumerate(("00", "10", "11", "01", "00", "10", "11", "01"), 1)])
def test_a_picture_stands_as_the_camera_was_held(kind: str, orientation: int, corner: str, tmp_path: Path) -> None:
    about = drawn(kind, photograph(kind, orientation), tmp_path)
    assert (about["width"], about["height"]) == ((800, 600) if orientation < 5 else (600, 800))
    x, y = (0.9 if side == "1" else 0.1 for side in corner)
    clean = opened((tmp_path / "clean").read_bytes())
    assert clean.size == (about["width"], about["height"])
    assert clean.format == kind
    assert not clean.getexif()
    for image in (clean, opened((tmp_path / "400").read_bytes()), opened(base64.b64decode(about["preview"]))):
        assert is_red(image, x, y)
        assert not is_red(image, 1 - x, 1 - y)


def test_a_picture_that_is_turned_keeps_its_quality_and_colours(tmp_path: Path) -> None:
    profile = opened(picture("JPEG", icc_profile=b"profile" * 9)).info["icc_profile"]
    sent = photograph("JPEG", 6, quality=93, subsampling=0, icc_profile=profile)
    drawn("JPEG", sent, tmp_path)
    before, after = opened(sent), opened((tmp_path / "clean").read_bytes())
    assert after.quantization == before.quantization
    assert after.info["icc_profile"] == profile
    assert 0.8 < (tmp_path / "clean").stat().st_size / len(sent) < 1.2


def test_a_picture_that_cannot_be_turned_stays_as_it_is_without_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(image: Any, file: Path, *how: Any, **more: Any) -> None:
        file.write_bytes(b"half")
        raise OSError("encoding error 1")

    sent = photograph("WEBP", 6)
    monkeypatch.setattr(drawing.Image.Image, "save", out_of_memory)
    with pytest.raises(TooMuch, match="turned"):
        drawn("WEBP", sent, tmp_path)
    clean = opened((tmp_path / "clean").read_bytes())
    assert clean.tobytes() == opened(sent).tobytes()
    assert not clean.getexif()


def test_a_small_picture_has_no_thumbnails(tmp_path: Path) -> None:
    assert drawn("PNG", picture("PNG", (400, 300)), tmp_path)["sizes"] == []
    assert drawn("PNG", picture("PNG", (401, 3)), tmp_path)["sizes"] == [400]
    assert drawn("PNG", picture("PNG", (1, 1)), tmp_path)["width"] == 1
    assert drawn("PNG", picture("PNG", (3_000, 1)), tmp_path)["sizes"] == [400, 1600]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_png_is_drawn_with_its_transparency(mode: str, tmp_path: Path) -> None:
    drawn("PNG", picture("PNG", mode=mode), tmp_path)
    small = opened((tmp_path / "400").read_bytes())
    assert is_red(small, 0.1, 0.1) == (mode in ("P", "RGB", "RGBA"))
    clear = noise(800, 600, "RGBA")
    clear.paste((0, 0, 0, 0), (400, 0, 800, 600))
    out = io.BytesIO()
    clear.save(out, "PNG")
    drawn("PNG", out.getvalue(), tmp_path)
    assert opened((tmp_path / "400").read_bytes()).getpixel((390, 10))[3] == 0


def test_a_deep_png_and_a_cmyk_jpeg_are_drawn(tmp_path: Path) -> None:
    deep = noise(800, 600, "L").convert("I").point(lambda value: value * 256).convert("I;16")
    out = io.BytesIO()
    deep.save(out, "PNG")
    drawn("PNG", out.getvalue(), tmp_path)
    wanted, found = noise(800, 600, "L").getpixel((600, 400)), opened((tmp_path / "400").read_bytes()).convert("L")
    assert abs(found.getpixel((300, 200)) - wanted) < 12
    drawn("JPEG", picture("JPEG", mode="CMYK"), tmp_path)
    assert is_red(opened((tmp_path / "400").read_bytes()), 0.1, 0.1)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_an_animated_picture_keeps_its_frames_and_its_thumbnails_are_the_first(kind: str, tmp_path: Path) -> None:
    drawn(kind, animated(kind, 3, (500, 300)), tmp_path)
    assert opened((tmp_path / "clean").read_bytes()).n_frames == 3
    assert getattr(opened((tmp_path / "400").read_bytes()), "n_frames", 1) == 1


# What is made to harm


def test_a_picture_of_very_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    bomb = huge_png(20_000, 20_000)
    assert len(bomb) < 100_000
    with pytest.raises(TooMuch, match="pixels"):
        drawn("PNG", bomb, tmp_path)
    with pytest.raises(TooMuch, match="pixels"):
        drawn("PNG", huge_png(MAX_PIXELS // 100, 1), tmp_path)
    assert drawn("PNG", huge_png(30_000, 1_000), tmp_path)["width"] == 30_000


@pytest.mark.parametrize(("width", "height"), [(2**31 - 1, 2**31 - 1), (2**31 - 1, 1), (65_535, 65_535), (0, 5)])
def test_a_picture_that_only_says_that_it_is_huge_is_none(width: int, height: int, tmp_path: Path) -> None:
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    with pytest.raises((Broken, TooMuch)):
        drawn("PNG", png((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")), tmp_path)


def test_a_jpeg_and_a_gif_that_say_so_are_none_either(tmp_path: Path) -> None:
    frame = b"\xff\xc0\x00\x11\x08"
    jpeg = re.sub(frame + b"....", frame + b"\xff" * 4, picture("JPEG"), flags=re.DOTALL)
    gif = picture("GIF", (8, 8))
    canvas = gif[:6] + b"\xff\xff\xff\xff" + gif[10:]
    at = gif.index(b",")
    frame = gif[: at + 5] + b"\xff\xff\xff\xff" + gif[at + 9 :]
    for kind, data in (("JPEG", jpeg), ("GIF", canvas), ("GIF", frame)):
        with pytest.raises(TooMuch):
            drawn(kind, data, tmp_path)


def test_a_picture_of_very_many_frames_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(TooMuch, match="frames"):
        drawn("GIF", many_frames(10_000), tmp_path)
    with pytest.raises(TooMuch, match="frames"):
        drawn("WEBP", animated("WEBP", MAX_FRAMES + 1, (1, 1), minimize_size=False, kmin=1, kmax=1), tmp_path)
    assert drawn("GIF", many_frames(MAX_FRAMES), tmp_path)["width"] == 1


@cache
def zeros() -> bytes:
    """Return 200 MB in little."""
    return zlib.compress(bytes(200_000_000), 1)


@pytest.mark.parametrize("name", [b"iCCP", b"zTXt", b"iTXt", b"tEXt"])
def test_a_png_with_a_gigantic_chunk_is_shown_without_it(name: bytes, tmp_path: Path) -> None:
    bomb = b"a\0\0" + zeros()
    if name == b"iTXt":
        bomb = b"a\0\1\0\0\0" + bomb[3:]
    sent = with_chunk(picture("PNG"), name, bomb)
    if name == b"iCCP":  # a profile is a part of the picture
        with pytest.raises(Broken):
            drawn("PNG", sent, tmp_path)
    else:
        assert drawn("PNG", sent, tmp_path)["width"] == 800
        assert (tmp_path / "clean").read_bytes() == picture("PNG")


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_whose_inside_is_damaged_is_none(kind: str, tmp_path: Path) -> None:
    sent = picture(kind)
    half = sent[: len(sent) // 2]
    for data in (half, half + (sent[-12:] if kind == "PNG" else b""), b"", sent[:3], sent[:20] + bytes(500)):
        with pytest.raises(Broken):
            drawn(kind, data, tmp_path)


def test_a_page_that_begins_as_a_picture_is_none(tmp_path: Path) -> None:
    page = b"=1;/*" + bytes(9) + b"*/alert(1);<script>alert(1)</script>"
    for kind, begin in (("GIF", b"GIF89a"), ("JPEG", b"\xff\xd8\xff\xe0"), ("PNG", b"\x89PNG\r\n\x1a\n")):
        with pytest.raises(Broken):
            drawn(kind, begin + page, tmp_path)


def test_one_kind_of_picture_is_not_taken_for_another(tmp_path: Path) -> None:
    for kind in KINDS:
        for other in KINDS:
            if other != kind:
                with pytest.raises(Broken):
                    drawn(other, picture(kind), tmp_path)
