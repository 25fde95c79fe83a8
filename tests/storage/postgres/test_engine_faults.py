"""A database that is away, restarts or hangs, and networks that swallow all: what nodes notice, when they serve."""

import asyncio
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from tests.lengths import only_long
from tests.storage.postgres import faults
from tests.storage.postgres.faults import backend, network, stopped
from tests.storage.postgres.members import Cluster, Member, hasten, on_cluster, opened, until
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres import lease

NOTICED = 5.0  # seconds until a hang is noticed
HEARD = 1.0  # seconds until nodes hear each other when the database is back
SERVED = 3.0  # … until all is served


@pytest.fixture
def short_lease() -> Iterator[float]:
    before = lease.BEAT, lease.AGAIN, lease.LEASE
    hasten(2.0)
    yield 2.0
    lease.BEAT, lease.AGAIN, lease.LEASE = before


async def served(member: Member) -> None:
    """Wait until a node reads, writes, hears and says that nothing is wrong."""
    async with asyncio.timeout(30):
        while True:
            try:
                await member.engine.write(lambda c: c.execute("UPDATE facts SET value = value WHERE name = 'epoch'"))
                break
            except Refused:
                await asyncio.sleep(0.01)
    await until(lambda: member.listener._line is not None and member.engine.trouble is None)


async def talk(a: Member, b: Member) -> None:
    """Wait until two nodes hear each other; both are told some words."""
    start = monotonic()
    for member, other in ((a, b), (b, a)):
        while not [word for word in member.words(other.name) if word >= start]:
            other.nodes.tell("word", monotonic())
            await asyncio.sleep(0.02)


def read(member: Member) -> Any:
    return member.engine.read(lambda c: c.fetchval("SELECT 1"))


@pytest.mark.parametrize("mode", ["immediate", only_long("fast")])
def test_after_a_restart_all_is_served_again_and_nobody_was_dead(mode: str, slack: float) -> None:
    async def main(cluster: Cluster, database: faults.Database) -> None:
        a, b = await cluster.nodes("a", "b")
        await talk(a, b)
        await asyncio.to_thread(database.stop, mode)
        for member in (a, b):
            await until(lambda: member.listener._line is None)  # noqa: B023
            assert member.engine.trouble is not None
            member.nodes.tell("word", 0.0)
            with pytest.raises(Refused, match="not available"):
                await read(member)
            with pytest.raises(Refused, match="not available"):
                async with member.nodes.lock("orders"):
                    pass
            assert not await member.nodes.turn("sweep", 0)
        assert await a.nodes.ask("word", 0.0) == ["b"]
        await asyncio.to_thread(database.start)
        began = monotonic()
        await asyncio.gather(served(a), served(b))
        assert monotonic() - began < SERVED * slack
        await talk(a, b)
        for member in (a, b):
            assert {one for one in member.news if isinstance(one, str)} == {"reads again"}
            assert 0.0 not in member.words("a") + member.words("b")
            assert member.listener.reconnects == 1
            async with member.nodes.lock("orders"):
                pass
        assert await a.nodes.turn("sweep", 0)

    with faults.database() as database:
        on_own(database, lambda cluster: main(cluster, database))


def on_own(database: faults.Database, main: Any) -> None:
    async def whole() -> None:
        async with opened(database.url, "tornado_chat") as cluster:
            await main(cluster)

    asyncio.run(whole())


@pytest.mark.long
def test_a_database_that_is_stopped_for_a_while_is_noticed_and_leaves_all_alive(
    slack: float, short_lease: float
) -> None:
    async def main(cluster: Cluster, database: faults.Database) -> None:
        a, b = await cluster.nodes("a", "b")
        await until(lambda: all(one.nodes._lease._last - one.nodes._lease._since > short_lease for one in (a, b)))
        began = monotonic()
        with stopped(database.processes()):
            reading = asyncio.create_task(read(a))
            await until(lambda: a.engine.trouble is not None and b.engine.trouble is not None)
            assert monotonic() - began < NOTICED + 0.5 * slack
            with pytest.raises(Refused, match="not available"):
                await reading
            await asyncio.sleep(max(0, began + 2 * short_lease - monotonic()))
        began = monotonic()
        await asyncio.gather(served(a), served(b))
        assert monotonic() - began < SERVED * slack
        await talk(a, b)
        await until(lambda: a.nodes.others == ["b"] and b.nodes.others == ["a"])
        for member in (a, b):
            assert {one for one in member.news if isinstance(one, str)} == {"reads again"}

    with faults.database() as database:
        on_own(database, lambda cluster: main(cluster, database))


def test_a_node_that_is_cut_off_notices_it_and_comes_again(slack: float, short_lease: float) -> None:
    async def main(cluster: Cluster) -> None:
        async with network(cluster.url) as way:
            a, b = await cluster.node("a"), await cluster.node("b", way.url)
            await talk(a, b)
            await until(lambda: a.nodes._lease._last - a.nodes._lease._since > short_lease)
            began = monotonic()
            way.cut()
            reading = asyncio.create_task(read(b))
            await until(lambda: b.engine.trouble is not None)
            await until(lambda: b.listener._line is None)
            assert monotonic() - began < NOTICED + 0.5 * slack
            with pytest.raises(Refused, match="not available"):
                await reading
            await until(lambda: "b goes" in a.news)
            assert a.engine.trouble is None
            assert "a goes" not in b.news
            b.news.clear()
            way.mend()
            began = monotonic()
            await served(b)
            assert monotonic() - began < SERVED * slack
            await until(lambda: a.nodes.others == ["b"])
            await talk(a, b)
            assert a.news.index("b goes") < a.news.index("b comes", a.news.index("b goes"))
            assert b.news[:2] == ["a comes", "reads again"]
            await cluster.members.pop().close()

    on_cluster(main)


def test_a_short_cut_costs_nothing_but_a_look_at_the_tables(slack: float) -> None:
    async def main(cluster: Cluster) -> None:
        async with network(cluster.url) as way:
            a, b = await cluster.node("a"), await cluster.node("b", way.url)
            await talk(a, b)
            a.news.clear()
            b.news.clear()
            way.cut()
            await until(lambda: b.listener._line is None)
            a.nodes.tell("word", 0.0)  # missed by b
            b.nodes.tell("word", 0.0)  # not sent
            way.mend()
            await served(b)
            await talk(a, b)
            await until(lambda: "reads again" in a.news and "reads again" in b.news)
            for member in (a, b):
                assert {one for one in member.news if isinstance(one, str)} == {"reads again"}
                assert 0.0 not in member.words("a") + member.words("b")
            await cluster.members.pop().close()

    on_cluster(main)


@pytest.mark.parametrize("which", ["_ears", "_mouth"])
@pytest.mark.long
def test_one_connection_of_the_listener_that_hangs_is_noticed(which: str, slack: float) -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        began = monotonic()
        with stopped([backend(getattr(a.listener._line, which))]):
            await until(lambda: a.listener.reconnects == 1)
            assert monotonic() - began < NOTICED + HEARD * slack
            await talk(a, b)
        assert b.listener.reconnects == 0
        assert (await read(a), a.engine.trouble) == (1, None)

    on_cluster(main)


def test_a_lease_does_not_wait_for_the_pool_or_for_a_session_that_hangs(
    short_lease: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornado_chat.storage.postgres.keeper.PATIENCE", short_lease / 4)

    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        jobs = [a.engine.read(lambda c: c.execute("SELECT pg_sleep(4)")) for _ in range(20)]
        working = [asyncio.create_task(job) for job in jobs]
        await until(lambda: b.nodes._lease._last - b.nodes._lease._since > 1.5 * short_lease)
        assert not any(task.done() for task in working)
        assert a.nodes._keeper._connection is not None
        with stopped([backend(a.nodes._keeper._connection)]):
            renewed = a.nodes._lease._last
            await until(lambda: a.nodes._lease._last > renewed)
        assert a.news == b.news == []
        for task in working:
            task.cancel()
        await asyncio.wait(working)

    on_cluster(main)


def test_a_job_whose_session_hangs_fails_and_the_next_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tornado_chat.storage.postgres.engine.PATIENCE", 0.5)

    async def main(cluster: Cluster) -> None:
        a = await cluster.node("a")
        pids: list[int] = []

        async def job(connection: Any) -> None:
            pids.append(backend(connection))
            with stopped(pids[-1:]):
                await connection.execute("SELECT 1")

        with pytest.raises(Refused, match="not available"):
            await a.engine.write(job)
        assert await read(a) == 1
        task = asyncio.create_task(a.engine.read(job))
        await until(lambda: len(pids) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await read(a) == 1

    on_cluster(main)
