"""What a node tells the others comes back as it was."""

import json
from typing import Any

import pytest

from tests.storage.histories import ANN, change, message
from tornado_chat.chat.changes import Changed, Replied, apply
from tornado_chat.chat.models import Message, User
from tornado_chat.storage.postgres import wire

WRITER = "0123456789abcdef"
TEXTS = ["a", "\u2028 \n\t'\"\\ \\u0000 {}[]", "😀é\uffff", "\x1f\x01", "x" * 900]


def numbered(messages: list[Message]) -> list[Message]:
    for number, one in enumerate(messages, 1):
        one.seq, one.id = number, str((77 << 40) + number)
    return messages


def sent(messages: list[Message]) -> list[str]:
    """Return the payloads of new messages, as the database makes them."""
    tails = wire.tails(messages, [77] * len(messages))
    found: dict[int, list[str]] = {}
    for one, tail, piece in zip(messages, tails, wire.pieces(tails), strict=True):
        found.setdefault(piece, []).append(f"[{one.seq},{tail}")
    return [f"{WRITER}[{','.join(some)}]" for some in found.values()]


def changed(text: str = "b", **asked: Any) -> Changed:
    [before] = numbered([message("a", ref="r", mentions=["2"])])
    asked = {"text": text, "user": User("3", "Zoe \n", "admin"), "any": True, **asked}
    return apply(change("edited", 1, **asked), before, 5, {"message": text, "edited": 7, "mentions": None})


def test_messages_come_back_as_they_were() -> None:
    people = [User("1", "Ann"), User("1", "Ann, renamed"), User("g:2", "Guest"), User("3", "Zoe", "admin"), None]
    messages = numbered(
        [message(text, ref, user) for text in TEXTS for user in people for ref in (None, "", text)]
        + [message("a", channel='\n "den"'), message("b", reply_to=7, mentions=["1"]), message("c", odd="\0")]
    )
    payloads = sent(messages)
    assert len(payloads) > 1
    assert all(len(one.encode()) <= wire.LONGEST for one in payloads)
    heard = [one for payload in payloads for one in wire.heard(payload)]
    assert [(channel, number) for channel, number, _ in heard] == [(one.channel, one.seq) for one in messages]
    told = [one for _, _, items in heard for one in items or ()]
    assert told == messages
    assert [one.line() for one in told if isinstance(one, Message)] == [one.line() for one in messages]


@pytest.mark.parametrize("length", [2_000, 7_200, 7_300, 7_350, 7_400, 9_000])
@pytest.mark.parametrize("letter", ["x", "é", "\n"])
def test_what_is_too_long_is_told_by_its_number_alone(length: int, letter: str) -> None:
    messages = numbered([message("a"), message(letter * (length // len(letter.encode()))), message("b")])
    payloads = sent(messages)
    assert all(len(one.encode()) <= wire.LONGEST for one in payloads)
    heard = [one for payload in payloads for one in wire.heard(payload)]
    assert [number for _, number, _ in heard] == [1, 2, 3]
    whole = [items for _, _, items in heard if items is not None]
    assert [items[0] for items in whole] == (messages if len(whole) == 3 else [messages[0], messages[2]])


def test_a_change_is_told_as_here_but_plugins_elsewhere_do_not_hear_of_it() -> None:
    made = changed()
    [payload] = wire.payloads(WRITER, [wire.entry(77, 5, [made])])
    [(channel, number, items)] = wire.heard(payload)
    [other] = items or ()
    assert isinstance(other, Changed)
    assert (channel, number) == ("den", 5)
    assert (made.change.heard, other.change.heard) == (True, False)
    assert other.message == made.message
    assert other.message.line() == made.message.line()
    assert (other.event() | {"by": None}, other.by and other.by.shown()) == (
        made.event() | {"by": None},
        made.by and made.by.shown(),
    )
    assert (other.change.what, other.change.text, other.change.seq) == ("edited", "b", 1)


def test_a_reply_and_its_root_and_two_changes_of_one_number_stay_together() -> None:
    [reply] = numbered([message("c", sender=ANN, thread=1)])
    made, other = changed(), changed(user=None)
    entries = [wire.entry(77, 5, [Replied(made, reply)]), wire.entry(77, 6, [made, other])]
    [payload] = wire.payloads(WRITER, entries)
    [(_, _, first), (_, _, second)] = wire.heard(payload)
    [replied] = first or ()
    assert isinstance(replied, Replied)
    assert (replied.message, replied.changed.message) == (reply, made.message)
    assert [isinstance(one, Changed) and one.by for one in second or ()] == [made.by, None]


def test_long_changes_are_told_by_number_and_many_in_several_payloads() -> None:
    entries = [wire.entry(77, number, [changed("ä" * (900 if number % 2 else 5_000))]) for number in range(20)]
    payloads = wire.payloads(WRITER, entries)
    assert all(len(one.encode()) <= wire.LONGEST for one in payloads)
    assert all(json.loads(one[wire.WRITER :]) for one in payloads)
    heard = [one for payload in payloads for one in wire.heard(payload)]
    assert [(number, items is None) for _, number, items in heard] == [(n, n % 2 == 0) for n in range(20)]
    assert wire.payloads(WRITER, []) == []
