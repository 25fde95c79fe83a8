"""What nodes notify: heard by all, in order, and again after a connection was lost."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests import postgres
from tests.postgres import on_postgres
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.listener import LONGEST, Listener


async def until(seen: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not seen():
            await asyncio.sleep(0.005)


async def listening(engine: Engine, heard: list[str], back: Callable[[], Awaitable[None]] | None = None) -> Listener:
    listener = Listener(engine)
    listener.hear("words", heard.append)
    if back is not None:
        listener.on_return(back)
    await listener.start()
    return listener


async def end_listeners(engine: Engine) -> None:
    """End the connections of all Listeners of an Engine, as an administrator does."""
    await engine.read(
        lambda c: c.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
            " AND pid <> pg_backend_pid()",
            f"tornado_chat {engine.name}",
        )
    )


def test_all_hear_what_one_notifies_in_its_order() -> None:
    async def main(engine: Engine) -> None:
        first: list[str] = []
        second: list[str] = []
        one, two = await listening(engine, first), await listening(engine, second)
        for number in range(3_000):
            one.notify("words", f"{number} ä")
            if number % 100 == 0:
                await asyncio.sleep(0)
        await until(lambda: len(first) == len(second) == 3_000)
        assert first == second == [f"{number} ä" for number in range(3_000)]
        assert (one.told, two.heard) == (3_000, 3_000)
        await one.close()
        await two.close()

    on_postgres(main)


def test_what_is_said_last_is_heard_before_it_closes() -> None:
    async def main(engine: Engine) -> None:
        heard: list[str] = []
        one, two = await listening(engine, heard), await listening(engine, [])
        two.notify("words", "goodbye")
        await two.close()
        await until(lambda: heard == ["goodbye"])
        await one.close()
        one.notify("words", "nobody hears this")

    on_postgres(main)


def test_other_chats_in_the_same_database_are_not_heard() -> None:
    async def main(url: str, mine: str, other: str) -> None:
        async with postgres.engine(url, mine) as engine, postgres.engine(url, other) as others:
            heard: list[str] = []
            one, two = await listening(engine, heard), await listening(others, [])
            two.notify("words", "there")
            one.notify("words", "here")
            await until(lambda: heard)
            assert heard == ["here"]
            await one.close()
            await two.close()

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

        one, two = await listening(engine, heard, back), await listening(engine, others)
        for times in (1, 2):
            heard.clear()
            others.clear()
            await end_listeners(engine)
            await until(lambda: len(heard) == 2)
            assert heard == ["read again", "said since"]
            assert one.reconnects == two.reconnects == times
        assert engine.trouble is None
        await one.close()
        await two.close()

    on_postgres(main)


def test_what_cannot_be_notified_is_an_error_of_the_caller_alone() -> None:
    async def main(engine: Engine) -> None:
        heard: list[str] = []
        one = await listening(engine, heard)
        for text in ("a" * (LONGEST + 1), "€" * (LONGEST // 3 + 1), "a\0b", "a\ud800"):
            with pytest.raises(ValueError, match=r"no notification|surrogates"):
                one.notify("words", text)
        one.notify("words", "€" * (LONGEST // 3))
        await until(lambda: heard)
        assert one.reconnects == 0
        await one.close()

    on_postgres(main)


def test_a_listener_that_fails_hears_on() -> None:
    async def main(engine: Engine) -> None:
        numbers: list[int] = []
        one = Listener(engine)
        one.hear("numbers", lambda text: numbers.append(int(text)))
        await one.start()
        for text in ("1", "two", "3"):
            one.notify("numbers", text)
        await until(lambda: len(numbers) == 2)
        assert numbers == [1, 3]
        await one.close()

    on_postgres(main)
