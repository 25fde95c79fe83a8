"""Serves the chat of a team, or takes pictures of its screens: ./scripts/team [--pictures FOLDER [LOOK …]]."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.browser import CHROMIUM, FLAGS
from tests.page.team.screens import LOOKS, Screens
from tests.page.team.serving import PASSWORD, PEOPLE, team

FONTS = Path(__file__).parents[1] / "fonts"


async def take(base: str, folder: Path, looks: list[str]) -> None:
    from playwright.async_api import async_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as cache:
        fonts = (FONTS / "fonts.conf").read_text().replace("FOLDER", str(FONTS)).replace("CACHE", cache)
        (Path(cache) / "fonts.conf").write_text(fonts)
        async with async_playwright() as driver:
            environment: dict[str, str | float | bool] = {"FONTCONFIG_FILE": f"{cache}/fonts.conf"}
            browser = await driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, env=environment)
            for look in looks:
                await Screens(browser, base, folder, look).take_all()
            await browser.close()


async def main(port: int, folder: Path | None, looks: list[str]) -> None:
    async with team(port) as base:
        if folder is None:
            print(f"{base}: sign in as {PEOPLE[0]} with {PASSWORD!r}")  # noqa: T201
            await asyncio.Event().wait()
        else:
            await take(base, folder, looks)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="./scripts/team", description=__doc__)
    parser.add_argument("--port", type=int, default=4002)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="take pictures, and end")
    parser.add_argument("looks", nargs="*", choices=[*LOOKS, []], metavar="LOOK", help=", ".join(LOOKS))
    given = parser.parse_args()
    try:
        asyncio.run(main(given.port, given.pictures, given.looks or list(LOOKS)))
    except KeyboardInterrupt:
        pass
