"""Whom a text mentions on the server is whom it speaks to on the page: one corpus for both."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_chat.chat.mentions import MOST, chosen, names_in
from tornado_chat.chat.validation import MAX_TEXT, name_key

CORPUS = json.loads((Path(__file__).parents[1] / "mentions.json").read_text())


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: repr(case["text"]))
def test_a_text_mentions_whom_it_speaks_to(case: dict[str, Any]) -> None:
    users = {name_key(name): [name] for name in case["names"]}
    assert chosen(names_in(case["text"]), users) == case["mentioned"]


@given(st.lists(st.sampled_from(["@", "Ann", " ", "`", "*", "\n", "> ", "_", ".", "\u0301", "明"]), max_size=60))
def test_no_text_is_too_much(pieces: list[str]) -> None:
    for keys in names_in("".join(pieces)):
        assert keys == sorted(keys, key=len, reverse=True)


def test_a_text_mentions_so_many_at_most_and_asks_for_so_many_names() -> None:
    text = "".join(f"@a{number} " for number in range(900))[:MAX_TEXT]
    names = names_in(text)
    users = {name_key(f"a{number}"): [str(number)] for number in range(900)}
    assert len(chosen(names, users)) == MOST
    assert sum(map(len, names_in("@" + "a " * 2000))) <= 40
