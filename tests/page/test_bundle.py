"""The page of a release, which is bundled: what it loads later, plugins, workers, and without a server."""

import re
from pathlib import Path

import pytest

from tests.page.test_first_load import (
    test_a_first_visit_asks_for_auth_once_and_for_the_texts_of_its_language as test_a_first_visit,
)
from tests.page.test_markup import (
    test_markup_is_drawn_and_code_is_coloured_when_a_block_names_its_language as test_code_is_coloured,
)
from tests.page.test_offline import (
    test_33_the_page_starts_without_its_server_and_is_never_an_old_one_with_it as test_it_starts_without_its_server,
)
from tests.page.test_plugin_ui import (
    app,
    plugins,
)
from tests.page.test_plugin_ui import (
    test_a_plugin_draws_its_events_and_buttons_and_goes_when_its_plugin_is_reloaded as test_plugins_draw,
)
from tornado_chat.web.assets import Assets

pytestmark = pytest.mark.bundle
__all__ = [
    "app",
    "plugins",
    "test_a_first_visit",
    "test_code_is_coloured",
    "test_it_starts_without_its_server",
    "test_plugins_draw",
]


def test_a_first_load_is_a_third_of_the_requests_with_its_licences(bundle: Path) -> None:
    held = Assets(bundle)
    for name in ("index", "admin"):
        page = held.page(name).body.decode()
        assert page.count("assets/v-") <= 20
        assert page.count('rel="stylesheet"') == 1
        named = re.findall(r'(?:src|href)="assets/v-\w+/([^"]+(?:js|css|svg|webmanifest))"', page)
        files = [held.page(name), *(held.find(path)[0] for path in named)]
        assert sum(len(file.gzipped or file.body) for file in files) <= 55_000
    assert held.find("vendor/LICENSES")[0]
