"""What a client holds of a channel: the cases for all clients, and what the Python client does beyond them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tornado_chat.client.mirror import Mirror, differences

CASES = json.loads((Path(__file__).parents[1] / "changes.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case_ends_as_it_says(case: dict[str, Any]) -> None:
    before = json.dumps(case)
    mirror = Mirror(case["known"], case["start"], case["held"])
    steps = {"event": mirror.hear, "changes": mirror.learn, "joined": mirror.join, "older": mirror.load}
    for step in case["steps"]:
        for kind, told in step.items():
            mirror.lose() if kind == "lost" else steps[kind](told)
    held = [{key: value for key, value in one.items() if key != "action"} for one in mirror.held]
    assert (mirror.known, held, mirror.asking) == (case["then"]["known"], case["then"]["held"], case["asking"])
    assert json.dumps(case) == before  # what it is told is not altered


def test_it_holds_the_newest_messages_and_puts_none_before_them() -> None:
    mirror = Mirror(limit=3)
    for seq in range(1, 8):
        mirror.hear({"action": "send-message", "seq": seq})
    assert list(mirror.messages) == [5, 6, 7]
    mirror.merge({"seq": 3, "rev": 8})
    assert (list(mirror.messages), mirror.start) == ([5, 6, 7], 5)


def test_words_are_added_to_a_growing_message_unless_some_before_them_are_missing() -> None:
    mirror = Mirror()
    mirror.hear({"action": "send-message", "seq": 1, "message": "a\U0001f642", "growing": True})
    mirror.hear({"action": "send-message", "seq": 2, "message": "a"})

    def grow(start: int, add: str, about: int = 1) -> str:
        mirror.hear({"action": "growing", "about": about, "from": start, "add": add})
        return str(mirror.messages[1]["message"])

    assert grow(2, "bc") == "a\U0001f642bc"
    assert grow(2, "b") == "a\U0001f642bc"  # came before
    assert grow(3, "cd") == "a\U0001f642bcd"
    assert grow(6, "x") == "a\U0001f642bcd"
    assert grow(1, "x", about=2) == grow(0, "x", about=3) == "a\U0001f642bcd"
    assert (mirror.messages[2]["message"], mirror.known) == ("a", 2)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ({"seq": 1}, {"seq": 1, "rev": 2, "text_rev": 2, "edited": 9}, ["edited"]),
        ({"seq": 1, "growing": True}, {"seq": 1, "rev": 3, "text_rev": 3}, ["grown"]),
        ({"seq": 1, "growing": True}, {"seq": 1, "rev": 3, "stopped": True}, ["grown"]),
        ({"seq": 1, "growing": True}, {"seq": 1, "rev": 3, "growing": True, "reactions": [1]}, ["reacted"]),
        ({"seq": 1, "growing": True}, {"seq": 1, "rev": 4, "text_rev": 4, "edited": 9}, ["edited"]),
        (None, {"seq": 1, "rev": 3, "text_rev": 3, "growing": True}, ["grown"]),
        ({"seq": 1, "text_rev": 2}, {"seq": 1, "rev": 3, "text_rev": 2, "pinned": {}}, ["pinned"]),
        ({"seq": 1, "pinned": {}, "reactions": [1]}, {"seq": 1, "rev": 3}, ["pinned", "reacted"]),
        ({"seq": 1, "pinned": {}}, {"seq": 1, "deleted": {}}, ["deleted"]),
        ({"seq": 1, "deleted": {}}, {"seq": 1, "deleted": {}, "replies": {}}, []),
        (None, {"seq": 1, "rev": 4, "text_rev": 3, "edited": 9, "reactions": [1]}, ["edited", "reacted"]),
        (None, {"seq": 1, "rev": 4}, []),
    ],
)
def test_what_has_happened_is_seen_from_what_was_held(before: Any, after: dict[str, Any], what: list[str]) -> None:
    assert differences(before, after) == what
