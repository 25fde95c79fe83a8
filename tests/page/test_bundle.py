"""The page of a release, which is bundled; most other tests here look at it too."""

import re
from pathlib import Path

from tornado_chat.web.assets import Assets


def test_a_first_load_is_a_third_of_the_requests_with_its_licences(bundle: Path) -> None:
    held = Assets(bundle)
    for name in ("index", "admin"):
        page = held.page(name).body.decode()
        assert page.count("assets/v-") <= 20
        assert page.count('rel="stylesheet"') == 1
        named = re.findall(r'(?:src|href)="assets/v-\w+/([^"]+(?:js|css|svg|webmanifest))"', page)
        files = [held.page(name), *(held.find(path)[0] for path in named)]
        assert sum(len(file.gzipped or file.body) for file in files) <= 60_900
    assert held.find("vendor/LICENSES")[0]
