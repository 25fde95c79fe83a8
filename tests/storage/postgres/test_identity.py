"""A database that was restored, or a standby that may lack something, is noticed; then the chat has a new epoch."""

import asyncio

import pytest

from tests.postgres import on_postgres, schema
from tests.storage.histories import message
from tornado_chat.storage.postgres import identity
from tornado_chat.storage.postgres.cluster import Cluster
from tornado_chat.storage.postgres.engine import Engine

SET = "UPDATE facts SET value = $2 WHERE name = $1"


async def note(engine: Engine, **facts: str) -> None:
    """Have these facts noted, as if they had been found before."""
    for name, value in facts.items():
        assert await engine.write(lambda c, known=(name, value): c.execute(SET, *known)) == "UPDATE 1"


def test_the_epoch_stays_whoever_looks_and_how_often() -> None:
    async def main(engine: Engine) -> None:
        epoch = await engine.read(lambda c: c.fetchval("SELECT value FROM facts WHERE name = 'epoch'"))
        assert await engine.write(identity.look) == epoch
        assert set(await asyncio.gather(*(engine.write(identity.look) for _ in range(5)))) == {epoch}

    on_postgres(main)


@pytest.mark.parametrize(
    ("facts", "is_new"),
    [
        ({"place": "another"}, True),
        ({"place": "another", "synchronous": "on"}, True),
        ({"timeline": "00000007"}, True),
        ({"timeline": "00000007", "synchronous": "on"}, False),
        ({"synchronous": "on"}, False),
    ],
)
def test_there_is_a_new_one_where_something_may_be_missing(facts: dict[str, str], is_new: bool) -> None:
    async def main(engine: Engine) -> None:
        epoch = await engine.write(identity.look)
        await note(engine, **facts)
        found = await engine.write(identity.look)
        assert (found != epoch) is is_new
        assert await engine.write(identity.look) == found
        assert len(found) == len(epoch)

    on_postgres(main)


def test_tables_that_a_dump_brought_back_are_other_ones() -> None:
    async def main(engine: Engine) -> None:
        epoch = await engine.write(identity.look)
        for step in (
            "CREATE TABLE restored (LIKE facts INCLUDING ALL)",
            "INSERT INTO restored SELECT * FROM facts",
            "DROP TABLE facts",
            "ALTER TABLE restored RENAME TO facts",
        ):
            await engine.write(lambda c, step=step: c.execute(step))
        assert await engine.write(identity.look) != epoch

    on_postgres(main)


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_node_ends_where_the_database_comes_back_with_less_than_it_knows(is_lost: bool) -> None:
    async def main(url: str, name: str) -> None:
        node = await Cluster.open(url, "one", schema=name)
        ended: list[bool] = []
        node.on_end(ended.append)
        await node.start()
        try:
            if is_lost:
                await note(node.engine, timeline="00000007")
            await node.engine.write(
                lambda c: c.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1"
                    " AND pid <> pg_backend_pid()",
                    "tornado_chat one%",
                )
            )
            while not ended and (is_lost or node.listener.reconnects < 1):
                await asyncio.sleep(0.01)
            if not is_lost:
                await asyncio.wait_for(node.history.append(message("hello")), 10)
        finally:
            await node.close()
        assert ended == ([True] if is_lost else [])
        again = await Cluster.open(url, "one", schema=name)
        assert (again.history.epoch != node.history.epoch) is is_lost
        await again.close()

    with schema() as (url, name):
        asyncio.run(main(url, name))
