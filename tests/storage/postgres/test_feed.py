"""What a node passes on, in which order, and when it reads what it was not told."""

import itertools
import random

import pytest

from tests.storage.histories import message
from tornado_chat.chat.models import Message
from tornado_chat.storage.postgres.feed import KNOWN, PATIENCE, Entry, Feed


def entry(number: int, channel: str = "den") -> Entry:
    one = message(str(number), channel=channel)
    one.seq = number
    return channel, number, (one,)


def texts(passed: list[object]) -> list[int]:
    return [int(one.text) for one in passed if isinstance(one, Message)]


def known(*numbers: int) -> Feed:
    feed = Feed()
    feed.offer([entry(number) for number in numbers], 0)
    return feed


def test_what_follows_is_passed_on_and_what_is_known_is_dropped() -> None:
    feed = Feed()
    assert texts(feed.offer([entry(7), entry(8), entry(7), entry(1, "attic"), entry(9)], 0)) == [7, 8, 1, 9]
    assert texts(feed.offer([entry(n) for n in (6, 9, 10)], 0)) == [10]
    assert feed.next_due() is None


@pytest.mark.parametrize("order", list(itertools.permutations((2, 3, 4, 5))))
def test_whatever_the_order_all_is_passed_on_by_number(order: tuple[int, ...]) -> None:
    feed = known(1)
    assert texts([item for number in order for item in feed.offer([entry(number)], 0)]) == [2, 3, 4, 5]
    assert feed.next_due() is None
    assert not feed.is_waiting("den")


def test_new_messages_of_this_node_wait_for_their_turn_too() -> None:
    feed = known(1)
    [own] = entry(3)[2] or ()
    assert isinstance(own, Message)
    assert feed.offer_own([own], 0) == []
    assert texts(feed.offer([entry(2)], 0)) == [2, 3]
    [new] = entry(4, "attic")[2] or ()
    assert isinstance(new, Message)
    assert texts(feed.offer_own([new], 0)) == [4]


def test_what_is_missing_is_read_after_a_moment_and_nothing_is_passed_on_meanwhile() -> None:
    feed = known(1)
    assert feed.offer([entry(3)], 10) == []
    assert feed.due(10 + PATIENCE / 2) == []
    assert feed.due(10 + PATIENCE) == ["den"]
    assert feed.next_due() is None
    assert feed.offer([entry(2), entry(5)], 11) == []
    assert texts(feed.read("den", [entry(2), entry(3)], 4, False, 12)) == [2, 3, 5]
    assert feed.offer([entry(number) for number in range(1, 6)], 12) == []
    assert texts(feed.offer([entry(6)], 12)) == [6]


def test_what_was_read_does_not_come_again_and_a_further_gap_is_read_again() -> None:
    feed = known(1)
    feed.offer([entry(3), entry(9)], 0)
    assert feed.due(1) == ["den"]
    assert texts(feed.read("den", [entry(2), entry(3)], 3, True, 1)) == [2, 3]
    assert feed.offer([entry(4)], 1) == []
    assert texts(feed.read("den", [entry(4), entry(5)], 5, False, 1)) == [4, 5]
    assert feed.next_due() == 1 + PATIENCE
    assert texts(feed.offer([entry(number) for number in (8, 7, 6)], 1)) == [6, 7, 8, 9]


def test_what_is_too_long_to_be_told_is_read_at_once() -> None:
    feed = known(1)
    assert feed.offer([("den", 2, None), entry(3)], 5) == []
    assert feed.due(5) == ["den"]
    assert texts(feed.read("den", [entry(2)], 2, False, 5)) == [2, 3]
    fresh = Feed()
    assert fresh.offer([("den", 8, None)], 5) == []
    assert fresh.due(5) == ["den"]
    assert texts(fresh.read("den", [entry(8)], 8, False, 5)) == [8]


def test_a_channel_that_is_looked_at_is_read_even_if_its_gap_closes_and_again_if_that_is_asked_meanwhile() -> None:
    feed = known(1)
    feed.offer([entry(3)], 0)
    feed.look(["den", "unknown"], 0)
    assert texts(feed.offer([entry(2)], 0)) == [2, 3]
    assert feed.due(0) == ["den"]
    feed.look(["den"], 1)
    assert (feed.due(2), feed.next_due()) == ([], None)  # one at a time
    assert feed.read("den", [], 3, False, 2) == []
    assert (feed.next_due(), feed.due(2)) == (1, ["den"])
    feed.put_off("den", 7)
    assert (feed.due(6), feed.due(7)) == ([], ["den"])


def test_of_many_channels_those_that_nobody_uses_are_forgotten() -> None:
    feed = Feed()
    feed.is_used = lambda channel: channel.startswith("used")
    feed.offer([entry(1, "held"), entry(3, "held"), entry(1, "used")], 0)
    feed.offer([entry(1, str(number)) for number in range(2 * KNOWN)], 0)
    assert len(feed.known) <= KNOWN + 1
    assert {"held", "used"} <= feed.known.keys()


@pytest.mark.parametrize("seed", range(20))
def test_every_number_is_passed_on_once_whatever_is_lost(seed: int) -> None:
    some, now = random.Random(seed), 0.0
    feed, passed = known(1), [1]
    told = [number for number in range(2, 300) if some.random() > 0.1]
    for start in range(0, len(told), 7):
        part = told[start : start + 7] * 2
        some.shuffle(part)
        passed += texts(feed.offer([entry(number) for number in part], now))
        now += some.choice((0, 0.01, 0.1))
        stored = max(told[: start + 7])
        for channel in feed.due(now):
            since = feed.known[channel]
            rows = [entry(number) for number in range(since + 1, stored + 1)]
            passed += texts(feed.read(channel, rows, stored, False, now))
    assert passed[: max(told)] == list(range(1, len(passed) + 1))
    feed.look(["den"], now)
    assert feed.due(now + 1) == ["den"]
    passed += texts(
        feed.read("den", [entry(number) for number in range(feed.known["den"] + 1, 300)], 299, False, now)
    )
    assert passed == list(range(1, 300))
