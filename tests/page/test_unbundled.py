"""The page of a checkout, which has no build step: what it loads later, plugins, workers, and without a server.

All other tests look at the bundle of a release. `--modules` has all of them look at these modules.
"""

import pytest

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

pytestmark = [pytest.mark.long, pytest.mark.modules]
__all__ = [
    "app",
    "plugins",
    "test_code_is_coloured",
    "test_it_starts_without_its_server",
    "test_plugins_draw",
]
