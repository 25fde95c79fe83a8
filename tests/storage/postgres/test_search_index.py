"""The index of search in PostgreSQL: what keeps it up, and what a search reads of it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.lengths import each_long, either
from tests.postgres import on_postgres
from tests.storage.histories import ANN, change, edit, message, one_node
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.models import Message
from tornado_chat.chat.search import Found, Phrase, Place, Query, fits
from tornado_chat.chat.threads import Sees
from tornado_chat.chat.words import words_of
from tornado_chat.storage.postgres import index_building, indexing, search_index, search_sources, search_tails
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.postgres.index_building import catch_up, keep_up
from tornado_chat.storage.postgres.indexing import BLOCK, FORM, MOST
from tornado_chat.storage.postgres.rows import SHIFT
from tornado_chat.storage.postgres.search_index import PostgresSearch

ALL: Sees = {"den": None, "hall": None}


def looking_for(text: str, **rest: Any) -> Query:
    return Query((Phrase(tuple(words_of(text))),), **rest)


async def pages(engine: Engine, query: Query, sees: Sees = ALL, limit: int = 50) -> list[Found]:
    """Return all that a search finds, page by page."""
    found: list[Found] = []
    while not found or found[-1].more:
        before = found[-1].place if found else None
        found.append(await PostgresSearch(engine).search(query, sees, before, limit))
        if len(found) > 1:
            assert before is not None
            assert found[-1].place is None or found[-1].place < before
    return found


async def find(engine: Engine, text: str, sees: Sees = ALL, **rest: Any) -> list[int]:
    """Return the numbers of the messages with a phrase."""
    found = await pages(engine, looking_for(text, **rest), sees)
    assert all(page.complete for page in found)
    return [one.seq for page in found for one in page.messages]


def on_history(main: Callable[[Engine, PostgresHistory], Awaitable[Any]]) -> Any:
    async def on(engine: Engine) -> Any:
        async with one_node(engine) as log:
            await engine.write(index_building.begin)
            return await main(engine, log)

    return on_postgres(on)


async def facts(engine: Engine) -> dict[str, str]:
    return dict(await engine.read(lambda c: c.fetch("SELECT name, value FROM facts WHERE name LIKE 'search%'")))


async def run_sizes(engine: Engine) -> list[int]:
    rows = await engine.read(lambda c: c.fetch("SELECT messages FROM search_runs ORDER BY first"))
    return [count for (count,) in rows]


async def store(connection: Connection, channel: str, numbers: range, text: str = "word") -> None:
    """Store messages of a channel under numbers of its own, as if nobody had indexed them."""
    no = await connection.fetchval("SELECT no FROM channels WHERE name = $1", channel)
    if no is None:
        no = random.randrange(2**23)
        await connection.execute("INSERT INTO channels (no, name) VALUES ($1, $2)", no, channel)
    await connection.executemany(
        "INSERT INTO messages (id, sender, name, text, time) VALUES ($1, '1', 'Ann', $2, $3)",
        [((no << SHIFT) + seq, f"{text} {seq % 7}", 1_000 + seq) for seq in numbers],
    )
    await connection.execute("UPDATE channels SET last = greatest(last, $2) WHERE no = $1", no, numbers[-1])


# Keeping up


def test_the_index_follows_what_is_posted_changed_and_deleted() -> None:
    async def main(engine: Engine, log: PostgresHistory) -> None:
        for text in ("one fish", "two fish", "red fish"):
            await log.append(message(text))
        assert await catch_up(engine) == 3
        assert await catch_up(engine) == 0
        assert await find(engine, "fish") == [3, 2, 1]
        await log.change(edit(1, "one bird"))
        await log.change(change("deleted", 3))
        await log.append(message("blue fish"))
        assert (await find(engine, "fish"), await find(engine, "bird")) == ([6, 2], [1])
        assert "'bird'" not in await words(engine)
        await catch_up(engine)
        assert (await find(engine, "fish"), await find(engine, "bird")) == ([6, 2], [1])
        assert "bird" in await words(engine)
        assert "red" not in await words(engine)
        assert await run_sizes(engine) == [3, 1]

    async def words(engine: Engine) -> str:
        rows = await engine.read(lambda connection: connection.fetch("SELECT words::text FROM search_runs"))
        return " ".join(text for (text,) in rows)

    on_history(main)


def test_small_runs_become_larger_ones() -> None:
    async def main(engine: Engine, log: PostgresHistory) -> None:
        for _ in range(20):
            await log.append(message("word"))
            await catch_up(engine)
        assert await run_sizes(engine) == [16, 4]
        assert await find(engine, "word") == [*range(20, 0, -1)]
        await [log.append(message("word")) for _ in range(2 * MOST)][-1]
        await catch_up(engine)
        assert await run_sizes(engine) == [MOST, MOST, 20]
        assert await find(engine, "word") == [*range(20 + 2 * MOST, 0, -1)]

    on_history(main)


def test_many_changes_are_taken_in_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_building, "AGAIN", 2)
    monkeypatch.setattr(index_building, "PIECE", 5)
    monkeypatch.setattr(indexing, "MOST", 3)

    async def main(engine: Engine, log: PostgresHistory) -> None:
        await [log.append(message("old")) for _ in range(30)][-1]
        await catch_up(engine)
        numbers = random.sample(range(1, 31), 20)
        for seq in numbers:
            await log.change(edit(seq, "new"))
        reply = await log.append(message("new", thread=30))
        await log.change(change("deleted", reply.seq))  # it and its root are changed under one number
        await catch_up(engine)
        assert await find(engine, "new") == sorted(numbers, reverse=True)
        assert await find(engine, "old") == sorted(set(range(1, 31)) - set(numbers), reverse=True)
        assert await engine.read(lambda c: c.fetchval("SELECT indexed FROM search_channels")) == await log.last("den")

    on_history(main)


def test_a_node_keeps_up_the_index_of_its_kind_when_it_is_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_building, "REST", 0.001)
    turns = iter([False, True])
    asked = asyncio.Event()

    async def is_mine() -> bool:
        asked.set()
        return next(turns, True)

    async def main(engine: Engine, log: PostgresHistory) -> None:
        await log.append(message("word"))
        await engine.write(lambda connection: connection.execute("DELETE FROM facts WHERE name = 'search'"))
        task = asyncio.create_task(keep_up(engine, is_mine))
        await asyncio.wait_for(asked.wait(), 10)
        assert await facts(engine) == {"search": FORM}
        async with asyncio.timeout(10):
            while not await run_sizes(engine):
                await asyncio.sleep(0.01)
        task.cancel()

    on_history(main)


def test_what_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(index_building, "REST", 0.001)
    failures = iter([Refused("away", Error.HISTORY_UNAVAILABLE), RuntimeError("broken")])
    done = asyncio.Event()

    async def is_mine() -> bool:
        if failure := next(failures, None):
            raise failure
        done.set()
        return False

    async def main(engine: Engine) -> None:
        task = asyncio.create_task(keep_up(engine, is_mine))
        await asyncio.wait_for(done.wait(), 10)
        task.cancel()

    on_postgres(main)
    assert [record.getMessage() for record in caplog.records] == [
        "the index of search could not be brought up to date; it is tried again"
    ]


def test_nodes_that_index_at_once_index_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_building, "PIECE", 10)

    async def main(engine: Engine, log: PostgresHistory) -> None:
        await [log.append(message("word", channel=name)) for name in ALL for _ in range(50)][-1]

        async def until_done() -> None:
            while (await engine.read(lambda c: c.fetchval("SELECT sum(indexed) FROM search_channels"))) != 100:
                await catch_up(engine)

        await asyncio.wait_for(asyncio.gather(until_done(), until_done()), 60)
        assert sum(await run_sizes(engine)) == 100
        assert len(await find(engine, "word")) == 100

    on_history(main)


def test_what_is_trimmed_while_it_is_indexed_leaves_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(engine: Engine) -> None:
        async with one_node(engine, keep_messages=10) as log:
            await engine.write(index_building.begin)
            for _ in range(5):
                await [log.append(message("word")) for _ in range(40)][-1]
                await asyncio.gather(log.trim(), catch_up(engine))
            await log.forget("den")
            await catch_up(engine)
            assert await find(engine, "word") == []
            assert await run_sizes(engine) == []

    on_postgres(main)


def test_an_index_of_another_kind_is_made_anew_and_searched_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_building, "AGAIN", 1)
    most = 20
    monkeypatch.setattr(indexing, "MOST", most)
    monkeypatch.setattr(index_building, "MOST", most)

    async def main(engine: Engine, log: PostgresHistory) -> None:
        await [log.append(message("word", channel=name)) for name in ALL for _ in range(3 * most)][-1]
        assert await facts(engine) == {"search": FORM}
        await catch_up(engine)
        with monkeypatch.context() as patched:
            patched.setattr(index_building, "FORM", "another")
            patched.setattr(indexing, "sender_word", lambda user: f"@{user}")
            await engine.write(index_building.begin)
            assert await facts(engine) == {"search": "another", "search-built": "0"}
            for _ in range(3):
                assert await engine.write(index_building.piece) is not None
                assert len(await find(engine, "word")) == 6 * most
        assert await engine.write(index_building.piece) is None  # is left to nodes of the other kind
        await engine.write(index_building.begin)
        await catch_up(engine)
        assert await facts(engine) == {"search": FORM}
        assert sum(await run_sizes(engine)) == 6 * most
        assert len(await find(engine, "word", senders={"1"})) == 6 * most

    on_history(main)


# What a search reads


@pytest.mark.parametrize("indexed", ["some", *each_long("all", "nothing")])
def test_stretches_and_blocks_are_searched_as_a_plain_look_does(
    indexed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_sources, "SHORT", 0)
    monkeypatch.setattr(search_tails, "STEP", 40)
    edges = [1, 1 << BLOCK, 2 << BLOCK, 3 << BLOCK, 5 << BLOCK]
    near = [max(edge + by, 0) for edge in edges for by in (-200, -2, -1, 0, 1, 200)]

    async def main(engine: Engine) -> None:
        for edge in edges:
            await engine.write(partial(store, channel="den", numbers=range(max(edge - 300, 1), edge + 300, 3)))
        async with one_node(engine) as log:
            await engine.write(index_building.begin)
            if indexed == "all":
                await catch_up(engine)
            elif indexed == "some":
                await engine.write(index_building.piece)
            everything, _ = await log.read("den", limit=5_000)
            for _ in range(either(5, 20)):
                ends = sorted(random.sample(sorted(set(near)), random.choice((2, 4))))
                sees: Sees = {"den": [(first, last) for first, last in zip(ends[::2], ends[1::2], strict=True)]}
                if random.random() < 0.3:
                    sees = {"den": [*(sees["den"] or ())[:-1], (ends[-2], None)]}
                phrase = Phrase(("word", "3"))
                before = random.choice((None, 1_000 + random.choice(near)))
                for given in (Query((phrase,)), Query((Phrase(("wor",), True),)), Query(without=(phrase,))):
                    query = replace(given, before=before)
                    found = [one.seq for page in await pages(engine, query, sees) for one in page.messages]
                    seen = [one for one in reversed(everything) if may_see(sees["den"], one.seq)]
                    seen = [one for one in seen if before is None or one.time < before]
                    assert found == [one.seq for one in seen if fits(one, query)]

    on_postgres(main)


def test_a_search_looks_at_so_many_messages_that_are_not_indexed_and_goes_on_where_it_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search_sources, "SHORT", 100)
    monkeypatch.setattr(search_index, "LOOKED_AT", 300)
    monkeypatch.setattr(search_index, "AT_MOST", 60.0)

    async def main(engine: Engine) -> None:
        await engine.write(partial(store, channel="den", numbers=range(1, 2_001), text="common"))
        await engine.write(partial(store, channel="den", numbers=range(2_001, 2_002), text="rare"))
        await engine.write(partial(store, channel="hall", numbers=range(1, 2), text="rare"))
        found = await pages(engine, looking_for("rare"))
        assert [one.seq for page in found for one in page.messages] == [2_001, 1]
        assert not found[0].complete
        assert [one.seq for one in found[0].messages] == [2_001]
        assert len(found) > 2
        first = await PostgresSearch(engine).search(looking_for("common"), ALL, None, 20)
        assert (first.complete, [one.seq for one in first.messages]) == (True, [*range(2_000, 1_980, -1)])

    on_postgres(main)


def test_a_word_with_more_than_the_index_takes_is_found() -> None:
    async def main(engine: Engine, log: PostgresHistory) -> None:
        long = " ".join(f"w{number:x}" for number in range(40_000))
        for text in ("before", long, "after"):
            await log.append(message(text))
        await catch_up(engine)
        assert await find(engine, "w9c3f") == [2]
        assert await find(engine, "w1 w2") == [2]
        assert await find(engine, "w2 w1") == []
        assert await find(engine, "after") == [3]

    on_history(main)


def test_very_many_channels_of_one_person_are_searched_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "AT_MOST", 60.0)
    count = either(200, 1_000)
    names = [f"channel {number}" for number in range(count)]

    async def main(engine: Engine, log: PostgresHistory) -> None:
        posted = [log.append(Message(name, "word", ANN, 1_000 + at)) for at, name in enumerate(names)]
        posted += [log.append(Message(names[at], "rare word", ANN, 3_000 + at)) for at in (7, 3)]
        await asyncio.gather(*posted)
        for indexed in (False, True):
            if indexed:
                await catch_up(engine)
            sees = dict.fromkeys(names)
            rare = await PostgresSearch(engine).search(looking_for("rare"), sees, None, 9)
            assert [one.channel for one in rare.messages] == ["channel 7", "channel 3"]
            found = [one.time for page in await pages(engine, looking_for("word"), sees) for one in page.messages]
            assert found == [3_007, 3_003, *range(999 + count, 999, -1)]

    on_history(main)


@pytest.mark.parametrize(("is_indexed", "short"), [(True, 0), (False, 4_096), (False, 0)])
def test_what_the_time_does_not_suffice_for_is_found_by_going_on(
    is_indexed: bool, short: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "AT_MOST", 0)
    monkeypatch.setattr(search_sources, "SHORT", short)
    monkeypatch.setattr(search_tails, "STEP", 16)
    monkeypatch.setattr(search_index, "FEW", 1)
    monkeypatch.setattr(search_index, "MANY", 1)
    monkeypatch.setattr(indexing, "MOST", 4)

    async def main(engine: Engine, log: PostgresHistory) -> None:
        for number in range(150):
            channel = ("den", "hall")[number % 3 == 0]
            await log.append(Message(channel, "rare" if number % 10 == 0 else "word", ANN, number // 2))
        if is_indexed:
            await catch_up(engine)
        for query, expected in (
            (looking_for("rare"), [*range(70, -1, -5)]),
            (Query(without=looking_for("word").phrases), [*range(70, -1, -5)]),
        ):
            found = await pages(engine, query, limit=2)
            assert [one.time for page in found for one in page.messages] == expected
            assert any(not page.complete for page in found)
            assert len(found) > 3

    on_history(main)


@asynccontextmanager
async def statements(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """Give what is asked of the database meanwhile, with all values."""
    asked: list[str] = []
    read = engine.read

    async def listening(job: Any, **options: Any) -> Any:
        async def heard(connection: Connection) -> Any:
            inner = connection.fetch

            async def fetch(statement: str, *values: Any) -> Any:
                asked.append(f"{statement} {values}")
                return await inner(statement, *values)

            with monkeypatch.context() as patched:
                patched.setattr(type(connection), "fetch", lambda self, *given: fetch(*given), raising=False)
                return await job(connection)

        return await read(heard, **options)

    with monkeypatch.context() as patched:
        patched.setattr(engine, "read", listening)
        yield asked


def test_a_page_of_a_word_that_is_everywhere_asks_the_same_however_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(engine: Engine) -> None:
        counts = []
        for upto in (500, either(10_000, 40_000)):
            await engine.write(partial(store, channel="den", numbers=range(1 if upto == 500 else 501, upto + 1)))
            await engine.write(index_building.begin)
            await catch_up(engine)
            async with statements(engine, monkeypatch) as asked:
                found = await PostgresSearch(engine).search(looking_for("word"), ALL, None, 20)
            assert [one.seq for one in found.messages] == [*range(upto, upto - 20, -1)]
            counts.append(len(asked))
        assert counts[1] <= counts[0] + 1

    on_postgres(main)


def test_a_hidden_word_is_asked_for_as_one_is_that_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    sees: Sees = {"den": None, "vault": [(0, 10), (9_000, None)], "nowhere": None}

    async def main(engine: Engine) -> None:
        await engine.write(partial(store, channel="den", numbers=range(1, 100), text="open"))
        await engine.write(partial(store, channel="vault", numbers=range(11, 9_001), text="xyzzyone"))
        await engine.write(partial(store, channel="vault", numbers=range(9_001, 9_400), text="open"))
        await engine.write(partial(store, channel="attic", numbers=range(1, 100), text="xyzzyone"))
        await engine.write(index_building.begin)
        await catch_up(engine)
        for word, other in (("xyzzyone", "xyzzytwo"), ("xyzzyo", "xyzzyt")):
            starts, asked_for = word == "xyzzyo", []
            for one in (word, other):
                async with statements(engine, monkeypatch) as asked:
                    found = await pages(engine, Query((Phrase((one,), starts),)), sees)
                assert [page.messages for page in found] == [[]]
                asked_for.append([text.replace(one, "?") for text in asked])
            assert asked_for[0] == asked_for[1]

    on_postgres(main)


def test_a_search_that_nobody_waits_for_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = asyncio.Event()
    monkeypatch.setattr(search_index, "AT_ONCE", 1)

    async def look(*given: Any) -> None:
        looked.set()
        await asyncio.Event().wait()

    async def main(engine: Engine, log: PostgresHistory) -> None:
        await log.append(message("word"))
        search = PostgresSearch(engine)
        with monkeypatch.context() as patched:
            patched.setattr(search_index._Looking, "_look", look)
            task = asyncio.ensure_future(search.search(looking_for("word"), ALL, None, 5))
            await looked.wait()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert len((await search.search(looking_for("word"), ALL, Place(2**50, 0), 5)).messages) == 1

    on_history(main)


def test_reindexing_builds_the_index_anew_while_nodes_run() -> None:
    async def main(engine: Engine, log: PostgresHistory) -> None:
        await [log.append(message("word", channel=name)) for name in ALL for _ in range(300)][-1]
        await catch_up(engine)
        await engine.write(lambda c: c.execute("UPDATE search_runs SET words = ''"))
        assert await find(engine, "word") == []
        assert await index_building.build_anew(engine) == 600
        assert len(await find(engine, "word")) == 600
        assert sum(await run_sizes(engine)) == 600

    on_history(main)
