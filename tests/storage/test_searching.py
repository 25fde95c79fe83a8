"""Searching, on every history: what is found is what a plain look at all messages finds, and in the same order."""

import asyncio
import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.storage.histories import ANN, BOB
from tornado_chat.chat.changes import Change
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import History
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.search import Phrase, Query, Search
from tornado_chat.chat.threads import Sees
from tornado_chat.chat.words import MARKS, document_of, words_of
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.memory_search import MemorySearch
from tornado_chat.storage.sqlite import search_index
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.search_index import SqliteSearch
from tornado_chat.storage.sqlite.writer import Database

EVE = User("3", "Eve")
USERS = (ANN, BOB, EVE)
CHANNELS = 3
#: Some are parts of others, or the same in another form.
WORDS = ("a", "ab", "abc", "Café", "cafe", "上海", "海", "مَكْتَبة", "مكتبه", "สวัส", "👍", "x-y", "https://x.de")
words = st.sampled_from(WORDS)
number = st.integers(0, 7)  # of a message that was posted


def rarely(strategy: st.SearchStrategy[Any], plain: Any) -> st.SearchStrategy[Any]:
    """Draw something plain mostly, so that most queries find something."""
    return st.integers(0, 3).flatmap(lambda chance: st.just(plain) if chance else strategy)


posts = st.tuples(
    st.just("post"),
    st.integers(0, CHANNELS - 1),
    st.integers(0, 2),
    st.lists(words, min_size=1, max_size=8).map(" ".join),
)
changes = st.one_of(
    st.tuples(st.just("reply"), number, st.integers(0, 2), words),
    st.tuples(st.just("edited"), number, st.just(0), st.lists(words, min_size=1, max_size=3).map(" ".join)),
    st.tuples(st.just("deleted"), number, st.just(0), st.just("")),
    st.tuples(st.just("pinned"), number, st.integers(0, 1), st.just("")),
)
phrases = st.builds(
    Phrase,
    rarely(st.lists(words, min_size=2, max_size=2), None)
    .flatmap(lambda some: words.map(words_of) if some is None else st.just(words_of(" ".join(some))))
    .map(tuple),
    st.booleans(),
)
queries = st.builds(
    Query,
    st.lists(phrases, max_size=2).map(tuple),
    rarely(st.lists(phrases, max_size=2).map(tuple), ()),
    rarely(st.sets(st.sampled_from(["1", "2", "3", "nobody"]), max_size=3), None),
    rarely(st.integers(-1, 20), None),
    rarely(st.integers(-1, 20), None),
    rarely(st.sets(st.sampled_from(MARKS), min_size=1, max_size=2).map(frozenset), frozenset()),
)
#: Stretches of numbers, one behind the other.
stretches = st.lists(st.integers(0, 10), min_size=1, max_size=4, unique=True).map(
    lambda ends: tuple(itertools.zip_longest(sorted(ends)[::2], sorted(ends)[1::2]))
)
sight = rarely(stretches, None)
sights = st.dictionaries(st.integers(0, CHANNELS), sight, min_size=CHANNELS, max_size=CHANNELS + 1)


@dataclass
class Kept:
    """A history with what searches it, on the loop of `runner`; `channels` are new ones for each example."""

    runner: asyncio.Runner
    history: History
    engine: Search
    examples: Iterator[int]


@pytest.fixture(params=["", "a few messages at a time"])
def both(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Kept]]:
    if request.param:
        for name, value in {"FIRST": 1, "MOST": 2, "FEW": 1, "MANY": 2}.items():
            monkeypatch.setattr(search_index, name, value)
    with asyncio.Runner() as runner, contextlib.closing(Database(tmp_path)) as database:
        examples, in_memory = itertools.count(1), MemoryHistory()
        yield [
            Kept(runner, in_memory, MemorySearch(in_memory), examples),
            Kept(runner, SqliteHistory(database), SqliteSearch(database), examples),
        ]
    assert check(tmp_path) == []


@pytest.fixture(params=[0, 1], ids=["memory", "sqlite"])
def kept(request: pytest.FixtureRequest, both: Sequence[Kept]) -> Kept:
    return both[request.param]


async def play(
    history: History, channels: Sequence[str], some: Sequence[tuple[Any, ...]], times: Iterable[int]
) -> None:
    """Post messages, in as few transactions as there can be, then change them, each at a time."""
    timed = list(zip(times, some, strict=False))
    pending = [
        history.append(Message(channels[about], text, USERS[who], time))
        for time, (what, about, who, text) in timed
        if what == "post"
    ]
    posted = [await one for one in pending]
    for time, (what, about, who, text) in timed[len(posted) :]:
        with contextlib.suppress(Refused, IndexError):  # it was deleted, is a reply, is not there
            at = posted[about]
            if what == "reply":
                extra = {"thread": at.seq}
                posted.append(await history.append(Message(at.channel, text, USERS[who], time, extra=extra)))
            else:
                asked = Change(at.channel, at.seq, what, ANN, time, text=text, on=bool(who), any=True)
                await history.change(asked)


def is_found(message: Message, query: Query, sees: Sees) -> bool:
    """Return whether a message is to be found: written apart from the engines."""
    document = document_of(message)
    if document is None or message.channel not in sees or not may_see(sees[message.channel], message.seq):
        return False
    if query.senders is not None and (message.sender is None or message.sender.id not in query.senders):
        return False
    if (query.after is not None and message.time < query.after) or (
        query.before is not None and message.time >= query.before
    ):
        return False
    text = f" {' '.join(document.words)} "

    def has(phrase: Phrase) -> bool:
        return f" {' '.join(phrase.words)}{'' if phrase.starts else ' '}" in text

    return query.marks <= document.marks and all(map(has, query.phrases)) and not any(map(has, query.without))


async def pages(engine: Search, query: Query, sees: Sees, limit: int) -> list[Message]:
    found, before, more = list[Message](), None, True
    while more:
        page = await engine.search(query, sees, before, limit)
        assert page.complete
        assert len(page.messages) == limit if page.more else page.place is None
        found += page.messages
        before, more = page.place, page.more
    return found


def later(query: Query, start: int) -> Query:
    """Return a query whose times count from `start` on."""
    after, before = (None if one is None else start + one for one in (query.after, query.before))
    return replace(query, after=after, before=before)


@given(
    st.lists(posts, min_size=1, max_size=12),
    st.lists(changes, max_size=6),
    st.lists(queries, min_size=1, max_size=6),
    sights,
    st.integers(1, 5),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_found_is_what_a_plain_look_finds(
    kept: Kept,
    posted: list[tuple[Any, ...]],
    changed: list[tuple[Any, ...]],
    asked: list[Query],
    sight: dict[int, Any],
    limit: int,
) -> None:
    example = next(kept.examples)
    channels = [f"{example}-{number}" for number in range(CHANNELS + 1)]
    start = example * 100
    sees = {channels[number]: stretches for number, stretches in sight.items()}

    async def main() -> None:
        await play(kept.history, channels, [*posted, *changed], itertools.count(start))
        whole = [one for name in channels for one in (await kept.history.read(name, limit=100))[0]]
        whole.sort(key=lambda one: one.time, reverse=True)
        for query in asked:
            query = later(query, start)
            found = await pages(kept.engine, query, sees, limit)
            expected = [one for one in whole if is_found(one, query, sees)]
            assert [(one.channel, one.seq) for one in found] == [(one.channel, one.seq) for one in expected]
            assert [one.line() for one in found] == [one.line() for one in expected]

    kept.runner.run(main())


@given(
    st.lists(posts, min_size=1, max_size=12),
    st.lists(changes, max_size=8),
    st.lists(st.integers(0, 20), min_size=20, max_size=20),
    st.lists(queries, min_size=1, max_size=6),
    sights,
    st.integers(1, 5),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_engines_find_the_same_whatever_the_clock_did(
    both: Sequence[Kept],
    posted: list[tuple[Any, ...]],
    changed: list[tuple[Any, ...]],
    times: list[int],
    asked: list[Query],
    sight: dict[int, Any],
    limit: int,
) -> None:
    example = next(both[0].examples)
    channels = [f"{example}-{number}" for number in range(CHANNELS + 1)]
    start = example * 100
    sees = {channels[number]: stretches for number, stretches in sight.items()}

    async def main() -> None:
        for one in both:
            await play(one.history, channels, [*posted, *changed], [start + time for time in times])
        for query in asked:
            found = [await pages(one.engine, later(query, start), sees, limit) for one in both]
            for messages in found:
                sent = [message.time for message in messages]
                assert sent == sorted(sent, reverse=True)
            one, other = ({(m.channel, m.seq, m.text, m.time) for m in messages} for messages in found)
            assert one == other
            assert len(found[0]) == len(found[1]) == len(one)

    both[0].runner.run(main())
