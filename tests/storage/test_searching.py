"""Searching, on every history: what is found is what a plain look at all messages finds, and in the same order."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lengths import either
from tests.postgres import engine as postgres_engine
from tests.postgres import schema
from tests.storage.histories import ANN, BOB, one_node
from tornado_chat.chat.changes import Change
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import History
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.search import Phrase, Query, Search
from tornado_chat.chat.threads import Sees
from tornado_chat.chat.words import MARKS, document_of, words_of
from tornado_chat.storage import memory_search
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.memory_search import MemorySearch
from tornado_chat.storage.postgres import index_building, indexing
from tornado_chat.storage.postgres import search_index as postgres_index
from tornado_chat.storage.postgres.search_index import PostgresSearch
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
    """A history with what searches it, on the loop of `runner`; `channels` are new ones for each example.

    `index`: has an index of its own know all messages, where it does not at once.
    """

    runner: asyncio.Runner
    history: History
    engine: Search
    examples: Iterator[int]
    index: Callable[[], Awaitable[Any]]


async def nothing() -> None:
    pass


def set_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each query cover a few messages, and the index have a few in each part."""
    for name, value in {"FIRST": 1, "MOST": 2, "FEW": 1, "MANY": 2}.items():
        monkeypatch.setattr(search_index, name, value)
    for name, value in {"FEW": 1, "MANY": 2}.items():
        monkeypatch.setattr(postgres_index, name, value)
    monkeypatch.setattr(indexing, "MOST", 2)
    for name, value in {"PIECE": 3, "AGAIN": 1, "SMALL": 1}.items():
        monkeypatch.setattr(index_building, name, value)


@contextlib.contextmanager
def on_disk(folder: Path) -> Iterator[Kept]:
    with asyncio.Runner() as runner, contextlib.closing(Database(folder)) as database:
        yield Kept(runner, SqliteHistory(database), SqliteSearch(database), itertools.count(1), nothing)
    assert check(folder) == []


@contextlib.contextmanager
def on_postgres() -> Iterator[Kept]:
    async def begin(stack: contextlib.AsyncExitStack, url: str, name: str) -> Any:
        engine = await stack.enter_async_context(postgres_engine(url, name))
        return engine, await stack.enter_async_context(one_node(engine))

    with schema() as (url, name), asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        try:
            engine, log = runner.run(begin(stack, url, name))
            runner.run(engine.write(index_building.begin))
            index = partial(index_building.catch_up, engine)
            yield Kept(runner, log, PostgresSearch(engine), itertools.count(1), index)
        finally:
            runner.run(stack.aclose())


@pytest.fixture(params=["", "a few messages at a time"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (memory_search, search_index, postgres_index):
        monkeypatch.setattr(one, "AT_MOST", 60.0)  # on a busy machine, too, all is found
    if request.param:
        set_small(monkeypatch)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, small: None) -> Iterator[Kept]:
    if request.param == "memory":
        in_memory = MemoryHistory()
        with asyncio.Runner() as runner:
            yield Kept(runner, in_memory, MemorySearch(in_memory), itertools.count(1), nothing)
    else:
        with on_disk(tmp_path) if request.param == "sqlite" else on_postgres() as kept:
            yield kept


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path, small: None) -> Iterator[list[Kept]]:
    in_memory = MemoryHistory()
    with on_disk(tmp_path) if request.param == "sqlite" else on_postgres() as kept:
        yield [Kept(kept.runner, in_memory, MemorySearch(in_memory), kept.examples, nothing), kept]


async def play(
    kept: Kept, channels: Sequence[str], some: Sequence[tuple[Any, ...]], times: Iterable[int], indexed: int
) -> None:
    """Post messages, in as few transactions as there can be, then change them, each at a time.

    indexed: the index has none of them (0), those that were posted at first (1), or all (2).
    """
    history = kept.history
    timed = list(zip(times, some, strict=False))
    pending = [
        history.append(Message(channels[about], text, USERS[who], time))
        for time, (what, about, who, text) in timed
        if what == "post"
    ]
    posted = [await one for one in pending]
    if indexed:
        await kept.index()
    for time, (what, about, who, text) in timed[len(posted) :]:
        with contextlib.suppress(Refused, IndexError):  # it was deleted, is a reply, is not there
            at = posted[about]
            if what == "reply":
                extra = {"thread": at.seq}
                posted.append(await history.append(Message(at.channel, text, USERS[who], time, extra=extra)))
            else:
                asked = Change(at.channel, at.seq, what, ANN, time, text=text, on=bool(who), any=True)
                await history.change(asked)
    if indexed == 2:
        await kept.index()


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
    st.integers(0, 2),
)
@settings(max_examples=either(8, 40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_found_is_what_a_plain_look_finds(
    kept: Kept,
    posted: list[tuple[Any, ...]],
    changed: list[tuple[Any, ...]],
    asked: list[Query],
    sight: dict[int, Any],
    limit: int,
    indexed: int,
) -> None:
    example = next(kept.examples)
    channels = [f"{example}-{number}" for number in range(CHANNELS + 1)]
    start = example * 100
    sees = {channels[number]: stretches for number, stretches in sight.items()}

    async def main() -> None:
        await play(kept, channels, [*posted, *changed], itertools.count(start), indexed)
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
    st.integers(0, 2),
)
@settings(max_examples=either(8, 40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_engines_find_the_same_whatever_the_clock_did(
    both: Sequence[Kept],
    posted: list[tuple[Any, ...]],
    changed: list[tuple[Any, ...]],
    times: list[int],
    asked: list[Query],
    sight: dict[int, Any],
    limit: int,
    indexed: int,
) -> None:
    example = next(both[0].examples)
    channels = [f"{example}-{number}" for number in range(CHANNELS + 1)]
    start = example * 100
    sees = {channels[number]: stretches for number, stretches in sight.items()}

    async def main() -> None:
        for one in both:
            await play(one, channels, [*posted, *changed], [start + time for time in times], indexed)
        for query in asked:
            found = [await pages(one.engine, later(query, start), sees, limit) for one in both]
            for messages in found:
                sent = [message.time for message in messages]
                assert sent == sorted(sent, reverse=True)
            one, other = ({(m.channel, m.seq, m.text, m.time) for m in messages} for messages in found)
            assert one == other
            assert len(found[0]) == len(found[1]) == len(one)

    both[0].runner.run(main())
