"""What PostgreSQL reads to answer a query, for tests."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests import postgres
from tornado_chat.storage.postgres.engine import Connection


async def steps(connection: Connection, asked: str, values: Sequence[object]) -> list[dict[str, Any]]:
    """Run a query, planned as for any values; return the steps of its plan. values: SQL."""
    await connection.execute(f"PREPARE page AS {asked}")
    found = await explained(connection, "page", values)
    await connection.execute("DEALLOCATE page")
    return found


async def explained(connection: Connection, name: str, values: Sequence[object]) -> list[dict[str, Any]]:
    """Return the steps of a query that is prepared."""
    given = f"({', '.join(map(str, values))})" if values else ""
    found = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {name} {given}")
    return list(_steps(json.loads(found)[0]["Plan"]))


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _steps(below)


def seen(step: dict[str, Any]) -> int:
    """Return how many rows a step looks at."""
    removed = sum(count for name, count in step.items() if name.startswith("Rows Removed"))
    return int((step["Actual Rows"] + removed) * step["Actual Loops"])


#: A query, the values that it is asked with (SQL), and how many rows a step of it may look at.
Planned = tuple[str, Sequence[object], int]
WHEN = ["before there was anything", "with no statistics", "with statistics"]


def read_only_what_is_asked(queries: Mapping[str, Planned], fill: str, planned: str) -> None:
    """Assert that no step of a query goes through more, whenever it was planned. fill: SQL; planned: one of WHEN."""

    async def look(connection: Connection) -> None:
        for place, (asked, values, _) in enumerate(queries.values()):
            await connection.execute(f"PREPARE q{place} AS {asked}")
            if planned == WHEN[0]:
                await explained(connection, f"q{place}", values)
        await connection.execute(fill)
        if planned == WHEN[2]:
            await connection.execute("ANALYZE")
        for place, (what, (_, values, most)) in enumerate(queries.items()):
            for step in await explained(connection, f"q{place}", values):
                assert seen(step) <= most, (what, step)
                assert step["Node Type"] not in ("Seq Scan", "Hash Join", "Merge Join"), (what, step)

    async def main(url: str, name: str) -> None:
        async with postgres.engine(url, name) as engine:
            connection = await engine.connect()
            undone = connection.transaction()
            try:
                await undone.start()
                await look(connection)
                await undone.rollback()
            finally:
                await connection.close()

    with postgres.schema(fresh=True) as (url, name):
        asyncio.run(main(url, name))
