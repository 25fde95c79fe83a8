"""The history in memory: refs, trimming to the newest 1,000, reading in both directions."""

import gc
import time
from collections.abc import Iterator

import pytest

from tests.helpers import run
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.storage import memory
from tornado_chat.storage.memory import KEEP, MemoryHistory

ANN, BOB = User("1", "Ann"), User("2", "Bob")


def message(text: str = "hi", ref: str | None = None, sender: User | None = ANN, channel: str = "den") -> Message:
    return Message(channel, text, sender, 0, ref)


def test_seq_counts_from_1_without_gaps_in_each_channel_and_ids_are_never_the_same() -> None:
    async def main() -> None:
        log = MemoryHistory()
        kept = [await log.append(message(channel=channel)) for channel in ("den", "attic", "den", "den", "attic")]
        assert [one.seq for one in kept] == [1, 1, 2, 3, 2]
        assert len({one.id for one in kept}) == 5
        assert (await log.last("den"), await log.last("attic"), await log.last("none")) == (3, 2, 0)

    run(main)


def test_what_is_committed_is_told_in_order_and_once() -> None:
    async def main() -> None:
        log, told = MemoryHistory(), []
        log.on_commit(told.extend)
        posts = [log.append(message(str(number), ref=str(number % 3))) for number in range(3)]
        posts += [log.append(message(str(number), ref=str(number))) for number in range(3)]
        assert [one.text for one in told] == ["0", "1", "2"]
        assert [one.seq for one in told] == [1, 2, 3]
        assert [(await post).seq for post in posts] == [1, 2, 3, 1, 2, 3]

    run(main)


def test_an_epoch_is_another_one_after_each_start() -> None:
    assert MemoryHistory().epoch != MemoryHistory().epoch
    assert MemoryHistory().epoch


# Refs


@pytest.mark.parametrize("other", [{"text": "other"}, {"channel": "attic"}])
def test_a_ref_of_another_text_or_channel_is_refused_and_nothing_is_stored(other: dict[str, str]) -> None:
    async def main() -> None:
        log, told = MemoryHistory(), []
        await log.append(message(ref="r"))
        log.on_commit(told.extend)
        with pytest.raises(Refused) as refused:
            await log.append(message(ref="r", **other))
        assert refused.value.code == "invalid-field"
        assert "ref" in refused.value.message.split()
        assert told == []
        assert (await log.last("den"), await log.last("attic")) == (1, 0)

    run(main)


def test_find_returns_what_a_sender_stored_under_a_ref() -> None:
    async def main() -> None:
        log = MemoryHistory()
        first = await log.append(message(ref="r"))
        await log.append(message(ref=""))
        assert await log.find(ANN, "r") is first
        assert (await log.find(ANN, "")) is not None
        assert await log.find(BOB, "r") is None
        assert await log.find(ANN, "other") is None

    run(main)


# Trimming


def test_the_newest_1000_of_each_channel_stay_and_a_ref_goes_with_its_message() -> None:
    async def main() -> None:
        log = MemoryHistory()
        await log.append(message(channel="attic", ref="a"))
        for number in range(KEEP + 5):
            await log.append(message(str(number), ref=str(number)))
        kept, more = await log.read("den", after=0, limit=2000)
        assert (KEEP, len(kept), more) == (1000, 1000, False)
        assert (kept[0].seq, kept[-1].seq, await log.last("den")) == (6, 1005, 1005)
        assert await log.find(ANN, "4") is None
        assert await log.find(ANN, "5") is kept[0]
        assert await log.find(ANN, "a") is not None
        assert (await log.append(message("again", ref="4"))).seq == 1006

    run(main)


# Reading


@pytest.mark.parametrize(
    ("where", "seqs", "more"),
    [
        ({"limit": 3}, [8, 9, 10], True),
        ({"limit": 6}, [5, 6, 7, 8, 9, 10], False),
        ({"limit": 200}, [5, 6, 7, 8, 9, 10], False),
        ({"limit": 0}, [], True),
        ({"after": 0, "limit": 2}, [5, 6], True),
        ({"after": -7, "limit": 2}, [5, 6], True),
        ({"after": 4, "limit": 2}, [5, 6], True),
        ({"after": 7, "limit": 2}, [8, 9], True),
        ({"after": 7, "limit": 3}, [8, 9, 10], False),
        ({"after": 10, "limit": 3}, [], False),
        ({"after": 99, "limit": 3}, [], False),
        ({"before": 8, "limit": 2}, [6, 7], True),
        ({"before": 8, "limit": 3}, [5, 6, 7], False),
        ({"before": 5, "limit": 3}, [], False),
        ({"before": 1, "limit": 3}, [], False),
        ({"before": -1, "limit": 3}, [], False),
        ({"before": 99, "limit": 2}, [9, 10], True),
    ],
    ids=str,
)
def test_messages_are_read_oldest_first_in_both_directions(
    where: dict[str, int], seqs: list[int], more: bool
) -> None:
    async def main() -> None:
        log = MemoryHistory(keep=6)
        for number in range(10):
            await log.append(message(str(number)))
        assert (await log.floor("den"), await log.floor("none"), await log.trim()) == (4, 0, 0)
        messages, there_are_more = await log.read("den", **where)
        assert ([one.seq for one in messages], there_are_more) == (seqs, more)

    run(main)


def test_a_channel_in_which_nothing_was_said_reads_as_nothing() -> None:
    async def main() -> None:
        for where in ({}, {"after": 0}, {"before": 5}):
            assert await MemoryHistory().read("den", limit=5, **where) == ([], False)

    run(main)


# All channels together


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MAX", 400_000), ("ROOM", 100_000), ("SMALL", 4_000)):
        monkeypatch.setattr(memory, name, value)


def held(log: MemoryHistory) -> int:
    """Return how many characters the messages of a history count as."""
    size = sum(memory.EACH + len(one.text) for each in log._logs.values() for one in each.messages)
    assert size == log._size
    assert len(log._refs) == sum(one.ref is not None for each in log._logs.values() for one in each.messages)
    return size


@pytest.mark.usefixtures("small")
def test_all_channels_together_are_bounded_and_the_fullest_lose_their_oldest_messages() -> None:
    async def main() -> None:
        log = MemoryHistory()
        for number in range(10):
            await log.append(message(f"quiet {number}", channel="quiet", ref=str(number)))
        for number in range(2_000):
            await log.append(message("\U0001f600" * 4_000, channel=f"loud {number % 7}", ref=f"loud {number}"))
            assert held(log) <= memory.MAX
        found, more = await log.read("quiet", limit=200)
        assert [one.seq for one in found] == list(range(1, 11))
        found, more = await log.read("loud 1", limit=200)
        assert [one.seq for one in found] == list(range(found[0].seq, 287))
        assert 5 < len(found) < 20
        assert not more
        assert await log.find(ANN, "loud 1") is None

    run(main)


@pytest.mark.usefixtures("small")
def test_of_very_many_channels_those_that_nobody_is_in_go_first_and_then_the_silent_and_no_seq_comes_twice() -> None:
    async def main() -> None:
        log = MemoryHistory()
        log.is_used = lambda channel: channel in ("first", "second")
        for name in ("first", "second", "third"):
            for _ in range(3):
                await log.append(message(name, channel=name))
        for number in range(3_000):
            await log.append(Message(f"channel {number}", "x", ANN, number))
            assert held(log) <= memory.MAX
        assert len(log._logs) < 2_000
        assert [(await log.last(name), len((await log.read(name, limit=9))[0])) for name in ("first", "second")] == [
            *((3, 3), (3, 3)),
        ]
        assert await log.read("third", limit=9) == ([], False)
        assert await log.floor("third") >= 3
        assert await log.last("third") >= 3  # so that who comes back with a seq of it is told all anew
        assert (await log.append(message(channel="third"))).seq > 3

    run(main)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Keep the garbage collector, which looks at all that other tests have left, out of what is measured."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
def test_room_is_made_without_holding_up_anyone() -> None:
    async def main() -> None:
        log, longest = MemoryHistory(), 0.0
        for number in range(120_000):
            began = time.thread_time()
            log.append(message("hello", channel=f"{number % 20_000}"))
            longest = max(longest, time.thread_time() - began)
        assert held(log) <= memory.MAX
        assert longest < 0.6  # some 30 ms on a quiet machine; making room in one go took over a second

    run(main)
