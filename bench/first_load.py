"""Loads of the page over slow lines, with Chromium's emulation: python -m bench.first_load [--again] ADDRESS…

A load begins with an empty cache, and ends when the page can be typed in. With --again, it is the next visit of
someone, and ends when a message is shown. The addresses take turns; what is printed is the median, and the least and
the most.
"""

import argparse
import asyncio
import statistics
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.browser import CHROMIUM, FLAGS

LINES = {  # name: round trip in ms, kbit/s down, kbit/s up
    "slow 4G": (150, 1_600, 750),
    "3G": (400, 400, 400),
}
WATCH = """
const look = () => {
  if (document.querySelector("#name:enabled, textarea:enabled")) window.usable ??= performance.now();
  if (document.querySelector(".message .text")) window.shown ??= performance.now();
};
new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true});
"""


async def load(browser: Browser, address: str, line: str, again: bool) -> tuple[float, int, int]:
    """Return the seconds that a visit takes, and the requests and bytes (headers too) until then."""
    delay, down, up = LINES[line]
    context = await browser.new_context()
    page = await context.new_page()
    if again:
        await page.goto(address)
        await page.fill("#name", "Ann")
        await page.keyboard.press("Enter")
        await page.fill("textarea", "hello")
        await page.keyboard.press("Enter")
        await page.locator(".message:not(.pending) .text").first.wait_for()
        await page.wait_for_load_state("networkidle")
    devtools = await context.new_cdp_session(page)
    asked: list[str] = []
    received: list[int] = []

    def count(event: dict[str, Any]) -> None:
        received.append(int(event["encodedDataLength"]))

    devtools.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    devtools.on("Network.loadingFinished", count)
    await devtools.send("Network.enable")
    emulated = {"downloadThroughput": down * 125, "uploadThroughput": up * 125}
    await devtools.send("Network.emulateNetworkConditions", {"offline": False, "latency": delay, **emulated})
    await page.add_init_script(WATCH)
    await page.goto(address, wait_until="commit", timeout=60_000)
    done = page.locator(".message .text" if again else "#name:enabled, textarea:enabled")
    await done.first.wait_for(timeout=60_000)
    found = await page.evaluate("shown" if again else "usable") / 1000, len(asked), sum(received)
    await context.close()
    return found


async def main(addresses: list[str], rounds: int, again: bool) -> None:
    """Measure and print."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        await load(browser, addresses[0], "slow 4G", again)  # a browser's first page takes longer
        for line, (delay, down, _) in LINES.items():
            found: dict[str, list[tuple[float, int, int]]] = {address: [] for address in addresses}
            for _ in range(rounds):
                for address in addresses:
                    found[address].append(await load(browser, address, line, again))
            for address, loads in found.items():
                times = [seconds for seconds, _, _ in loads]
                requests, size = (round(statistics.median(one[at] for one in loads)) for at in (1, 2))
                print(  # noqa: T201
                    f"{line} ({delay} ms, {down} kbit/s): {statistics.median(times):.2f} s "
                    f"({min(times):.2f} to {max(times):.2f}), {requests} requests, {size / 1000:.0f} kB: {address}"
                )
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
    parser.add_argument("--again", action="store_true", help="measure a second visit")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(main(given.addresses, given.rounds, given.again))
