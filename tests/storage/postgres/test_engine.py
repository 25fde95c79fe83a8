"""The way to a database: what is checked before anything is stored, and what is said if it cannot be used."""

import asyncio

import pytest

from tests import postgres
from tests.postgres import on_postgres
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres.engine import CONNECTIONS, Engine
from tornado_chat.storage.postgres.health import EngineError
from tornado_chat.storage.postgres.migrations import MIGRATIONS


def test_several_nodes_that_start_at_once_make_the_schema_once() -> None:
    async def main(url: str, name: str) -> None:
        engines = await asyncio.gather(*(Engine.open(url, schema=name) for _ in range(4)))

        async def facts(connection: object) -> dict[str, str]:
            return dict(await connection.fetch("SELECT name, value FROM facts"))  # type: ignore[attr-defined]

        known = [await one.read(facts) for one in engines]
        assert known[0]["version"] == str(len(MIGRATIONS))
        assert all(one == known[0] for one in known)
        for one in engines:
            await one.close()

    with postgres.schema(fresh=True) as (url, name):
        asyncio.run(main(url, name))


def test_a_newer_schema_is_refused() -> None:
    async def main(url: str, name: str) -> None:
        async with postgres.engine(url, name) as engine:
            await engine.write(lambda c: c.execute("UPDATE facts SET value = '99' WHERE name = 'version'"))
        with pytest.raises(EngineError, match="newer tornado_chat; update this one first"):
            await Engine.open(url, schema=name)

    with postgres.schema() as (url, name):
        asyncio.run(main(url, name))


def test_what_is_written_is_there_and_what_fails_is_undone() -> None:
    async def main(engine: Engine) -> None:
        async def fail(connection: object) -> None:
            await connection.execute("INSERT INTO facts VALUES ('a', 'b')")  # type: ignore[attr-defined]
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await engine.write(fail)
        assert await engine.read(lambda c: c.fetchval("SELECT count(*) FROM facts WHERE name = 'a'")) == 0

    on_postgres(main)


def test_a_node_that_asks_too_much_at_once_refuses_some_of_it_and_does_not_say_that_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(engine: Engine) -> None:
        free, taken = asyncio.Event(), 0

        async def hold(connection: object) -> None:
            nonlocal taken
            taken += 1
            await free.wait()

        holding = [asyncio.create_task(engine.read(hold)) for _ in range(CONNECTIONS)]
        while taken < CONNECTIONS:
            await asyncio.sleep(0.01)
        monkeypatch.setattr("tornado_chat.storage.postgres.engine.PATIENCE", 0.1)
        for _ in range(2):
            with pytest.raises(Refused, match="not available"):
                await engine.read(lambda c: c.fetchval("SELECT 1"))
        assert engine.trouble is None
        free.set()
        await asyncio.gather(*holding)
        monkeypatch.undo()
        assert await engine.read(lambda c: c.fetchval("SELECT 1")) == 1
        assert [one.getMessage() for one in caplog.records] == [
            "all connections to the database were busy for 0.1 s; some calls are refused"
        ]

    on_postgres(main)
