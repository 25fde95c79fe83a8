"""Edits, deletions, reactions and pins while the server is killed: nothing acknowledged is lost, nothing is twice."""

import asyncio
import random
import signal
from pathlib import Path

import pytest
from tornado.testing import gen_test

from tests.living import all_have_what_is_kept, living, settled
from tests.serving import Server, kept
from tornado_chat.server.loop import new_loop
from tornado_chat.testing import ChatTestCase

WRITERS, READERS = 20, 5


async def kill_again_and_again(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    async with (
        Server(folder) as server,
        living([server.base], WRITERS, READERS, ["general"], chance) as (busy, clients),
    ):
        working = [asyncio.create_task(one.work(0.02)) for one in busy]
        for _ in range(kills):
            before = sum(len(one.numbers) for one in busy)
            while sum(len(one.numbers) for one in busy) < before + 60:
                for task in working:
                    assert not task.done(), await task
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.random() * 0.1)
            await server.end()
            await server.start()
        for one in busy:
            one.going = False
        await asyncio.wait_for(asyncio.gather(*working), 60)
        await asyncio.wait_for(settled(clients, busy, ["general"]), 60)
        made, lost = sum(len(one.numbers) for one in busy), sum(one.lost for one in clients)
        print(f"{made} messages and changes, {lost} connections lost")  # noqa: T201
        assert await server.end(signal.SIGTERM) == 0
    all_have_what_is_kept(kept(folder), clients, busy, {})


def run(folder: Path, kills: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201
    new_loop().run_sync(lambda: kill_again_and_again(folder, kills, seed), timeout=60 + 10 * kills)


@pytest.mark.long
def test_a_kill_under_changes_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    run(tmp_path, 1)


@pytest.mark.long
def test_two_hundred_kills_under_changes_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    run(tmp_path, 200)


class ClientsTest(ChatTestCase):
    @gen_test
    async def test_a_check_of_a_client_that_fails_ends_at_once_what_is_done_with_it(self) -> None:
        base = f"http://127.0.0.1:{self.get_http_port()}"

        async def wait_for_nothing() -> None:
            async with living([base], 2, 1, ["den"], random.Random(1)) as (busy, _):
                answer = await busy[0].call("send-message", target="den", message="one")
                busy[0].answers[answer["ref"]] = {**answer, "seq": 7}
                busy[0]._write(busy[0].said[0])
                await asyncio.Event().wait()

        with pytest.raises(ExceptionGroup) as failed:
            await wait_for_nothing()
        assert "w0: a repeated call is not answered as the first time" in str(failed.value.exceptions[0])
