"""What nodes notify: heard by all, in order, and again after a connection was lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests import postgres
from tests.postgres import on_postgres
from tests.storage.postgres.members import until
from tornado_chat.storage.postgres import line
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.health import unavailable
from tornado_chat.storage.postgres.listener import LONGEST, Listener


@asynccontextmanager
async def listening(
    engine: Engine, heard: Callable[[str], None], back: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[Listener]:
    listener = Listener(engine)
    listener.hear("words", heard)
    if back is not None:
        listener.on_return(back)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.close()


async def end_listeners(engine: Engine) -> None:
    """End the connections of all Listeners of an Engine, as an administrator does."""
    await engine.read(
        lambda c: c.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
            " AND pid <> pg_backend_pid()",
            engine.sessions,
        )
    )


def test_all_hear_what_one_notifies_in_its_order() -> None:
    async def main(engine: Engine) -> None:
        first: list[str] = []
        second: list[str] = []
        words = [f"{number} {'😀' * (number % 7 * number % 1_800)}" for number in range(3_000)]
        async with listening(engine, first.append) as one, listening(engine, second.append) as two:
            for number, word in enumerate(words):
                one.notify("words", word)
                if number % 100 == 0:
                    await asyncio.sleep(0)
            await until(lambda: len(first) == len(second) == 3_000)
            assert first == second == words
            await until(lambda: (one.told, two.heard) == (3_000, 3_000))

    on_postgres(main)


def test_what_is_said_last_is_heard_before_it_closes() -> None:
    async def main(engine: Engine) -> None:
        heard: list[str] = []
        async with listening(engine, heard.append):
            async with listening(engine, str) as two:
                two.notify("words", "goodbye")
            await until(lambda: heard == ["goodbye"])
            two.notify("words", "nobody hears this")

    on_postgres(main)


def test_other_chats_in_the_same_database_are_not_heard() -> None:
    async def main(url: str, mine: str, other: str) -> None:
        heard: list[str] = []
        async with (
            postgres.engine(url, mine) as engine,
            postgres.engine(url, other) as others,
            listening(engine, heard.append) as one,
            listening(others, str) as two,
        ):
            two.notify("words", "there")
            one.notify("words", "here")
            await until(lambda: heard)
            assert heard == ["here"]

    with postgres.schema() as (url, mine), postgres.schema() as (_, other):
        asyncio.run(main(url, mine, other))


def test_after_a_lost_connection_it_reads_again_before_it_passes_on_what_came_since() -> None:
    async def main(engine: Engine) -> None:
        heard: list[str] = []
        others: list[str] = []

        async def back() -> None:
            await until(lambda: two.reconnects == one.reconnects)
            two.notify("words", "said since")
            await until(lambda: "said since" in others)
            heard.append("read again")

        async with listening(engine, heard.append, back) as one, listening(engine, others.append) as two:
            for times in (1, 2):
                heard.clear()
                others.clear()
                await end_listeners(engine)
                await until(lambda: len(heard) == 2)
                assert heard == ["read again", "said since"]
                assert one.reconnects == two.reconnects == times
            await until(lambda: engine.trouble is None)

    on_postgres(main)


def test_what_could_not_be_read_again_is_tried_with_another_connection() -> None:
    async def main(engine: Engine) -> None:
        heard: list[str] = []

        async def back() -> None:
            heard.append("reads again")
            if len(heard) == 1:
                raise unavailable()

        async with listening(engine, heard.append, back) as one:
            await end_listeners(engine)
            await until(lambda: len(heard) == 2 and engine.trouble is None)
            one.notify("words", "on")
            await until(lambda: len(heard) == 3)
            assert heard == ["reads again", "reads again", "on"]
            assert one.reconnects == 2

    on_postgres(main)


def test_what_cannot_be_notified_is_an_error_of_the_caller_alone() -> None:
    async def main(engine: Engine) -> None:
        heard: list[str] = []
        async with listening(engine, heard.append) as one:
            for text in ("a" * (LONGEST + 1), "€" * (LONGEST // 3 + 1), "a\0b", "a\ud800", "a\x1eb"):
                with pytest.raises(ValueError, match=r"no notification|surrogates"):
                    one.notify("words", text)
            one.notify("words", "€" * (LONGEST // 3))
            await until(lambda: heard)
            assert one.reconnects == 0

    on_postgres(main)


def test_a_listener_that_fails_hears_on() -> None:
    async def main(engine: Engine) -> None:
        numbers: list[int] = []
        async with listening(engine, lambda text: numbers.append(int(text))) as one:
            for text in ("1", "two", "3"):
                one.notify("words", text)
            await until(lambda: len(numbers) == 2)
            assert numbers == [1, 3]

    on_postgres(main)


def test_how_long_a_notification_takes_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "PING", 0.01)

    async def main(engine: Engine) -> None:
        async with listening(engine, str) as one:
            await until(lambda: one.lag > 0)
            assert (one.told, one.heard, one.reconnects) == (0, 0, 0)

    on_postgres(main)
