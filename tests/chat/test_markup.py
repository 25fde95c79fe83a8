"""What the server takes a text for is what the page shows: one corpus for both."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_chat import shown

CORPUS = json.loads((Path(__file__).parents[1] / "markup.json").read_text())
PIECES = [
    "*",
    "**",
    "_",
    "~~",
    "`",
    "```",
    "\\",
    "[",
    "](http://x)",
    "(",
    ")",
    "www.",
    "@",
    "a.b",
    "\n",
    "\n> ",
    "- ",
    " ",
]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: ascii(case["text"][:40]))
def test_a_text_is_read_as_the_page_reads_it(case: dict[str, Any]) -> None:
    page = shown(case["text"])
    assert (page.text, page.links) == (case["shown"], case["links"])


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=40).map("".join))
def test_no_text_is_too_much(text: str) -> None:
    page = shown(text)
    assert len(page.text) <= len(text)
    assert page.links <= 500
