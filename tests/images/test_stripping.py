"""What a picture says beside its pixels goes, and nothing of the pixels."""

import io
import struct
import zipfile
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.images.making import (
    KINDS,
    SECRET,
    animated,
    many_frames,
    opened,
    photograph,
    picture,
    png,
    with_chunk,
    zipped,
)
from tornado_chat.images.orientation import orientation_of
from tornado_chat.images.reading import MAX_PROFILE, Broken, Stripped
from tornado_chat.images.stripping import strip


def stripped(kind: str, data: bytes) -> tuple[bytes, Stripped]:
    out = io.BytesIO()
    seen = strip(kind, io.BufferedReader(io.BytesIO(data)), out)  # type: ignore[type-var]
    return out.getvalue(), seen


def frames(data: bytes) -> Iterator[bytes]:
    image = opened(data)
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        yield image.convert("RGBA").tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_photograph_was_taken_goes_and_every_pixel_stays(kind: str) -> None:
    sent = photograph(kind) if kind != "GIF" else picture(kind, comment=SECRET)
    assert SECRET in sent
    clean, seen = stripped(kind, sent)
    assert SECRET not in clean
    assert not opened(clean).getexif()
    assert list(frames(clean)) == list(frames(sent))
    assert seen == Stripped()
    assert stripped(kind, clean)[0] == clean


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_an_animated_picture_keeps_its_frames_and_their_timing(kind: str) -> None:
    sent = animated(kind)
    clean, seen = stripped(kind, sent)
    assert seen.frames == 3
    assert list(frames(clean)) == list(frames(sent))
    before, after = opened(sent), opened(clean)
    assert (after.info["loop"], after.info.get("duration")) == (0, before.info.get("duration"))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_every_kind_of_jpeg_keeps_its_pixels(mode: str, progressive: bool) -> None:
    sent = picture("JPEG", mode=mode, progressive=progressive, restart_marker_rows=2, exif=b"Exif\0\0nothing")
    clean, _ = stripped("JPEG", sent)
    assert list(frames(clean)) == list(frames(sent))
    assert b"nothing" not in clean


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_every_kind_of_png_keeps_its_pixels(mode: str) -> None:
    sent = picture("PNG", mode=mode)
    assert stripped("PNG", sent)[0] == sent


@pytest.mark.parametrize("how", [{"lossless": True}, {"quality": 80}, {"icc_profile": b"profile"}], ids=str)
def test_every_kind_of_webp_keeps_its_pixels(how: dict[str, object]) -> None:
    sent = picture("WEBP", mode="RGBA", **how)
    assert stripped("WEBP", sent)[0] == sent
    sent = photograph("WEBP", **how)
    clean, _ = stripped("WEBP", sent)
    assert list(frames(clean)) == list(frames(sent))
    assert opened(clean).info.get("icc_profile") == how.get("icc_profile")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_colour_profile_stays_unless_it_is_gigantic(kind: str) -> None:
    usual, gigantic = b"profile" * 100, bytes(range(256)) * (MAX_PROFILE // 200)
    assert opened(stripped(kind, picture(kind, icc_profile=usual))[0]).info["icc_profile"] == usual
    if kind == "PNG":
        sent = with_chunk(picture(kind), b"iCCP", b"a\0\0" + gigantic)
    else:
        sent = picture(kind, icc_profile=gigantic)
    clean, _ = stripped(kind, sent)
    assert len(clean) < MAX_PROFILE
    assert "icc_profile" not in opened(clean).info


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [zipped(), b"<script>alert(1)</script>", bytes(9)], ids=["zip", "html", "zeros"])
def test_what_follows_a_picture_goes(kind: str, tail: bytes) -> None:
    sent = picture(kind)
    clean, _ = stripped(kind, sent + tail)
    assert clean == stripped(kind, sent)[0]
    assert not zipfile.is_zipfile(io.BytesIO(clean))


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_cut_off_is_broken(kind: str) -> None:
    sent = picture(kind, (60, 40))
    for size in range(8, len(sent), 1 if len(sent) < 500 else 97):
        with pytest.raises(Broken):
            stripped(kind, sent[:size])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_how_the_camera_was_held_is_read(kind: str, orientation: int) -> None:
    assert stripped(kind, photograph(kind, orientation))[1].orientation == orientation


def test_exif_that_says_nothing_means_upright() -> None:
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    good = b"II*\0\x08\0\0\0\x01\0" + entry
    assert orientation_of(good) == 6
    for exif in (b"", b"II*\0", good[:-5], good.replace(b"\x06", b"\x09"), b"MM" + good[2:], b"\xff" * 99):
        assert orientation_of(exif) == 1
    assert orientation_of(b"II*\0\x08\0\0\0\xff\xff") == 1
    assert orientation_of(b"II*\0\xff\xff\xff\xff") == 1


def test_what_a_chunk_of_a_png_says_is_checked() -> None:
    sent = picture("PNG")
    assert sent.count(b"IDAT") >= 1
    with pytest.raises(Broken, match="damaged"):
        stripped("PNG", sent.replace(b"IDAT", b"IDAT\0", 1)[:-1])
    with pytest.raises(Broken, match="begin"):
        stripped("PNG", png((b"CgBI", b""), (b"IEND", b"")))


def test_a_page_in_a_picture_goes_with_the_comment_that_it_is_in() -> None:
    page = b"<script>alert(1)</script>"
    for kind in ("GIF", "JPEG"):
        assert page not in stripped(kind, picture(kind, comment=page))[0]


def test_frames_are_counted() -> None:
    assert stripped("GIF", many_frames(10_000))[1].frames == 10_000


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(junk=st.binary(max_size=200), at=st.integers(0, 400))
def test_anything_is_copied_or_broken(kind: str, junk: bytes, at: int) -> None:
    sent = picture(kind, (8, 8))
    for data in (sent[: min(at, len(sent))] + junk, sent[:at] + junk + sent[at:], sent[:12] + junk):
        try:
            clean, _ = stripped(kind, data)
        except Broken:
            continue
        assert len(clean) <= len(data) + 16


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        struct.pack("<4sI", name, len(data)) + data + bytes(len(data) & 1) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunks_of(webp: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    while at < len(webp):
        name, size = struct.unpack_from("<4sI", webp, at)
        found.append((name, webp[at + 8 : at + 8 + size]))
        at += 8 + size + (size & 1)
    return found


@pytest.mark.parametrize("name", [b"EXIF", b"XMP ", b"abcd"])
def test_what_is_in_a_frame_of_a_webp_beside_its_pixels_goes(name: bytes) -> None:
    sent = animated("WEBP")
    inner = struct.pack("<4sI", name, len(SECRET)) + SECRET + bytes(len(SECRET) & 1)
    more = riff(*((kind, data + inner * (kind == b"ANMF")) for kind, data in chunks_of(sent)))
    clean, seen = stripped("WEBP", more)
    assert SECRET in more
    assert clean == stripped("WEBP", sent)[0]
    assert seen.frames == 3


@pytest.mark.parametrize("name", [b"VP8X", b"ANIM"])
def test_a_chunk_about_a_webp_has_no_more_than_it_means(name: bytes) -> None:
    sent = animated("WEBP")
    more = riff(*((kind, data + SECRET * (kind == name)) for kind, data in chunks_of(sent)))
    assert stripped("WEBP", more)[0] == stripped("WEBP", sent)[0]
    with pytest.raises(Broken, match="short"):
        stripped("WEBP", riff(*((kind, data[: 5 if kind == name else None]) for kind, data in chunks_of(sent))))


@pytest.mark.parametrize("name", [b"pHYs", b"gAMA", b"sRGB", b"sBIT", b"bKGD", b"cICP", b"mDCV", b"cLLI", b"acTL"])
def test_a_chunk_of_a_png_that_is_longer_than_what_it_means_goes(name: bytes) -> None:
    sent = picture("PNG")
    assert stripped("PNG", with_chunk(sent, name, SECRET * 2))[0] == stripped("PNG", sent)[0]


def test_the_loop_of_a_gif_has_no_more_than_it_means() -> None:
    sent = animated("GIF")
    loop, shown = b"NETSCAPE2.0\x03\x01\0\0", b"!\xf9\x04"
    assert loop in sent
    block = bytes([len(SECRET)]) + SECRET
    more = sent.replace(loop, loop + block)
    at = more.index(shown) + 7
    assert stripped("GIF", more[:at] + block + more[at:])[0] == stripped("GIF", sent)[0]
