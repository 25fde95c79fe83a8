"""Slash commands: the same examples that the page's commands.js is held to."""

import json
from pathlib import Path
from typing import Any

import pytest

from tornado_chat.testing.slash import parse

EXAMPLES = json.loads((Path(__file__).parents[1] / "commands.json").read_text())


@pytest.mark.parametrize("case", EXAMPLES["cases"], ids=lambda case: case["line"])
def test_a_line_is_read_as_the_page_reads_it(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(ValueError) as error:  # noqa: PT011
            parse(case["line"], EXAMPLES["actions"])
        assert str(error.value) == case["error"]
    else:
        assert parse(case["line"], EXAMPLES["actions"]) == case["result"]
