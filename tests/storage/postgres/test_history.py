"""A history of one node where answers are lost, and where the database is away."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests import postgres
from tests.postgres import on_postgres
from tests.storage.histories import ANN, BOB, change, edit, message, on_engine, one_node
from tests.storage.postgres.gate import Gate, gate
from tests.storage.postgres.test_listener import until
from tornado_chat.chat.changes import Changed, Replied
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.storage.postgres import append, batch
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.history import PostgresHistory


@contextlib.asynccontextmanager
async def behind_gate(url: str, schema: str) -> AsyncIterator[tuple[PostgresHistory, Engine, Gate]]:
    """Give a history behind a gate, and an engine beside it."""
    async with (
        gate(url) as between,
        postgres.engine(url, schema) as engine,
        postgres.engine(between.url, schema) as its,
        one_node(its) as log,
    ):
        yield log, engine, between


def on_gate(main: Callable[[PostgresHistory, Engine, Gate], Awaitable[None]]) -> None:
    async def whole(url: str, schema: str) -> None:
        async with behind_gate(url, schema) as (log, engine, between):
            await main(log, engine, between)

    with postgres.schema() as (url, name):
        asyncio.run(whole(url, name))


async def stored(engine: Engine, query: str = "SELECT count(*) FROM messages") -> int:
    async def count(connection: Connection) -> int:
        return int(await connection.fetchval(query))

    return await engine.read(count)


async def until_stored(engine: Engine, count: int, query: str = "SELECT count(*) FROM messages") -> None:
    async with asyncio.timeout(20):
        while await stored(engine, query) < count:
            await asyncio.sleep(0.01)


def number(item: Any) -> int:
    return int(item.number if isinstance(item, Changed) else item.seq)


@pytest.mark.parametrize("further", [{}, {"thread": 1}, {"mentions": ["2"]}], ids=str)
def test_a_message_whose_answer_is_lost_is_stored_and_told_once(further: dict[str, Any]) -> None:
    async def main(log: PostgresHistory, engine: Engine, between: Gate) -> None:
        told: list[Any] = []
        log.on_commit(told.extend)
        await log.append(message("root"))
        between.deaf_from = b"COMMIT" if "thread" in further else b"lost"
        posts = [log.append(message(f"lost {n}", ref=("r" if n == 3 else None), **further)) for n in range(5)]
        posts.append(log.append(message("lost 3", ref="r", **further)))
        await until_stored(engine, 6)
        between.cut()
        kept = await asyncio.gather(*posts)
        assert [one.seq for one in kept] == [2, 3, 4, 5, 6, 5]
        assert [one.text for one in kept] == [f"lost {n}" for n in (0, 1, 2, 3, 4, 3)]
        assert [number(one) for one in told] == [1, 2, 3, 4, 5, 6]
        assert isinstance(told[5], Replied) == ("thread" in further)
        assert (await log.append(message("after"))).seq == 7
        assert await stored(engine) == 7

    on_gate(main)


def test_a_change_whose_answer_is_lost_is_told_once_and_known_by_its_ref() -> None:
    async def main(log: PostgresHistory, engine: Engine, between: Gate) -> None:
        told: list[Any] = []
        log.on_commit(told.extend)
        await log.append(message("a"))
        between.deaf_from = b"COMMIT"
        asked = asyncio.ensure_future(log.change(edit(1, "b", ref="r")))
        await until_stored(engine, 1, "SELECT count(*) FROM change_refs")
        between.cut()
        with pytest.raises(Refused) as refused:
            await asked
        assert refused.value.code == "history-unavailable"
        await until(lambda: len(told) == 2)
        assert await log.change(edit(1, "b", ref="r")) == 2
        assert await log.change(edit(1, "c")) == 3
        assert [(number(one), one.set["message"]) for one in told[1:]] == [(2, "b"), (3, "c")]

    on_gate(main)


def test_messages_that_cannot_be_stored_for_long_fail_and_are_told_if_they_are_stored_after_all(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(append, "PATIENCE", 1)

    async def main(log: PostgresHistory, engine: Engine, between: Gate) -> None:
        told: list[Any] = []
        log.on_commit(told.extend)
        await log.append(message("a"))
        between.deaf_from = b"lost"
        posts = [log.append(message(f"lost {n}")) for n in range(3)]
        failed = await asyncio.gather(*posts, return_exceptions=True)
        assert {getattr(one, "code", None) for one in failed} == {"history-unavailable"}
        await until_stored(engine, 4)
        between.cut()
        await until(lambda: len(told) == 4)
        assert (await log.append(message("b"))).seq == 5
        assert [number(one) for one in told] == [1, 2, 3, 4, 5]

    with caplog.at_level(logging.CRITICAL):
        on_gate(main)


def test_a_message_that_the_database_refuses_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def main(log: PostgresHistory) -> None:
        posts = [log.append(message("a", ref="a")), log.append(message("a", ref="a"))]
        posts.append(log.append(Message("den", "b", ANN, 2**80)))  # as a clock that is wrong
        posts += [log.append(message("c")), log.append(message("d", thread=1))]
        results = await asyncio.gather(*posts, return_exceptions=True)
        assert [one.seq if isinstance(one, Message) else getattr(one, "code", one) for one in results] == [
            *(1, 1, "history-unavailable", 2, 3),
        ]

    with caplog.at_level(logging.CRITICAL):
        on_postgres(lambda engine: on_engine(engine, main))


def test_texts_may_have_what_stands_between_them() -> None:
    async def main(log: PostgresHistory) -> None:
        texts = [mark * 3 for mark in batch.MARKS[:5]] + ["", batch.MARKS[0], "plain"]
        kept = await asyncio.gather(*[log.append(message(text, ref=text)) for text in texts])
        assert [one.text for one in kept] == texts
        assert [one.text for one in (await log.read("den", limit=50))[0]] == texts

    on_postgres(lambda engine: on_engine(engine, main))


@pytest.mark.parametrize(
    "further", [{"odd": "\ud800"}, {"files": [{"id": "\ud800"}]}, {"mentions": ["a\0"]}], ids=str
)
def test_what_else_a_message_has_must_be_text(further: dict[str, Any]) -> None:
    async def main(log: PostgresHistory) -> None:
        results = await asyncio.gather(
            log.append(message("a")), log.append(message("b", **further)), return_exceptions=True
        )
        assert isinstance(results[0], Message)
        assert (await log.read("den", limit=9))[0][0] == results[0]

    on_postgres(lambda engine: on_engine(engine, main))


@pytest.mark.parametrize("words", ["\ud800", "a\0b"])
def test_nothing_is_found_by_what_is_no_text(words: str) -> None:
    async def main(log: PostgresHistory) -> None:
        await log.append(message("a", ref="r"))
        assert await log.find(ANN, words) is None
        assert await log.repeated(message("a", ref=words)) is None
        for read in (log.last(words), log.floor(words), log.get(words, [1]), log.read(words, limit=1)):
            with contextlib.suppress(Refused):
                assert await read in (0, [], ([], False))

    on_postgres(lambda engine: on_engine(engine, main))


def test_of_a_message_and_a_change_under_one_ref_one_is_stored() -> None:
    async def main(log: PostgresHistory) -> None:
        await log.append(message("a"))
        for turn in range(30):
            calls: list[Any] = [
                log.append(message("m", ref=str(turn))),
                log.change(edit(1, f"{turn}", ref=str(turn))),
            ]
            answers = await asyncio.gather(*calls[:: 1 if turn % 2 else -1], return_exceptions=True)
            refused = [one for one in answers if isinstance(one, Refused)]
            assert [one.code for one in refused] == ["invalid-field"]
            assert await log.last("den") == turn + 2

    on_postgres(lambda engine: on_engine(engine, main))


def test_many_changes_of_a_channel_share_transactions_and_keep_their_order() -> None:
    async def main(log: PostgresHistory) -> None:
        told: list[Any] = []
        log.on_commit(told.extend)
        for _ in range(3):
            await log.append(message())
        calls = [
            log.change(change("reacted", 1 + at % 3, user=(ANN, BOB)[at % 2], key=str(at // 6))) for at in range(90)
        ]
        calls.append(log.change(edit(9, "x")))
        numbers = await asyncio.gather(*calls, return_exceptions=True)
        assert numbers[:-1] == list(range(4, 94))
        assert isinstance(numbers[-1], Refused)
        assert [number(one) for one in told] == list(range(1, 94))
        [one] = await log.get("den", [1])
        assert one.extra is not None
        assert [each["count"] for each in one.extra["reactions"]] == [2] * 15

    on_postgres(lambda engine: on_engine(engine, main))


def test_a_change_that_the_database_refuses_fails_alone() -> None:
    async def main(log: PostgresHistory) -> None:
        await log.append(message())
        calls = [change("pinned", 1), change("reacted", 1, key="a", ref="r"), edit(1, "b", ref="s")]
        calls[1].time = 2**80  # as a clock that is wrong
        answers = await asyncio.gather(*map(log.change, calls), return_exceptions=True)
        assert (answers[0], isinstance(answers[1], Exception), answers[2]) == (2, True, 3)
        [one] = await log.get("den", [1])
        assert list(one.extra or {}) == ["pinned", "edited", "text_rev"]

    on_postgres(lambda engine: on_engine(engine, main))


def test_a_process_whose_name_another_one_has_taken_stores_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    async def main(engine: Engine) -> None:
        async with one_node(engine, "one") as old:
            await old.append(message("a"))
            async with one_node(engine, "one") as new:
                with pytest.raises(Refused) as refused:
                    await old.append(message("b"))
                assert refused.value.code == "history-unavailable"
                assert (await new.append(message("c"))).seq == 2

    with caplog.at_level(logging.CRITICAL):
        on_postgres(main)


def test_whoever_asks_for_the_last_number_of_a_channel_is_told_all_behind_it() -> None:
    async def main(engine: Engine) -> None:
        async with one_node(engine, "one") as one, one_node(engine, "two") as two:
            await one.append(message("before"))
            told: list[Any] = []
            two.on_commit(told.extend)
            assert await two.last("den") == 1
            told.clear()
            await asyncio.gather(*[log.append(message("x")) for log in (two, one) * 20])
            assert await two.last("den") == 41
            assert [number(item) for item in told] == list(range(2, 42))

    on_postgres(main)


def test_what_comes_after_messages_were_lost_is_passed_on(caplog: pytest.LogCaptureFixture) -> None:
    async def main(engine: Engine) -> None:
        async with one_node(engine) as log:
            for _ in range(5):
                await log.append(message())
            told: list[Any] = []
            log.on_commit(told.extend)
            # As a standby that lacks the newest, and takes over.
            await engine.write(lambda c: c.execute("DELETE FROM messages WHERE id & 1099511627775 > 2"))
            await engine.write(lambda c: c.execute("UPDATE channels SET last = 2"))
            await log._passing.catch_up()
            assert "has lost messages" in caplog.text
            assert (await log.append(message("new"))).seq == 3
            assert [one.text for one in told] == ["new"]

    on_postgres(main)
