"""The contrast of the tokens, as Chromium computes them: in both themes, and where more contrast is wanted."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.page.browsing import Opened, browser_test

TOKENS = (Path(__file__).parents[2] / "public/assets/css/tokens.css").read_text()
SURFACES = ("--frame", "--page", "--raised", "--well", "--hover", "--hover-frame")
SOFT = ("--accent-soft", "--flash-soft", "--alarm-soft")
TEXT: list[tuple[str, tuple[str, ...]]] = [  # what is written, and on what
    ("--text", (*SURFACES, *SOFT, "--flash-chip", "--fill", "--accent-fill")),
    ("--text-2", (*SURFACES, "--fill", "--accent-soft")),
    ("--muted", (*SURFACES, "--fill")),
    ("--accent", (*SURFACES, "--accent-soft")),
    ("--alarm", ("--page", "--raised", "--frame", "--well", "--hover", "--alarm-soft")),
    ("--on-accent", ("--accent-solid", "--accent-deep")),
    ("--on-badge", ("--badge",)),
    *((f"--code-{name}", ("--well", "--page", "--hover")) for name in ("key", "text", "name", "note")),
]
EDGES: list[tuple[str, tuple[str, ...]]] = [  # what outlines a control, or is a mark without words
    ("--edge", ("--frame", "--page", "--raised", "--hover")),
    ("--muted", ("--page", "--fill", "--hover")),  # the ring of a poll's answer
    ("--accent", ("--page", "--raised", "--frame", "--accent-soft")),  # the focus
    ("--alarm", ("--page", "--raised")),  # a field that is wrong
    ("--flash", ("--flash-soft",)),  # the bar of what is for me
    ("--here", ("--frame", "--page")),
]
MEASURE = """(colours) => {
  const place = document.body.appendChild(document.createElement("div"));
  const pen = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const light = (colour, hue) => {
    if (hue) place.style.setProperty("--hue", hue);
    place.style.color = colour;
    pen.fillStyle = getComputedStyle(place).color;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = colours.map(([one, other, hue]) => [light(one, hue), light(other, hue)].sort((a, b) => b - a));
  place.remove();
  return found.map(([more, less]) => (more + 0.05) / (less + 0.05));
}"""


async def contrasts(page: Any, pairs: list[tuple[str, ...]]) -> dict[tuple[str, ...], float]:
    return dict(zip(pairs, await page.evaluate(MEASURE, pairs), strict=True))


def pairs(listed: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, ...]]:
    return [(f"var({one})", f"var({ground})") for one, grounds in listed for ground in grounds]


@browser_test
@pytest.mark.parametrize("contrast", ["no-preference", pytest.param("more", marks=pytest.mark.long)])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_words_have_4_5_and_edges_3_to_1_on_what_they_lie_on(people: Opened, theme: Any, contrast: Any) -> None:
    async with people() as browsers:
        page = await browsers.open(color_scheme=theme, contrast=contrast)
        await page.locator("#name").wait_for()
        found = await contrasts(page, pairs(TEXT))
        assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < 4.5} == {}
        found = await contrasts(page, pairs(EDGES))
        assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < 3} == {}
        if contrast == "more":
            found = await contrasts(page, pairs([("--muted", SURFACES), ("--line", ("--page", "--frame"))]))
            assert min(found.values()) > 7, found


@browser_test
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_letters_have_4_5_to_1_on_each_of_the_twelve_hues(people: Opened, theme: Any) -> None:
    avatar = (Path(__file__).parents[2] / "public/assets/css/base.css").read_text()
    background, colour = re.findall(r"(?:background|color): (light-dark\(oklch\([^;]*--hue[^;]*\));", avatar)[:2]
    hues = re.findall(r"--hue: (\d+)", TOKENS)
    assert len(hues) == 12
    async with people() as browsers:
        page = await browsers.open(color_scheme=theme)
        await page.locator("#name").wait_for()
        found = await contrasts(page, [(colour, background, hue) for hue in hues])
        assert {hue: round(ratio, 2) for (_, _, hue), ratio in found.items() if ratio < 4.5} == {}
