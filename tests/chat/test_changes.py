"""What becomes of a message that is changed, as a table: pure functions of its present state."""

from dataclasses import replace
from typing import Any

import pytest

from tornado_chat.chat.changes import (
    KEYS,
    PINS,
    SHOWN,
    Change,
    Changed,
    apply,
    fields_of,
    first_digest,
    is_repeated,
    refuse_pin,
)
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message, User

ANN, BOB = User("1", "Ann"), User("2", "Bob")
THEN, NOW = 1_000_000, 1_060_000  # a minute apart
TAKEN = [{"key": str(number), "count": 1, "users": ["9"]} for number in range(KEYS)]
FULL = {
    "text_rev": 4,
    "edited": THEN,
    "pinned": {"by": "2", "time": THEN},
    "reactions": [{"key": "+", "count": 1, "users": ["2"]}],
    "reply_to": 1,
}


def message(extra: dict[str, Any] | None = None, text: str = "hi", sender: User | None = ANN) -> Message:
    return Message("den", text, sender, THEN, "r", 3, "7", 5 if extra else 0, extra)


def change(what: str, user: User | None = ANN, **asked: Any) -> Change:
    return Change("den", 3, what, user, NOW, **asked)


DELETED = {"deleted": {"by": "1", "time": THEN}, "reply_to": 1}
STUB = {"message": "", "deleted": {"by": "1", "time": NOW}}


def reacted(key: str, count: int, *users: str) -> dict[str, Any]:
    return {"key": key, "count": count, "users": list(users)}


@pytest.mark.parametrize(
    ("asked", "extra", "others", "fields"),
    [
        (change("edited", text="ho"), None, None, {"message": "ho", "edited": NOW}),
        (change("edited", text="ho", of=3), None, None, {"message": "ho", "edited": NOW}),
        (change("edited", text="ho", of=4), FULL, None, {"message": "ho", "edited": NOW}),
        (change("edited", text="ho", window=60), None, None, {"message": "ho", "edited": NOW}),
        (change("edited", BOB, text="ho", any=True), None, None, {"message": "ho", "edited": NOW}),
        (change("edited", text="hi"), None, None, {}),
        (change("deleted"), None, None, STUB),
        (change("deleted", window=1), None, None, STUB),
        (change("deleted", BOB, any=True), None, None, {**STUB, "deleted": {"by": "2", "time": NOW}}),
        (change("deleted", None, any=True), None, None, {**STUB, "deleted": {"by": None, "time": NOW}}),
        (change("deleted"), FULL, None, {**STUB, **dict.fromkeys(("text_rev", "edited", "pinned", "reactions"))}),
        (change("deleted"), DELETED, None, {}),
        (change("reacted", BOB, key="+"), None, [], {"reactions": [reacted("+", 1, "2")]}),
        (change("reacted", key="+"), FULL, ["2"], {"reactions": [reacted("+", 2, "2", "1")]}),
        (change("reacted", key="-"), FULL, [], {"reactions": [*FULL["reactions"], reacted("-", 1, "1")]}),
        (change("reacted", key="+", on=False), FULL, ["2"], {}),
        (change("reacted", key="?", on=False), None, [], {}),
        (change("reacted", key="0"), {"reactions": TAKEN}, ["9"],
         {"reactions": [reacted("0", 2, "9", "1"), *TAKEN[1:]]}),
        (change("pinned"), None, None, {"pinned": {"by": "1", "time": NOW}}),
        (change("pinned"), FULL, None, {}),
        (change("pinned", on=False), FULL, None, {"pinned": None}),
        (change("pinned", on=False), None, None, {}),
    ],
)  # fmt: skip
def test_what_is_asked_for_becomes_new_fields(
    asked: Change, extra: dict[str, Any] | None, others: list[str] | None, fields: dict[str, Any]
) -> None:
    before = message(extra)
    assert fields_of(asked, before, False, others or []) == fields
    assert before == message(extra)


def test_a_reaction_that_is_taken_back_leaves_the_others_and_the_last_leaves_none() -> None:
    two = message({"reactions": [reacted("+", 2, "1", "2"), reacted("-", 1, "2")]})
    asked = change("reacted", key="+", on=False)
    left = fields_of(asked, two, True, ["2"])
    assert left == {"reactions": [reacted("+", 1, "2"), reacted("-", 1, "2")]}
    assert fields_of(asked, message({"reactions": [reacted("+", 1, "1")]}), True, []) == {"reactions": None}
    assert fields_of(replace(asked, on=True), two, True, ["2"]) == {}


def test_the_first_who_react_are_named_and_the_others_counted() -> None:
    crowd = [str(number) for number in range(100, 100 + SHOWN)]
    full = message({"reactions": [reacted("+", 50, *crowd)]})
    assert fields_of(change("reacted", key="+"), full, False, crowd) == {"reactions": [reacted("+", 51, *crowd)]}
    left = fields_of(change("reacted", User("100", ""), key="+", on=False), full, True, [*crowd[1:], "next"])
    assert left == {"reactions": [reacted("+", 49, *crowd[1:], "next")]}


@pytest.mark.parametrize(
    ("asked", "found", "code"),
    [
        (change("edited", text="ho"), None, "not-found"),
        (change("edited", BOB, text="ho"), message(), "not-allowed"),
        (change("edited", None, text="ho"), message(), "not-allowed"),
        (change("edited", None, text="ho"), message(sender=None), "not-allowed"),
        (change("edited", text="ho", window=59), message(), "not-allowed"),
        (change("edited", text="ho", of=4), message(), "conflict"),
        (change("edited", text="hi", of=3), message(FULL), "conflict"),
        (change("edited", text="ho"), message(DELETED), "not-found"),
        (change("deleted", BOB), message(), "not-allowed"),
        (change("deleted", BOB), message(DELETED), "not-allowed"),
        (change("deleted"), None, "not-found"),
        (change("reacted", key="+"), None, "not-found"),
        (change("reacted", key="+"), message(DELETED), "not-found"),
        (change("reacted", None, key="+"), message(), "not-allowed"),
        (change("reacted", key="new"), message({"reactions": TAKEN}), "too-many"),
        (change("pinned"), None, "not-found"),
        (change("pinned"), message(DELETED), "not-found"),
    ],
)
def test_what_cannot_be_done_is_refused(asked: Change, found: Message | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        fields_of(asked, found, False, [])
    assert refused.value.code == code


def test_a_channel_has_a_hundred_pins() -> None:
    refuse_pin(PINS - 1)
    with pytest.raises(Refused) as refused:
        refuse_pin(PINS)
    assert refused.value.code == "too-many"


def test_an_edit_has_its_number_as_text_rev_and_other_changes_leave_that() -> None:
    one = message()
    edited = apply(change("edited", text="ho"), one, 8, {"message": "ho", "edited": NOW})
    assert (one.text, one.rev, one.extra) == ("ho", 8, {"text_rev": 8, "edited": NOW})
    assert (edited.number, edited.after, edited.what) == (8, 3, ["edited"])
    assert edited.set == {"message": "ho", "edited": NOW, "text_rev": 8}
    pinned = apply(change("pinned"), one, 9, {"pinned": {"by": "1", "time": NOW}})
    assert (pinned.number, pinned.after, one.rev) == (9, 8, 9)
    assert one.extra is not None
    assert one.extra["text_rev"] == 8


def test_a_stub_keeps_what_it_answers_and_loses_all_else() -> None:
    one = message(dict(FULL))
    gone = apply(change("deleted"), one, 8, fields_of(change("deleted"), one, False, []))
    assert (one.text, one.ref, one.sender, one.time, one.seq) == ("", "r", ANN, THEN, 3)
    assert one.extra == {"reply_to": 1, "deleted": {"by": "1", "time": NOW}}
    assert gone.set["reactions"] is None
    assert "reply_to" not in gone.set


def test_what_has_no_fields_left_has_no_extra() -> None:
    one = message({"pinned": {"by": "1", "time": NOW}})
    apply(change("pinned", on=False), one, 8, {"pinned": None})
    assert one.extra is None
    assert one.rev == 8


def test_the_line_of_what_has_changed_is_that_of_before_with_further_fields() -> None:
    assert b'"rev"' not in message().line()
    line = message(dict(FULL)).line().decode()
    assert line.startswith(message().line().decode()[:-1] + ',"rev":5,"text_rev":4,')


def event(number: int, after: int, what: str, by: User | None = ANN, time: int = NOW, **fields: Any) -> Changed:
    return Changed("den", 3, number, after, [what], by, time, fields, message(), change(what))


def test_two_changes_of_a_message_become_one_event_with_the_state_after_both() -> None:
    one = event(5, 3, "reacted", reactions=[reacted("+", 1, "1")])
    one.absorb(event(7, 5, "edited", BOB, NOW + 5, message="ho", edited=NOW, text_rev=7))
    one.absorb(event(8, 7, "reacted", ANN, NOW + 9, reactions=None))
    assert one.event() == {
        "action": "changed",
        "channel": "den",
        "about": 3,
        "seq": 8,
        "after": 3,
        "what": ["reacted", "edited"],
        "by": ANN,
        "time": NOW + 9,
        "set": {"reactions": None, "message": "ho", "edited": NOW, "text_rev": 7},
    }


# Refs


@pytest.mark.parametrize(
    "other",
    [{"channel": "attic"}, {"seq": 4}, {"what": "deleted"}, {"text": "b"}, {"key": "+"}, {"on": False}],
    ids=str,
)
def test_a_change_is_repeated_if_all_that_was_asked_for_is_the_same(other: dict[str, Any]) -> None:
    asked = change("edited", text="a", of=3)
    assert replace(asked, of=9, time=0, user=BOB, any=True, window=5).digest() == asked.digest()
    assert replace(asked, **other).digest() != asked.digest()


def test_no_two_calls_have_one_digest_because_a_text_holds_what_parts_them() -> None:
    assert change("edited", text="a\0b").digest() != change("edited", text="a", key="b\0").digest()
    assert change("edited", text="\ud800").digest() != change("edited", text="?").digest()


def test_a_message_is_repeated_if_it_is_what_was_first_sent() -> None:
    sent, known = message(), message({"reply_to": 1})
    assert is_repeated(message(), sent, None)
    assert not is_repeated(message({"reply_to": 1}), sent, None)
    assert is_repeated(message({"reply_to": 1}), known, None)
    first = first_digest(sent)
    sent.text = "ho"
    assert is_repeated(message(), sent, first)
    assert not is_repeated(message(text="ho"), sent, first)
