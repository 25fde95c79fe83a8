"""What counts as looking different: an element that has moved or another colour, but no noise."""

from pathlib import Path
from typing import Any

import pytest

from tests.page import comparing
from tests.page.comparing import Pictures

pytest.importorskip("PIL", reason="pip install .[browser]")


def picture(x: int = 40, colour: tuple[int, int, int] = (20, 90, 100), size: tuple[int, int] = (400, 300)) -> Any:
    """A page with a button."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", size, (254, 254, 252))
    ImageDraw.Draw(page).rounded_rectangle((x, 40, x + 100, 76), 8, fill=colour)
    return page


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the picture of the button, taken with Chromium 156."""
    monkeypatch.setattr(comparing, "STORED", tmp_path / "stored")
    monkeypatch.setattr(comparing, "TAKEN_WITH", tmp_path / "stored" / "chromium.txt")
    pictures = Pictures(tmp_path, "156.0.1", accept=True)
    pictures.compare("some-page-wide", picture())
    pictures.end("some", ["wide"])
    return tmp_path


def compared(folder: Path, image: Any, version: str = "156.0.2") -> Pictures:
    pictures = Pictures(folder, version, accept=False)
    pictures.compare("some-page-wide", image)
    return pictures


def test_noise_is_no_difference(stored: Path) -> None:
    noisy = picture()
    for at in range(0, 400, 2):
        noisy.putpixel((at, 200), (251, 251, 249))
    noisy.putpixel((10, 10), (0, 0, 0))
    compared(stored, noisy).end("some", ["wide"])


@pytest.mark.parametrize("other", [{"x": 41}, {"colour": (30, 90, 100)}, {"size": (400, 301)}])
def test_what_has_moved_or_another_colour_or_size_is_one_and_the_files_are_named(stored: Path, other: Any) -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        compared(stored, picture(**other)).end("some", ["wide"])
    assert "--accept" in str(failed.value)
    for file in (stored / "some-page-wide.png", stored / "stored" / "some-page-wide.webp"):
        assert str(file) in str(failed.value)
        assert file.exists()
    assert ("some-page-wide-difference.png" in str(failed.value)) == ("size" not in other)


def test_another_chromium_compares_nothing_and_says_so(stored: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="taken with Chromium 156, this is 157"):
        Pictures(stored, "157.0.1", accept=False).end("some", ["wide"])


def test_a_picture_that_nothing_takes_any_more_is_named_and_goes_when_the_others_are_accepted(stored: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="some-page-wide: nothing takes this picture any more"):
        Pictures(stored, "156.0.1", accept=False).end("some", ["wide"])
    Pictures(stored, "156.0.1", accept=True).end("some", ["wide"])
    assert not list((stored / "stored").glob("*.webp"))


def test_of_pictures_with_another_ending_nothing_is_said(stored: Path) -> None:
    Pictures(stored, "156.0.1", accept=False).end("some", ["phone"])
