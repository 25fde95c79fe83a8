"""What PostgreSQL reads to answer a query, for tests."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

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
