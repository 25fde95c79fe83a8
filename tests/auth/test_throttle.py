"""The work that passwords cause, and how often they may be guessed."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tornado.testing import gen_test

from tests.helpers import run
from tornado_chat.auth.throttle import ACCOUNTS, ADDRESSES, HASHES, TRIES_OF_ADDRESS, TRIES_OF_NAME, Throttle
from tornado_chat.auth.tries import MemoryTries
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.testing import ChatTestCase

HASH = 0.3  # seconds


async def right() -> User:
    await asyncio.sleep(HASH)
    return User("a:1", "Ann")


async def wrong() -> None:
    await asyncio.sleep(HASH)


def tries(throttle: Throttle) -> MemoryTries:
    assert isinstance(throttle.tries, MemoryTries)
    return throttle.tries


def with_throttle(main: Callable[[Throttle], Awaitable[None]]) -> None:
    async def whole() -> None:
        await asyncio.sleep(1_000)
        await main(Throttle(clock=asyncio.get_running_loop().time))

    run(whole)


async def refusal(call: Awaitable[Any]) -> float:
    """Return after how many seconds to come again, as a call is told; 0 where it was let in."""
    try:
        await call
    except Refused as refused:
        assert refused.code == "rate-limited"
        assert refused.retry_after > 0
        return refused.retry_after
    return 0.0


def test_who_guesses_is_slow_however_many_tries_are_made_at_once_and_the_right_one_does_not_come_in_between() -> None:
    async def main(throttle: Throttle) -> None:
        for _ in range(3):
            tries = [refusal(throttle.guess("192.0.2.1", f"name {number}", wrong)) for number in range(50)]
            waits = await asyncio.gather(*tries)
            assert waits.count(0) == TRIES_OF_ADDRESS[1]
            assert await refusal(throttle.guess("192.0.2.1", "ann", right))
            await asyncio.sleep(TRIES_OF_ADDRESS[1] / TRIES_OF_ADDRESS[0])

    with_throttle(main)


def test_a_hundred_people_of_one_address_sign_in_at_once_and_some_of_them_mistype() -> None:
    async def main(throttle: Throttle) -> None:
        checks = [wrong if number % 12 == 0 else right for number in range(HASHES[1])]
        waits = [refusal(throttle.guess("192.0.2.1", f"name {at}", check)) for at, check in enumerate(checks)]
        assert not any(await asyncio.gather(*waits))

    with_throttle(main)


def test_one_address_alone_cannot_keep_a_names_owner_out_nor_wait_before_others() -> None:
    async def main(throttle: Throttle) -> None:
        async def guess_on() -> None:
            while True:
                await asyncio.sleep(await refusal(throttle.guess("192.0.2.1", "ann", wrong)))

        guessers = [asyncio.ensure_future(guess_on()) for _ in range(20)]
        await asyncio.sleep(2_000)
        began = asyncio.get_running_loop().time()
        assert await throttle.guess("192.0.2.2", "ann", right)
        assert asyncio.get_running_loop().time() - began < 2 * HASH
        for guesser in guessers:
            guesser.cancel()

    with_throttle(main)


def test_many_addresses_together_cannot_try_a_name_faster() -> None:
    async def main(throttle: Throttle) -> None:
        taken = 0
        for number in range(2_000):
            taken += not await refusal(throttle.guess(f"192.0.{number % 200}.1", "ann", wrong))
        assert taken <= 2_000 * HASH * TRIES_OF_NAME[0] + TRIES_OF_NAME[1] + 1

    with_throttle(main)


@pytest.mark.parametrize("kind", ["register", "turn", "guess"])
def test_the_work_that_one_address_causes_has_a_rate_though_all_of_it_is_right(kind: str) -> None:
    async def main(throttle: Throttle) -> None:
        async def work() -> None:
            if kind == "guess":
                await throttle.guess("192.0.2.1", "ann", right)
            else:
                async with getattr(throttle, kind)("192.0.2.1"):
                    await asyncio.sleep(0)

        rate, burst = ACCOUNTS if kind == "register" else HASHES
        done, began = 0, asyncio.get_running_loop().time()
        while (now := asyncio.get_running_loop().time()) < began + 500:
            wait = await refusal(work())
            done += not wait
            await asyncio.sleep(wait)
        assert done == pytest.approx(burst + rate * (now - began), rel=0.02)

    with_throttle(main)


def test_when_too_many_addresses_wait_more_are_turned_away_and_told_when_to_come() -> None:
    async def main(throttle: Throttle) -> None:
        waits = [refusal(throttle.guess(f"192.0.2.{number}", str(number), right)) for number in range(ADDRESSES + 5)]
        assert sorted(await asyncio.gather(*waits))[ADDRESSES - 1 :] == [0.0, *[5.0] * 5]

    with_throttle(main)


def test_without_limits_there_are_none() -> None:
    async def main(_: Throttle) -> None:
        throttle = Throttle(on=False)
        tries = [refusal(throttle.guess("192.0.2.1", "ann", wrong)) for _ in range(500)]
        assert not any(await asyncio.gather(*tries))
        for _ in range(500):
            async with throttle.register("192.0.2.1"):
                pass

    with_throttle(main)


def test_one_address_that_tries_many_names_fills_no_memory_and_what_was_tried_long_ago_is_forgotten() -> None:
    async def main(throttle: Throttle) -> None:
        for number in range(200):
            await refusal(throttle.guess("192.0.2.1", f"name {number}", wrong))
        assert len(tries(throttle)) < 30
        for number in range(5_000):
            address = f"2001:db8:{number // 256:x}:{number % 256:x}::1"
            assert not await refusal(throttle.guess(address, f"name {number}", right))
        assert len(tries(throttle)) + len(throttle._lanes) < 4_200

    with_throttle(main)


class Classroom(ChatTestCase):
    settings: dict[str, Any] = {"auth": ("password",)}

    def get_app(self) -> Any:
        chat = super().get_app()
        chat.accounts.cost = (2**4, 8, 1)
        return chat

    async def ask(self, path: str, name: str, password: str = "correct horse") -> int:
        answer = await self.http_client.fetch(
            self.get_url(path),
            method="POST",
            body=json.dumps({"name": name, "password": password}),
            headers={"Content-Type": "application/json"},
            raise_error=False,
        )
        return answer.code

    async def ask_all(self, path: str, count: int) -> list[int]:
        return await asyncio.gather(*(self.ask(path, f"Pupil {number}") for number in range(count)))

    @gen_test
    async def test_30_people_register_and_sign_in_from_one_address_at_once_and_a_guesser_there_is_slow(
        self,
    ) -> None:
        assert await self.ask_all("/register", 30) == [200] * 30
        assert await self.ask_all("/sign-in", 30) == [200] * 30
        guesses = [await self.ask("/sign-in", "Pupil 1", f"guess number {number}") for number in range(12)]
        assert guesses == [401] * 10 + [429] * 2
        assert await self.ask("/register", "Pupil 31") == 200

    @gen_test
    async def test_a_name_that_is_taken_and_a_bad_password_cost_no_work(self) -> None:
        assert await self.ask("/register", "Ann") == 200
        hashes = itertools.count()
        aside = self.chat.accounts._aside

        async def counted(work: Any) -> Any:
            next(hashes)
            return await aside(work)

        self.chat.accounts._aside = counted  # type: ignore[method-assign]
        assert await self.ask("/register", "ANN") == 400
        assert await self.ask("/register", "Bob", "short") == 400
        assert next(hashes) == 0


class Unlimited(Classroom):
    settings = {"auth": ("password",), "limits": "off"}

    @gen_test
    async def test_30_people_register_and_sign_in_from_one_address_at_once_and_a_guesser_there_is_slow(
        self,
    ) -> None:
        assert await self.ask_all("/register", 150) == [200] * 150
        guesses = [await self.ask("/sign-in", "Pupil 1", f"guess number {number}") for number in range(30)]
        assert guesses == [401] * 30
