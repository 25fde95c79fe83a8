"""What a first visitor's browser asks for."""

import re
from collections import Counter

import pytest

from tests.page.browsing import Opened, browser_test


@pytest.mark.parametrize(
    "", [pytest.param(id="bundle", marks=pytest.mark.long), pytest.param(id="modules", marks=pytest.mark.modules)]
)
@browser_test
async def test_a_first_visit_asks_for_auth_once_and_for_the_texts_of_its_language(people: Opened) -> None:
    async with people() as browsers:
        for address, locale in (("/", "en-GB"), ("/", "zh-CN"), ("/admin", "zh-CN")):
            browsers.asked.clear()
            page = await browsers.open(address, locale=locale)
            await page.locator("#app > :not(.starting)").first.wait_for()
            asked = Counter(url.removeprefix(browsers.base) for url in browsers.asked)
            assert asked["/auth"] == 1
            texts = [url for url in asked if re.search(r"/i18n/(admin/)?\w\w\.js$", url)]
            assert all(url.endswith(f"/{locale[:2]}.js") for url in texts), texts
            assert len(texts) == (2 if address == "/admin" else 1)
