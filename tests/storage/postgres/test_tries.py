"""Wrong passwords are counted for all nodes, by the database's clock."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests import postgres
from tests.auth.test_throttle import refusal
from tornado_chat.auth.throttle import TRIES_OF_ADDRESS, TRIES_OF_NAME, Throttle
from tornado_chat.chat.models import User
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.tries import PostgresTries


async def right() -> User:
    return User("a:1", "Ann")


async def wrong() -> None:
    return None


def on_two(main: Callable[[Engine, Throttle, Throttle], Awaitable[Any]]) -> None:
    async def whole(url: str, name: str) -> None:
        async with postgres.engine(url, name) as one, postgres.engine(url, name) as two:
            await main(one, *(Throttle(tries=PostgresTries(engine)) for engine in (one, two)))

    with postgres.schema() as (url, name):
        asyncio.run(whole(url, name))


async def pass_time(engine: Engine, seconds: float) -> None:
    await engine.write(lambda connection: connection.execute("UPDATE tries SET ready = ready - $1", seconds))


def test_wrong_passwords_of_an_address_and_of_a_name_count_on_all_nodes_together() -> None:
    async def main(engine: Engine, one: Throttle, two: Throttle) -> None:
        guesses = [(one, two)[at % 2].guess("192.0.2.1", f"name {at}", wrong) for at in range(30)]
        waits = await asyncio.gather(*map(refusal, guesses))
        assert waits.count(0) == TRIES_OF_ADDRESS[1]
        assert 0 < max(waits) <= 1 / TRIES_OF_ADDRESS[0]
        assert await refusal(two.guess("192.0.2.1", "ann", right))
        assert not await refusal(two.guess("192.0.2.2", "ann", right))
        await pass_time(engine, 10)
        assert not await refusal(one.guess("192.0.2.1", "ann", wrong))
        taken = [await refusal((one, two)[at % 2].guess(f"192.0.3.{at}", "bob", wrong)) for at in range(25)]
        assert taken.count(0) == TRIES_OF_NAME[1]

    on_two(main)


def test_a_right_password_counts_as_no_try_and_names_are_not_kept_as_they_were_typed() -> None:
    async def main(engine: Engine, one: Throttle, two: Throttle) -> None:
        for _ in range(30):
            assert not await refusal(one.guess("192.0.2.1", "ann", right))
        assert not await refusal(two.guess("192.0.2.1", "\x00 correct horse \ud800", wrong))
        rows = await engine.read(lambda connection: connection.fetch("SELECT key FROM tries"))
        assert len(rows) == 3
        assert not [key for (key,) in rows if b"ann" in key or b"horse" in key]

    on_two(main)


def test_a_clock_that_was_set_back_keeps_nobody_out_and_what_says_nothing_is_forgotten() -> None:
    async def main(engine: Engine, one: Throttle, two: Throttle) -> None:
        assert not await refusal(one.guess("192.0.2.1", "ann", wrong))
        await pass_time(engine, -1e6)
        assert 0 < await refusal(two.guess("192.0.2.1", "ann", right)) <= 1 / TRIES_OF_ADDRESS[0]
        await two.tries.trim()
        assert await engine.read(lambda connection: connection.fetchval("SELECT count(*) FROM tries")) == 2
        await pass_time(engine, 2e6)
        await one.tries.trim()
        assert not await engine.read(lambda connection: connection.fetchval("SELECT count(*) FROM tries"))

    on_two(main)
